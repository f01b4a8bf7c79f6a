"""Each format as a file beside its contract, and the command's words as a script."""

import shlex
from pathlib import Path

import pytest

from rpcgen.cli.main import main
from rpcgen.export import document
from rpcgen.language import model
from tests.export.held import hold
from tests.export.judges import FORMATS, packages

HERE = Path(__file__).parent
DOCUMENTS = HERE / "documents"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("package", packages(DOCUMENTS), ids=lambda it: it.name)
def test_a_contract_with_everything_becomes_the_document_beside_it(
    package: model.Package, form: str
) -> None:
    hold(DOCUMENTS / f"{package.name}.{form}.json", document.text(FORMATS[form](package)))


def test_the_same_contract_gives_the_same_bytes() -> None:
    first, second = (
        [document.text(write(it)) for write in FORMATS.values() for it in packages(DOCUMENTS)]
        for _ in range(2)
    )
    assert first == second


def test_the_command_says_what_the_script_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = HERE / "said.txt"
    folder = tmp_path / "idl"
    folder.mkdir()
    for file in DOCUMENTS.glob("*.rpc"):
        (folder / file.name).write_bytes(file.read_bytes())
    (tmp_path / "wrong.rpc").write_text("package a 1.0\nstruct X { a: nope }\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine\n", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    now = ""
    for line in script.read_text(encoding="utf-8").splitlines():
        if line.startswith("$ "):
            code = _run(shlex.split(line)[2:])
            said = capfd.readouterr()
            lines = [*said.out.splitlines()[:3], *(f"! {it}" for it in said.err.splitlines())]
            now += "".join(f"{it}\n" for it in [line, *lines, f"= {code}", ""])
    hold(script, now)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine\n"
    assert not (tmp_path / "wrong.json").exists()
    assert [it.name for it in sorted(tmp_path.rglob(".rpcgen-*"))] == []


def _run(arguments: list[str]) -> int | str | None:
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code
