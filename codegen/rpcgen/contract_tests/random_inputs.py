"""Random valid arguments: hypothesis draws them, and looks for the smallest that shows a mistake.

It is an extra (`rpcgen[test]`) and imported only when it is used.
"""

from functools import partial
from importlib.util import find_spec

from pydantic import JsonValue

from rpcgen.contract_tests.answers import Answers
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.inputs import sendable
from rpcgen.contract_tests.running import Running, running
from rpcgen.contract_tests.subjects import Subject

WITHOUT = "no random values: hypothesis is missing; accepted: `pip install rpcgen[test]`"


class _FoundError(Exception):
    """Tells hypothesis that an example shows a mistake."""


def is_there() -> bool:
    """Whether hypothesis is installed."""
    return find_spec("hypothesis") is not None


def ask_at_random(
    subject: Subject, codec: MethodCodec, answers: Answers, *, seed: int, examples: int
) -> None:
    """Ask with `examples` random arguments, the same ones for the same seed."""
    if not codec.contract.parameters or examples < 1 or answers.is_late:
        return
    with running(subject) as server:
        _draw(server, codec, answers, seed, examples)


def _draw(
    server: Running, codec: MethodCodec, answers: Answers, number: int, examples: int
) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import HypothesisException

    from rpcgen.samples import strategies

    to_server = codec.contract.verb != "event"
    drawn = strategies.arguments(codec.contract, to_server=to_server, is_modest=True)

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
        report_multiple_bugs=False,
    )
    @given(drawn.map(partial(sendable, codec)))
    def draw(arguments: dict[str, JsonValue]) -> None:
        if not answers.is_late and not answers.ask(server, arguments):
            raise _FoundError

    try:
        draw()
    except (_FoundError, HypothesisException, ExceptionGroup):
        # What was found is kept; a handler with state need not fail twice the same way.
        return
