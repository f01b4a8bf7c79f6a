"""A fleet is started, calls for a while, loses its node, and then all of its servers at once."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from benchmarks.fleet import journal
from benchmarks.fleet.calls import Calls, summed_up
from benchmarks.fleet.census import Census, Registrar
from benchmarks.fleet.crews import Crews, crews, subject
from benchmarks.fleet.found import FIRST, NODE, SERVERS, Found, Stage
from benchmarks.fleet.journal import Arrivals
from benchmarks.fleet.plan import CLIENTS_EACH, SERVERS_EACH, Plan
from benchmarks.places import Places
from tests.broker.node import Node

LINES = ("vm_memory_high_watermark.absolute = 6GB",)
LOOKING = 0.25
"""Seconds between two questions whether all clients have been answered."""
SETTLING = 20.0
"""Seconds in which a node counts what there is, with its own statistics, and writes it down."""

Tell = Callable[[str], None]


class FleetError(Exception):
    """The fleet did not do what it must; the message says what."""


@dataclass(frozen=True, slots=True)
class _Act:
    """What a fleet was put through."""

    moment: float
    """Since when calls are answered by what is there afterwards."""
    failed_starts: int = 0


@dataclass(frozen=True, slots=True)
class _Fleet:
    """All that runs."""

    plan: Plan
    node: Node
    registrar: Registrar
    servers: Crews
    clients: Crews
    settling: float

    def told(self, moment: float) -> tuple[Calls, float]:
        """Return what became of the calls since it was asked last, and the fleet's CPU."""
        clients = self.clients.ask({"tell": True}, self.plan.patience)
        servers = self.servers.ask({"tell": True}, self.plan.patience)
        callers = [caller for it in clients for caller in it["callers"]]
        cpu = sum(it["cpu"] for it in [*clients, *servers])
        return summed_up(callers, moment, self.plan.timeout), cpu

    def wait(self, moment: float) -> None:
        """Return when every client was answered that called after a moment, or when it is vain."""
        until = time.monotonic() + self.plan.patience
        while time.monotonic() < until:
            told = self.clients.ask({"since": moment}, self.plan.patience)
            if not sum(it["left"] for it in told):
                return
            time.sleep(LOOKING)

    def shake(self, name: str, act: Callable[[], "_Act"], links: int) -> Stage:
        """Put the fleet through something, and return what it did until all is well again.

        `links` is how many connections it makes, which the node may be slow to write down.
        """
        _, fleet_cpu = self.told(0.0)
        node_cpu, declared = self.registrar.cpu(), self.registrar.declared()
        clock = time.time() - time.monotonic()
        done = act()
        self.wait(done.moment)
        ended = time.monotonic()
        self.settle(lambda: sum(self._arrivals(name, done, clock, ended).opened) >= links)
        begun = done.moment
        if name == NODE:
            # It is another process, which began to count anew.
            begun, declared, node_cpu = journal.listening(self.node.log()) - clock, 0, 0.0
        calls, cpu = self.told(done.moment)
        return Stage(
            name,
            self.registrar.cpu() - node_cpu,
            cpu - fleet_cpu,
            self.registrar.declared() - declared,
            done.failed_starts,
            self._arrivals(name, done, clock, ended),
            calls.since(begun),
        )

    def _arrivals(self, name: str, done: "_Act", clock: float, ended: float) -> Arrivals:
        log = self.node.log()
        begun = journal.listening(log) if name == NODE else done.moment + clock
        return journal.arrivals(log, begun, ended + clock - begun)

    def settle(self, is_done: Callable[[], bool]) -> None:
        """Wait until the node has written down or counted what there is, as long as it may take."""
        until = time.monotonic() + self.settling
        while time.monotonic() < until and not is_done():
            time.sleep(LOOKING)

    def census(self, links: int) -> Census:
        """Count everything, once the node has counted its connections."""
        self.settle(lambda: self.registrar.connections() == links)
        return self.registrar.census()

    def begin(self) -> "_Act":
        """Let all clients connect and call."""
        moment = time.monotonic()
        line = {"begin": self.plan.period, "timeout": self.plan.timeout}
        self.clients.ask(line, self.plan.patience)
        return _Act(moment)

    def serve(self) -> int:
        """Let all servers start; return how often one could not."""
        told = self.servers.ask({"serve": True}, self.plan.patience)
        return sum(it["failed_starts"] for it in told)

    def restart_servers(self) -> "_Act":
        """Restart all servers; each client calls while there is none."""
        self.servers.ask({"stop": True}, self.plan.patience)
        moment = time.monotonic()
        self.clients.ask({"wake": True}, self.plan.patience)
        return _Act(moment, self.serve())

    def restart_node(self) -> "_Act":
        """End the node as `kill -9` does, and start it; each client calls while it is away."""
        self.node.kill()
        moment = time.monotonic()
        self.clients.ask({"wake": True}, self.plan.patience)
        time.sleep(self.plan.outage)
        self.node.start()
        self.registrar.look_again()
        self.registrar.log_all()
        return _Act(moment)


def run(plan: Plan, node: Node, tell: Tell, settling: float = SETTLING) -> Found:
    """Put a fleet through everything. Raises SubjectError, NodeError, FleetError."""
    with _fleet(plan, node, tell, settling) as fleet:
        fleet.registrar.log_all()
        empty = fleet.registrar.census()
        tell("starting servers")
        node_cpu, begun = fleet.registrar.cpu(), time.monotonic()
        failed = fleet.serve()
        served_s, servers_cpu = time.monotonic() - begun, fleet.registrar.cpu() - node_cpu
        served = fleet.census(2 * plan.servers)
        tell("starting clients")
        first = replace(fleet.shake(FIRST, fleet.begin, 2 * plan.clients), failed_starts=failed)
        tell(f"calling for {plan.seconds:g} s")
        calls, cpu = _steady(fleet)
        full = fleet.census(plan.links)
        tell("restarting the node")
        node_stage = fleet.shake(NODE, fleet.restart_node, plan.links)
        tell("restarting all servers")
        servers_stage = fleet.shake(SERVERS, fleet.restart_servers, 2 * plan.servers)
    stages = [first, node_stage, servers_stage]
    return Found(plan, empty, served, full, served_s, servers_cpu, calls, cpu, stages)


def _steady(fleet: _Fleet) -> tuple[float, float]:
    """Let the clients call; return the calls in a second, and the CPU of one."""
    _, before = fleet.told(0.0)
    node_cpu, begun = fleet.registrar.cpu(), time.monotonic()
    time.sleep(fleet.plan.seconds)
    calls, after = fleet.told(0.0)
    seconds = time.monotonic() - begun
    count = sum(calls.outcomes.values())
    if not count:
        raise FleetError(f"no client called in {fleet.plan.seconds:g} s")
    cpu = after - before + fleet.registrar.cpu() - node_cpu
    return count / seconds, cpu / count


@contextmanager
def _fleet(plan: Plan, node: Node, tell: Tell, settling: float) -> Iterator[_Fleet]:
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="rpcgen-fleet-")))
        url = held.enter_context(Places(node).place(subject("clients")))
        tell(f"starting {plan.processes} processes")
        yield _Fleet(
            plan,
            node,
            Registrar(node, unquote(urlsplit(url).path[1:])),
            held.enter_context(crews("servers", plan.servers, SERVERS_EACH, url, folder)),
            held.enter_context(crews("clients", plan.clients, CLIENTS_EACH, url, folder)),
            settling,
        )
