"""Installs what the tests need of the system: `python -m tests.broker.install [--optional]`.

Says nothing where it is there. The only place that changes anything outside of this repository.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.broker.programs import PATH, find

# Run as root in one go, so that somebody who is asked for a password is asked once. The system's
# own service must not be started by this; where a policy for that is already there, it decides.
_SCRIPT = r"""
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\ncase "$*" in *rabbitmq*|*epmd*) exit 101 ;; esac\n' > $policy
  chmod 755 $policy
fi
apt-get update -qq || true
apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
if [ "$1" = rabbitmq-server ] && [ -d /run/systemd/system ]; then
  systemctl disable --quiet --now rabbitmq-server.service
fi
"""
_INSTEAD = "start one with `docker compose up -d --wait` and name it as compose.yaml says"


def main(arguments: Sequence[str]) -> int:
    """Return 0 where all is there in the end, or need not be."""
    parser = argparse.ArgumentParser(prog="python -m tests.broker.install")
    parser.add_argument("--optional", action="store_true", help="go on without it")
    given = parser.parse_args(arguments)
    reason = _install(_missing())
    if reason is None:
        return 0
    print(reason, file=sys.stderr)
    return 0 if given.optional or find() is not None else 1


def _missing() -> list[str]:
    """Return the names of Debian's packages that would bring what is not here."""
    if os.environ.get("RPCGEN_TEST_AMQP_URL"):
        return []
    packages = [] if find() is not None else ["rabbitmq-server"]
    if sys.platform == "linux":
        # For clusters in networks of their own; nobody is asked for a password for that alone.
        tools = {"ip": "iproute2", "nft": "nftables", "unshare": "util-linux"}
        tools = tools if packages or _is_root() else {}
        packages += [it for tool, it in tools.items() if shutil.which(tool, path=PATH) is None]
    return packages


def _install(packages: Sequence[str]) -> str | None:
    """Install them; return why that was not possible."""
    if not packages:
        return None
    wanted = "RabbitMQ" if "rabbitmq-server" in packages else packages[0]
    if not _has_apt():
        how = "`brew install rabbitmq`" if sys.platform == "darwin" else "install it"
        return f"there is no {wanted} on this machine: {how}, or {_INSTEAD}"
    as_root = _as_root()
    if as_root is None:
        return f"only root can install {wanted}, and there is no sudo: {_INSTEAD}"
    print(f"Installing {', '.join(packages)} with apt-get (once)…", flush=True)
    command = [*as_root, "sh", "-c", _SCRIPT, "sh", *packages]
    ran = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if ran.returncode:
        last = ran.stdout.strip().rpartition("\n")[2]
        return f"apt-get could not install {wanted} ({last}): install it, or {_INSTEAD}"
    return None


def _has_apt() -> bool:
    told = Path("/etc/os-release")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    words = {word.strip('"') for it in lines if it.startswith("ID") for word in it[3:].split()}
    is_debian = any("debian" in it or "ubuntu" in it for it in words)
    return is_debian and shutil.which("apt-get") is not None


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_root() -> list[str] | None:
    """Return the words before a command that root is to run; None where there are none."""
    if _is_root():
        return []
    if shutil.which("sudo") is None:
        return None
    # Where nobody could answer, it must not ask.
    return ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
