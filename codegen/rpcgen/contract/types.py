"""Types against types, each judged once for every way in which it flows. Pure.

The file is one circle: types hold structs, structs hold fields, fields have types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rpcgen.contract.bounds import Effect, differences
from rpcgen.contract.findings import Findings, Place, Way
from rpcgen.contract.pairs import pairs_of
from rpcgen.contract.presence import presence_rules, presence_text
from rpcgen.contract.reach import named_in, reached
from rpcgen.contract.words import path_of, type_text
from rpcgen.language import model

Relation: TypeAlias = Literal[
    "same", "wider", "narrower", "wider recast", "narrower recast", "other"
]
"""What the new type takes, seen from the old one; recast: as another type of Python."""

_RELATION_RULES: Mapping[Relation, tuple[str, str]] = {
    "wider": ("type-generalised", "type-generalised"),
    "narrower": ("type-specialised", "type-specialised"),
    "wider recast": ("type-recast", "type-changed"),
    "narrower recast": ("type-changed", "type-recast"),
    "other": ("type-changed", "type-changed"),
}
"""The rule for what is sent and the one for what is given back."""
_EFFECTS: Mapping[Effect, tuple[str, str]] = {
    "narrowed": ("constraint-narrowed", "allows less now"),
    "widened": ("constraint-widened", "allows more now"),
    "changed": ("constraint-changed", "allows other values now"),
    "pattern": ("pattern-changed", "is another now; nobody can say which texts it allows"),
}
_AS_TEXT = frozenset({"uuid", "datetime", "date", "time", "duration", "decimal", "bytes"})
_AS_JSON = frozenset({"bool", "int", "float", "str"})


@dataclass(slots=True, kw_only=True)
class Types:
    """Compares types."""

    findings: Findings
    before: Mapping[str, model.Declaration]
    """All that was declared, by path."""
    after: Mapping[str, model.Declaration]
    """All that is declared now, by path."""
    touched: set[str] = field(default_factory=set)
    """The paths of today's types that were reached."""
    _seen: set[tuple[str, str, Way]] = field(default_factory=set)

    def compare(self, was: model.Type, now: model.Type, place: Place) -> None:
        """Compare two types with the `?` around them."""
        before, may_be_null = _opened(was)
        after, may_now = _opened(now)
        # A value that is any JSON may be null already.
        if may_be_null != may_now and "json" not in {_kind(before), _kind(after)}:
            rule = "null-allowed" if may_now else "null-refused"
            said = "null is allowed now" if may_now else "null is refused now"
            self.findings.add(rule, place, said, type_text(was), type_text(now))
        self._inner(before, after, place)

    def fields(
        self,
        was: Sequence[model.Field],
        now: Sequence[model.Field],
        place: Place,
        owners: tuple["Owner", "Owner"],
        noun: str = "field",
    ) -> None:
        """Compare the fields of a struct or an error, or the parameters of a method."""
        for before, after in pairs_of(was, now):
            if before is None and after is not None:
                rule = f"{noun}-added-required" if after.required else f"{noun}-added"
                text = presence_text(after, type_text(after.type))
                here = self._of(place, after, noun)
                self.findings.add(rule, here, f"the {noun} `{after.name}` is new", None, text)
                owners[1].added(self.findings, here.path, after)
                self.touch(named_in(after.type))
            elif after is None and before is not None:
                said = f"the {noun} `{before.name}` is gone"
                text = presence_text(before, type_text(before.type))
                here = self._of(place, before, noun)
                self.findings.add(_removal(before, place, noun), here, said, text)
            elif before is not None and after is not None:
                self._field(before, after, self._of(place, after, noun), owners, noun)

    def _of(self, place: Place, item: model.Field, noun: str) -> Place:
        """Return the place of a field, or of a parameter: a caller names that one."""
        inside = place.inside(item.name)
        if noun == "field":
            return inside
        use = f"{place.use}({item.name})"
        return Place(inside.path, place.way, use, by_position=place.by_position)

    def _field(
        self,
        was: model.Field,
        now: model.Field,
        place: Place,
        owners: tuple["Owner", "Owner"],
        noun: str,
    ) -> None:
        self.names(was, now, place, noun)
        compare_ages(self.findings, was, now, owners, place)
        texts = [presence_text(it, type_text(it.type)) for it in (was, now)]
        for rule, words in presence_rules(was, now, by_position=place.by_position):
            self.findings.add(rule, place, f"`{now.name}` {words}", *texts)
        self._inner(_opened(was.type)[0], _opened(now.type)[0], place)

    def names(
        self,
        was: model.Field | model.EnumValue | model.Variant,
        now: model.Field | model.EnumValue | model.Variant,
        place: Place,
        noun: str,
    ) -> None:
        """Compare what a member is called in Python and on the wire."""
        if was.name != now.name:
            said = f"`{was.name}` is called `{now.name}` now"
            self.findings.add(f"{noun}-renamed", place, said, was.name, now.name)
        if was.wire != now.wire:
            said = f"`{now.name}` is called `{now.wire}` on the wire now"
            self.findings.add(f"{noun}-wire-changed", place, said, was.wire, now.wire)

    def _inner(self, was: model.Type, now: model.Type, place: Place) -> None:
        """Compare two types whose `?` was looked at."""
        was, now, place = self._unfolded(was, now, place)
        match was, now:
            case model.ListOf(item, limits), model.ListOf(now_item, now_limits):
                self._limits(limits, now_limits, "list", place)
                self.compare(item, now_item, place.inside("[item]"))
            case model.MapOf(key, value, limits), model.MapOf(now_key, now_value, now_limits):
                self._limits(limits, now_limits, "map", place)
                self.compare(key, now_key, place.inside("[key]"))
                self.compare(value, now_value, place.inside("[value]"))
            case model.Named(before), model.Named(after):
                self._declared(before, after, place)
            case _:
                self._plain(was, now, place)

    def _unfolded(
        self, was: model.Type, now: model.Type, place: Place
    ) -> tuple[model.Type, model.Type, Place]:
        """Look behind names for types; what both sides call the same is told by that name."""
        while True:
            before, after = _alias_in(was), _alias_in(now)
            if before is None and after is None:
                return was, now, place
            if after is not None:
                self.touched.add(path_of(after))
            if before is not None and after is not None and path_of(before) == path_of(after):
                place = place.at(path_of(after))
            was = was if before is None else _opened(_behind(before))[0]
            now = now if after is None else _opened(_behind(after))[0]

    def _plain(self, was: model.Type, now: model.Type, place: Place) -> None:
        self.touch(named_in(now))
        relation = _relation(was, now, is_key=place.path.endswith("[key]"))
        if relation != "same":
            rule = _RELATION_RULES[relation][place.way == "reply"]
            if place.way == "reply" and _is_open_enum(was) and _is_text(now, or_str=True):
                # Whoever reads an open enum takes any text, as one that it does not know.
                rule = "type-recast"
            texts = type_text(was), type_text(now)
            said = f"it was `{_kind(was)}` and is `{_kind(now)}`"
            self.findings.add(rule, place, said, *texts)
        if not (isinstance(was, model.Builtin) and isinstance(now, model.Builtin)):
            return
        if was.name == now.name or {was.name, now.name} == {"int", "float"}:
            self._limits(was.constraints, now.constraints, was.name, place)

    def _limits(
        self,
        was: Mapping[str, model.Scalar],
        now: Mapping[str, model.Scalar],
        kind: str,
        place: Place,
    ) -> None:
        for it in differences(was, now, kind):
            rule, words = _EFFECTS[it.effect]
            said = f"`{it.name}` {words}"
            self.findings.add(rule, place, said, it.was, it.is_)

    def _declared(
        self, was: model.TypeDeclaration, now: model.TypeDeclaration, place: Place
    ) -> None:
        self._check_name(was, now, place)
        self.declarations(was, now, place)

    def _check_name(
        self, was: model.TypeDeclaration, now: model.TypeDeclaration, place: Place
    ) -> None:
        before, after = path_of(was), path_of(now)
        if before != after and type(was) is type(now) and not self._stands_for(before, now):
            is_renamed = before not in self.after and after not in self.before
            here = place.at(after) if is_renamed else place
            self.findings.add("type-renamed", here, f"`{before}` became `{after}`", before, after)

    def _stands_for(self, path: str, declaration: model.Declaration) -> bool:
        """Whether the old name is still there, as another name of the same."""
        known = self.after.get(path)
        while isinstance(known, model.Alias) and isinstance(known.type, model.Named):
            known = known.type.declaration
        return known is declaration

    def declarations(self, was: model.Declaration, now: model.Declaration, place: Place) -> None:
        """Compare two declared types, once for each way."""
        key = (path_of(was), path_of(now), place.way)
        self.touched.add(path_of(now))
        if key in self._seen:
            return
        self._seen.add(key)
        here = place.at(path_of(now))
        owners = Owner(was), Owner(now)
        compare_ages(self.findings, was, now, (Owner(was, 0), Owner(now, 0)), here)
        match was, now:
            case model.Struct(), model.Struct():
                self.fields(was.fields, now.fields, here, owners)
            case model.Enum(), model.Enum():
                self._openness(was, now, here)
                self._members(was.values, now.values, was, here, owners, "value")
            case model.Union(), model.Union():
                self._openness(was, now, here)
                self._members(was.variants, now.variants, was, here, owners, "variant")
            case model.Alias(type=before), model.Alias(type=after):
                if before is not None and after is not None:
                    self.compare(before, after, here)
            case _:
                said = f"`{now.name}` was {_article(was)} and is {_article(now)}"
                self.findings.add("type-changed", place, said, path_of(was), path_of(now))

    def _openness(
        self, was: model.Enum | model.Union, now: model.Enum | model.Union, place: Place
    ) -> None:
        if was.closed != now.closed:
            rule = "became-closed" if now.closed else "became-open"
            words = ("open", "closed")
            said = f"`{now.name}` is {words[now.closed]} now"
            self.findings.add(rule, place, said, words[was.closed], words[now.closed])

    def _members(
        self,
        was: Sequence[model.EnumValue] | Sequence[model.Variant],
        now: Sequence[model.EnumValue] | Sequence[model.Variant],
        holder: model.Enum | model.Union,
        place: Place,
        owners: tuple["Owner", "Owner"],
        noun: str,
    ) -> None:
        # Who reads is the old side, as closed as it was.
        closed = "closed-" * holder.closed
        for before, after in pairs_of(list[model.EnumValue | model.Variant](was), [*now]):
            if before is None and after is not None:
                here, said = place.inside(after.name), f"the {noun} `{after.name}` is new"
                self.findings.add(f"{closed}{noun}-added", here, said, None, after.wire)
                owners[1].added(self.findings, here.path, after)
                if isinstance(after, model.Variant):
                    self.touch([after.struct])
            elif after is None and before is not None:
                said = f"the {noun} `{before.name}` is gone"
                self.findings.add(f"{noun}-removed", place.inside(before.name), said, before.wire)
            elif before is not None and after is not None:
                here = place.inside(after.name)
                self.names(before, after, here, noun)
                compare_ages(self.findings, before, after, owners, here)
                if isinstance(before, model.Variant) and isinstance(after, model.Variant):
                    # The struct's own name is not part of a variant: its class is made of both.
                    self.declarations(before.struct, after.struct, here)

    def touch(self, declarations: Iterable[model.Declaration]) -> None:
        """Note what only today's side reaches."""
        self.touched.update(path_of(it) for it in reached(declarations))


