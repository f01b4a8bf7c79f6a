"""The scripts of `examples/foreign`, as processes of their own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(name: str, *arguments: str, token: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run one to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "ZABBIX_TOKEN"}
    if token is not None:
        environment["ZABBIX_TOKEN"] = token
    return subprocess.run(
        [sys.executable, "-m", f"examples.foreign.{name}", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def nobody() -> str:
    """Return an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"
