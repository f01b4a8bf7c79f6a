"""`rpcgen test`: hold implementations against their contracts."""

import argparse
import inspect
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from rpcgen.cli.config import read_config
from rpcgen.cli.output import complain, say, shown
from rpcgen.cli.usage import UsageError
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import MEANINGS, Checked
from rpcgen.contract_tests.random_inputs import WITHOUT, is_there
from rpcgen.contract_tests.report import WRITERS, Table, Tested, told
from rpcgen.contract_tests.subjects import Subject, SubjectError, abstract_subject, subject
from rpcgen.contract_tests.suite import EXAMPLES, Settings, Suite
from rpcgen.language.diagnostics import nearest
from rpcgen_runtime import Endpoint

MAX_SEED = 2**64 - 1


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _parser().parse_args(arguments)
    settings = Settings(given.seed, given.examples, read_config(Path.cwd()).source)
    sys.path.insert(0, os.getcwd())
    subjects = [_subject(it) for it in given.implementations]
    try:
        return _run(subjects, settings, given.method, given.output_format)
    except SubjectError as error:
        raise UsageError(str(error)) from error


def _run(subjects: Sequence[Subject], settings: Settings, methods: Sequence[str], form: str) -> int:
    suites = [(Suite(it, settings), _chosen(it, methods)) for it in subjects]
    # What handlers log is for their operator; that of the runtime is told as findings.
    logging.getLogger().addHandler(logging.NullHandler())
    if not is_there():
        complain(f"rpcgen test: {WITHOUT}")
    is_text = form == "text"
    tested = [_tested(suite, codecs, settings, is_told=is_text) for suite, codecs in suites]
    if not is_text:
        say(WRITERS[form](tested))
    return int(any(it.findings for it in tested))


def _tested(
    suite: Suite, codecs: Sequence[MethodCodec], settings: Settings, *, is_told: bool
) -> Tested:
    """Run the checks of one implementation; with `is_told`, print each method as it is done."""
    labels = [suite.subject.label(it.contract) for it in codecs]
    table = Table(max(map(len, labels)), _is_coloured())
    if is_told:
        say(f"{suite.subject.name}, seed {settings.seed}\n\n{table.head()}")
    checked: list[Checked] = []
    for label, codec in zip(labels, codecs, strict=True):
        # What handlers print does not get in the way of what is found.
        with redirect_stdout(sys.stderr):
            row = [_near(it) for it in suite.run_all(codec)]
        checked += row
        if is_told:
            print(table.row(label, row), flush=True)
    package = suite.subject.package
    contract = f"{suite.subject.service.name} of {package.name} {package.version}"
    name, number = suite.subject.name, settings.seed
    tested = Tested(name, contract, number, settings.examples, checked)
    if is_told:
        say(shown("\n".join(told(tested))))
    return tested


def _near(checked: Checked) -> Checked:
    """Return it with places as somebody in this folder would write them."""
    here = f"{os.getcwd()}{os.sep}"
    findings = [replace(it, at=it.at and it.at.removeprefix(here)) for it in checked.findings]
    return replace(checked, findings=findings)


def _subject(name: str) -> Subject:
    """Return what `MODULE:CLASS` or `MODULE:FACTORY` names."""
    found = _found(name)
    try:
        if inspect.isclass(found) and issubclass(found, Endpoint):
            is_abstract = inspect.isabstract(found)
            return abstract_subject(name, found) if is_abstract else subject(name, found)
        if callable(found) and not inspect.isclass(found):
            return subject(name, found)
    except SubjectError as error:
        raise UsageError(str(error)) from error
    except Exception as error:
        problem = f"`{name}` cannot be called without arguments"
        raise UsageError(f"{problem}: {type(error).__name__}: {error}") from error
    accepted = "a subclass of a generated server or listener, or a function that returns one"
    raise UsageError(f"`{name}` is neither; accepted: {accepted}")


def _found(name: str) -> object:
    module_name, colon, inside = name.partition(":")
    if not colon or not module_name or not inside.isidentifier():
        accepted = "MODULE:CLASS or MODULE:FACTORY, such as `examples.calculator:Calculator`"
        raise UsageError(f"`{name}` names nothing to test; accepted: {accepted}")
    try:
        module = import_module(module_name)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"cannot import `{module_name}`: {reason}") from error
    # Named by the person who runs the command, who may run any code anyway.
    found: object = vars(module).get(inside)
    if found is None:
        raise UsageError(
            f"there is no `{inside}` in `{module_name}`{nearest(inside, vars(module))}"
        )
    return found


def _chosen(tested: Subject, wanted: Sequence[str]) -> list[MethodCodec]:
    """Return the methods that are asked for, all where none is."""
    try:
        return [tested.codec(it.rpartition(".")[2]) for it in wanted] or list(tested.codecs)
    except SubjectError as error:
        raise UsageError(f"--method: {error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen test",
        description="Run implementations in this process and hold them against their contracts. "
        "Their methods are really called: use a factory that gives them a world of their own.",
        epilog=f"Checks: {'; '.join(f'{name}: {it}' for name, it in MEANINGS.items())}. "
        "Exit codes: 0 nothing found, 1 findings, 2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "implementations",
        nargs="+",
        metavar="MODULE:CLASS",
        help="a subclass of a generated server or listener that is made without arguments, or a "
        "function that returns one",
    )
    parser.add_argument(
        "--method", action="append", default=[], metavar="NAME", help="only this; may be repeated"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of the random arguments (default: 0)"
    )
    parser.add_argument(
        "--examples",
        type=_examples,
        default=EXAMPLES,
        metavar="N",
        help=f"random arguments for each method (default: {EXAMPLES})",
    )
    parser.add_argument(
        "--output-format", choices=("text", *WRITERS), default="text", help="(default: text)"
    )
    return parser


def _seed(text: str) -> int:
    return _whole(text, MAX_SEED)


def _examples(text: str) -> int:
    return _whole(text, 100_000)


def _whole(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:30]) > most:
        raise argparse.ArgumentTypeError(f"`{text}`: accepted: a whole number from 0 to {most:,}")
    return int(text)


def _is_coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
