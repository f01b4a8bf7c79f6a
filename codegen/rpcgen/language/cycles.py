"""Graphs that must end somewhere: imports, and structs that hold structs."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from rpcgen.language import model
from rpcgen.language.diagnostics import Report, circle
from rpcgen.language.source import Span
from rpcgen.language.types import parts

MAX_NESTING = 32
"""Levels of struct in struct; a value's JSON may nest 200 levels, lists and maps included."""
MAX_LEAST_VALUE = 10_000
"""Fields that the smallest value of a struct may have, all levels counted."""

Imports: TypeAlias = Mapping[model.Package, list[tuple[model.Package, Span]]]
Holder: TypeAlias = model.Struct | model.Union


def check_imports(edges: Imports, report: Report) -> None:
    """Report each import that closes a circle."""
    done: set[model.Package] = set()
    for start in edges:
        _follow_imports(start, edges, done, report)


def _follow_imports(
    start: model.Package, edges: Imports, done: set[model.Package], report: Report
) -> None:
    path: list[model.Package] = [start]
    todo = [iter(edges.get(start, []))]
    while todo:
        for target, span in todo[-1]:
            if target in path:
                names = [it.name for it in path[path.index(target) :]]
                message = f"the import closes a circle: {circle(names)}"
                report.add("import-cycle", span, message, "shared declarations in a third package")
            elif target not in done:
                path.append(target)
                todo.append(iter(edges.get(target, [])))
                break
        else:
            done.add(path.pop())
            todo.pop()


def check(packages: Iterable[model.Package], report: Report) -> None:
    """Report structs without a finite value, too large a one, or too deep a nesting."""
    holders = [
        it
        for package in packages
        for it in package.declarations.values()
        if isinstance(it, model.Struct | model.Union)
    ]
    sizes = _least_sizes(holders)
    _check_circles([it for it in holders if it not in sizes], report)
    for holder, size in sizes.items():
        largest = max((sizes.get(it, 0) for it in _needed(holder)), default=0)
        if largest <= MAX_LEAST_VALUE < size:
            message = f"the smallest value of `{holder.name}` has {size:,} fields"
            report.add("too-large-value", holder.span, message, f"{MAX_LEAST_VALUE:,} at most")
    if len(sizes) == len(holders):
        _check_nesting(holders, report)


def _check_circles(endless: list[Holder], report: Report) -> None:
    """Report each circle among the holders that have no finite value, once."""
    unsized = set(endless)
    done: set[Holder] = set()
    for start in endless:
        path: dict[Holder, None] = {}
        holder = start
        while holder not in path and holder not in done:
            path[holder] = None
            holder = next(it for it in _needed(holder) if it in unsized)
        if holder not in done:
            names = [it.name for it in path]
            shown = circle(names[list(path).index(holder) :])
            message = f"no value of `{holder.name}` ever ends, it holds itself: {shown}"
            accepted = "`?`, a list or a map on the way back to it"
            report.add("struct-cycle", holder.span, message, accepted)
        done.update(path)


def _least_sizes(holders: list[Holder]) -> dict[Holder, int]:
    """Return how many fields the smallest value has, for each holder that has a finite one."""
    users: dict[Holder, set[Holder]] = {}
    for holder in holders:
        for inner in _needed(holder):
            users.setdefault(inner, set()).add(holder)
    sizes: dict[Holder, int] = {}
    pending = list(holders)
    while pending:
        holder = pending.pop()
        size = _least_size(holder, sizes)
        if size is not None and holder not in sizes:
            sizes[holder] = min(size, 10**12)
            pending += users.get(holder, ())
    return sizes


def _least_size(holder: Holder, sizes: Mapping[Holder, int]) -> int | None:
    inner = _needed(holder)
    if isinstance(holder, model.Union):
        known = [sizes[it] for it in inner if it in sizes]
        return 1 + min(known) if known else None
    if any(it not in sizes for it in inner):
        return None
    return len(holder.fields) + sum(sizes[it] for it in inner)


def _needed(holder: Holder) -> list[Holder]:
    """Return what a value of `holder` cannot be without (of a union: one of them)."""
    if isinstance(holder, model.Union):
        return [it.struct for it in holder.variants]
    plain = (_plain(it.type) for it in holder.fields)
    return [it for it in plain if it is not None]


def _plain(type_: model.Type) -> Holder | None:
    while isinstance(type_, model.Named):
        if isinstance(type_.declaration, model.Alias):
            if type_.declaration.type is None:
                return None
            type_ = type_.declaration.type
        elif isinstance(type_.declaration, model.Struct | model.Union):
            return type_.declaration
        else:
            return None
    return None


def mentioned(holder: Holder) -> list[Holder]:
    """Return the structs and unions that a value of `holder` may hold, one level down."""
    if isinstance(holder, model.Union):
        return [it.struct for it in holder.variants]
    return [inner for field in holder.fields for inner in named_in(field.type)]


def named_in(type_: model.Type) -> list[Holder]:
    """Return the structs and unions inside a type, through brackets and aliases."""
    found = (_plain(part) for part in _expanded(type_))
    return [it for it in found if it is not None]


def _expanded(type_: model.Type) -> list[model.Type]:
    found: list[model.Type] = []
    pending = [type_]
    while pending:
        for part in parts(pending.pop()):
            found.append(part)
            if isinstance(part, model.Named) and isinstance(part.declaration, model.Alias):
                pending += [it for it in [part.declaration.type] if it is not None]
    return found


def _check_nesting(holders: list[Holder], report: Report) -> None:
    """Report the holder at which a chain of different structs grows too long."""
    depth: dict[Holder, int] = {}
    for start in holders:
        if start in depth:
            continue
        path, todo, deepest = [start], [iter(mentioned(start))], [0]
        while todo:
            for inner in todo[-1]:
                if inner in depth:
                    deepest[-1] = max(deepest[-1], depth[inner])
                elif inner not in path:
                    path.append(inner)
                    todo.append(iter(mentioned(inner)))
                    deepest.append(0)
                    break
            else:
                done = path.pop()
                todo.pop()
                depth[done] = deepest.pop() + 1
                if deepest:
                    deepest[-1] = max(deepest[-1], depth[done])
                if depth[done] == MAX_NESTING + 1:
                    message = f"`{done.name}` nests more than {MAX_NESTING} levels of structs"
                    report.add("too-deep", done.span, message, f"{MAX_NESTING} levels at most")
