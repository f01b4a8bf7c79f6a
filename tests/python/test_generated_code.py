"""Generated code as its users meet it: imported, type-checked, linted, formatted, with no flags."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rpcgen.compile import compile_paths
from rpcgen.python.output import changes, write
from tests.python import nasty, random_contracts

ROOT = Path(__file__).parent.parent.parent
CONTRACTS = Path(__file__).parent / "contracts"
BIN = Path(sys.executable).parent
RANDOM_CONTRACTS = 20


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the tests compile, in one output root."""
    source = tmp_path_factory.mktemp("idl")
    (source / "nasty.rpc").write_text(nasty.contract(), encoding="utf-8")
    for name, text in random_contracts.contracts(RANDOM_CONTRACTS).items():
        (source / name).write_text(text, encoding="utf-8")
    out = tmp_path_factory.mktemp("generated")
    for root in (source, CONTRACTS, ROOT / "idl"):
        compiled = compile_paths([root], root)
        assert not compiled.report, compiled.report.diagnostics[:3]
        write(changes(out, compiled.files, compiled.folders))
    return out


def run(*command: str | Path, cwd: Path) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'runtime'}{os.pathsep}{cwd}",
        "MYPYPATH": str(ROOT / "runtime"),
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }
    done = subprocess.run(
        [str(it) for it in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    return done.stdout


def test_every_name_can_be_imported_with_warnings_as_errors(generated: Path) -> None:
    packages = [".".join(it.relative_to(generated).parts) for it in generated.glob("*/*/v*")]
    assert len(packages) >= 5
    code = "\n".join(
        [
            "import importlib, sys",
            "for name in sys.argv[1:]:",
            "    package = importlib.import_module(name)",
            "    for member in package.__all__: getattr(package, member)",
            "    for module in ('client', 'contract', 'errors', 'methods', 'models', 'server'):",
            "        importlib.import_module(f'{name}.{module}')",
        ]
    )

    run(sys.executable, "-W", "error", "-c", code, *packages, cwd=generated)


def test_schemas_of_all_methods_can_be_built(generated: Path) -> None:
    code = "\n".join(
        [
            "import importlib, sys",
            "from rpcgen_runtime.methods import Call, Method",
            "for name in sys.argv[1:]:",
            "    for it in vars(importlib.import_module(f'{name}.methods')).values():",
            "        if isinstance(it, Method):",
            "            it.request.warm(); it.request._encoder; it.request._stamp",
            "            if isinstance(it, Call): it.reply.warm()",
            "            for error in it.errors.values(): error._validator, error._serializer",
        ]
    )
    packages = [".".join(it.relative_to(generated).parts) for it in generated.glob("*/*/v*")]

    run(sys.executable, "-W", "error", "-c", code, *packages, cwd=generated)


def test_mypy_strict_accepts_it_without_a_plugin(generated: Path) -> None:
    run(BIN / "mypy", "--strict", "--cache-dir", generated / ".mypy_cache", ".", cwd=generated)


def test_pyright_accepts_it(generated: Path) -> None:
    config = f'{{"include": ["."], "extraPaths": ["{ROOT / "runtime"}"]}}'
    (generated / "pyrightconfig.json").write_text(config, encoding="utf-8")

    run(BIN / "pyright", "--pythonpath", sys.executable, "-p", generated, cwd=generated)


def test_ruff_finds_nothing_with_its_own_defaults(generated: Path) -> None:
    run(BIN / "ruff", "check", "--isolated", "--no-cache", ".", cwd=generated)


def test_ruff_format_leaves_it_alone(generated: Path) -> None:
    run(BIN / "ruff", "format", "--check", "--isolated", "--no-cache", "--line-length", "100", ".",
        cwd=generated)  # fmt: skip


@pytest.mark.parametrize("width", ["88", "120"])
def test_ruff_format_leaves_the_usual_alone_at_other_widths(generated: Path, width: str) -> None:
    run(BIN / "ruff", "format", "--check", "--isolated", "--no-cache", "--line-length", width,
        "demo", "acme/volume", cwd=generated)  # fmt: skip


def test_it_contains_no_any_and_silences_nobody(generated: Path) -> None:
    files = sorted(generated.glob("**/*.py"))
    assert len(files) > 30

    for path in files:
        code = path.read_text(encoding="utf-8")
        if "nasty" not in path.parts:  # where a struct is called so
            names = {it.id for it in ast.walk(ast.parse(code)) if isinstance(it, ast.Name)}
            assert "Any" not in names, path
        comments = [it for it in code.splitlines() if it.lstrip().startswith("#")]
        assert len(comments) == 1, comments
        assert not re.search(r"^[^\"]*#\s*(type:\s*ignore|noqa|pyright:)", code, re.MULTILINE)


def test_the_committed_code_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rpcgen", "build", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for number, (locale, seed) in enumerate([("C", "0"), ("C.UTF-8", "12345")]):
        out = tmp_path / str(number)
        environment = {**os.environ, "LC_ALL": locale, "PYTHONHASHSEED": seed}
        cwd = ROOT if number else tmp_path
        command = [sys.executable, "-m", "rpcgen", "build", str(ROOT / "idl"), "--out", str(out)]
        subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True)
        trees.append({it.relative_to(out): it.read_bytes() for it in out.rglob("*.py")})

    assert trees[0]
    assert trees[0] == trees[1]
