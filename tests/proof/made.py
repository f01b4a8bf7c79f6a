"""Random contracts, small and rich: the same seed gives the same contract."""

from random import Random

from tests.proof.contracts import (
    Alias,
    Const,
    Contract,
    Declaration,
    Group,
    Member,
    Method,
    Package,
    Service,
    Type,
)

SCALARS = "bool int float str bytes uuid datetime date time duration decimal json".split()
LIMITS: dict[str, tuple[dict[str, str], ...]] = {
    "int": ({"ge": "0", "le": "100"}, {"gt": "0"}, {"multiple_of": "5"}, {"le": "limit"}),
    "float": ({"gt": "0.5"}, {"ge": "-1.5", "le": "8.0"}),
    "str": (
        {"min_length": "1", "max_length": "8"},
        {"max_length": "limit"},
        {"pattern": '"^[a-z]+$"'},
    ),
    "bytes": ({"max_length": "4"}, {"min_length": "2"}),
    "duration": ({"ge": "1s", "le": "1h"},),
    "decimal": ({"ge": "0", "decimal_places": "2"}, {"max_digits": "6"}),
    "list": ({"max_length": "3"}, {"min_length": "1"}),
    "map": ({"max_length": "2"},),
}
DEFAULTS: dict[str, tuple[str, ...]] = {
    "bool": ("true", "false"),
    "int": ("5", "15", "limit"),
    "float": ("2.5", "1.0"),
    "str": ('"abc"', '"x"'),
    "duration": ("90s", "1500ms"),
    "decimal": ("0.25", "10"),
    "list": ("[]",),
    "map": ("{}",),
    "Kind": ("disk", "tape"),
}
KEYS = ("str", "int", "uuid", "Kind")
NAMES = tuple("first second third class size value owner kind at names".split())


def made(seed: str) -> Contract:
    """Return the contract of a seed."""
    return _Maker(Random(f"contract {seed}")).contract()


def extra_package() -> Package:
    """Return a package with a service of its own."""
    ask = Method("call", "ask", [Member("value", Type("int"))], Type("str"))
    return Package("proof.extra", 0, [Service("Extras", [ask])])


def some_type(pick: Random, named: tuple[str, ...], depth: int = 0) -> Type:
    """Return a type expression that may hold the `named` ones."""
    roll = pick.random()
    if roll < 0.12 and depth < 2:
        inner = some_type(pick, named, depth + 1)
        inner.optional = inner.name != "json" and pick.random() < 0.15
        return _limited(pick, Type("list", [inner]))
    if roll < 0.22 and depth < 2:
        inner = some_type(pick, named, depth + 1)
        return _limited(pick, Type("map", [Type(pick.choice(KEYS)), inner]))
    if roll < 0.5 and named:
        return Type(pick.choice(named))
    return _limited(pick, Type(pick.choice(SCALARS)))


def default_of(pick: Random, type_: Type) -> str | None:
    """Return a default that may suit a type; the compiler knows whether it does."""
    known = DEFAULTS.get(type_.name)
    return pick.choice(known) if known else None


def ordered(params: list[Member]) -> list[Member]:
    """Return parameters that must be given before those that need not."""
    return sorted(params, key=lambda it: not it.must_be_given)


def _limited(pick: Random, type_: Type) -> Type:
    known = LIMITS.get(type_.name)
    if known and pick.random() < 0.4:
        type_.limits = dict(pick.choice(known))
    return type_