@dataclass(frozen=True, slots=True)
class Owner:
    """What holds a member, with the minor in which it came."""

    declaration: model.Declaration
    since: int | None = None
    """That of the declaration where it is None."""

    def floor(self) -> int:
        """Return the first minor that a member can have come in."""
        return self.declaration.since if self.since is None else self.since

    def added(self, findings: Findings, path: str, item: model.Marked) -> None:
        """Note that a member is new, and since when."""
        findings.note_new(path, self.declaration.package, max(item.since, self.floor()))


def compare_ages(
    findings: Findings,
    was: model.Marked,
    now: model.Marked,
    owners: tuple[Owner, Owner],
    place: Place,
) -> None:
    """Compare the marks of what was there and still is; another major counts anew."""
    majors = [it.declaration.package.version.major for it in owners]
    if majors[0] != majors[1]:
        return
    sinces = [max(it.since, owner.floor()) for it, owner in zip((was, now), owners, strict=True)]
    if sinces[0] != sinces[1]:
        texts = [f"{majors[0]}.{it}" for it in sinces]
        said = f"`{now.name}` came in {texts[0]}, and now says {texts[1]}"
        findings.add("since-changed", place, said, *texts)
    marks = [None if it.deprecated is None else str(it.deprecated) for it in (was, now)]
    if marks[0] != marks[1]:
        said = f"`{now.name}` is no longer deprecated"
        if marks[1] is not None:
            said = f"`{now.name}` is deprecated from {marks[1]} on"
        findings.add("deprecation-changed", place, said, *marks)


