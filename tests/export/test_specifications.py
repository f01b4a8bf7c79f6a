"""What is exported is what the specifications say: their own schemas are asked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rpcgen.export import document, openrpc
from rpcgen.language import model
from tests.export.judges import (
    FORMATS,
    SCHEMAS,
    complaints,
    digests,
    packages,
    references,
    specification,
)
from tests.python import nasty, random_contracts

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "demo": ROOT / "idl",
    "foreign": ROOT / "examples" / "foreign",
    "runtime": ROOT / "tests" / "runtime" / "contract" / "new",
    "vectors": ROOT / "docs" / "wire",
    "everything": ROOT / "tests" / "language" / "corpus" / "right",
    "peers": ROOT / "tests" / "python" / "contracts",
}
RANDOM_CONTRACTS = 100


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[model.Package]:
    """Packages made at random, and one with every name that could be trouble."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "nasty.rpc").write_text(nasty.contract(), encoding="utf-8")
    for name, text in random_contracts.contracts(RANDOM_CONTRACTS).items():
        (folder / name).write_text(text, encoding="utf-8")
    return packages(folder)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_contracts_become_what_the_specification_says(folder: str, form: str) -> None:
    judge = specification(form)
    for package in packages(FOLDERS[folder]):
        assert complaints(judge, FORMATS[form](package)) == [], package.name


@pytest.mark.parametrize("form", FORMATS)
def test_random_contracts_become_what_the_specification_says(
    made: list[model.Package], form: str
) -> None:
    judge = specification(form)
    assert len(made) > RANDOM_CONTRACTS
    for package in made:
        assert complaints(judge, FORMATS[form](package)) == [], package.name


@pytest.mark.parametrize("form", FORMATS)
def test_every_reference_leads_somewhere(made: list[model.Package], form: str) -> None:
    for package in [*made, *packages(FOLDERS["demo"])]:
        written = json.loads(document.text(FORMATS[form](package)))
        for reference in set(references(written)):
            found: Any = written
            for step in reference.removeprefix("#/").split("/"):
                assert step in found, (package.name, reference)
                found = found[step]


def test_the_judges_refuse_what_is_wrong() -> None:
    wrong: Mapping[str, dict[str, Any]] = {
        "openrpc": {"openrpc": "1.4.0", "info": {"title": "a", "version": "1"}, "methods": [{}]},
        "asyncapi": {"asyncapi": "3.0.0", "info": {"title": "a", "version": "1"}, "operation": {}},
        "jsonschema": {"$defs": {"A": {"type": "text"}}},
    }
    for form, it in wrong.items():
        assert complaints(specification(form), it)


def test_methods_have_different_names_in_a_document(made: list[model.Package]) -> None:
    for package in [*made, *packages(FOLDERS["foreign"])]:
        methods: Any = openrpc.document(package)["methods"]
        names = [it["name"] for it in methods]
        assert len(set(names)) == len(names)


def test_the_lines_are_a_document_of_the_same_methods(made: list[model.Package]) -> None:
    judge = specification("openrpc")
    for package in [*made[:10], *packages(FOLDERS["demo"])]:
        lines = openrpc.lines(package)
        together = json.loads("".join(lines))
        assert complaints(judge, together) == []
        whole: Any = openrpc.document(package)
        assert [it["name"] for it in together["methods"]] == [it["name"] for it in whole["methods"]]
        assert all(it.isascii() for it in lines)


def test_the_published_schemas_are_as_they_were() -> None:
    page = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    for name, digest in digests().items():
        assert f"`{name}`" in page
        assert digest in page
