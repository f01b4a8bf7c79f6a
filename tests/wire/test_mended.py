"""What contradicted docs/wire-http.md once, and must not again."""

import datetime as dt
import json

import pytest

from rpcgen_runtime import InvalidArguments, UnknownRemoteError
from tests.wire.observed import PLAIN, Ours
from tests.wire.raw import Answer, Recorder, Saying, post
from tests.wire.vectors import Row
from tests.wire.world import Contract, World

PEER = {**PLAIN, "rpcgen-version": "1.0"}


def _asked(world: World, body: str, fields: dict[str, str]) -> Row:
    found: Row = json.loads(post(world.urls["open"], body.encode(), fields).body)
    return found


def test_a_list_that_is_not_given_is_not_sent_and_needs_no_version(
    ours: Ours, recorder: Recorder
) -> None:
    ours.contract.v.ShelfClient(ours.transport(recorder.url)).mark()
    exchange = recorder.take()
    assert exchange.fields["rpcgen-version"] == "1.0"
    assert json.loads(exchange.body)["params"] == {}


def test_a_member_behind_the_parameters_is_ignored_from_a_peer_too(world: World) -> None:
    body = '{"jsonrpc":"2.0","id":1,"method":"Types.an_int","params":[7],"new":1}'
    assert _asked(world, body, PLAIN) == {"jsonrpc": "2.0", "id": 1, "result": 7}
    assert _asked(world, body, PEER) == {"jsonrpc": "2.0", "id": 1, "result": 7}


@pytest.mark.parametrize("limit", ['"3"', "3.0", "true"])
def test_the_data_of_an_error_are_not_converted(ours: Ours, saying: Saying, limit: str) -> None:
    error = f'{{"code":1001,"message":"full","data":{{"max":{limit}}}}}'
    saying.answer = Answer(200, PEER, f'{{"jsonrpc":"2.0","id":1,"error":{error}}}'.encode())
    row = {"call": "Shelf.put", "arguments": '{"Name":"a"}'}
    assert ours.end_of(saying.url, row)["outcome"] == UnknownRemoteError.__name__


def test_the_data_of_an_error_are_checked_before_they_are_written(contract: Contract) -> None:
    codec = contract.methods["Shelf.put"].errors[1001]
    for wrong in (
        contract.v.ShelfFull(limit=2**63),
        contract.v.ShelfFull(limit=3, until=dt.datetime(2026, 5, 1)),  # noqa: DTZ001  # that is the point
    ):
        with pytest.raises(TypeError):
            codec.encode(wrong)


def test_a_whole_number_in_json_that_cannot_be_answered_is_not_taken(world: World) -> None:
    body = '{"jsonrpc":"2.0","id":1,"method":"Types.a_json","params":[9223372036854775808]}'
    answer = _asked(world, body, PLAIN)
    assert answer.get("error", {}).get("code") != -32603


def test_white_space_behind_a_header_is_no_part_of_it(world: World) -> None:
    body = '{"jsonrpc":"2.0","id":1,"method":"shelf.clear"}'
    assert "result" in _asked(world, body, {**PLAIN, "rpcgen-version": "1.0 "})


def test_an_offset_with_seconds_is_not_written_as_another_moment(
    ours: Ours, recorder: Recorder
) -> None:
    odd = dt.timezone(dt.timedelta(hours=2, seconds=30))
    moment = dt.datetime(2026, 5, 1, 12, tzinfo=odd)
    try:
        client = ours.contract.v.TypesClient(ours.transport(recorder.url))
        assert client.a_datetime(moment) == moment
    except InvalidArguments:
        return
