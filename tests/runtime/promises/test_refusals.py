"""Who refuses what: an interceptor before the start, another server behind a handler."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rpcgen_runtime import Forbidden, InternalError, Invocation
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import Place
from tests.runtime.promises.endpoints import Worker


@contextmanager
def refusing(invocation: Invocation) -> Iterator[None]:
    if invocation.side == "server":
        raise Forbidden("not you")
    yield


def forbidden_elsewhere(_context: object, _name: str) -> str:
    raise Forbidden("what another server said to the handler")


def test_an_interceptor_refuses_before_the_start(place: Place) -> None:
    client = place.client(WorkClient, place.serve(Worker(), interceptors=[refusing]))

    with pytest.raises(Forbidden, match="not you"):
        client.run("x")


def test_what_a_handler_was_refused_is_not_what_its_caller_is_refused(place: Place) -> None:
    client = place.client(WorkClient, place.serve(Worker(forbidden_elsewhere)))

    with pytest.raises(InternalError):
        client.run("x")


def test_a_server_is_named_in_printable_characters(place: Place) -> None:
    client = place.client(WorkClient, place.serve(Worker()))

    for name in ("", "a\nb", "é", "x" * 201):
        with pytest.raises(ValueError, match="`server` is not a name"):
            client.with_options(server=name)
