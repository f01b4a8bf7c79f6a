"""Values and texts of a contract as Python source: always a literal, never code."""

from datetime import timedelta

from rpcgen.language import model


def quoted(text: str) -> str:
    """Return `text` as a string literal, in the quotes that a formatter would choose."""
    # With both quotes in it, a text is put between single ones, and these are escaped.
    body = repr("\"'" + text)[4:-1]
    if text.count('"') > text.count("'"):
        return f"'{body}'"
    return '"' + body.replace("\\'", "'").replace('"', '\\"') + '"'


def docstring(text: str, indent: int) -> str:
    """Return `text` between triple quotes, its lines `indent` columns in."""
    lines = [_escaped(line.rstrip()) for line in text.strip().splitlines()] or [""]
    if lines[-1].endswith('"'):
        lines[-1] = lines[-1][:-1] + '\\"'
    if len(lines) == 1:
        return f'"""{lines[0]}"""'
    pad = " " * indent
    body = "\n".join(pad + line if line else "" for line in lines[1:])
    return f'"""{lines[0]}\n{body}\n{pad}"""'


def _escaped(line: str) -> str:
    """Return a line that cannot end its docstring, nor begin an escape, nor steer a terminal."""
    line = line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if line.isprintable():
        return line
    return "".join(it if it.isprintable() or it == "\t" else repr(it)[1:-1] for it in line)


def scalar(value: model.Scalar | list[object] | dict[str, object]) -> str:
    """Return the source of a value."""
    match value:
        case timedelta():
            return duration(value)
        case str():
            return quoted(value)
        case _:
            return repr(value)


def duration(value: timedelta) -> str:
    """Return the source of a duration, in the largest unit that keeps it whole."""
    milliseconds = value // timedelta(milliseconds=1)
    if milliseconds == 0:
        return "dt.timedelta(0)"
    for unit, size in (("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000)):
        if milliseconds % size == 0:
            return f"dt.timedelta({unit}={milliseconds // size})"
    return f"dt.timedelta(milliseconds={milliseconds})"
