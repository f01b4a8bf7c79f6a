"""Versions and marks: `2.1`, `since 2.1`, `deprecated 2.2 "why"`."""

import re
from collections.abc import Iterable

from rpcgen.language import model, syntax
from rpcgen.language.diagnostics import Report

MAX_NUMBER = 99_999

_VERSION = re.compile(r"(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})")


def version_of(word: syntax.Word, report: Report) -> model.Version | None:
    """Return the version that `word` is, or None after a report."""
    match = _VERSION.fullmatch(word.text)
    if match is None:
        accepted = f"`major.minor`, such as `1.0`; each from 0 to {MAX_NUMBER:,}, no leading zero"
        report.add("bad-version", word.span, f"`{word.text[:40]}` is not a version", accepted)
        return None
    return model.Version(int(match[1]), int(match[2]))


def apply_marks(
    marks: Iterable[syntax.Mark],
    item: model.Marked,
    package: model.Package,
    report: Report,
    owner: model.Item | None = None,
) -> None:
    """Write `since` and `deprecated` of what may have them into it; `owner` is what holds it."""
    seen: set[str] = set()
    for mark in marks:
        if mark.keyword in seen:
            message = f"`{mark.keyword}` is said twice"
            report.add("duplicate-clause", mark.span, message, "it once")
        seen.add(mark.keyword)
        version = _checked(mark, package, report)
        if version is None:
            continue
        if mark.keyword == "since":
            item.since = version.minor
            _not_before_owner(mark, item, owner, report)
        else:
            item.deprecated, item.deprecated_note = version, mark.note
    came = item.since if owner is None else max(item.since, owner.since)
    if item.deprecated is not None and item.deprecated.minor < came:
        span = next(it.version.span for it in marks if it.keyword == "deprecated")
        message = f"`{item.name}` is deprecated before it came"
        report.add("version-range", span, message, f"{package.version.major}.{came} or later")


def _not_before_owner(
    mark: syntax.Mark, item: model.Marked, owner: model.Item | None, report: Report
) -> None:
    if owner is not None and item.since < owner.since:
        message = f"`{item.name}` cannot have come before `{owner.name}`, which holds it"
        major = mark.version.text.partition(".")[0]
        accepted = f"no `since`, or `{major}.{owner.since}` or later"
        report.add("version-range", mark.version.span, message, accepted, [(owner.span, "there")])


def _checked(mark: syntax.Mark, package: model.Package, report: Report) -> model.Version | None:
    """Return the mark's version if it lies in the package's major and is not newer."""
    version = version_of(mark.version, report)
    if version is None:
        return None
    current = package.version
    if version.major != current.major or version > current:
        message = f"`{mark.keyword} {version}` is not a version of this {current}"
        accepted = f"{current.major}.0 to {current}"
        report.add("version-range", mark.version.span, message, accepted)
        return None
    return version
