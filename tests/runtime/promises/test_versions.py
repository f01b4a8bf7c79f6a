"""Old and new talk to each other until somebody uses what the other does not know."""

from typing import Any

import pytest

from rpcgen_runtime import (
    Context,
    Unrecognized,
    UnrecognizedVariant,
    UnsupportedVersion,
    VersionCapExceeded,
)
from tests.runtime.generated.new.trial.shop import v1 as new
from tests.runtime.generated.new.trial.shop import v2
from tests.runtime.generated.new.trial.shop.v1.methods import SHOP_BUY, SHOP_CLOSE, SHOP_FIND
from tests.runtime.generated.old.trial.shop import v1 as old
from tests.runtime.places import Place, eventually


class NewShop(new.ShopServer):
    """Notes the version of each request."""

    def __init__(self) -> None:
        self.versions: list[str] = []
        self.bought: list[new.Item] = []

    def find(self, ctx: Context, name: str, kind: new.Kind) -> new.Item | None:
        self.versions.append(ctx.version)
        return new.Item(name=name, kind=kind, weight=3, tags=["t"])

    def buy(
        self,
        ctx: Context,
        item: new.Item,
        payment: new.Payment,
        kinds: dict[new.Kind, int],
    ) -> new.Item:
        self.versions.append(ctx.version)
        self.bought.append(item)
        return item

    def list(self, ctx: Context, limit: int) -> list[new.Item]:
        self.versions.append(ctx.version)
        return [new.Item(name="f", kind=new.Kind.film), new.Item(name="b")]

    def pay(self, ctx: Context) -> new.Payment:
        return new.PaymentCard(number="42")

    def close(self, ctx: Context, reason: str | None) -> None:
        self.versions.append(ctx.version)


class OldShop(old.ShopServer):
    """An old server; it passes on what it hears from a new one, if it has one."""

    def __init__(self, behind: old.ShopClient | None = None) -> None:
        self.calls = 0
        self._behind = behind

    def find(self, ctx: Context, name: str) -> old.Item | None:
        self.calls += 1
        return old.Item(name=name)

    def buy(self, ctx: Context, item: old.Item, payment: old.Payment) -> old.Item:
        self.calls += 1
        return item

    def list(self, ctx: Context) -> list[old.Item]:
        self.calls += 1
        return self._behind.list() if self._behind else []

    def pay(self, ctx: Context) -> old.Payment | UnrecognizedVariant:
        return self._behind.pay() if self._behind else old.PaymentCash(amount=1)


class OldEars(old.ShopListener):
    """Knows the events of the old shop."""

    def __init__(self) -> None:
        self.heard: list[tuple[old.Item, int]] = []

    def sold(self, ctx: Context, item: old.Item, count: int) -> None:
        self.heard.append((item, count))


class NewEars(new.ShopListener):
    """Knows the events of the new shop."""

    def __init__(self) -> None:
        self.heard: list[tuple[new.Item, int, new.Kind | Unrecognized]] = []

    def sold(self, ctx: Context, item: new.Item, count: int, kind: new.Kind | Unrecognized) -> None:
        self.heard.append((item, count, kind))

    def restocked(self, ctx: Context, name: str) -> None:
        raise AssertionError("nobody restocks here")


CASH = new.PaymentCash(amount=1)
CARD = new.PaymentCard(number="4")


def test_a_request_needs_the_lowest_minor_that_its_arguments_need(place: Place) -> None:
    shop = NewShop()
    client = place.client(new.ShopClient, place.serve(shop))
    item, kinds = new.Item, new.Kind
    needs: list[tuple[str, Any]] = [
        ("1.0", lambda: client.find("a")),
        ("1.0", lambda: client.find("a", kinds.book)),
        ("1.1", lambda: client.find("a", kinds.disc)),
        ("1.1", lambda: client.find("a", kinds.film)),
        ("1.0", lambda: client.buy(item(name="a"), CASH)),
        ("1.0", lambda: client.buy(item(name="a", kind=kinds.disc, weight=None, tags=[]), CASH)),
        ("1.1", lambda: client.buy(item(name="a", kind=kinds.film), CASH)),
        ("1.2", lambda: client.buy(item(name="a", weight=1), CASH)),
        ("1.2", lambda: client.buy(item(name="a"), CARD)),
        ("1.3", lambda: client.buy(item(name="a", tags=["x"]), CARD)),
        ("1.0", lambda: client.buy(item(name="a"), CASH, {})),
        ("1.1", lambda: client.buy(item(name="a"), CASH, {kinds.book: 1})),
        ("1.0", lambda: client.list()),
        ("1.0", lambda: client.list(10)),
        ("1.2", lambda: client.list(11)),
        ("1.3", lambda: client.close()),
    ]
    for _, call in needs:
        call()
    assert shop.versions == [version for version, _ in needs]


