"""Every fenced block of the README and of docs/ does what the page says.

Contracts compile, Python runs and satisfies mypy, commands print what is shown. `pages` says how a
block is marked; what is not run is listed with its reason in the output (`pytest -rA`).
"""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.docs.console import play, steps_of
from tests.docs.pages import ROOT, Page, pages
from tests.docs.project import (
    BIN,
    compile_folder,
    contract_of,
    free_places,
    imports_its_own,
    is_shown_to_fail,
    missing,
    run,
    write_contracts,
    write_files,
    write_script,
)

PAGES = pages()
LANGUAGES = {"rpc", "python", "console", "toml", "json"}
SETTINGS = {"nginx", "ini", "yaml"}
"""Of files for other programs; tests/deploying lets those read them."""
MUST_HAVE_BLOCKS = {
    "README.md",
    "language.md",
    "runtime.md",
    "generated-code.md",
    "cli.md",
    "deploying.md",
    "contract.md",
    "contract-tests.md",
    "habits.md",
    "exports.md",
}


def with_blocks(*languages: str) -> list[Page]:
    return [it for it in PAGES if any(it.of(language) for language in languages)]


def name_of(page: Page) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_blocks_of_a_page_are_run_or_say_why_not(page: Page) -> None:
    for block in page.blocks:
        if not block.is_run:
            assert block.value, f"{page.path.name}:{block.line}: not run, but for no reason"
            print(f"{page.path.name}:{block.line} is not run: {block.value}")
    assert {it.language for it in page.blocks if it.is_run} <= LANGUAGES | SETTINGS
    assert all(it.file for it in page.blocks if it.is_run and it.language in SETTINGS)
    assert any(it.is_run for it in page.blocks) or page.path.name not in MUST_HAVE_BLOCKS


def test_the_pages_that_teach_are_there() -> None:
    assert {it.path.name for it in PAGES} >= MUST_HAVE_BLOCKS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_machine_has_what_the_commands_of_a_page_need(page: Page) -> None:
    absent = {(name, it.line) for it in page.of("console") for name in missing(it)}
    if absent:
        told = [f"there is no {name}: {page.path.name}:{line}" for name, line in sorted(absent)]
        pytest.skip(f"not run: {'; '.join(told)}")


@pytest.mark.parametrize("page", with_blocks("rpc"), ids=name_of)
def test_the_contracts_of_a_page_compile(page: Page, tmp_path: Path) -> None:
    write_contracts(page, tmp_path / "named")
    if (tmp_path / "named").exists():
        assert compile_folder(tmp_path / "named") == ""
    for block in page.of("rpc"):
        if block.is_wrong:
            assert is_shown_to_fail(block, page), f"{page.path.name}:{block.line}"
        elif block.file is None:
            folder = tmp_path / str(block.line)
            folder.mkdir()
            (folder / "example.rpc").write_text(contract_of(block), encoding="utf-8")
            assert compile_folder(folder) == "", f"{page.path.name}:{block.line}"


@pytest.mark.parametrize("page", with_blocks("python"), ids=name_of)
def test_the_python_of_a_page_runs(page: Page, tmp_path: Path) -> None:
    if write_contracts(page, tmp_path / "idl"):
        assert compile_folder(tmp_path / "idl", tmp_path / "generated") == ""
    write_files(page, tmp_path)
    write_script(page, tmp_path / f"{page.name}.py")
    command = [str(BIN / "python"), "-W", "error", f"{page.name}.py"]
    exit_code, printed = run(command, tmp_path, PYTHONPATH="generated")
    assert exit_code == 0, printed


def test_the_python_of_all_pages_satisfies_mypy(tmp_path: Path) -> None:
    sources = ["generated"]
    for page in with_blocks("python"):
        folder = tmp_path / page.name
        folder.mkdir()
        if imports_its_own(page):
            sources.append(page.name)
        write_contracts(page, tmp_path / "idl" / page.name)
        write_files(page, folder)
        if any(it.file is None for it in page.of("python")):
            write_script(page, folder / "script.py")
    assert compile_folder(tmp_path / "idl", tmp_path / "generated") == ""
    options = ["--strict", "--explicit-package-bases", "--exclude", "/wrong/"]
    path = ":".join(sources)
    exit_code, printed = run([str(BIN / "mypy"), *options, "."], tmp_path, MYPYPATH=path)
    assert exit_code == 0, printed


@pytest.mark.parametrize("page", with_blocks("console"), ids=name_of)
def test_the_commands_of_a_page_print_what_it_shows(page: Page, tmp_path: Path) -> None:
    places = free_places(tmp_path)
    write_files(page, tmp_path, places)
    steps = steps_of(page)
    if shutil.which("curl") is None and any("curl " in it.command for it in steps):
        pytest.skip("there is no curl on this machine")
    printed = play(steps, tmp_path, places)
    assert len(printed) == len(steps), "the shell ended early"
    for step, text in zip(steps, printed, strict=True):
        place = f"{page.path.relative_to(ROOT)}:{step.line}: $ {step.command}"
        assert step.matches(text), f"{place}\n{text}"


@pytest.mark.parametrize("page", with_blocks("toml", "json"), ids=name_of)
def test_the_data_of_a_page_can_be_read(page: Page) -> None:
    for block in page.of("toml"):
        assert tomllib.loads(block.text)
    for block in page.of("json"):
        assert json.loads(block.text) is not None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Page) -> None:
    by_path = {it.path: it for it in PAGES}
    for target, heading in page.links:
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), target
        assert not heading or heading in by_path[path].anchors, f"{target}#{heading}"
