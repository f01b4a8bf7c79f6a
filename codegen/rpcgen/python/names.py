"""Names of the contract to names in Python: the same, but where Python or our own code forbids it.

A name that is taken gets a trailing underscore; the wire never sees it. Two names that would be
one in Python are a diagnostic.
"""

import re
import sys
from collections.abc import Iterable

from rpcgen.language import model
from rpcgen.language.diagnostics import Report

# `keyword.kwlist` as of Python 3.14; a fixed list, so that the output does not depend on who runs.
_KEYWORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except "
    "finally for from global if import in is lambda nonlocal not or pass raise return try while "
    "with yield".split()
)
ANNOTATION_BUILTINS = frozenset("bool int float str bytes list dict".split())
"""Built-in names that annotations use; a class that has one of them as a member cannot."""
_MODULES = frozenset(["dt", "rpc"])
"""Modules that generated files import under a name that a contract could use."""
# The attributes of pydantic's BaseModel and its metaclass; a field of that name would replace one.
_MODEL_ATTRIBUTES = frozenset(
    "construct copy dict from_orm json model_computed_fields model_config model_construct "
    "model_copy model_dump model_dump_json model_extra model_fields model_fields_set "
    "model_json_schema mro model_parametrized_name model_post_init model_rebuild model_validate "
    "model_validate_json model_validate_strings parse_file parse_obj parse_raw register schema "
    "schema_json update_forward_refs validate".split()
)
_EXCEPTION_ATTRIBUTES = frozenset("add_note args code field retryable with_traceback".split())
_CLIENT_ATTRIBUTES = frozenset("abstractmethod builtins can_send with_options".split())
_IMPORTED_TYPES = frozenset(
    "Annotated Awaitable ClassVar Decimal Enum Field Final JsonValue Literal Mapping Sequence "
    "TypeAlias TYPE_CHECKING UUID".split()
)
MODULES = ("client", "contract", "errors", "methods", "models", "openrpc", "server")
"""The modules of a generated package."""

# Python's own modules that our runtime or pydantic import: a package of that name would hide them
# or be hidden by them. `test` is the one that nothing needs.
_TAKEN_PACKAGES = (sys.stdlib_module_names - {"test"}) | {
    *("pydantic", "pydantic_core", "rpcgen", "rpcgen_runtime", "typing_extensions"),
    *("annotated_types", "typing_inspection", "msgpack", "uvicorn", "httptools"),
}

_FIELD = _KEYWORDS | ANNOTATION_BUILTINS | _MODULES | _MODEL_ATTRIBUTES
_ERROR_FIELD = _KEYWORDS | ANNOTATION_BUILTINS | _MODULES | _EXCEPTION_ATTRIBUTES
_PARAMETER = _KEYWORDS | {"self", "ctx"}
_METHOD = _KEYWORDS | _MODULES | _CLIENT_ATTRIBUTES
_ENUM_VALUE = _KEYWORDS | {"name", "value", "mro"}
_CONST = _KEYWORDS | ANNOTATION_BUILTINS | _MODULES | frozenset(MODULES)

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def field(item: model.Field) -> str:
    """Return the attribute that a struct's field becomes."""
    return _free(item.name, _FIELD)


def error_field(item: model.Field) -> str:
    """Return the attribute that an error's field becomes."""
    return _free(item.name, _ERROR_FIELD)


def parameter(item: model.Field) -> str:
    """Return the parameter's name in stubs and handlers alike."""
    return _free(item.name, _PARAMETER)


def method(item: model.Method) -> str:
    """Return the method's name in clients, servers and listeners alike."""
    return _free(item.name, _METHOD)


def enum_value(item: model.EnumValue) -> str:
    """Return the member that an enum's value becomes."""
    return _free(item.name, _ENUM_VALUE)


def declared(item: model.Declaration) -> str:
    """Return the name of a declaration's class or constant."""
    taken = _CONST if isinstance(item, model.Const) else _IMPORTED_TYPES | _KEYWORDS
    return _free(item.name, taken)


