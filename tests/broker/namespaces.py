"""Namespaces of our own, in which a command goes on: network, mounts, processes.

What lives there ends with the command, however that ends, and touches nothing outside.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.broker.programs import PATH, find

PRIVATE = Path("/run")
"""There a folder of our own, in memory."""

_INSIDE = "RPCGEN_FAULTS_INSIDE"
# A file system of its own, for nothing else would remove files if all of it is killed at once.
# The shell stays, as the first process of the namespace, to wait for whoever loses its parent.
_ENTER = 'mount -t tmpfs tmpfs /run && ip link set lo up && "$@"; exit $?'
_PROBE = (
    "ip link add rig0 type bridge && ip link add rig1 type veth peer name rig2"
    " && unshare --net true && nft add table inet rig"
)


class NamespaceError(Exception):
    """This machine does not let us."""


def missing() -> str | None:
    """Return why there can be no cluster on this machine, or None."""
    for program in ("unshare", "nsenter", "ip", "nft"):
        if shutil.which(program, path=PATH) is None:
            return f"there is no `{program}` here (on Debian: apt-get install iproute2 nftables)"
    if find() is None:
        return "there is no RabbitMQ here: python -m tests.broker.install"
    probe = [*_unshare(), "sh", "-c", _ENTER, "sh", "sh", "-c", _PROBE]
    ran = subprocess.run(probe, env=variables(), capture_output=True, text=True, check=False)
    if ran.returncode:
        return f"this machine lets us make no network of our own: {ran.stderr.strip()}"
    return None


def inside_own_namespaces() -> None:
    """Go on as this very command in namespaces of its own; there, do nothing.

    Does not return where it has to start over, so it is to be called first. Raises NamespaceError.
    """
    if _INSIDE in os.environ:
        return
    reason = missing()
    if reason is not None:
        raise NamespaceError(reason)
    again = [sys.executable, *sys.orig_argv[1:]]
    command = [*_unshare(), "sh", "-c", _ENTER, "sh", *again]
    sys.stdout.flush()
    os.execvpe(command[0], command, {**variables(), _INSIDE: "1"})


def inside() -> bool:
    """Whether this process is in namespaces of its own."""
    return _INSIDE in os.environ


def _unshare() -> list[str]:
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return ["unshare", *as_root, *namespaces]


def variables() -> dict[str, str]:
    return {**os.environ, "PATH": PATH}
