"""The steps of the tour with many servers: a control plane, and a story in it.

First on `memory://`; `broker_step` lets the same happen through a broker.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from uuid import UUID

from demo.common.v1 import Project
from demo.compute.v2 import (
    BootSourceImage,
    BuildRequest,
    ComputeClient,
    ComputeEvents,
    ConductorClient,
    ConductorEvents,
    Flavor,
    HostStatus,
    MigrationRefused,
    NoValidHost,
    Resources,
)
from examples.compute import Cloud, Compute, Conductor
from examples.demo.commands import StepFailed
from examples.demo.heard import PATIENCE, HeardOfCompute, HeardOfConductor, Lines, called
from examples.demo.screen import Screen
from rpcgen_runtime import Invocation, Server, Transport, connect, current_context

URL = "memory://demo"
SERVERS = ("server-1", "server-2", "server-3")
PROJECT = Project(id=UUID(int=900), name="tour")
IMAGE = UUID(int=901)
VOLUME = UUID(int=902)


def cloud(screen: Screen) -> None:
    """Let three servers share a topic, and tell what happens."""
    screen.step("Many servers and their events")
    screen.say("idl/demo/compute has a larger contract: virtual machines on five hosts.")
    screen.say("Three servers share its topics, `compute` and `conductor`: each call goes to one,")
    screen.say("in turn. A listener hears the events.")
    screen.say(f"They run in this process, at {URL}: nothing to install, the same rules.")
    tally = Tally()
    with told_at(URL, tally) as (transport, story):
        screen.table(["what we do", "what comes back", "event heard"], story.rows())
        screen.say("Now one that is too large for every host:")
        screen.table(["host", "why not"], story.too_large())
        screen.say("NoValidHost is an error with typed data, too. The contract calls it retryable,")
        screen.say("so the client has asked three times before it told us.")
        ComputeClient(transport).drop_cached_images()
        tally.wait_for_fanout()
    screen.say("At last a fanout, `drop_cached_images`: each server gets it. Who did what:")
    screen.table(["server", "calls", "fanouts"], tally.rows())


@contextmanager
def told_at(url: str, tally: "Tally") -> Iterator[tuple[Transport, "Story"]]:
    """Run three servers and a listener at `url`; yield a client's transport, and the story."""
    lines = Lines()
    ids = count(1)
    with ExitStack() as stack:
        transport = stack.enter_context(connect(url))
        shared = Cloud(
            compute_events=ComputeEvents(transport),
            conductor_events=ConductorEvents(transport),
            new_id=lambda: UUID(int=next(ids)),
        )
        for name in SERVERS:
            endpoints = [Compute(shared), Conductor(shared)]
            server = Server(url, endpoints, server=name, interceptors=[tally])
            stack.enter_context(server)
        stack.enter_context(Server(url, [HeardOfCompute(lines), HeardOfConductor(lines)]))
        yield transport, Story(ComputeClient(transport), ConductorClient(transport), lines)


class Tally:
    """Counts what each server runs: an interceptor, called around every method."""

    def __init__(self) -> None:
        """Have counted nothing."""
        self._counts: Counter[tuple[str, bool]] = Counter()

    @contextmanager
    def __call__(self, invocation: Invocation, /) -> Iterator[None]:
        """Count one."""
        context = current_context()
        assert context is not None, "we are around a handler"
        # Three event loops count here, but no two of them the same server.
        self._counts[context.server or "", invocation.method == "drop_cached_images"] += 1
        yield

    def wait_for_fanout(self) -> None:
        """Return once each server has run it. Raises StepFailed."""
        deadline = time.monotonic() + PATIENCE
        while not all(self._counts[name, True] for name in SERVERS):
            if time.monotonic() > deadline:
                raise StepFailed("the fanout did not reach every server")
            time.sleep(0.01)

    def rows(self) -> list[list[str]]:
        """Return the counts of each server."""
        return [
            [name, str(self._counts[name, False]), str(self._counts[name, True])]
            for name in SERVERS
        ]


class Story:
    """What happens to two instances."""

    def __init__(self, compute: ComputeClient, conductor: ConductorClient, lines: Lines) -> None:
        """Let it happen through these clients."""
        self._compute = compute
        self._conductor = conductor
        self._lines = lines

    def rows(self) -> list[list[str]]:
        """Return, for each chapter, what we do, what comes back and which events are heard."""
        chapters: list[tuple[str, Callable[[], str], int]] = [
            ("build two instances", self._build, 4),
            ("give the first a volume", self._attach, 1),
            ("switch it off and on", self._restart, 2),
            ("move it to cleo", self._move_to_cleo, 0),
            ("move it to the best host", self._move, 1),
            ("lose that host", self._lose, 1),
            ("start what was on it elsewhere", self._evacuate, 2),
        ]
        rows = []
        for what, happen, events in chapters:
            back = happen()
            first, *others = self._lines.take(events) or [""]
            rows += [[what, back, first], *(["", "", it] for it in others)]
        return rows

    def too_large(self) -> list[list[str]]:
        """Return why each host refuses an instance with 32 processors."""
        try:
            self._conductor.build_instances(request=_request(vcpus=32))
        except NoValidHost as error:
            return [[host, why] for host, why in error.reasons.items()]
        raise StepFailed("an instance that is too large for every host was built")

    def _build(self) -> str:
        made = self._conductor.build_instances(request=_request(vcpus=2), count=2)
        return "they run on " + " and ".join(it.host or "?" for it in made)

    def _attach(self) -> str:
        attachment = self._compute.attach_volume(instance_id=UUID(int=1), volume_id=VOLUME)
        return f"it is {attachment.device}"

    def _restart(self) -> str:
        self._compute.stop_instance(instance_id=UUID(int=1))
        self._compute.start_instance(instance_id=UUID(int=1))
        return "done"

    def _move_to_cleo(self) -> str:
        try:
            self._conductor.live_migrate_instance(instance_id=UUID(int=1), destination="cleo")
        except MigrationRefused as error:
            lacks = ", ".join(error.check.missing_features)
            return f"MigrationRefused: cleo lacks {lacks}"
        raise StepFailed("a move to a host without the right processor was not refused")

    def _move(self) -> str:
        migration = self._conductor.live_migrate_instance(instance_id=UUID(int=1))
        return f"it runs on {migration.destination}"

    def _lose(self) -> str:
        host = self._compute.get_instance(instance_id=UUID(int=1)).host or ""
        before = self._compute.set_host_status(
            host=host, status=HostStatus.down, reason="power cut"
        )
        return f"it was {before if isinstance(before, str) else before.name}"

    def _evacuate(self) -> str:
        moved = self._conductor.evacuate_host(host="bert")
        return f"moved: {', '.join(called(it.instance_id) for it in moved)}"


def _request(vcpus: int) -> BuildRequest:
    room = Resources(vcpus=vcpus, memory_mb=vcpus * 2048, disk_gb=vcpus * 10)
    return BuildRequest(
        name="web",
        project=PROJECT,
        flavor=Flavor(name=f"m1.{vcpus}", resources=room),
        boot=BootSourceImage(image_id=IMAGE),
    )