def test_a_new_client_works_with_an_old_server_until_it_uses_something_new(place: Place) -> None:
    shop = OldShop()
    client = place.client(new.ShopClient, place.serve(shop))
    assert client.find("a") == new.Item(name="a")
    assert client.buy(new.Item(name="b"), CASH) == new.Item(name="b")
    assert client.list() == []
    assert shop.calls == 3
    for call in (
        lambda: client.find("a", new.Kind.film),
        lambda: client.buy(new.Item(name="a", weight=1), CASH),
        lambda: client.buy(new.Item(name="a"), CARD),
        lambda: client.list(5),
    ):
        with pytest.raises(UnsupportedVersion, match=r"version 1\.[123] is not served; .*1\.0"):
            call()
    assert shop.calls == 3


def test_an_old_client_keeps_what_it_does_not_know_and_hands_it_on(place: Place) -> None:
    behind = place.client(old.ShopClient, place.serve(NewShop()))
    found = behind.list()
    assert [it.kind for it in found] == [Unrecognized("film"), old.Kind.book]
    assert isinstance(found[0].kind, Unrecognized)
    assert repr(found[0].kind) == "Unrecognized('film')"
    card = behind.pay()
    assert card == UnrecognizedVariant("card", {"type": "card", "number": "42"})

    between = place.serve(OldShop(behind))
    far = place.client(new.ShopClient, between)
    assert [it.kind for it in far.list()] == [new.Kind.film, new.Kind.book]
    assert far.pay() == new.PaymentCard(number="42")


def test_a_cap_refuses_before_anything_is_sent(place: Place) -> None:
    shop = NewShop()
    client = place.client(new.ShopClient, place.serve(shop)).with_options(version_cap="1.1")
    client.find("a", new.Kind.film)
    with pytest.raises(VersionCapExceeded, match=r"needs 1\.3, the cap is 1\.1"):
        client.close()
    assert shop.versions == ["1.1"]
    other = client.with_options(version_cap="2.0")
    with pytest.raises(VersionCapExceeded):
        other.find("a")
    for wrong in ("1", "x", "1.x", "", "1.0.0"):
        with pytest.raises(ValueError, match="is not a version"):
            client.with_options(version_cap=wrong)


def test_a_client_can_ask_what_its_cap_lets_through(place: Place) -> None:
    client = place.client(new.ShopClient, place.serve(NewShop())).with_options(version_cap="1.1")
    assert client.can_send(SHOP_FIND, "a")
    assert client.can_send(SHOP_FIND, "a", new.Kind.film)
    assert client.can_send(SHOP_BUY, new.Item(name="a"), CASH)
    assert not client.can_send(SHOP_BUY, new.Item(name="a"), CARD)
    assert not client.can_send(SHOP_CLOSE)
    with pytest.raises(ValueError, match="`name`: must be given"):
        client.can_send(SHOP_FIND)


def test_one_server_serves_two_majors(place: Place) -> None:
    class Second(v2.ShopServer):
        def find(self, ctx: Context, number: int) -> str | None:
            return f"number {number} of {ctx.version}"

    for endpoints in ([NewShop(), Second()], [Second(), NewShop()]):
        server = place.serve(*endpoints)
        assert place.client(new.ShopClient, server).find("a") is not None
        assert place.client(v2.ShopClient, server).find(7) == "number 7 of 2.0"
    server = place.serve(Second())
    with pytest.raises(UnsupportedVersion, match=r"served: 2\.0"):
        place.client(old.ShopClient, server).find("a")


@pytest.mark.parametrize("group", ["ears", None])
def test_an_old_listener_hears_a_new_publisher_and_leaves_out_what_is_new(
    topic_place: Place, group: str | None
) -> None:
    url, ears = topic_place.fresh_url(), OldEars()
    topic_place.serve(ears, url=url, group=group)
    events = topic_place.client(new.ShopEvents, url)
    events.sold(new.Item(name="a"), 1)
    events.restocked("a")
    events.sold(new.Item(name="b", kind=new.Kind.film, weight=3), 2, new.Kind.film)
    assert eventually(lambda: len(ears.heard) == 2)
    assert sorted((it.name, it.kind, count) for it, count in ears.heard) == [
        ("a", old.Kind.book, 1),
        ("b", Unrecognized("film"), 2),
    ]


def test_a_new_listener_hears_an_old_publisher(topic_place: Place) -> None:
    url, ears = topic_place.fresh_url(), NewEars()
    topic_place.serve(ears, url=url, group="ears")
    topic_place.client(old.ShopEvents, url).sold(old.Item(name="a"), 1)
    assert eventually(lambda: ears.heard == [(new.Item(name="a"), 1, new.Kind.book)])
