"""A whole run: rounds in which all parts take their turn, so that a machine's drift cancels."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.growth.part import Part
from benchmarks.growth.points import Point
from benchmarks.growth.rig import Rig
from benchmarks.growth.scale import BROKER, Scale
from benchmarks.lines import reason
from benchmarks.places import Places
from benchmarks.processes import SubjectError
from benchmarks.results import Failed
from tests.broker.node import Node

Tell = Callable[[Point], None]


def size(parts: Sequence[Part], scale: Scale) -> int:
    """Return how many points there will be."""
    each = (scale.repeats(it.repeats) * sum(map(len, it.curves(scale).values())) for it in parts)
    return scale.rounds * sum(each)


def run(parts: Sequence[Part], scale: Scale, tell: Tell) -> None:
    """Tell every point when it is found. Raises NodeError."""
    with _rig(parts, scale) as rig:
        for number in range(scale.rounds):
            for part in parts:
                repeats = scale.repeats(part.repeats)
                for repeat in range(repeats):
                    _turn(rig, part, number * repeats + repeat, tell)


def _turn(rig: Rig, part: Part, number: int, tell: Tell) -> None:
    for curve, at in part.curves(rig.scale).items():
        for point in _measured(rig, part, curve, at, number):
            tell(point)


def _measured(rig: Rig, part: Part, curve: str, at: Sequence[int], number: int) -> Iterator[Point]:
    """Measure one curve; what fails takes the rest of it along."""
    left = list(at)
    # Closed, so that processes end here and not when the collector comes by.
    with closing(part.measure(rig, curve, at)) as found:
        try:
            for figures in found:
                yield Point(part.name, curve, left.pop(0), number, figures)
        except Exception as error:  # noqa: BLE001  # one that fails is no reason to lose the others
            text = str(error) if isinstance(error, SubjectError) else reason(error)
            yield from (Point(part.name, curve, it, number, Failed(text)) for it in left)


@contextmanager
def _rig(parts: Sequence[Part], scale: Scale) -> Iterator[Rig]:
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="rpcgen-growth-")))
        curves = [name for part in parts for name in part.curves(scale)]
        needs_node = any(it.startswith(BROKER) for it in curves)
        node = held.enter_context(Node(is_small=False)) if needs_node else None
        yield Rig(Places(node), folder, scale)
