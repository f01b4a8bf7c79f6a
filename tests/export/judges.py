"""Who judges exported documents: the specifications' own schemas, and a validator of values."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT7

from rpcgen.export import asyncapi, jsonschema, openrpc
from rpcgen.export.document import Members
from rpcgen.language import model
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import Loader, files_below
from rpcgen.language.resolve import resolve

SCHEMAS = Path(__file__).parent / "schemas"
FORMATS = {
    "openrpc": openrpc.document,
    "asyncapi": asyncapi.document,
    "jsonschema": jsonschema.document,
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

formats = FormatChecker(("date",))


@formats.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_MOMENT.fullmatch(value) and dt.datetime.fromisoformat(value.upper()))


@formats.checks("uuid")
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or _UUID.fullmatch(value) is not None


def packages(root: Path) -> list[model.Package]:
    """Return the packages below a folder."""
    report = Report()
    loader = Loader(root, report)
    for file in files_below(root):
        loader.load(file)
    found = resolve(loader.files.values(), report)
    assert not report, report.in_order()[0].message
    return found


def specification(form: str) -> Any:
    """Return what judges documents of a format."""
    if form == "jsonschema":
        return Draft202012Validator(Draft202012Validator.META_SCHEMA)
    if form == "asyncapi":
        return Draft7Validator(_published("asyncapi-3.0.0"))
    inner = DRAFT7.create_resource(_published("json-schema-tools"))
    addresses = ("https://meta.json-schema.tools/", "https://meta.json-schema.tools")
    registry: Registry[Any] = Registry().with_resources([(it, inner) for it in addresses])
    return Draft7Validator(_published("openrpc-1.4"), registry=registry)


def complaints(judge: Any, document: Members) -> list[str]:
    """Return what a judge says is wrong, with where it is."""
    found: Iterator[Any] = judge.iter_errors(json.loads(json.dumps(document)))
    return [f"{list(it.absolute_path)}: {it.message[:200]}" for it in found]


def of_values(document: Members, place: str) -> Any:
    """Return what judges values by a part of a JSON Schema document, such as `requests/A.b`."""
    return Draft202012Validator({**document, "$ref": f"#/{place}"}, format_checker=formats)


def digests() -> dict[str, str]:
    """Return the SHA-256 of each published schema, by file."""
    files = sorted(SCHEMAS.glob("*.json"))
    return {it.name: hashlib.sha256(it.read_bytes()).hexdigest() for it in files}


def references(value: object) -> Iterator[str]:
    """Yield each `$ref` of a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for it in value.values():
            yield from references(it)
    elif isinstance(value, list):
        for it in value:
            yield from references(it)


def _published(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
