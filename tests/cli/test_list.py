"""`rpcgen list`: what it tells compiles to what it was; a stranger can build a client of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from rpcgen.cli.live.choose import choose_method
from rpcgen.cli.live.contract import services_below, write_files
from rpcgen.cli.live.declarations import declaration_rows, doc_rows
from rpcgen.cli.live.signatures import method_rows, name_of
from rpcgen.cli.usage import UsageError
from rpcgen.compile import compile_paths
from rpcgen.language import model
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import Loader, files_below
from rpcgen.language.resolve import resolve
from rpcgen_runtime import Server
from tests.cli import fake
from tests.cli.shell import Shell
from tests.python import nasty, random_contracts

ROOT = Path(__file__).parents[2]
FACTS = ("models", "errors", "methods")
"""The modules that depend on declarations alone: not on the documentation of parameters."""


def packages(folder: Path) -> list[model.Package]:
    report = Report()
    loader = Loader(folder, report)
    for file in files_below(folder):
        loader.load(file)
    found = resolve(loader.files.values(), report)
    assert not report, report.diagnostics[:3]
    return found


def written(package: model.Package) -> str:
    """Return a package as one file, made of what `rpcgen list` writes."""
    rows = [*(f"## {it}".rstrip() for it in package.doc.split("\n") if package.doc)]
    rows.append(f"package {package.name} {package.version}")
    for it in package.imports:
        rows.append(f'import "{file_name(it)}" as {it.name.rpartition(".")[2]}')
    for declaration in package.declarations.values():
        if isinstance(declaration, model.Service):
            rows += service_rows(declaration)
        else:
            rows += declaration_rows(declaration)
    return "\n".join(rows) + "\n"


def service_rows(service: model.Service) -> list[str]:
    since = f" since {service.package.version.major}.{service.since}" if service.since else ""
    rows = [*doc_rows(service), f"service {service.name}{since} {{"]
    rows += [f'topic "{service.topic}"', f'exchange "{service.exchange}"']
    rows += [f'namespace "{service.namespace}"'] if service.namespace is not None else []
    if service.legacy_namespaces:
        rows.append("legacy_namespaces " + ", ".join(f'"{it}"' for it in service.legacy_namespaces))
    rows += ["params by position"] if service.by_position else []
    for method in service.methods:
        width = 100 if len(method.name) % 2 else 1 << 30
        rows += [*doc_rows(method), *method_rows(method, service.package, width)]
    return [*rows, "}"]


def file_name(package: model.Package) -> str:
    return f"{package.name}.{package.version.major}.rpc"


def facts(folder: Path) -> dict[str, str]:
    compiled = compile_paths([folder], folder)
    assert not compiled.report, compiled.report.diagnostics[:3]
    return {
        path: text.partition("\n")[2]
        for path, text in compiled.files.items()
        if Path(path).stem in FACTS
    }


@pytest.mark.parametrize(
    "source", ["idl", "tests/python/contracts", "tests/runtime/contract/new", "examples/foreign"]
)
def test_declarations_are_written_as_they_could_be_compiled(source: str, tmp_path: Path) -> None:
    _assert_same(ROOT / source, tmp_path)


def test_strange_declarations_are_too(tmp_path: Path) -> None:
    texts = {"nasty.rpc": nasty.contract(), **random_contracts.contracts(12)}
    write_files(texts, tmp_path / "source")
    _assert_same(tmp_path / "source", tmp_path / "written")


def _assert_same(source: Path, out: Path) -> None:
    found = packages(source)
    assert found
    write_files({file_name(it): written(it) for it in found}, out)
    assert facts(out) == facts(source)


def test_names_of_imported_packages_stand_in_front() -> None:
    found = {it.name: it for it in packages(ROOT / "idl")}
    common, compute = found["demo.common"], found["demo.compute"]
    assert name_of(common.declarations["Project"], compute) == "common.Project"
    assert name_of(common.declarations["Project"], common) == "Project"


def test_a_stranger_builds_a_client_of_what_a_server_tells(
    shell: Shell, url: str, tmp_path: Path
) -> None:
    source, out = tmp_path / "idl", tmp_path / "generated"
    ran = shell("list", url, "--source", str(source))
    assert ran.printed == f"2 files written to {source}"
    assert shell("build", str(source), "--out", str(out)).code == 0
    code = (
        "import sys\n"
        "from demo.calculator.v1 import CalculatorClient\n"
        "from rpcgen_runtime import connect\n"
        "with connect(sys.argv[1]) as transport: print(CalculatorClient(transport).add(2, 3))\n"
    )
    command = [sys.executable, "-c", code, url]
    environment = {"PYTHONPATH": f"{out}:{ROOT / 'runtime'}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("5.0\n", "")


def test_only_the_files_of_one_package_are_copied_if_it_is_named(
    shell: Shell, url: str, tmp_path: Path
) -> None:
    ran = shell("list", url, "add", "--source", str(tmp_path))
    assert ran.printed == f"1 file written to {tmp_path}"
    assert [it.name for it in tmp_path.rglob("*.rpc")] == ["calculator.rpc"]


def test_files_of_two_packages_that_differ_are_not_mixed(shell: Shell, tmp_path: Path) -> None:
    entries: list[object] = []
    for name in ("acme.one", "acme.two"):
        text = f"package {name} 1.0\nservice S{name[-3:].title()} {{ call go() }}\n"
        answer = fake.telling({"x.rpc": text}, f"S{name[-3:].title()}", package=name)
        assert isinstance(answer, dict)
        entries += answer["packages"]
    with fake.served(fake.result({"server": None, "packages": entries})) as url:
        ran = shell("list", url, "--source", str(tmp_path / "new"))
        assert ran.refusal.startswith("two packages have different files `x.rpc`; ")
        assert not (tmp_path / "new").exists()
        ran = shell("list", url, "SOne", "--source", str(tmp_path / "new"))
        assert ran.printed == f"1 file written to {tmp_path / 'new'}"
        assert "no service" not in shell("list", url).printed


def test_a_server_without_services_says_so(shell: Shell) -> None:
    with Server("http://127.0.0.1:0", []) as server:
        told = "serves nothing that it tells the contract of"
        assert shell("list", server.url).refusal == f"{server.url} {told}"


MAJORS = {
    "one/a.rpc": "package acme.a 1.2\nservice Jobs { call get() call old() }\n",
    "two/a.rpc": "package acme.a 2.0\nservice Jobs { call get() }\n",
    "b.rpc": "package acme.b 1.0\nservice Jobs { call get() call only() }\n",
    "c.rpc": 'package acme.c 1.0\nservice Tasks { namespace "jobs" call only() call run() }\n',
}


@pytest.fixture
def services(tmp_path: Path) -> list[model.Service]:
    write_files(MAJORS, tmp_path)
    found, report = services_below(tmp_path, tmp_path)
    assert not report
    return found


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("acme.a.Jobs.get", "acme.a 2.0"),
        ("acme.a.v1.Jobs.get", "acme.a 1.2"),
        ("acme.b.Jobs.get", "acme.b 1.0"),
        ("Jobs.only", "acme.b 1.0"),
        ("Jobs.old", "acme.a 1.2"),
        ("old", "acme.a 1.2"),
        ("jobs.only", "acme.c 1.0"),
        ("run", "acme.c 1.0"),
    ],
)
def test_of_several_majors_the_newest_is_meant(
    services: list[model.Service], name: str, package: str
) -> None:
    found = choose_method(services, name).service.package
    assert f"{found.name} {found.version}" == package


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Jobs.get", "`Jobs.get` is `acme.b.Jobs.get` or `acme.a.Jobs.get`; say which"),
        ("only", "`only` is `Jobs.only` or `Tasks.only`; say which"),
        ("acme.a.v2.Jobs.gett", "`acme.a.v2.Jobs` has no method `gett`; did you mean `get`?"),
    ],
)
def test_what_could_mean_several_is_refused(
    services: list[model.Service], name: str, problem: str
) -> None:
    with pytest.raises(UsageError) as raised:
        choose_method(services, name)
    assert str(raised.value) == problem
