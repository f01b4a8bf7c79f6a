"""What is fuzzed: each target takes any bytes, and raises when a promise breaks. No atheris here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from tests.fuzz.addresses import headers, url
from tests.fuzz.contracts import contract
from tests.fuzz.envelopes import envelope, reply
from tests.fuzz.values import values

Target: TypeAlias = Callable[[bytes], None]

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "contract": contract,
        "envelope": envelope,
        "reply": reply,
        "values": values,
        "headers": headers,
        "url": url,
    }
)
