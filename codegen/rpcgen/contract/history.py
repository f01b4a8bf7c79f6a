"""Today's contract against what was released of it: what may be the next minor, and what may not.

Pure but for the entries, which `ledger` has read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rpcgen.contract.accepted import marked
from rpcgen.contract.changes import SEVERITIES, Change
from rpcgen.contract.compare import Comparison, compared
from rpcgen.contract.ledger import Entry
from rpcgen.contract.records import recorded
from rpcgen.contract.restore import restored
from rpcgen.contract.versions import Refusal, refusals
from rpcgen.language import model

_EXISTENCE = frozenset({
    "service-added", "method-added", "parameter-added", "parameter-added-required",
    "field-added", "field-added-required", "value-added", "closed-value-added", "variant-added",
    "closed-variant-added", "raises-added", "since-changed",
})  # fmt: skip
"""What cannot be found between a released minor and today's file as it was then."""


def as_of(package: model.Package, minor: int) -> list[model.Package]:
    """Return a package as it is in `minor` by its marks, with what it uses."""
    return restored(recorded(package, minor), package.name)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What has become of a package since it was released."""

    changes: Sequence[Change]
    """Since any released minor, the worst first."""
    refused: Sequence[Refusal]
    """Of each thing the one that says most."""


def judge(
    package: model.Package, entries: Sequence[Entry], reasons: Mapping[str, str]
) -> Judgement:
    """Compare today's contract with every released minor: what was queued outlives a deploy."""
    changes, refused = _against(package, entries, reasons)
    edits = _edited(package, entries, reasons)
    told: dict[str, Refusal] = {}
    for it in [*sorted(edits, key=lambda it: it.rule), *refused]:
        told.setdefault(it.path, it)
    order = sorted(changes, key=lambda it: (-SEVERITIES.index(it.severity), it.path, it.rule))
    return Judgement(order, list(told.values()))


def _edited(
    package: model.Package, entries: Sequence[Entry], reasons: Mapping[str, str]
) -> list[Refusal]:
    """Return where today's file tells another history than the ledger."""
    found: list[Refusal] = []
    for entry in entries:
        if entry.version > package.version:
            message = f"`{package.name}` is {package.version}, but {entry.version} is released"
            found.append(Refusal("version-lowered", package.name, message, f"`{entry.version}`"))
            continue
        found_now = compared(entry.packages(), as_of(package, entry.version.minor)).changes
        changes = [it for it in marked(found_now, reasons) if it.accepted is None]
        if entry.version == package.version:
            found += (_changed(it, package) for it in changes if it.needs != "none")
        else:
            own = [it for it in changes if it.path.startswith(f"{package.name}.")]
            found += (_told(it, entry) for it in own if it.rule in _EXISTENCE)
    return found


def _against(
    package: model.Package, entries: Sequence[Entry], reasons: Mapping[str, str]
) -> tuple[list[Change], list[Refusal]]:
    """Return what changed since any released minor, and what the version does not allow."""
    today = as_of(package, package.version.minor)
    changes: dict[str, Change] = {}
    refused: dict[tuple[str, str], Refusal] = {}
    for entry in entries:
        before = entry.packages()
        found = compared(before, today)
        judged = Comparison(marked(found.changes, reasons), found.new)
        for change in judged.changes:
            changes.setdefault(change.fingerprint, change)
        for it in refusals(before, today, judged):
            refused.setdefault((it.rule, it.path), it)
    return list(changes.values()), list(refused.values())


def _changed(change: Change, package: model.Package) -> Refusal:
    version = package.version
    message = f"{version} is released, and {change.message.partition(';')[0]}"
    accepted = f"`{model.Version(version.major + 1, 0)}`, or the change taken back"
    if change.needs == "minor":
        after = model.Version(version.major, version.minor + 1)
        accepted = f"`{after}`, with `since {after}` on what is new"
    return Refusal("released-changed", change.path, message, accepted)


def _told(change: Change, entry: Entry) -> Refusal:
    said = change.message.partition(";")[0]
    message = f"this file says that {said} in {entry.version}; what was released says otherwise"
    accepted = "the `since` of the minor that really brought it"
    return Refusal("history-edited", change.path, message, accepted)
