"""Sums of resources. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from demo.compute.v2 import Resource, Resources

LARGEST = 2**63 - 1
"""What an `int` of a contract can hold."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """What there is too little of."""

    resource: Resource
    wanted: int
    free: int

    def __str__(self) -> str:
        return f"too little {self.resource.name}: {self.wanted} wanted, {self.free} free"


def nothing() -> Resources:
    """Return zero of each."""
    return Resources(vcpus=0, memory_mb=0, disk_gb=0)


def total(items: Iterable[Resources]) -> Resources:
    """Return the sum of all."""
    return reduce(plus, items, nothing())


def plus(one: Resources, other: Resources) -> Resources:
    """Return what both are together."""
    return _each(lambda a, b: min(a + b, LARGEST), one, other)


def minus(one: Resources, other: Resources) -> Resources:
    """Return what is left of `one` without `other`; never less than zero."""
    return _each(lambda a, b: max(a - b, 0), one, other)


def larger(one: Resources, other: Resources) -> Resources:
    """Return, of each resource, the larger amount."""
    return _each(max, one, other)


def shortage(wanted: Resources, free: Resources) -> Shortage | None:
    """Return what there is too little of first, or None where `wanted` fits into `free`."""
    for resource in Resource:
        lack = Shortage(resource, amount(wanted, resource), amount(free, resource))
        if lack.wanted > lack.free:
            return lack
    return None


def amount(resources: Resources, resource: Resource) -> int:
    """Return how much there is of one resource."""
    match resource:
        case Resource.vcpus:
            return resources.vcpus
        case Resource.memory_mb:
            return resources.memory_mb
        case Resource.disk_gb:
            return resources.disk_gb
        case Resource.gpus:
            return resources.gpus


def _each(sum_up: Callable[[int, int], int], one: Resources, other: Resources) -> Resources:
    # Not validated: a sum may be more than any one host has.
    return Resources.model_construct(
        vcpus=sum_up(one.vcpus, other.vcpus),
        memory_mb=sum_up(one.memory_mb, other.memory_mb),
        disk_gb=sum_up(one.disk_gb, other.disk_gb),
        gpus=sum_up(one.gpus, other.gpus),
    )
