"""`rpcgen mock`: answer calls of a contract with valid values, until a signal."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rpcgen.cli.config import read_config
from rpcgen.cli.output import say
from rpcgen.cli.urls import shown, with_password
from rpcgen.cli.usage import UsageError
from rpcgen.compile import Compiled, compile_paths
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.imported import Imported, imported
from rpcgen.contract_tests.mocks import Manner, Mock
from rpcgen.language import model
from rpcgen.language.diagnostics import nearest, render
from rpcgen.language.load import SUFFIX, source_root
from rpcgen_runtime import DrainTimeout, Server, serve
from rpcgen_runtime.url import parse_url


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    _check_url(given.on)
    compiled = _compiled(Path(given.path))
    services = [it for one in compiled.packages for it in one.of_kind(model.Service)]
    services = [it for it in services if any(one.verb != "event" for one in it.methods)]
    if not services:
        raise UsageError(f"there is no service to answer for in `{given.path}`")
    manner = Manner(given.seed, _failing(services, given.fail), _tell)
    with imported(compiled.files) as code:
        endpoints = [_mock(it, code, manner) for it in services]
        told = ", ".join(f"{it.package.name}.{it.name}" for it in services)
        return _serve(given.on, endpoints, told)


def _serve(url: str, endpoints: Sequence[Mock], told: str) -> int:
    def on_start(server: Server) -> None:
        print(f"mocking {told} at {server.url}", flush=True)

    try:
        serve(with_password(url), endpoints, on_start=on_start)
    except DrainTimeout as error:
        print(f"rpcgen mock: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot serve at {shown(url)}: {error}") from error
    print("stopped", flush=True)
    return 0


def _mock(service: model.Service, code: Imported, manner: Manner) -> Mock:
    methods = code.methods(service.package)
    codecs = [MethodCodec(it, methods[service.name, it.name]) for it in service.methods]
    files = vars(code.module(service.package, "contract"))["FILES"]
    return Mock(service, codecs, files, manner)


def _tell(label: str, arguments: bytes) -> None:
    """Print what nobody is answered to."""
    say(f"{label} {arguments.decode()}")


def _compiled(path: Path) -> Compiled:
    """Return a compiled file or folder. Raises UsageError after it told all mistakes."""
    if not path.exists():
        raise UsageError(f"there is no file or folder `{path}`")
    if not path.is_dir() and path.suffix != SUFFIX:
        raise UsageError(f"`{path}` is not an `{SUFFIX}` file")
    compiled = compile_paths([path], source_root([path], read_config(Path.cwd()).source))
    if compiled.report:
        sys.stderr.write(render(compiled.report))
        raise UsageError(f"`{path}` has mistakes")
    return compiled


def _failing(services: Sequence[model.Service], asked: Sequence[str]) -> Mapping[str, model.Error]:
    """Return which methods fail with what, by their labels."""
    known = {f"{it.name}.{one.name}": one for it in services for one in it.methods}
    found: dict[str, model.Error] = {}
    for item in asked:
        name, equals, error = item.partition("=")
        if not equals:
            raise UsageError(f"--fail: `{item}` is no METHOD=ERROR, such as `create=QuotaExceeded`")
        labels = [it for it in known if name in {it, it.rpartition(".")[2]}]
        if len(labels) != 1:
            hint = nearest(name, known) or f"; accepted: {', '.join(f'`{it}`' for it in known)}"
            many = f"several services have a method `{name}`"
            none = f"there is no method `{name}`"
            raise UsageError(f"--fail: {many if labels else none}{hint}")
        found[labels[0]] = _error(known[labels[0]], labels[0], error)
    return found


def _error(method: model.Method, label: str, name: str) -> model.Error:
    errors = {it.error.name: it.error for it in method.raises}
    if name not in errors:
        accepted = ", ".join(f"`{it}`" for it in errors) or "none: the method declares no error"
        raise UsageError(f"--fail: `{label}` does not raise `{name}`; accepted: {accepted}")
    return errors[name]


def _check_url(text: str) -> None:
    try:
        url = parse_url(with_password(text))
    except ValueError as error:
        raise UsageError(f"--on: {error}") from error
    if url.scheme == "memory":
        raise UsageError("--on: nobody outside this process can reach `memory://`")
    if url.scheme == "https":
        raise UsageError("--on: a mock has no certificate; accepted: http, http+unix, amqp, amqps")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen mock",
        description="Answer all calls of a contract with valid values until SIGTERM or SIGINT. "
        "The same request gets the same answer; what is not answered is printed.",
        epilog="Exit codes: 0 drained, 1 handlers still ran when the time to drain was over, "
        "2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument("path", metavar="PATH", help="an .rpc file, or a folder of them")
    parser.add_argument(
        "--on",
        required=True,
        metavar="URL",
        help="such as http://127.0.0.1:8080 (port 0: any), or of a broker, amqp://localhost",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="other answers for another (default: 0)"
    )
    parser.add_argument(
        "--fail",
        action="append",
        default=[],
        metavar="METHOD=ERROR",
        help="let a method fail with an error that it declares; may be repeated",
    )
    return parser