def _removal(field: model.Field, place: Place, noun: str) -> str:
    """Return the rule: who reads an event goes on without what need not be there."""
    is_news = noun == "parameter" and place.way == "reply" and not field.required
    return "event-parameter-removed" if is_news and not place.by_position else f"{noun}-removed"


def _opened(type_: model.Type) -> tuple[model.Type, bool]:
    return (type_.inner, True) if isinstance(type_, model.Optional) else (type_, False)


def _alias_in(type_: model.Type) -> model.Alias | None:
    if isinstance(type_, model.Named) and isinstance(type_.declaration, model.Alias):
        return type_.declaration
    return None


def _behind(alias: model.Alias) -> model.Type:
    assert alias.type is not None, "the contract compiled"
    return alias.type


def _relation(was: model.Type, now: model.Type, *, is_key: bool) -> Relation:
    before, after = _kind(was), _kind(now)
    if before == after:
        return "same"
    if (before, after) == ("int", "float"):
        return "wider"
    if (before, after) == ("float", "int"):
        return "narrower"
    if after == "json":
        return "wider" if before in _AS_JSON else "wider recast"
    if before == "json":
        return "narrower" if after in _AS_JSON else "narrower recast"
    if is_key and {before, after} == {"int", "str"}:
        # The keys of an object are texts.
        return "wider recast" if after == "str" else "narrower recast"
    if (after == "str" and _is_text(was)) or (before in {"int", "float"} and after == "decimal"):
        return "wider recast"
    if (before == "str" and _is_text(now)) or (before == "decimal" and after in {"int", "float"}):
        return "narrower recast"
    return "other"


def _is_text(type_: model.Type, *, or_str: bool = False) -> bool:
    if isinstance(type_, model.Named):
        return isinstance(type_.declaration, model.Enum)
    known = _AS_TEXT | {"str"} if or_str else _AS_TEXT
    return isinstance(type_, model.Builtin) and type_.name in known


def _is_open_enum(type_: model.Type) -> bool:
    if not isinstance(type_, model.Named) or not isinstance(type_.declaration, model.Enum):
        return False
    return not type_.declaration.closed


def _kind(type_: model.Type) -> str:
    match type_:
        case model.Builtin(name):
            return name
        case model.ListOf():
            return "list"
        case model.MapOf():
            return "map"
        case _:
            return type_text(type_)


def _article(declaration: model.Declaration) -> str:
    word = type(declaration).__name__.lower()
    return f"{'an' if word[0] in 'aeiou' and word != 'union' else 'a'} {word}"
