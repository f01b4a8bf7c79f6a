"""Row S10: servers of an older and of a newer minor behind one topic."""

from collections import Counter

from rpcgen_runtime import NO_RETRY, Context, RpcError, Server, UnsupportedVersion, connect
from tests.faults.rows.row import Must, Needs, Row, RowImpossible, none_of
from tests.faults.scene import Scene
from tests.faults.sides import OURS
from tests.runtime.generated.new.trial.shop import v1 as new
from tests.runtime.generated.old.trial.shop import v1 as old


class _OldShop(old.ShopServer):
    def find(self, ctx: Context, name: str) -> old.Item | None:
        return old.Item(name=name)

    def buy(self, ctx: Context, item: old.Item, payment: old.Payment) -> old.Item:
        return item

    def list(self, ctx: Context) -> "list[old.Item]":
        return []

    def pay(self, ctx: Context) -> old.Payment:
        raise NotImplementedError


class _NewShop(new.ShopServer):
    def find(self, ctx: Context, name: str, kind: object) -> new.Item | None:
        return new.Item(name=name)

    def buy(self, ctx: Context, item: new.Item, payment: new.Payment, kinds: object) -> new.Item:
        return item

    def list(self, ctx: Context, limit: int) -> "list[new.Item]":
        return []

    def pay(self, ctx: Context) -> new.Payment:
        raise NotImplementedError

    def close(self, ctx: Context, reason: str | None) -> None: ...


def side_by_side(scene: Scene) -> None:
    """S10: what both understand is always answered; what only one does, answered or refused."""
    if scene.side != OURS:
        raise RowImpossible("it has no contract of two versions")
    scene.fault("an older and a newer server behind one topic")
    plain: Counter[str] = Counter()
    newer: Counter[str] = Counter()
    with (
        Server(scene.url, [_OldShop()], server="old"),
        Server(scene.url, [_NewShop()], server="new"),
        connect(scene.url, retry=NO_RETRY, timeout=10) as transport,
    ):
        shop = new.ShopClient(transport)
        for _ in range(int(scene.pick(1000, 100))):
            plain[_found(shop, None)] += 1
            # Twice: the two servers take turns, and each is to get both.
            newer[_found(shop, new.Kind.film)] += 1
            newer[_found(shop, new.Kind.film)] += 1
    scene.measured["plain_refused"] = plain.total() - plain["found"]
    scene.measured["newer_found"] = newer["found"]
    scene.measured["newer_unsupported"] = newer[UnsupportedVersion.__name__]
    scene.measured["newer_otherwise"] = (
        newer.total() - newer["found"] - newer[UnsupportedVersion.__name__]
    )


def _found(shop: new.ShopClient, kind: new.Kind | None) -> str:
    try:
        found = shop.find("a") if kind is None else shop.find("a", kind)
    except RpcError as error:
        return type(error).__name__
    return "found" if found is not None and found.name == "a" else "another"


ROWS = (
    Row(
        id="S10",
        fault="older and newer minor behind one topic",
        needs=Needs.NODE,
        act=side_by_side,
        musts=(*none_of("plain_refused", "newer_otherwise"), Must("newer_unsupported", "≥", 1)),
    ),
)
