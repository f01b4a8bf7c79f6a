"""Where RabbitMQ's own scripts are. Looks, and runs nothing."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""Debian's `rabbitmq-server`, `ip` and `nft` are where only an administrator looks."""

_PACKAGED = Path("/usr/lib/rabbitmq")
_ANYWHERE = ("/opt/homebrew/sbin", "/usr/local/sbin", "/usr/lib/rabbitmq/bin")


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of what runs a node: none of them changes the user."""

    scripts: Path
    epmd: Path

    @property
    def server(self) -> Path:
        """Return the script that becomes the Erlang VM."""
        return self.scripts / "rabbitmq-server"


def find() -> Programs | None:
    """Return the newest RabbitMQ of this machine, or None."""
    epmd = shutil.which("epmd", path=PATH)
    for folder in _folders():
        # A wrapper script, as Debian's, stands where there are no plugins beside.
        found = (folder / "rabbitmq-server").exists() and (folder.parent / "plugins").is_dir()
        if epmd is not None and found:
            return Programs(folder, Path(epmd))
    return None


def _folders() -> Iterator[Path]:
    yield from sorted(_PACKAGED.glob("lib/rabbitmq_server-*/sbin"), key=_version, reverse=True)
    server = shutil.which("rabbitmq-server", path=PATH)
    if server is not None:
        yield Path(server).resolve().parent
    yield from map(Path, _ANYWHERE)


def _version(scripts: Path) -> list[int]:
    numbers = scripts.parent.name.partition("-")[2].split(".")
    return [int(it) for it in numbers if it.isdecimal()]
