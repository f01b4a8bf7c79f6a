"""A contract whose names are made to break a generator of Python."""

import builtins
import keyword

import pydantic

TYPES = (
    "Annotated Literal Field Enum UUID Decimal Final TypeAlias Awaitable JsonValue Sequence "
    "Mapping ClassVar Model Unrecognized Context Target Param Call Cast Event Fanout Service "
    "Client AsyncClient Endpoint Listener Binding Exception ValueError Object Type List Dict Str "
    "Int Any Optional Union Error RpcError DeclaredError Minors TypeVar Generic Self BaseModel "
    "Datetime VM URL HTTPServer X".split()
)
OURS = (
    "self cls ctx rpc dt models errors methods client server args kwargs annotated field name "
    "value mro register type call cast fanout event with_options can_send abstractmethod builtins "
    "caller options code retryable add_note with_traceback transport id date datetime time uuid "
    "decimal json map since deprecated raises timeout readonly idempotent namespace topic exchange "
    "result request reply params version target pending message data text".split()
)
FIELD_TYPES = (
    "int", "str?", "list[str] = []", "datetime?", "Decimal", "map[str, UUID] = {}", "bytes",
    "bool = false", "duration = 5s", "decimal = 0.5", "AllValues?",
)  # fmt: skip


def words() -> list[str]:
    """Return every lower-case word that means something to Python, pydantic or us."""
    known = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *dir(pydantic.BaseModel), *OURS}
    lower = {it.lower() for it in known if it.isidentifier() and not it.startswith("_")}
    return sorted(lower)


def contract() -> str:
    """Return the text of the contract."""
    names = words()
    parts = ['## Doc: """ \\ {{ }} {% %} \\N{DASH} # type: ignore\npackage acme.nasty 1.3']
    parts += [f"## {it}.\nstruct {it} {{ a: int, b: X? }}" for it in TYPES]
    fields = [f"{it}: {FIELD_TYPES[index % len(FIELD_TYPES)]}" for index, it in enumerate(names)]
    parts.append("struct AllFields {\n" + "\n".join(fields) + "\n}")
    parts.append("enum AllValues {\n" + "\n".join(names) + "\n}")
    parts.append("error AllData(7) {\n" + "\n".join(fields) + "\n}")
    parts.append("union Either { " + ", ".join(f"{it}: X" for it in names[:40]) + " }")
    methods = [
        f"call {it}({it}: list[str], more: map[str, int] = {{}}) -> list[AllFields] raises AllData"
        for it in names
    ]
    parts.append("service Nasty {\n" + "\n".join(methods) + "\n}")
    every = ", ".join(f"{it}: int" for it in names)
    parts.append(f"service Params {{ call every({every}) event happened({every}) }}")
    parts.append(
        "service Builtins { call list() -> list[int] call str(str: str) -> str "
        "call dict() -> map[str, str] call int(int: int) -> int call bool() -> bool "
        "call float() -> float call bytes() -> bytes call dt() -> datetime "
        "call rpc() -> Either? call builtins() event type(list: list[Either], either: Either) }"
    )
    return "\n\n".join(parts) + "\n"
