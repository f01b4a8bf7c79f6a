"""The pytest plugin, in a pytest of its own: each check is a test, and warnings are errors."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from tests.contract_tests.held import HERE

ROOT = HERE.parent.parent
MODULE = "rpcgen.contract_tests.plugin"
TESTS = """
from examples.calculator import Calculator
from rpcgen.contract_tests import contract_tests
from tests.contract_tests.sabotaged.returns_nan import Store

test_calculator = contract_tests(Calculator, examples=2)
test_store = contract_tests(lambda: Store(), examples=0)
"""


def _pytest(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    is_installed = any(it.value == MODULE for it in entry_points(group="pytest11"))
    plugin = () if is_installed else ("-p", MODULE)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-W", "error", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_each_check_is_a_test_with_a_name_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS)

    done = _pytest(tmp_path, "-q", "-k", "divide or share")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 13 passed" in done.stdout
    assert "FAILED test_them.py::test_store::Store.share-result" in done.stdout
    assert '  given     {"part":0.0}' in done.stdout
    assert "Traceback" not in done.stdout


def test_it_works_with_several_workers(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS)

    done = _pytest(tmp_path, "-q", "-n", "2", "-k", "Calculator")

    assert done.returncode == 0, done.stdout + done.stderr


def test_an_implementation_that_cannot_be_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(
        "from rpcgen.contract_tests import contract_tests\n\ntest_it = contract_tests(dict)\n"
    )

    done = _pytest(tmp_path, "-q")

    assert done.returncode == 2
    assert "`test_it` returns a dict" in done.stdout


def test_the_plugin_imports_nothing_until_there_is_something_to_test() -> None:
    code = (
        f"import pytest, sys, {MODULE}\n"
        "print([it for it in sys.modules if it.startswith(('rpcgen_runtime', 'hypothesis', 'lark'))"
        " or it.startswith('rpcgen.') and not it.startswith('rpcgen.contract_tests')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "[]\n"
