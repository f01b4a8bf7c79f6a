"""A bridge with numbered places, each in a network namespace of its own, and what cuts them off.

Only for inside of `namespaces`. Place N has the address 10.77.0.N; clients are where we are.
"""

import os
import subprocess
import time
from collections.abc import Collection, Sequence

from tests.broker.kept import Kept
from tests.broker.namespaces import variables

CLIENTS = 254
"""The number of the place where we are."""

_BRIDGE, _NETWORK = "rig", "10.77.0"
_PATIENCE = 10.0


class NetworkError(Exception):
    """A command for the network has failed."""


class Network:
    """The places, which last as long as `kept`."""

    def __init__(self, numbers: Sequence[int], kept: Kept) -> None:
        self._numbers = numbers
        self._dropped: set[tuple[int, int]] = set()
        self._lossy: dict[tuple[int, int], float] = {}
        self._links_down: set[int] = set()
        _run("ip", "link", "add", _BRIDGE, "type", "bridge")
        _run("ip", "address", "add", f"{address(CLIENTS)}/24", "dev", _BRIDGE)
        _run("ip", "link", "set", _BRIDGE, "up")
        self.prefixes: dict[int, tuple[str, ...]] = {CLIENTS: ()}
        """The words before a command that is to run at a place."""
        for number in numbers:
            self.prefixes[number] = _make_place(number, kept)

    @property
    def away(self) -> set[int]:
        """Return the places that clients do not reach."""
        dropped = {target for source, target in self._dropped if source == CLIENTS}
        silent = {source for source, target in self._dropped if target == CLIENTS}
        return self._links_down | dropped | silent

    def link_down(self, number: int) -> None:
        """Pull a place's cable: what is sent to it and by it is lost in silence."""
        _run("ip", "link", "set", _cable(number), "down")
        self._links_down.add(number)

    def link_up(self, number: int) -> None:
        """Plug it in again."""
        _run("ip", "link", "set", _cable(number), "up")
        self._links_down.discard(number)

    def drop(self, pairs: Collection[tuple[int, int]]) -> None:
        """Lose what goes from the first to the second place of each pair."""
        self._dropped |= set(pairs)
        self._filter()

    def lose(self, percent: float, among: Collection[int]) -> None:
        """Lose so many packets of those between these places; 0 ends it."""
        for source in among:
            for target in among:
                self._lossy[source, target] = percent
        self._filter()

    def heal(self) -> None:
        """Let everything pass."""
        self._dropped.clear()
        self._lossy.clear()
        self._filter()
        for number in list(self._links_down):
            self.link_up(number)

    def close(self) -> None:
        """Remove what is on our side, after what kept the places has ended."""
        for number in self._numbers:
            # The other end may have taken it along.
            _run("sh", "-c", f"ip link delete {_cable(number)} 2>&1 || true")
        _run("ip", "link", "delete", _BRIDGE)
        _run("nft", "flush", "ruleset")

    def _filter(self) -> None:
        """Make the rules of all places what they are to be; each judges what comes to it."""
        for place, prefix in self.prefixes.items():
            _run(*prefix, "nft", "-f", "-", told=_table(self._rules(place)))

    def _rules(self, place: int) -> list[str]:
        drops = [
            f"ip saddr {address(source)} drop"
            for source, target in sorted(self._dropped)
            if target == place
        ]
        losses = [
            f"ip saddr {address(source)} numgen random mod 1000 >= {kept} drop"
            for (source, target), percent in sorted(self._lossy.items())
            if target == place and (kept := round(1000 - percent * 10)) < 1000
        ]
        return drops + losses


def address(number: int) -> str:
    """Return the IP address of a place."""
    return f"{_NETWORK}.{number}"


def _make_place(number: int, kept: Kept) -> tuple[str, ...]:
    """Return the words before a command that is to run there."""
    cable, there = _cable(number), f"n{number}"
    # A namespace lasts as long as a process is in it.
    command = ["unshare", "--net", "sleep", "infinity"]
    holder = kept.start(command, variables(), kept.folder / "said.log")
    _wait_until_away(holder)
    prefix = ("nsenter", f"--net=/proc/{holder}/ns/net")
    _run("ip", "link", "add", cable, "type", "veth", "peer", "name", there)
    _run("ip", "link", "set", there, "netns", str(holder))
    _run("ip", "link", "set", cable, "master", _BRIDGE, "up")
    _run(*prefix, "ip", "link", "set", "lo", "up")
    _run(*prefix, "ip", "address", "add", f"{address(number)}/24", "dev", there)
    _run(*prefix, "ip", "link", "set", there, "up")
    return prefix


def _wait_until_away(process: int) -> None:
    """Return when a process is in another network namespace than this one."""
    patient_until = time.monotonic() + _PATIENCE
    while os.readlink(f"/proc/{process}/ns/net") == os.readlink("/proc/self/ns/net"):
        if time.monotonic() > patient_until:
            raise NetworkError("there is no namespace for a place")
        time.sleep(0.01)


def _cable(number: int) -> str:
    """Return the end of a place's cable that is on our side."""
    return f"v{number}"


def _table(rules: Sequence[str]) -> str:
    return "\n".join((
        "table inet rig",  # so that there is something to delete
        "delete table inet rig",
        "table inet rig {",
        "chain input {",
        "type filter hook input priority 0;",
        *rules,
        "}",
        "}",
        "",
    ))  # fmt: skip


def _run(*command: str, told: str = "") -> None:
    ran = subprocess.run(
        command, env=variables(), input=told, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise NetworkError(f"`{' '.join(command)}`: {ran.stderr.strip()}")
