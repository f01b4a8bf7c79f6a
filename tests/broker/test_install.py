"""What the installer does where RabbitMQ is, and where it is hidden and apt-get is one of ours."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker.plugin import need_rabbitmq

ROOT = Path(__file__).parents[2]
INSTALL = [sys.executable, "-m", "tests.broker.install"]

HIDE = """
for folder in /usr/sbin /usr/lib/rabbitmq; do
  [ ! -d $folder ] || mount -t tmpfs tmpfs $folder || exit 1
done
"$@"; code=$?
[ ! -e /usr/sbin/policy-rc.d ] || echo "policy left" >> "$TOLD"
exit $code
"""
APT_GET = """#!/bin/sh
echo "$*" >> "$TOLD"
[ "$1" = update ] && exit 0
sh /usr/sbin/policy-rc.d rabbitmq-server start; echo "rabbitmq $?" >> "$TOLD"
sh /usr/sbin/policy-rc.d cron start; echo "cron $?" >> "$TOLD"
echo "E: the last line"
exit $CODE
"""


@dataclass
class Machine:
    """Where no RabbitMQ can be seen."""

    folder: Path

    def install(self, *arguments: str, code: int) -> tuple[int, str, str]:
        """Return the exit code of the installer, what it said and what apt-get was told."""
        told = self.folder / "told"
        told.write_text("")
        path = f"{self.folder / 'bin'}:/usr/bin:/bin"
        variables = {"PATH": path, "TOLD": str(told), "CODE": str(code)}
        command = [*hiding(), *INSTALL, *arguments]
        ran = subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
        )
        return ran.returncode, ran.stdout + ran.stderr, told.read_text()


def hiding() -> list[str]:
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *as_root, "--mount", "sh", "-c", HIDE, "sh"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if not Path("/etc/debian_version").exists():
        pytest.skip("this is neither Debian nor Ubuntu")
    ran = subprocess.run([*hiding(), "true"], capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"this machine lets us hide nothing: {ran.stderr.strip()}")
    (tmp_path / "bin").mkdir()
    apt_get = tmp_path / "bin" / "apt-get"
    apt_get.write_text(APT_GET)
    apt_get.chmod(0o755)
    return Machine(tmp_path)


def test_it_says_nothing_where_all_is_there() -> None:
    need_rabbitmq()
    ran = subprocess.run(INSTALL, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_it_says_nothing_where_a_broker_is_named(machine: Machine) -> None:
    variables = {**os.environ, "RPCGEN_TEST_AMQP_URL": "amqp://somewhere/", "TOLD": os.devnull}
    command = [*hiding(), *INSTALL]
    ran = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_it_installs_without_starting_a_service(machine: Machine) -> None:
    code, said, told = machine.install(code=0)
    assert (code, said.count("\n")) == (0, 1), said
    assert said.startswith("Installing rabbitmq-server")
    updated, installed, *policies = told.splitlines()
    assert updated == "update -qq"
    assert installed.split()[0] == "install"
    assert "--no-install-recommends" in installed
    assert policies == ["rabbitmq 101", "cron 0"]


def test_what_cannot_be_installed_is_told_in_a_sentence(machine: Machine) -> None:
    code, said, told = machine.install(code=100)
    assert code == 1
    [_, reason] = said.splitlines()
    assert reason.startswith("apt-get could not install RabbitMQ (E: the last line): ")
    assert "docker compose up" in reason
    assert "policy left" not in told


def test_what_is_optional_may_be_missing(machine: Machine) -> None:
    code, said, _ = machine.install("--optional", code=100)
    assert code == 0
    assert "could not install RabbitMQ" in said
