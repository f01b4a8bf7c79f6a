"""Values of a contract as they stand in JSON, by the type that they have. Pure."""

from datetime import timedelta

from rpcgen.export.document import Json
from rpcgen.language import model


def default(item: model.Field) -> Json:
    """Return the default of a field that has one."""
    match item.default:
        case model.EnumDefault(value):
            return value.wire
        case list():
            return []
        case dict():
            return {}
        case None:
            return None
        case scalar:
            plain = expanded(item.type)
            return of(scalar, plain.name if isinstance(plain, model.Builtin) else "")


def of(value: model.Scalar, name: str) -> Json:
    """Return a value of the built-in type of that name; a number of digits stays a number."""
    if isinstance(value, timedelta):
        return duration(value)
    return float(value) if name == "float" and isinstance(value, int) else value


def expanded(type_: model.Type) -> model.Type:
    """Return what stands behind names of types and `?`."""
    match type_:
        case model.Optional(inner):
            return expanded(inner)
        case model.Named(model.Alias(type=inner)) if inner is not None:
            return expanded(inner)
        case _:
            return type_


def duration(value: timedelta) -> str:
    """Return a duration as ISO 8601 writes it, such as `PT1M30S`."""
    microseconds = abs(value) // timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    told = f"{seconds}.{fraction:06}".rstrip("0") if fraction else str(seconds)
    parts = [(hours, f"{hours}H"), (minutes, f"{minutes}M"), (seconds or fraction, f"{told}S")]
    time = "".join(text for count, text in parts if count)
    whole = (f"{days}D" if days else "") + (f"T{time}" if time else "")
    return f"{'-' if value < timedelta() else ''}P{whole or 'T0S'}"
