"""Each contract is compiled once."""

from collections.abc import Iterator, Sequence

import pytest

from tests.samples.tried import CONTRACTS, Tried, tried


@pytest.fixture(scope="session", params=CONTRACTS)
def methods(request: pytest.FixtureRequest) -> Iterator[Sequence[Tried]]:
    """The methods that flow to a server, of one contract after the other."""
    with tried(request.param) as found:
        yield [it for it in found if it.method.verb != "event"]
