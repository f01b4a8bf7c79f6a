"""Two states of contracts, and what changed between them: the table of contents of a comparison.

Pure. The old side is who sends requests and reads replies, the new side who answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rpcgen.contract.changes import Change
from rpcgen.contract.findings import Findings, New, Place, Way
from rpcgen.contract.methods import Services, namespace_of
from rpcgen.contract.types import Types
from rpcgen.contract.words import path_of, type_text
from rpcgen.language import model
from rpcgen.language.values import written

PackagePair = tuple[model.Package | None, model.Package | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found."""

    changes: list[Change]
    new: list[New]
    """What was not there, with the minor that it says it came in."""


def compare(was: Sequence[model.Package], now: Sequence[model.Package]) -> list[Change]:
    """Return what changed, the worst first."""
    return compared(was, now).changes


def compared(was: Sequence[model.Package], now: Sequence[model.Package]) -> Comparison:
    """Return what changed, and what is new."""
    findings = Findings()
    types = Types(findings=findings, before=_declared(was), after=_declared(now))
    services = Services(types)
    pairs = list(package_pairs(was, now))
    for before, after in pairs:
        if before is not None and after is not None:
            _services(before, after, services, findings)
        else:
            _package(before, after, findings)
    for before, after in pairs:
        if before is not None and after is not None:
            _declarations(before, after, types, services, _ways(after, now))
    return Comparison(findings.changes(), list(findings.new.values()))


def package_pairs(
    was: Sequence[model.Package], now: Sequence[model.Package]
) -> Iterator[PackagePair]:
    """Yield packages of one name beside each other: the same major, else the next that is left."""
    left = sorted(now, key=lambda it: (it.name, it.version))
    later: list[model.Package] = []
    for before in sorted(was, key=lambda it: (it.name, it.version)):
        same = [it for it in left if (it.name, it.version.major) == _key(before)]
        if same:
            left.remove(same[0])
            yield before, same[0]
        else:
            later.append(before)
    for before in reversed(later):
        named = [it for it in left if it.name == before.name]
        if named:
            left.remove(named[-1])
        yield before, named[-1] if named else None
    yield from ((None, it) for it in left)


def _key(package: model.Package) -> tuple[str, int]:
    return package.name, package.version.major


def _package(was: model.Package | None, now: model.Package | None, findings: Findings) -> None:
    package = was or now
    assert package is not None, "one of both is there"
    rule, words = ("package-added", "new") if was is None else ("package-removed", "gone")
    said = f"the package `{package.name}` {package.version.major} is {words}"
    for way in _BOTH:
        findings.add(rule, Place(package.name, way, package.name), said)


def _services(
    was: model.Package, now: model.Package, services: Services, findings: Findings
) -> None:
    for before, after in _service_pairs(was, now):
        if before is None and after is not None:
            services.only(after, "service-added", "new")
            findings.note_new(path_of(after), now, after.since)
            services.types.touch([after])
        elif after is None and before is not None:
            services.only(before, "service-removed", "gone")
        elif before is not None and after is not None:
            services.compare(before, after)


ServicePair = tuple[model.Service | None, model.Service | None]


def _service_pairs(was: model.Package, now: model.Package) -> Iterator[ServicePair]:
    """Yield services of one name beside each other, else those of one Target."""
    after = {it.name: it for it in now.of_kind(model.Service)}
    names = {it.name for it in was.of_kind(model.Service)}
    by_target = {_target(it): it for name, it in after.items() if name not in names}
    taken: set[str] = set()
    for before in was.of_kind(model.Service):
        found = after.get(before.name) or by_target.get(_target(before))
        if found is not None and found.name not in taken:
            taken.add(found.name)
            yield before, found
        else:
            yield before, None
    yield from ((None, it) for name, it in after.items() if name not in taken)


def _target(service: model.Service) -> tuple[str, str, str]:
    return service.exchange, service.topic, namespace_of(service)


_BOTH: tuple[Way, ...] = ("request", "reply")


def _ways(package: model.Package, all_: Sequence[model.Package]) -> tuple[Way, ...]:
    """Return how types flow that no service here uses: of a library, nobody knows."""
    is_imported = any(package in it.imports for it in all_)
    is_library = not package.of_kind(model.Service) and not is_imported
    return _BOTH if is_library else ("unused",)


def _declarations(
    was: model.Package,
    now: model.Package,
    types: Types,
    services: Services,
    ways: tuple[Way, ...],
) -> None:
    """Compare what no service led to, and tell what came and went."""
    for name, before in was.declarations.items():
        after = now.declarations.get(name)
        path = f"{now.name}.{name}"
        if isinstance(before, model.Const):
            _constant(before, after, Place(path, ways[0], name), types.findings)
        elif isinstance(before, model.Service):
            continue
        elif after is None:
            for way in ways:
                said = f"`{name}` is gone"
                types.findings.add("type-removed", Place(path, way, name), said, path)
        elif path not in types.touched:
            for way in ways:
                _one(before, after, Place(path, way, name), types, services)
    for name, after in now.declarations.items():
        is_type = not isinstance(after, model.Service | model.Const)
        if name not in was.declarations and is_type and path_of(after) not in types.touched:
            for way in ways:
                place = Place(path_of(after), way, name)
                types.findings.add("type-added", place, f"`{name}` is new", None, path_of(after))


def _one(
    was: model.Declaration,
    now: model.Declaration,
    place: Place,
    types: Types,
    services: Services,
) -> None:
    if isinstance(was, model.Error) and isinstance(now, model.Error):
        services.errors(was, now, place)
    elif not isinstance(now, model.Const):
        types.declarations(was, now, place)


def _constant(
    was: model.Const, now: model.Declaration | None, place: Place, findings: Findings
) -> None:
    before = _value(was)
    if not isinstance(now, model.Const):
        findings.add("constant-removed", place, f"the constant `{was.name}` is gone", before)
    elif _value(now) != before:
        after = _value(now)
        findings.add("constant-changed", place, f"`{now.name}` is {after} now", before, after)


def _value(constant: model.Const) -> str:
    assert constant.value is not None, "the contract compiled"
    return f"{type_text(constant.type)} = {written(constant.value)}"


def _declared(packages: Sequence[model.Package]) -> Mapping[str, model.Declaration]:
    return {path_of(it): it for package in packages for it in package.declarations.values()}
