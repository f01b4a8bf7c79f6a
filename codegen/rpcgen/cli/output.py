"""What is printed of what others have said: values as JSON, and text that steers no terminal."""

import base64
import json
import sys

from pydantic import JsonValue

from rpcgen.language import model


def say(text: str) -> None:
    """Print what was asked for; what the terminal's encoding does not have becomes an escape."""
    encoding = sys.stdout.encoding
    if not _has(encoding, text):
        text = "".join(it if _has(encoding, it) else _escape(it) for it in text)
    print(text, flush=True)


def as_json(value: object, *, pretty: bool = False) -> str:
    """Return a value as JSON, on one line or with an indent of two."""
    separators = None if pretty else (",", ":")
    text = json.dumps(
        value, ensure_ascii=False, indent=2 if pretty else None, separators=separators
    )
    return "".join(it if it.isprintable() or it == "\n" else _escape(it) for it in text)


def shown(text: str) -> str:
    """Return text with what cannot be printed as an escape; lines and tabs stay."""
    return "".join(it if it.isprintable() or it in "\n\t" else _escape(it) for it in text)


def print_result(value: JsonValue, type_: model.Type, form: str | None) -> None:
    """Print a result: `json`, `pretty` or `raw`; None is `pretty` for a terminal, else `json`."""
    is_terminal = sys.stdout.isatty()
    if form == "raw" and isinstance(value, str):
        if _is_bytes(type_) and not is_terminal:
            sys.stdout.buffer.write(_decoded(value))
            sys.stdout.flush()
            return
        text = _decoded(value).decode(errors="replace") if _is_bytes(type_) else value
        say(shown(text) if is_terminal else text)
        return
    say(as_json(value, pretty=form == "pretty" or (form is None and is_terminal)))


def complain(text: str) -> None:
    """Print one sentence where it does not get in the way of a result."""
    print(shown(text), file=sys.stderr)


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeError:
        return False
    return True


def _escape(char: str) -> str:
    """Return a character as JSON escapes it: two halves where it is beyond U+FFFF."""
    code = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{code[at : at + 4]}" for at in range(0, len(code), 4))


def _is_bytes(type_: model.Type) -> bool:
    match type_:
        case model.Optional(inner) | model.Named(model.Alias(type=inner)) if inner is not None:
            return _is_bytes(inner)
        case model.Builtin("bytes"):
            return True
        case _:
            return False


def _decoded(text: str) -> bytes:
    """Return the bytes of base64 with either alphabet; text that is neither stays text."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        return text.encode()
