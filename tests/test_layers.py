"""Who may import whom; read from the imports with `ast`, nothing is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*ROOT.glob("codegen/**/*.py"), *ROOT.glob("runtime/**/*.py")])

# For each room what its files may import of ours; the longest prefix of a file's module decides.
ALLOWED: dict[str, set[str]] = {
    "rpcgen": set(),
    "rpcgen.__main__": {"rpcgen.cli"},
    "rpcgen.compile": {"rpcgen.language", "rpcgen.python"},
    "rpcgen.language": {"rpcgen.language"},
    "rpcgen.python": {"rpcgen.python", "rpcgen.language", "rpcgen.export"},
    "rpcgen.contract": {"rpcgen.contract", "rpcgen.language"},
    "rpcgen.export": {"rpcgen.export", "rpcgen.language"},
    "rpcgen.lint": {"rpcgen.lint", "rpcgen.language"},
    "rpcgen.samples": {"rpcgen.samples", "rpcgen.language"},
    "rpcgen.contract_tests": {
        "rpcgen.contract_tests",
        "rpcgen.samples",
        "rpcgen.contract",
        "rpcgen.language",
        "rpcgen.compile",
        "rpcgen_runtime",
    },
    "rpcgen.cli": {"rpcgen", "rpcgen_runtime"},
    "rpcgen_runtime": {"rpcgen_runtime"},
    "rpcgen_runtime.memory": {"rpcgen_runtime"},
    "rpcgen_runtime.http": {"rpcgen_runtime"},
    "rpcgen_runtime.amqp": {"rpcgen_runtime"},
    "rpcgen_runtime.telemetry": {"rpcgen_runtime"},
}
# What transports may not know of each other, and the core of all of them.
FORBIDDEN: dict[str, set[str]] = {
    "rpcgen_runtime.memory": {
        "rpcgen_runtime.http", "rpcgen_runtime.jsonrpc", "rpcgen_runtime.amqp",
    },
    "rpcgen_runtime.http": {"rpcgen_runtime.memory", "rpcgen_runtime.amqp"},
    "rpcgen_runtime.amqp": {
        "rpcgen_runtime.http", "rpcgen_runtime.memory", "rpcgen_runtime.jsonrpc",
    },
    "rpcgen_runtime.telemetry": {
        "rpcgen_runtime.http", "rpcgen_runtime.memory", "rpcgen_runtime.amqp",
        "rpcgen_runtime.jsonrpc",
    },
}  # fmt: skip
# The files that put the pieces together, and so know the transports.
ASSEMBLY = {
    "rpcgen_runtime", "rpcgen_runtime.connecting", "rpcgen_runtime.acceptors",
    "rpcgen_runtime.server", "rpcgen_runtime.serving",
}  # fmt: skip
# Foreign libraries, each with the only rooms that may import it.
FOREIGN: dict[str, set[str]] = {
    "lark": {f"rpcgen.language.{it}" for it in ("parse", "build", "children")},
    "jinja2": {"rpcgen.python.render"},
    "httptools": {"rpcgen_runtime.http.protocol", "rpcgen_runtime.http.reading"},
    "uvicorn": {f"rpcgen_runtime.http.{it}" for it in ("server", "protocol", "whole")},
    "pika": {
        f"rpcgen_runtime.amqp.{it}"
        for it in ("guard", "sending", "translation", "channel", "connection")
    },
    "msgpack": {"rpcgen_runtime.amqp.bodies"},
    "hypothesis": {
        "rpcgen.samples.strategies",
        "rpcgen.contract_tests.declared",
        "rpcgen.contract_tests.random_inputs",
    },
    "pytest": {"rpcgen.contract_tests.plugin"},
    "opentelemetry": {
        f"rpcgen_runtime.telemetry.{it}" for it in ("instruments", "providers", "spans")
    },
}
PURE = {
    "rpcgen_runtime.targets", "rpcgen_runtime.messages", "rpcgen_runtime.errors",
    "rpcgen_runtime.jsonrpc", "rpcgen_runtime.codecs", "rpcgen_runtime.schemas",
    "rpcgen_runtime.stamps", "rpcgen_runtime.methods", "rpcgen_runtime.facts", "rpcgen_runtime.table", "rpcgen_runtime.reasons", "rpcgen_runtime.retries",
    "rpcgen_runtime.http.headers", "rpcgen_runtime.http.exchange", "rpcgen_runtime.http.hosts",
    "rpcgen_runtime.http.limits", "rpcgen_runtime.http.origins", "rpcgen_runtime.url",
    "rpcgen_runtime.access", "rpcgen_runtime.introspection", "rpcgen_runtime.discovery", *(f"rpcgen_runtime.telemetry.{it}" for it in ("measures", "outcomes", "peers")),
    *(f"rpcgen_runtime.amqp.{it}" for it in (
        "arguments", "bodies", "clocks", "messages", "moved", "names", "options", "replies",
        "routes", "topology", "wire", "work",
    )),
    "rpcgen.language.comments", "rpcgen.cli.endings", "rpcgen.cli.findings",
    "rpcgen.language.format", "rpcgen.lint", "rpcgen.export", "rpcgen.samples",
    *(f"rpcgen.contract.{it}" for it in (
        "accepted", "bounds", "changes", "compare", "findings", "locate", "methods", "pairs",
        "presence", "reach", "records", "restore", "rules", "types", "versions", "words",
    )),
    *(f"rpcgen.cli.live.{it}" for it in (
        "arguments", "choose", "declarations", "facts", "pages", "records", "scalars", "schemas",
        "signatures", "told", "values", "words",
    )),
}  # fmt: skip


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (it.name for it in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            known = {module_of(it) for it in SOURCES}
            for name in node.names:
                full = f"{module}.{name.name}"
                yield full if full in known else module


def within(module: str, rooms: set[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    module = module_of(path)
    room = max((it for it in ALLOWED if within(module, {it})), key=len)
    ours = {it for it in imports_of(path) if within(it, {"rpcgen", "rpcgen_runtime"})}

    outside = {it for it in ours if not within(it, ALLOWED[room])}
    assert not outside, f"{module} may not import {sorted(outside)}"
    for prefix, refused in FORBIDDEN.items():
        if within(module, {prefix}):
            assert not {it for it in ours if within(it, refused)}
    if room == "rpcgen_runtime" and module not in ASSEMBLY:
        transports = {f"rpcgen_runtime.{it}" for it in ("amqp", "http", "memory")}
        known = {it for it in ours if within(it, transports)}
        assert not known, f"the core does not know transports: {module} imports {sorted(known)}"


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_foreign_library_stays_in_its_room(path: Path) -> None:
    module = module_of(path)

    for library, rooms in FOREIGN.items():
        if any(within(it, {library}) for it in imports_of(path)):
            assert module in rooms, f"{module} imports {library}"


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_pure_files_do_no_input_and_no_output(path: Path) -> None:
    if not within(module_of(path), PURE):
        return

    touched = {"socket", "asyncio", "os", "pathlib", "subprocess", "logging", "selectors", "ssl"}
    assert not touched & {it.partition(".")[0] for it in imports_of(path)}


def test_generated_code_imports_pydantic_and_one_module_of_ours() -> None:
    files = sorted(ROOT.glob("generated/demo/**/*.py"))
    assert files, "no generated files found"

    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module is not None
                assert node.module.partition(".")[0] in GENERATED_IMPORTS, (path, node.module)
                if node.module == "rpcgen_runtime":
                    assert [it.name for it in node.names] == ["generated_v1"]
            elif isinstance(node, ast.Import):
                assert {it.name for it in node.names} <= {"datetime", "builtins"}


GENERATED_IMPORTS = {
    "__future__",
    "abc", "collections", "dataclasses", "decimal", "enum", "importlib", "pkgutil", "typing",
    "uuid", "pydantic", "rpcgen_runtime",
}  # fmt: skip
