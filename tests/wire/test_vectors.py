"""The vectors of docs/wire are what our client writes and our server answers."""

from rpcgen.language import model
from rpcgen_runtime import errors
from rpcgen_runtime.http.limits import HttpLimits
from tests.wire import world as worlds
from tests.wire.observed import Ours, called, replied, requested, valued
from tests.wire.raw import Recorder, Saying
from tests.wire.vectors import hold, read
from tests.wire.world import Contract, World


def test_calls_are_written_and_answered_as_the_vectors_say(
    ours: Ours, world: World, recorder: Recorder
) -> None:
    hold("calls", [called(it, ours, world, recorder) for it in read("calls")])


def test_requests_are_answered_as_the_vectors_say(world: World) -> None:
    hold("requests", [requested(it, world.urls[it.get("to", "open")]) for it in read("requests")])


def test_replies_are_read_as_the_vectors_say(ours: Ours, saying: Saying) -> None:
    hold("replies", [replied(it, ours, saying) for it in read("replies")])


def test_values_are_read_and_written_as_the_vectors_say(contract: Contract, world: World) -> None:
    found = [valued(it, contract, world.urls["open"]) for it in read("values")]
    hold("values", found, is_short=True)
    assert all(it["valid"] for it in found if it.get("lenient"))


def test_every_method_of_the_contract_is_called(contract: Contract) -> None:
    assert {it["call"] for it in read("calls")} == set(contract.methods)


def test_there_are_values_of_every_type_right_and_wrong() -> None:
    verdicts = {(it["type"].partition("[")[0], it["valid"]) for it in read("values")}
    assert {(name, True) for name in model.BUILTINS} <= verdicts
    assert {(name, False) for name in model.BUILTINS} <= verdicts


def test_every_code_is_answered_or_read() -> None:
    text = " ".join(it.get("body", "") for it in read("replies"))
    assert [it for it in (*errors.BY_CODE, errors.INTERNAL_ERROR) if str(it) not in text] == []


def test_no_row_stands_twice() -> None:
    for name in ("calls", "requests", "replies"):
        names = [it["name"] for it in read(name)]
        assert len(set(names)) == len(names)
    values = [(it["type"], it["json"]) for it in read("values")]
    assert len(set(values)) == len(values)


def test_the_small_server_is_smaller_than_others() -> None:
    assert worlds.SMALL.max_body < HttpLimits().max_body
