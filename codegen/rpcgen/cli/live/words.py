"""What stands on the command line behind a method's name: values, and `name=value` pairs. Pure.

VALUE              the next parameter
name=VALUE         text, read by the parameter's type
name:=JSON         JSON
name.field=VALUE   a field of a struct, an entry of a map
@FILE              instead of a value or JSON: what is in the file; @- is standard input
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen.language.diagnostics import nearest, shortened

_PAIR = re.compile(r"([A-Za-z_]\w*)((?:\.[^=]*?)?)(:?=)(.*)", re.ASCII | re.DOTALL)

Read = Callable[[str], bytes]
"""Returns what is in a file. Raises UsageError."""


@dataclass(frozen=True, slots=True)
class Given:
    """One value that was given."""

    path: str
    """What stood behind the parameter's name, such as `flavor.name`; often nothing."""
    text: str
    is_json: bool = False
    data: bytes | None = None
    """What was in the file, where one was named; then `text` is its name."""


def sort_out(
    words: Sequence[str], parameters: Sequence[model.Field], label: str, read: Read
) -> Mapping[str, list[Given]]:
    """Return what was given, by the parameters' names on the wire. Raises UsageError."""
    found: dict[str, list[Given]] = {}
    by_name = {it.name: it for it in parameters} | {it.wire: it for it in parameters}
    values = []
    for word in words:
        match = _PAIR.fullmatch(word)
        if match is None:
            values.append(word)
            continue
        field = by_name.get(match[1])
        if field is None:
            raise UsageError(_unknown(match, parameters, label))
        given = _given(match[2][1:], match[4], read, is_json=match[3] == ":=")
        found.setdefault(field.wire, []).append(given)
    if len(values) > len(parameters):
        names = ", ".join(f"`{it.name}`" for it in parameters)
        takes = f"takes {len(parameters)}: {names}" if names else "takes none"
        raise UsageError(f"{len(values)} values are given, and `{label}` {takes}")
    for field, value in zip(parameters, values, strict=False):
        if field.wire in found:
            raise UsageError(f"`{field.name}` is given by its place and by its name")
        found[field.wire] = [_given("", value, read)]
    return found


def _given(path: str, text: str, read: Read, *, is_json: bool = False) -> Given:
    data = read(text[1:]) if text.startswith("@") else None
    return Given(path, text, is_json, data)


def _unknown(match: re.Match[str], parameters: Sequence[model.Field], label: str) -> str:
    names = [it.name for it in parameters]
    close = nearest(match[1], names)
    takes = ", ".join(f"`{it}`" for it in names) or "none"
    hint = close or f"; its parameters: {takes}"
    if len(parameters) > 0 and not close:
        hint += f" (a value that holds `=` is given by name, such as `{names[0]}=…`)"
    return f"`{label}` has no parameter `{shortened(match[1])}`{hint}"
