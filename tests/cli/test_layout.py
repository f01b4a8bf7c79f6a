"""`rpcgen format`: files come out laid out, or stay as they were."""

import os
import stat
from pathlib import Path

import pytest

from tests.cli.shell import Shell

UNTIDY = b"package acme.volume 1.0\nstruct Volume{id:uuid} # why\n"
TIDY = b"package acme.volume 1.0\n\nstruct Volume { id: uuid }  # why\n"
BROKEN = b"package acme.broken 1.0\nstruct {\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty source root below the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "idl").mkdir()
    return tmp_path


def test_files_are_laid_out_in_place(shell: Shell) -> None:
    Path("idl/a.rpc").write_bytes(UNTIDY)
    Path("idl/b.rpc").write_bytes(TIDY)
    assert shell("format").printed == "1 of 2 files laid out"
    assert Path("idl/a.rpc").read_bytes() == TIDY
    assert shell("format").printed == "0 of 2 files laid out"


def test_check_writes_nothing_and_fails(shell: Shell) -> None:
    Path("idl/a.rpc").write_bytes(UNTIDY)
    ran = shell("format", "--check")
    assert (ran.code, ran.out) == (1, "idl/a.rpc: not laid out\n")
    assert ran.err == "not laid out; run `rpcgen format`\n"
    assert Path("idl/a.rpc").read_bytes() == UNTIDY
    shell("format")
    assert shell("format", "--check").printed == "the file is laid out"


def test_diff_shows_what_would_change(shell: Shell) -> None:
    Path("idl/a.rpc").write_bytes(UNTIDY.removesuffix(b"\n"))
    ran = shell("format", "--diff")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "--- idl/a.rpc",
        "+++ idl/a.rpc",
        "@@ -1,2 +1,3 @@",
        " package acme.volume 1.0",
        "-struct Volume{id:uuid} # why",
        "\\ No newline at end of file",
        "+",
        "+struct Volume { id: uuid }  # why",
    ]
    assert Path("idl/a.rpc").read_bytes() == UNTIDY.removesuffix(b"\n")


def test_a_file_with_a_mistake_stays_and_the_others_do_not(shell: Shell) -> None:
    Path("idl/a.rpc").write_bytes(BROKEN)
    Path("idl/b.rpc").write_bytes(UNTIDY)
    ran = shell("format")
    assert (ran.code, ran.out) == (1, "1 of 2 files laid out\n")
    assert ran.err == shell("build", "idl/a.rpc").err.replace(
        "1 mistake found; nothing was written\n", ""
    )
    assert Path("idl/a.rpc").read_bytes() == BROKEN
    assert Path("idl/b.rpc").read_bytes() == TIDY


@pytest.mark.parametrize("data", [b"\xff\xfep\x00", b"# caf\xe9\n", b"# \x00\n", b"# a\rb\n"])
def test_a_file_that_is_no_text_stays_as_it_is(shell: Shell, data: bytes) -> None:
    Path("idl/a.rpc").write_bytes(data)
    ran = shell("format")
    assert (ran.code, ran.out) == (1, "0 of 1 files laid out\n")
    assert ran.err.startswith("idl/a.rpc:1:")
    assert Path("idl/a.rpc").read_bytes() == data


def test_a_mistake_of_meaning_is_nothing_to_layout(shell: Shell) -> None:
    Path("idl/a.rpc").write_bytes(b"struct  a { b: Nothing }\n")
    assert shell("format").printed == "1 of 1 files laid out"
    assert Path("idl/a.rpc").read_bytes() == b"struct a { b: Nothing }\n"


def test_line_ends_and_a_byte_order_mark_are_put_right(shell: Shell) -> None:
    Path("idl/a.rpc").write_bytes(b"\xef\xbb\xbf" + TIDY.replace(b"\n", b"\r\n"))
    ran = shell("format", "--diff")
    assert (ran.code, ran.out.count("\n-"), ran.out.count("\n+")) == (1, 3, 4)
    assert shell("format").code == 0
    assert Path("idl/a.rpc").read_bytes() == TIDY


def test_standard_input_goes_to_standard_output(shell: Shell) -> None:
    assert shell("format", "-", stdin=UNTIDY).out == TIDY.decode()
    assert shell("format", "-", stdin=b"").printed == ""
    assert shell("format", "-", "--check", stdin=UNTIDY).code == 1
    assert shell("format", "-", "--check", stdin=TIDY).printed == ""
    assert shell("format", "-", "--diff", stdin=UNTIDY).out.startswith("--- <stdin>\n")


@pytest.mark.parametrize("data", [BROKEN, b"\xff", b"package a 1.0\x00"])
def test_of_standard_input_with_a_mistake_nothing_comes_out(shell: Shell, data: bytes) -> None:
    ran = shell("format", "-", stdin=data)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("<stdin>:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-", "idl"], "`-` is standard input; accepted: it alone, or paths"),
        (["nowhere"], "there is no file or folder `nowhere`"),
        (["idl"], "there is no `.rpc` file in `idl`"),
        (["notes.txt"], "`notes.txt` is not an `.rpc` file"),
    ],
)
def test_wrong_usage_is_said_in_one_sentence(shell: Shell, words: list[str], said: str) -> None:
    Path("notes.txt").write_bytes(UNTIDY)
    ran = shell("format", *words)
    assert (ran.code, ran.out, ran.err) == (2, "", f"rpcgen format: {said}\n")


def test_too_much_standard_input_is_wrong_usage(shell: Shell) -> None:
    ran = shell("format", "-", stdin=b"#" * (1 << 20) + b"\n")
    assert ran.code == 2
    assert "larger than 1,048,576 bytes" in ran.err


def test_a_file_keeps_its_mode_and_the_links_to_it(shell: Shell) -> None:
    real = Path("idl/real.rpc")
    real.write_bytes(UNTIDY)
    real.chmod(0o640)
    Path("idl/link.rpc").symlink_to("real.rpc")
    assert shell("format", "idl/link.rpc").code == 0
    assert Path("idl/link.rpc").is_symlink()
    assert real.read_bytes() == TIDY
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    real.write_bytes(UNTIDY)
    os.link(real, "idl/other.rpc")
    assert shell("format", "idl/other.rpc").code == 0
    assert real.read_bytes() == TIDY
    assert sorted(it.name for it in Path("idl").iterdir()) == ["link.rpc", "other.rpc", "real.rpc"]


def test_a_link_out_of_the_source_root_is_left_alone(shell: Shell, project: Path) -> None:
    (project / "outside.rpc").write_bytes(UNTIDY)
    Path("idl/a.rpc").symlink_to("../outside.rpc")
    ran = shell("format")
    assert ran.code == 1
    assert "leads outside the source root" in ran.err
    assert (project / "outside.rpc").read_bytes() == UNTIDY
