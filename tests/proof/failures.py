"""What did not get through, as data and in words."""

import json
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.proof.pools import Wire

Part: TypeAlias = Literal["request", "reply", "error", "event"]
Form: TypeAlias = Literal["stub", "named", "positional", "legacy"]
"""Through the generated client; or as a stranger writes it, as an object, as an array, or under a
former name."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One value that one side may send and the other did not get as it was meant."""

    part: Part
    method: str
    form: Form
    value: Wire
    what: str
    is_late: bool
    """Whether the server is the older side."""

    def text(self) -> str:
        """Return it as a sentence."""
        sides = "new client, old server" if self.is_late else "old client, new server"
        shown = json.dumps(self.value, ensure_ascii=False)
        return f"{sides}: {self.part} of `{self.method}` ({self.form}) {shown}: {self.what}"
