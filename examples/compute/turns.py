"""One method at a time: `turn` gives a method the cloud for itself."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ClassVar, Concatenate, ParamSpec, TypeVar

from examples.compute.cloud import Cloud
from examples.compute.instances import expire
from rpcgen_runtime import DeclaredError

log = logging.getLogger("examples.compute")


class OnCloud:
    """What the endpoints have in common: the cloud that they work on."""

    service: ClassVar[str]
    """The name of the service, for the counters."""

    def __init__(self, cloud: Cloud | None = None) -> None:
        """Work on `cloud`, or on a new one that nobody else has."""
        self.cloud = cloud or Cloud()


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=OnCloud)


def turn(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Let a method run while no other does; it is counted, and what is over is given up before.

    Events are published within the turn, so that they go out in the order of what happened.
    """

    @wraps(method)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        cloud = self.cloud
        with cloud.lock:
            cloud.counters[f"{self.service}.{run.__name__}"] += 1
            expire(cloud)
            return method(self, *args, **kwargs)

    return run


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Log what a cast could not do: there is nobody to tell."""
    try:
        yield
    except DeclaredError as error:
        log.warning("not done: %s", error)
