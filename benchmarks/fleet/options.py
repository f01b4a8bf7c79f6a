"""The options of `python -m benchmarks.fleet`."""

import argparse

from benchmarks.arguments import new_file, positive
from benchmarks.fleet.plan import Plan


def parser() -> argparse.ArgumentParser:
    """Return what reads them; a mistake ends the program with exit code 2."""
    plan = Plan()
    found = argparse.ArgumentParser(
        prog="python -m benchmarks.fleet",
        description="Start a fleet of servers and clients at a RabbitMQ node of its own, restart "
        "that and all servers, and compute what a larger fleet would need.",
        epilog="Exit codes: 0 done, 1 a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.",
    )
    for name, default, what in (
        ("servers", plan.servers, "how many"),
        ("clients", plan.clients, "how many"),
    ):
        found.add_argument(
            f"--{name}",
            type=positive(int),
            default=default,
            metavar="N",
            help=f"{what}; default: {default:,}",
        )
    for name, seconds, what in (
        ("seconds", plan.seconds, "for which they call before a restart"),
        ("period", plan.period, "seconds from one call of a client to its next"),
        ("outage", plan.outage, "seconds for which the node is away"),
    ):
        found.add_argument(
            f"--{name}",
            type=positive(float),
            default=seconds,
            metavar="S",
            help=f"{what}; default: {seconds:g}",
        )
    found.add_argument("--json", type=new_file, metavar="FILE", help="write what was found there")
    return found


def plan_of(given: argparse.Namespace) -> Plan:
    """Return what the options ask for."""
    return Plan(given.servers, given.clients, given.seconds, given.period, given.outage)
