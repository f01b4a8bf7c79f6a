"""Golden vectors: what a released minor says on each wire, recorded as JSON for review. No I/O.

`record` is for a release, `text` is the file. The bytes are those of the generated code and of the
runtime's encoders; nothing in them is random or of the moment.
"""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen import samples
from rpcgen.contract_tests.codecs import MethodCodec, dumped
from rpcgen.contract_tests.imported import imported
from rpcgen.contract_tests.wires import Wired, wired_reply, wired_request
from rpcgen.language import model
from rpcgen.samples.newer import newer
from rpcgen_runtime.messages import Failure, Reply, Success

FORMAT = 1


def record(package: model.Package, files: Mapping[str, str]) -> JsonValue:
    """Return the vectors of one package.

    `files` are the texts of its generated code, and of the packages that it imports, by path below
    the output root.
    """
    with imported(files) as code:
        methods = code.methods(package)
        services: dict[str, JsonValue] = {
            service.name: {
                it.name: _method(MethodCodec(it, methods[service.name, it.name]))
                for it in service.methods
            }
            for service in package.of_kind(model.Service)
        }
    return {
        "format": FORMAT,
        "package": package.name,
        "version": str(package.version),
        "services": services,
    }


def text(recorded: JsonValue) -> str:
    """Return the file of vectors."""
    return json.dumps(recorded, ensure_ascii=False, indent=1) + "\n"


def _method(codec: MethodCodec) -> Wired:
    try:
        found: Wired = {"verb": codec.contract.verb, "requests": dict(_requests(codec))}
        if codec.contract.verb == "call":
            found["replies"] = dict(_replies(codec))
    except samples.NoSampleError as error:
        return {"verb": codec.contract.verb, "without": str(error)}
    return found


def _requests(codec: MethodCodec) -> Iterator[tuple[str, Wired]]:
    parameters = codec.contract.parameters
    given = {"least": samples.least_of(parameters), "fullest": samples.fullest_of(parameters)}
    for name, it in given.items():
        arguments = codec.arguments(it)
        received: Wired = codec.received(arguments)
        yield name, {"received": received, **wired_request(codec.request(arguments))}


def _replies(codec: MethodCodec) -> Iterator[tuple[str, Wired]]:
    arguments = codec.arguments(samples.least_of(codec.contract.parameters))
    for name, reply in _said(codec):
        yield name, {"received": codec.outcome(reply, arguments), **wired_reply(reply)}


def _said(codec: MethodCodec) -> Iterator[tuple[str, Reply]]:
    """Yield what a server says, and what a newer one may."""
    result = codec.contract.result
    if result is None:
        yield "result", Success(b"null")
    else:
        for name, value in {
            "least": samples.least(result),
            "fullest": samples.fullest(result),
        }.items():
            yield name, codec.encoded(Success(dumped(value)))
        for name, value in newer(result):
            yield f"newer: {name}", Success(dumped(value))
    for raised in codec.contract.raises:
        yield from _failures(codec, raised.error)


def _failures(codec: MethodCodec, error: model.Error) -> Iterator[tuple[str, Reply]]:
    for name, data in {
        "least": samples.least_of(error.fields),
        "fullest": samples.fullest_of(error.fields),
    }.items():
        # The message is documentation; the name stands for it.
        reply = codec.encoded(Failure(error.code, error.name, dumped(dict(data))))
        yield f"{error.name}, {name}", reply


def parsed(reply: Reply) -> JsonValue:
    """Return the result or the data that a reply holds."""
    found = reply.result if isinstance(reply, Success) else reply.data
    value: JsonValue = None if found is None else from_json(found)
    return value