def variant_class(union: model.Union, variant: model.Variant) -> str:
    """Return the class of one variant of a union."""
    camel = "".join(it[:1].upper() + it[1:] for it in variant.name.split("_"))
    return f"{union.name}{camel}"


def service_constant(service: model.Service) -> str:
    """Return the constant that holds the service's Target."""
    return f"_{upper(service.name)}"


def method_constant(service: model.Service, item: model.Method) -> str:
    """Return the constant that holds one method's entry in the table."""
    return f"{upper(service.name)}_{item.name.upper()}"


def module_path(package: model.Package) -> str:
    """Return the path of the generated package below the output root."""
    return "/".join([*package.name.split("."), f"v{package.version.major}"])


def upper(pascal: str) -> str:
    """Return `VolumeTypes` as `VOLUME_TYPES`."""
    return _WORD_START.sub("_", pascal).upper()


def service_classes(service: model.Service) -> dict[str, str]:
    """Return the classes that a service becomes, each with the module that holds it."""
    name = service.name
    classes: dict[str, str] = {}
    if any(it.verb != "event" for it in service.methods) or not service.methods:
        classes |= {f"{name}Client": "client", f"Async{name}Client": "client"}
        classes |= {f"{name}Server": "server"}
    if any(it.verb == "event" for it in service.methods):
        classes |= {f"{name}Events": "client", f"Async{name}Events": "client"}
        classes |= {f"{name}Listener": "server"}
    return classes


def check(package: model.Package, report: Report) -> None:
    """Report names of `package` that Python cannot keep apart."""
    _check_path(package, report)
    owners: dict[str, model.Item] = {}
    for declaration in package.declarations.values():
        _claim(declared(declaration), declaration, owners, report)
    for declaration in package.declarations.values():
        _check_members(declaration, report)
        if isinstance(declaration, model.Union):
            for variant in declaration.variants:
                _claim(variant_class(declaration, variant), variant, owners, report)
        if isinstance(declaration, model.Service):
            for name in [*service_classes(declaration), service_constant(declaration)]:
                _claim(name, declaration, owners, report)
            for item in declaration.methods:
                _claim(method_constant(declaration, item), item, owners, report)


def _check_path(package: model.Package, report: Report) -> None:
    segments = package.name.split(".")
    for segment in segments:
        if segment in _KEYWORDS:
            message = f"`{segment}` is a word of Python and cannot be part of a package's name"
            report.add("python-name", package.span, message, "another word")
    if segments[0] in _TAKEN_PACKAGES:
        message = f"a package `{segments[0]}` would hide Python's module of that name"
        accepted = f"a part in front, such as `acme.{package.name}`"
        report.add("python-name", package.span, message, accepted)


def _check_members(declaration: model.Declaration, report: Report) -> None:
    match declaration:
        case model.Struct():
            _distinct(((it, field(it)) for it in declaration.fields), report)
        case model.Error():
            _distinct(((it, error_field(it)) for it in declaration.fields), report)
        case model.Enum():
            _distinct(((it, enum_value(it)) for it in declaration.values), report)
        case model.Union():
            _distinct(((it, it.name) for it in declaration.variants), report)
        case model.Service():
            _distinct(((it, method(it)) for it in declaration.methods), report)
            for item in declaration.methods:
                _distinct(((it, parameter(it)) for it in item.parameters), report)
        case _:
            pass


def _distinct(pairs: Iterable[tuple[model.Item, str]], report: Report) -> None:
    owners: dict[str, model.Item] = {}
    for item, name in pairs:
        _claim(name, item, owners, report)


def _claim(name: str, item: model.Item, owners: dict[str, model.Item], report: Report) -> None:
    first = owners.setdefault(name, item)
    if first is item or (type(first) is type(item) and first.name == item.name):
        return  # the language reports two members of one name
    message = f"`{item.name}` and `{first.name}` would both be `{name}` in Python"
    report.add("python-clash", item.span, message, "another name", [(first.span, "the other one")])


def _free(name: str, taken: frozenset[str]) -> str:
    return f"{name}_" if name in taken else name