class _Maker:
    def __init__(self, pick: Random) -> None:
        self._pick = pick
        self._released = pick.randint(1, 2)

    def contract(self) -> Contract:
        main = Package(
            "proof.main", self._released, self._main(), 'import "shared.rpc" as shared\n'
        )
        shared = Package("proof.shared", self._released, self._shared())
        extra = extra_package() if self._pick.random() < 0.2 else None
        return Contract(main, shared, self._released, extra)

    def _shared(self) -> list[Declaration]:
        color = Group("enum", "Color", [Member(it) for it in ("red", "green", "blue")])
        color.closed = self._pick.random() < 0.3
        tag = Alias("Tag", Type("str", limits={"min_length": "1", "max_length": "6"}))
        owner = [Member("id", Type("uuid")), Member("color", Type("Color"))]
        owner.append(Member("note", Type("Tag", optional=True)))
        denied = Group("error", "Denied", [Member("why", Type("Tag"))], code=2001)
        return [color, tag, Group("struct", "Owner", owner), denied]

    def _main(self) -> list[Declaration]:
        struct_names = ("Leaf", "Node", "Wide")
        scalars = ("Kind", "State", "Name", "Sizes", "shared.Color", "shared.Tag")
        everything = (*struct_names, *scalars, "Source", "Fixed", "shared.Owner")
        leaf = self._fields(2, scalars)
        node = [*self._fields(1, scalars), self._way_back()]
        wide = self._fields(3, (*scalars, "Leaf", "Source", "shared.Owner"))
        return [
            Const("limit", "int", "10"),
            Const("spare", "int", "3"),
            Alias("Name", Type("str", limits={"min_length": "1", "max_length": "limit"})),
            Alias("Sizes", Type("list", [Type("int", limits={"ge": "1"})])),
            self._enum("Kind", ["disk", "tape", "cloud"]),
            self._enum("State", ["up", "down"]),
            Group("struct", "Leaf", leaf),
            Group("struct", "Node", node),
            Group("struct", "Wide", wide),
            self._union("Source", ["Leaf", "Node"]),
            self._union("Fixed", ["Leaf"]),
            Group("error", "Full", self._fields(1, scalars), code=1001, retryable=True),
            Group("error", "Gone", self._fields(2, everything), code=1002),
            Group("error", "Late", [], code=1003),
            *self._services(everything),
        ]

    def _way_back(self) -> Member:
        if self._pick.random() < 0.5:
            return Member("next", Type("Node", optional=True))
        return Member("children", Type("list", [Type("Node")]), default="[]")

    def _enum(self, name: str, values: list[str]) -> Group:
        members = [Member(it) for it in values]
        if self._pick.random() < 0.3:
            members[-1].since = self._released
        if self._pick.random() < 0.3:
            members[0].wire = f"{members[0].name.upper()}-1"
        return Group("enum", name, members, closed=self._pick.random() < 0.35)

    def _union(self, name: str, structs: list[str]) -> Group:
        members = [Member(it.lower(), Type(it)) for it in structs]
        if self._pick.random() < 0.3:
            members[0].wire = "first"
        return Group("union", name, members, closed=self._pick.random() < 0.35)

    def _fields(self, count: int, named: tuple[str, ...]) -> list[Member]:
        return [self._field(it, named) for it in self._pick.sample(NAMES, count)]

    def _field(self, name: str, named: tuple[str, ...]) -> Member:
        found = Member(name, some_type(self._pick, named))
        roll = self._pick.random()
        if roll < 0.3:
            found.default = default_of(self._pick, found.type or Type("int"))
        if 0.25 < roll < 0.5 and found.type:
            found.type.optional = True
        if self._pick.random() < 0.15:
            found.wire = f"{name}-wire"
        if not found.must_be_given and self._pick.random() < 0.2:
            found.since = self._released
        return found

    def _services(self, everything: tuple[str, ...]) -> list[Declaration]:
        things = Service("Things", [self._method(it, everything) for it in _VERBS])
        things.namespace = self._pick.choice([None, None, "things", ""])
        things.topic = self._pick.choice([None, "things.topic"])
        if things.namespace and self._pick.random() < 0.5:
            things.legacy = ["stuff"]
        points = Service("Points", [self._method(("call", "place"), everything)], by_position=True)
        points.namespace = self._pick.choice([None, "points"])
        return [things, points] if self._pick.random() < 0.4 else [things]

    def _method(self, wanted: tuple[str, str], everything: tuple[str, ...]) -> Method:
        verb, name = wanted
        params = ordered(self._fields(self._pick.randint(1, 3), everything))
        method = Method(verb, name, params)
        if verb == "call":
            self._answered(method, everything)
        if self._pick.random() < 0.15:
            method.wire = f"{name}-It"
        if verb in {"call", "cast"}:
            method.idempotent = self._pick.random() < 0.3
        return method

    def _answered(self, method: Method, everything: tuple[str, ...]) -> None:
        if self._pick.random() < 0.85:
            method.result = some_type(self._pick, everything)
            method.result.optional = self._pick.random() < 0.25
        names = self._pick.sample(["Full", "Gone", "Late", "shared.Denied"], 2)
        method.raises = [Member(it) for it in names]
        method.readonly = self._pick.random() < 0.3
        method.timeout = self._pick.choice([None, "30s"])


_VERBS = (
    ("call", "make"), ("call", "find"), ("cast", "drop"), ("fanout", "clear"), ("event", "told"),
)  # fmt: skip
