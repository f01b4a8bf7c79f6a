"""What holds for any contract: it is no change to itself, and its record says all of it."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rpcgen.contract.changes import SEVERITIES, verdict
from rpcgen.contract.compare import compare
from rpcgen.contract.history import as_of
from rpcgen.contract.records import recorded
from rpcgen.contract.restore import restored
from rpcgen.language import model
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.load import Loader
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve
from tests.contract.states import Read
from tests.python import random_contracts

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(__file__).parent / "corpus"
MADE = 24
BYSTANDERS = """
struct Bystander { id: uuid }

service Bystanders {
  call look(at: Bystander) -> Bystander?
}
"""


def below(folder: Path, parser: Parser) -> list[model.Package]:
    """Return the packages of all files below a folder."""
    report = Report()
    loader = Loader(folder, report, parser)
    for path in sorted(folder.rglob("*.rpc")):
        loader.load(path)
    packages = resolve(loader.files.values(), report)
    assert not report, render(report)
    return packages


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, parser: Parser) -> list[list[model.Package]]:
    """The same contracts, read twice."""
    folder = tmp_path_factory.mktemp("made")
    for name, text in random_contracts.contracts(MADE).items():
        (folder / name).write_text(text, encoding="utf-8")
    return [below(folder, parser), below(folder, parser)]


@pytest.fixture(scope="session")
def demo(parser: Parser) -> list[model.Package]:
    """Our own contracts."""
    return below(ROOT / "idl", parser)


def test_a_contract_is_no_change_to_itself(
    made: list[list[model.Package]], demo: list[model.Package]
) -> None:
    once, again = made
    assert len(once) == MADE + 1
    assert compare(once, once) == []
    assert compare(once, again) == []
    assert compare(demo, demo) == []


def test_a_record_says_all_of_a_contract(
    made: list[list[model.Package]], demo: list[model.Package]
) -> None:
    for package in [*made[0], *demo]:
        record = recorded(package)
        back = restored(json.loads(json.dumps(record)), package.name)

        assert compare([package], back[:1]) == compare(back[:1], [package]) == [], package.name
        assert recorded(back[0]) == record


def test_a_record_of_a_record_is_the_same_for_each_minor(made: list[list[model.Package]]) -> None:
    for package in made[0]:
        for minor in range(package.version.minor + 1):
            record = recorded(package, minor)
            assert recorded(as_of(package, minor)[0]) == record


def test_what_came_with_a_minor_only_adds(demo: list[model.Package]) -> None:
    added = 0
    for package in demo:
        for minor in range(package.version.minor):
            before, after = as_of(package, minor), as_of(package, minor + 1)
            changes = compare(before, after)

            assert set(_paths(before)) <= set(_paths(after))
            assert verdict(changes) in {"none", *SEVERITIES[:2]}, changes
            added += len(changes)
    assert added > 0


def _paths(packages: Sequence[model.Package]) -> list[str]:
    return [f"{it.name}.{name}" for it in packages for name in it.declarations]


def test_a_fingerprint_stays_whatever_else_changes(tmp_path: Path, read: Read) -> None:
    for case in sorted(CORPUS.iterdir()):
        folder = tmp_path / case.name
        folder.mkdir()
        for path in case.glob("*.rpc"):
            (folder / path.name).write_bytes(path.read_bytes())
        was, now = read(folder / "was.rpc"), read(folder / "is.rpc")
        with (folder / "is.rpc").open("a", encoding="utf-8") as file:
            file.write(BYSTANDERS)
        later = read(folder / "is.rpc")

        before = {it.fingerprint for it in compare(was, now)}
        assert before <= {it.fingerprint for it in compare(was, later)}, case.name


def test_the_order_of_packages_does_not_matter(made: list[list[model.Package]]) -> None:
    once, again = made
    changed = [it for it in again if it.name != "acme.made0"]
    assert compare(once, changed[::-1]) == compare(once[::-1], changed)


def _large(count: int, type_: str) -> str:
    nexts = [it - it % 20 + (it + 1) % 20 for it in range(count)]
    structs = [
        f"struct Thing{it} {{ id: uuid, size: {type_}, next: Thing{other}? }}"
        for it, other in enumerate(nexts)
    ]
    methods = [f"  call swap{it}(it: Thing{it}) -> list[Thing{it}]" for it in range(count)]
    service = "service Things {\n" + "\n".join(methods) + "\n}"
    return "package acme.large 1.0\n\n" + "\n".join([*structs, service]) + "\n"


def test_a_large_contract_is_compared_in_the_time_of_its_size(tmp_path: Path, read: Read) -> None:
    """Prints what it took; a machine that is busy fails nothing."""
    for count in (500, 1_000):
        paths = [tmp_path / f"{name}.rpc" for name in ("was", "is")]
        for path, type_ in zip(paths, ("int", "float"), strict=True):
            path.write_text(_large(count, type_), encoding="utf-8")
        was, now = (read(it) for it in paths)
        began = time.process_time()
        changes = compare(was, now)
        print(f"{count} methods and structs: {time.process_time() - began:.2f} s")

        assert len(changes) == count
        assert {it.direction for it in changes} == {"both"}
