"""The files of docs/deploying.md for other programs: those programs can read them, and they fit.

A number in one of them often must be above one in another, or equal to one of the code's.
"""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from rpcgen.cli import serve
from rpcgen_runtime import HttpLimits
from rpcgen_runtime.http.origins import Origins
from tests.docs.project import BIN, run, write_files
from tests.docs.test_reference import page

PAGE = page("deploying.md")
NGINX, UNIT, CLUSTER = "jobs.conf", "jobs@.service", "jobs.yaml"


def text(name: str) -> str:
    return next(it.text for it in PAGE.blocks if it.file == name)


def number(name: str, key: str) -> float:
    """Return the number that stands right after `key` in a file of the page."""
    found = re.search(rf"{re.escape(key)}\D{{1,4}}([0-9]+)", text(name))
    assert found is not None, f"{name}: {key}"
    return float(found[1])


def test_nginx_lets_go_of_connections_before_the_servers_do() -> None:
    assert number(NGINX, "keepalive_timeout") < HttpLimits().keep_alive


def test_nginx_and_the_servers_have_the_same_limits() -> None:
    assert number(NGINX, "client_max_body_size") * 2**20 == HttpLimits().max_body
    assert number(NGINX, "proxy_read_timeout") == HttpLimits().max_timeout
    assert number(NGINX, "client_header_timeout") == HttpLimits().header_timeout
    assert number(NGINX, "client_body_timeout") == HttpLimits().body_timeout


def test_supervisors_wait_longer_than_a_server_drains() -> None:
    assert number(UNIT, "TimeoutStopSec") > number(UNIT, "--drain-timeout") + 1
    drained = number(CLUSTER, "command: [sleep") + number(CLUSTER, "--drain-timeout")
    assert number(CLUSTER, "terminationGracePeriodSeconds") > drained + 1


def test_nginx_and_the_unit_speak_of_the_same_sockets() -> None:
    assert "unix:/run/jobs/1.sock" in text(NGINX)
    assert "--on http+unix:///run/jobs/%i.sock" in text(UNIT)
    assert "RuntimeDirectory=jobs\n" in text(UNIT)


def test_the_commands_are_some_that_the_command_line_takes() -> None:
    unit = re.search(r"ExecStart=\S+/rpcgen serve (.*?[^\\])\n", text(UNIT), re.DOTALL)
    command = re.search(r"command: \[rpcgen, serve, (.*?)\]", text(CLUSTER))
    more = re.search(r"args: \[(.*?)\]", text(CLUSTER), re.DOTALL)
    assert unit is not None
    assert command is not None
    assert more is not None
    in_unit = shlex.split(unit[1].replace("\\\n", " "))
    in_cluster = [it.strip().strip('"') for it in f"{command[1]},{more[1]}".split(",")]
    for words in (in_unit, in_cluster):
        assert serve._parser().parse_args(words).endpoints == ["jobs_server:Jobs"]


def test_the_cluster_calls_servers_by_names_that_they_take() -> None:
    allowed = re.search(r'--allow-host, "(.*?)"', text(CLUSTER))
    hosts = re.search(r"`http://(jobs-0\.jobs:8080.*?)/`", PAGE.text)
    assert allowed is not None
    assert hosts is not None
    origins = Origins([allowed[1]], [])
    for host in hosts[1].split(","):
        assert origins.refusal({"host": host}, "1.1") is None
    assert origins.refusal({"host": "evil.example"}, "1.1") == 403


def test_systemd_can_read_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine")
    unit = tmp_path / "jobs@1.service"
    unit.write_text(text(UNIT).replace("/srv/jobs/.venv/bin", str(BIN)), "utf-8")
    exit_code, said = run(["systemd-analyze", "verify", "--man=no", str(unit)], tmp_path)
    assert (exit_code, said) == (0, "")


def test_kubernetes_can_read_its_file(tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl on this machine")
    write_files(PAGE, tmp_path)
    (tmp_path / "kustomization.yaml").write_text("resources: [jobs.yaml]\n", "utf-8")
    exit_code, said = run(["kubectl", "kustomize", "."], tmp_path)
    assert exit_code == 0, said
    for line in ("kind: StatefulSet", "path: /readyz", "path: /healthz", "- $(POD)"):
        assert line in said
