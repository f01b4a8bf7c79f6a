"""Import lines, in the order that a formatter would give them. Pure."""

import re
from collections.abc import Iterable

from rpcgen.language import model
from rpcgen.python import names
from rpcgen.python.annotate import Imports
from rpcgen.python.layout import WIDTH, Brackets, Joined, lay_out

RUNTIME = "from rpcgen_runtime import generated_v1 as rpc"
_STANDARD = ("abc", "collections.abc", "dataclasses", "decimal", "enum", "typing", "uuid")


def import_lines(imports: Imports, *, runtime: bool = True) -> list[str]:
    """Return the import statements of a file, groups parted by an empty line."""
    standard = sorted(imports.modules)
    foreign: list[str] = []
    local: list[str] = []
    for module, wanted in sorted(imports.names.items(), key=lambda it: _by_name(it[0])):
        line = import_from(module, wanted)
        if module.startswith("."):
            local.append(line)
        else:
            (standard if module in _STANDARD else foreign).append(line)
    foreign += [RUNTIME] if runtime else []
    packages = [_package_line(it, imports) for it in sorted(imports.packages, key=_path)]
    relative = [it for it in packages if it.startswith("from .")]
    foreign += [it for it in packages if not it.startswith("from .")]
    local = sorted(relative, key=lambda it: (-_dots(it), it)) + local
    groups = [it for it in (standard, sorted(foreign, key=_foreign), local) if it]
    lines: list[str] = []
    for group in groups:
        lines += ["", *group] if lines else group
    return lines


def _foreign(line: str) -> str:
    return line.split()[1]


def import_from(module: str, wanted: Iterable[str], indent: int = 0) -> str:
    """Return the statement that imports `wanted` names."""
    ordered = sorted(wanted, key=by_kind)
    line = " " * indent + f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    node = Brackets("(", ordered, ")", exploded=True)
    return lay_out(Joined(f"from {module} import ", node), indent)


def _package_line(package: model.Package, imports: Imports) -> str:
    own, other = _path(imports.package), _path(package)
    alias = imports.alias(package)
    shared = 0
    while shared < min(len(own), len(other)) - 1 and own[shared] == other[shared]:
        shared += 1
    above, leaf = ".".join(other[shared:-1]), other[-1]
    if shared == 0:
        return f"from {above} import {leaf} as {alias}"
    dots = "." * (len(own) - shared + 1)
    return f"from {dots}{above} import {leaf} as {alias}"


def _path(package: model.Package) -> list[str]:
    return names.module_path(package).split("/")


def _dots(line: str) -> int:
    module = line.split()[1]
    return len(module) - len(module.lstrip("."))


def by_kind(name: str) -> tuple[int, list[tuple[str, int]]]:
    """Sort constants before classes before the rest, and numbers inside by their value."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, _by_name(name)


def _by_name(name: str) -> list[tuple[str, int]]:
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D+)(\d*)", name.lower())]
