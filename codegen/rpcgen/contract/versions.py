"""What changes ask of versions: a break a major, an addition a minor and its `since`. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rpcgen.contract.changes import NEEDS, Change, worst
from rpcgen.contract.compare import Comparison, package_pairs
from rpcgen.contract.findings import New
from rpcgen.contract.reach import reached
from rpcgen.contract.words import path_of
from rpcgen.language import model


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a state of contracts cannot be the next one."""

    rule: str
    path: str
    message: str
    accepted: str
    """What would be taken instead."""


def refusals(
    was: Sequence[model.Package], now: Sequence[model.Package], found: Comparison
) -> list[Refusal]:
    """Return what the versions do not allow; changes that somebody has accepted are allowed."""
    changes = [it for it in found.changes if it.accepted is None]
    refused: list[Refusal] = []
    for before, after in package_pairs(was, now):
        if before is None:
            continue
        if after is None:
            refused += _gone(before, changes)
            continue
        if after.version < before.version:
            message = f"`{after.name}` was {before.version} and is {after.version}"
            accepted = f"`{before.version}` or later"
            refused.append(Refusal("version-lowered", after.name, message, accepted))
            continue
        refused += _not_raised(before, after, changes)
        if before.version.major == after.version.major:
            refused += (it for new in found.new if (it := _undated(new, before, after)))
    return refused


def _gone(package: model.Package, changes: Sequence[Change]) -> Iterator[Refusal]:
    if any(it.rule == "package-removed" and it.path == package.name for it in changes):
        message = f"`{package.name}` {package.version.major} is gone, and whoever uses it fails"
        accepted = "it, or the change accepted with a reason: `rpcgen diff --accept`"
        yield Refusal("version-not-raised", package.name, message, accepted)


def needed(was: model.Package, now: model.Package, changes: Sequence[Change]) -> model.Version:
    """Return the lowest version that `now` can have after `changes` of what it says or uses."""
    reached = {*_reached(was), *_reached(now)}
    mine = [it for it in changes if _declaration_path(it.path, now) in reached]
    needs = NEEDS[worst(it.severity for it in mine)] if mine else "none"
    if needs == "major":
        return model.Version(was.version.major + 1, 0)
    if needs == "minor":
        return model.Version(was.version.major, was.version.minor + 1)
    return was.version


def _not_raised(
    was: model.Package, now: model.Package, changes: Sequence[Change]
) -> Iterator[Refusal]:
    least = needed(was, now, changes)
    if now.version >= least:
        return
    kind = "breaks" if least.major > was.version.major else "adds to"
    message = f"`{now.name}` is {now.version}, and {kind} what {was.version} promised"
    accepted = f"`{least}`, or the change taken back"
    yield Refusal("version-not-raised", now.name, message, accepted)


def _undated(new: New, was: model.Package, now: model.Package) -> Refusal | None:
    if new.package is not now or new.since > was.version.minor:
        return None
    major = now.version.major
    message = f"`{new.path}` is new, and says that it came in {major}.{new.since}"
    return Refusal(
        "since-missing", new.path, message, f"`since {major}.{was.version.minor + 1}` or later"
    )


def _reached(package: model.Package) -> Iterator[str]:
    """Yield the paths of what a package declares, and of what that needs elsewhere."""
    yield package.name
    yield from (path_of(it) for it in reached(package.declarations.values()))


def _declaration_path(path: str, package: model.Package) -> str:
    """Return the part of a change's path that names a declaration, or a package."""
    for known in sorted((package, *package.imported()), key=lambda it: -len(it.name)):
        if path == known.name or path.startswith(f"{known.name}."):
            name = path[len(known.name) + 1 :].partition(".")[0].partition("[")[0]
            return f"{known.name}.{name}" if name else known.name
    return path
