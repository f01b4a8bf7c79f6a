"""How much is measured: all of it, or a few quick points without a broker. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BROKER = "amqp"


@dataclass(frozen=True, slots=True)
class Scale:
    """The same for all parts of a run."""

    rounds: int
    seconds: float
    """For each point of a curve."""
    is_brief: bool = False

    def sizes(self, whole: Sequence[int], brief: int = 2) -> Sequence[int]:
        """Return the sizes of an axis; of a brief run the first few."""
        return whole[:brief] if self.is_brief else whole

    def roads(self, whole: Iterable[str]) -> list[str]:
        """Return the curves; of a brief run those that need no broker."""
        return [it for it in whole if not (self.is_brief and it.startswith(BROKER))]

    def repeats(self, whole: int) -> int:
        """Return how often a part is measured in a round."""
        return 1 if self.is_brief else whole


FULL = Scale(rounds=3, seconds=0.6)
BRIEF = Scale(rounds=1, seconds=0.02, is_brief=True)
