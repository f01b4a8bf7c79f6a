"""How things may be called. What Python makes of the names is not known here."""

import re

from rpcgen.language import model, syntax
from rpcgen.language.diagnostics import Report
from rpcgen.language.versions import apply_marks

MAX_NAME = 64
MAX_WIRE_NAME = 200

_ON_THE_WIRE = frozenset({"field", "parameter", "value", "variant", "method"})
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")


def check_type_name(word: syntax.Word, report: Report) -> None:
    """Report a name of a type, an error or a service that is not in PascalCase."""
    if _length(word, report) and not _PASCAL.fullmatch(word.text):
        pascal = "".join(it[:1].upper() + it[1:] for it in word.text.split("_"))
        accepted = f"`{pascal}`" if _PASCAL.fullmatch(pascal) else "letters and digits"
        report.add("name-style", word.span, f"`{word.text}` is not in PascalCase", accepted)


def check_word(word: syntax.Word, what: str, report: Report) -> None:
    """Report any other name that is not in snake_case."""
    if not _length(word, report) or _SNAKE.fullmatch(word.text):
        return
    if word.text.startswith("_"):
        message = f"`{word.text}` begins with an underscore"
        report.add("name-style", word.span, message, f"a {what} begins with a letter")
        return
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word.text).lower()
    accepted = f"`{snake}`"
    if what in _ON_THE_WIRE:
        accepted += f', with `as "{word.text}"` if the wire wants that spelling'
    report.add("name-style", word.span, f"`{word.text}` is not in snake_case", accepted)


def check_package(segments: tuple[syntax.Word, ...], report: Report) -> bool:
    """Report a package name that cannot be a path; say whether it can."""
    count = len(report.diagnostics)
    for segment in segments:
        if _length(segment, report) and not _SNAKE.fullmatch(segment.text):
            message = f"`{segment.text}` cannot be part of a package's name"
            accepted = "lower-case letters, digits and `_`, a letter first"
            report.add("name-style", segment.span, message, accepted)
    if len(segments) > 16:
        report.add("too-deep", segments[16].span, "the package has more than 16 parts", "fewer")
    return len(report.diagnostics) == count


def check_wire(name: str, wire: syntax.Literal | None, report: Report) -> str:
    """Return the name on the wire: `wire` where given, else `name`."""
    if wire is None:
        return name
    text = wire.text
    if not text or len(text) > MAX_WIRE_NAME or not text.isprintable():
        accepted = f"1 to {MAX_WIRE_NAME} printable characters"
        report.add("wire-name", wire.span, "this cannot be a name on the wire", accepted)
        return name
    return text


def check_declaration(item: syntax.Declaration, report: Report) -> None:
    """Check the name of a declaration."""
    if isinstance(item, syntax.Const):
        check_word(item.name, "constant", report)
    else:
        check_type_name(item.name, report)
        if item.name.text in {"True", "False", "None"}:
            message = f"`{item.name.text}` is a word of Python"
            report.add("python-name", item.name.span, message, "another name")


def declaration(
    item: syntax.Declaration, package: model.Package, report: Report
) -> model.Declaration:
    """Return the declaration that `item` begins, without its members."""
    made = _empty(item, package)
    apply_marks(item.marks, made, package, report)
    return made


def _empty(item: syntax.Declaration, package: model.Package) -> model.Declaration:
    name, doc, span = item.name.text, item.doc, item.name.span
    match item:
        case syntax.Const():
            return model.Const(name=name, doc=doc, span=span, package=package)
        case syntax.Alias():
            return model.Alias(name=name, doc=doc, span=span, package=package)
        case syntax.Struct():
            return model.Struct(name=name, doc=doc, span=span, package=package)
        case syntax.Enum(closed=closed):
            return model.Enum(name=name, doc=doc, span=span, package=package, closed=closed)
        case syntax.Union(closed=closed):
            return model.Union(name=name, doc=doc, span=span, package=package, closed=closed)
        case syntax.Error(retryable=retryable):
            return model.Error(
                name=name, doc=doc, span=span, package=package, code=0, retryable=retryable
            )
        case syntax.Service():
            topic = f"{package.name}.{name}"
            return model.Service(
                name=name, doc=doc, span=span, package=package, topic=topic, exchange="rpcgen"
            )


def _length(word: syntax.Word, report: Report) -> bool:
    if len(word.text) <= MAX_NAME:
        return True
    message = f"the name is {len(word.text)} characters long"
    report.add("name-style", word.span, message, f"{MAX_NAME} at most")
    return False
