"""The table of servers in docs/deploying.md, where it takes no time: what each does with headers.

The other rows take minutes: `python -m tests.deploying.hostile PORT`.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploying.hostile import deeds, large_headers
from tests.docs.project import (
    PATH,
    SHOWN_PORTS,
    compile_folder,
    environment,
    free_places,
    write_contracts,
    write_files,
)
from tests.docs.test_reference import page, table, words
from tests.runtime.places import PATIENCE, eventually

PAGE = page("deploying.md")
COMMANDS = {
    "rpcgen serve": "rpcgen serve jobs_server:Jobs --on http://127.0.0.1:{}",
    "uvicorn": "uvicorn asgi:app --port {}",
    "uvicorn --http h11": "uvicorn asgi:app --port {} --http h11",
    "hypercorn": "hypercorn asgi:app --bind 127.0.0.1:{}",
    "granian": "granian --interface asgi asgi:app --port {}",
}
HEADING = "what a caller does |"


def shown() -> dict[str, list[str]]:
    """Return the table's rows by their names."""
    return {row[0]: row[1:] for row in table(PAGE, HEADING)}


@pytest.fixture(params=list(COMMANDS))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int]]:
    name = str(request.param)
    command = COMMANDS[name].split()
    if shutil.which(command[0], path=PATH) is None:
        pytest.skip(f"there is no {command[0]} on this machine (pip install {command[0]})")
    write_contracts(PAGE, tmp_path / "idl")
    assert compile_folder(tmp_path / "idl", tmp_path / "generated") == ""
    places = free_places(tmp_path)
    write_files(PAGE, tmp_path, places)
    port = places[SHOWN_PORTS[0]]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [it.format(port) for it in command],
            cwd=tmp_path,
            env={**environment(tmp_path), "PYTHONPATH": "generated:."},
            stdout=log,
            stderr=log,
        )
    try:
        assert eventually(lambda: _listens(port)), (tmp_path / "log").read_text("utf-8")
        yield name, int(port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port)), 1).close()
    except OSError:
        return False
    return True


def test_the_table_has_a_row_for_each_deed_and_a_column_for_each_server() -> None:
    assert list(shown()) == list(deeds(0))
    heading = next(it for it in PAGE.text.splitlines() if it.startswith(f"| {HEADING}"))
    columns = [it.strip().replace("`", "") for it in heading.strip("|").split("|")]
    assert columns[1:] == list(COMMANDS)
    assert words(heading) == ["rpcgen serve", "--http h11"]


def test_long_headers_are_answered_as_the_table_says(served: tuple[str, int]) -> None:
    name, port = served
    column = list(COMMANDS).index(name)
    for row, size in (("64 KiB of headers", 64 << 10), ("2 MiB of headers", 2 << 20)):
        assert large_headers(port, size) == shown()[row][column], row
