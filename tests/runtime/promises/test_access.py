"""Who calls and who may: on every transport, before the handler starts."""

from collections.abc import Awaitable
from typing import Any

import pytest

from rpcgen_runtime import (
    Context,
    Credentials,
    Forbidden,
    Identity,
    RoleAccess,
    Tokens,
    Unauthenticated,
)
from rpcgen_runtime.methods import Method
from tests.runtime.generated.new.trial.work.v1 import WorkClient
from tests.runtime.places import Place, eventually
from tests.runtime.promises.endpoints import Worker

ANN, BOB = Identity("ann", frozenset(["reader"])), Identity("bob", frozenset(["writer"]))
TOKENS = Tokens({"token-of-ann": ANN, "token-of-bob": BOB})
ACCESS = RoleAccess({"reader": ["Work.run", "Work.b*"], "writer": ["*"]}, everyone=["Work.other"])


def _who(context: Context, _name: str) -> str:
    return context.identity.name if context.identity else "nobody"


def test_a_known_caller_is_told_to_the_handler(place: Place) -> None:
    server = place.serve(Worker(_who), authenticator=TOKENS)
    assert place.client(WorkClient, server, token="token-of-ann").run("x") == "ann"
    assert place.client(WorkClient, server, token="token-of-bob").run("x") == "bob"


def test_without_an_authenticator_nobody_is_known(place: Place) -> None:
    server = place.serve(Worker(_who))
    assert place.client(WorkClient, server, token="token-of-ann").run("x") == "nobody"


@pytest.mark.parametrize("token", [None, "token-of-eve", "token-of-anna", "TOKEN-OF-ANN"])
def test_an_unknown_caller_is_refused_before_anything(place: Place, token: str | None) -> None:
    worker = Worker(_who)
    server = place.serve(worker, authenticator=TOKENS)
    client = place.client(WorkClient, server, token=token)
    for call in (client.run, client.other, client.brief):
        with pytest.raises(Unauthenticated) as caught:
            call("x")
        assert "token-of" not in str(caught.value).lower()


def test_a_method_that_is_not_granted_is_refused(place: Place) -> None:
    server = place.serve(Worker(_who), authenticator=TOKENS, access=ACCESS)
    ann = place.client(WorkClient, server, token="token-of-ann")
    assert ann.run("x") == ann.brief("x") == "ann"
    assert ann.other("x") == "x!"
    with pytest.raises(Forbidden):
        ann.repeat("x")
    assert place.client(WorkClient, server, token="token-of-bob").repeat("x") == "bob"


def test_a_cast_that_is_not_granted_is_not_run(place: Place) -> None:
    worker = Worker()
    server = place.serve(worker, authenticator=TOKENS, access=ACCESS)
    ann = place.client(WorkClient, server, token="token-of-ann")
    bob = place.client(WorkClient, server, token="token-of-bob")
    ann.note("no")
    bob.note("yes")
    assert worker.told.acquire(timeout=5)
    assert worker.notes == ["yes"]


def test_a_policy_may_do_without_identities(place: Place) -> None:
    def only_run(identity: Identity | None, method: Method) -> bool:
        assert identity is None
        return method.label == "Work.run"

    client = place.client(WorkClient, place.serve(Worker(), access=only_run))
    assert client.run("x") == "x"
    with pytest.raises(Forbidden):
        client.other("x")


def test_a_token_is_asked_for_before_each_call(place: Place) -> None:
    tokens = iter(["token-of-ann", "token-of-bob", "token-of-eve"])
    server = place.serve(Worker(_who), authenticator=TOKENS)
    client = place.client(WorkClient, server, token=lambda: next(tokens))
    assert [client.run("x"), client.run("x")] == ["ann", "bob"]
    with pytest.raises(Unauthenticated):
        client.run("x")


def test_an_async_client_may_await_its_token(place: Place) -> None:
    if place.style == "sync":
        return  # a sync client has nothing to await with; the type checker says so

    async def token() -> str:
        return "token-of-ann"

    server = place.serve(Worker(_who), authenticator=TOKENS)
    assert place.client(WorkClient, server, token=token).run("x") == "ann"


@pytest.mark.parametrize("token", ["", "two words", "ä", "a\r\nb", "x" * 8_001])
def test_what_is_no_token_is_refused_before_anything_is_sent(place: Place, token: Any) -> None:
    server = place.serve(Worker(_who), authenticator=TOKENS)
    with pytest.raises(ValueError, match="`token` is not one") as caught:
        place.transport(server.url, token=token)
    assert token not in str(caught.value) or not token
    client = place.client(WorkClient, server, token=lambda: token)
    with pytest.raises(ValueError, match="`token` is not one"):
        client.run("x")


def test_an_authenticator_may_be_async(place: Place) -> None:
    def authenticator(credentials: Credentials) -> Awaitable[Identity | None]:
        async def found() -> Identity | None:
            return ANN if credentials.token == "good" else None

        return found()

    server = place.serve(Worker(_who), authenticator=authenticator)
    assert place.client(WorkClient, server, token="good").run("x") == "ann"
    with pytest.raises(Unauthenticated):
        place.client(WorkClient, server, token="bad").run("x")


def test_what_an_authenticator_raises_is_logged_and_nobody_is_let_in(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_credentials: Credentials) -> Identity | None:
        raise RuntimeError("the directory is away")

    client = place.client(WorkClient, place.serve(Worker(), authenticator=broken), token="x")
    with pytest.raises(Unauthenticated) as caught:
        client.run("x")
    assert "directory" not in str(caught.value)
    assert eventually(lambda: "the directory is away" in caplog.text)


def test_a_token_is_never_told() -> None:
    assert "secret" not in repr(Credentials(token="secret"))
    assert "secret" not in str(vars(Tokens({"secret": ANN})))
    with pytest.raises(ValueError, match="a token is empty"):
        Tokens({"": ANN})
