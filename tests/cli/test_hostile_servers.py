"""Servers that tell contracts that are none: one sentence, an exit code, nothing written."""

import tempfile
from pathlib import Path

import pytest

from rpcgen.cli import endings
from rpcgen.language.load import MAX_FILES
from tests.cli import fake
from tests.cli.shell import Shell

JOBS = "package acme.jobs 1.0\nservice Jobs { call start(command: str) -> str }\n"
DEEP = "".join(f"struct S{it} {{ a: S{it + 1}? }}\n" for it in range(5_000)) + "struct S5000 {}\n"


def one(path: str, text: str = JOBS) -> object:
    return fake.telling({path: text}, "Jobs")


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """No file is left behind, and none is written anywhere else."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield
    assert [str(it) for it in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "path",
    [
        "../jobs.rpc", "a/../../jobs.rpc", "/tmp/jobs.rpc", "~/jobs.rpc", "./jobs.rpc", ".jobs.rpc",
        "a//jobs.rpc", "a\\..\\jobs.rpc", "c:jobs.rpc", "jobs.txt", "jobs.rpc/", "", ".", "..",
        "jobs.rpc\n", "jo bs.rpc", "jobs\0.rpc", "jöbs.rpc", ".git/jobs.rpc", "a/.rpc",
        f"{'a' * 300}.rpc", f"{'a/' * 150}jobs.rpc", "\u202ejobs.rpc", "\x1b[31m.rpc",
    ],
)  # fmt: skip
def test_a_path_that_could_lead_anywhere_is_refused(shell: Shell, path: str) -> None:
    with fake.served(fake.result(one(path))) as url:
        ran = shell("call", url, "start", "ls")
    assert (ran.code, ran.out) == (endings.SERVER_FAILED, "")
    head = f"rpcgen call: the contract that {url} tells has a file `"
    assert ran.err.startswith(head), ran.err
    assert ran.err.endswith("`, which is no path below it\n")
    assert ran.err.removesuffix("\n").isprintable()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("text", "has another form: "),
        (None, "has another form: "),
        ([], "has another form: "),
        ({}, "has another form: `server`: must be given; `packages`: must be given"),
        ({"server": 3, "packages": []}, "has another form: `server`: "),
        ({"server": None, "packages": [{"name": "a"}]}, "has another form: `packages.0.version`"),
        ({"server": None, "packages": {}}, "has another form: `packages`: "),
        (fake.telling({"a.rpc": 3}), "has another form: `packages.0.files.a.rpc`: "),  # type: ignore[dict-item]  # the wrong type
        (one("jobs.rpc", "nonsense"), "does not compile: jobs.rpc:1:1: unexpected `nonsense`"),
        (one("jobs.rpc", ""), "does not compile: "),
        (one("jobs.rpc", JOBS + "\x1b[31m"), "does not compile: jobs.rpc:3:1: the character U+001B"),
        (one("jobs.rpc", "{" * 200_000), "does not compile: jobs.rpc:1:1: "),
        (one("jobs.rpc", 'package acme.jobs 1.0\nimport "../../../../etc/passwd.rpc" as x\n'), "does not compile: jobs.rpc:2:8: `../../../../etc/passwd.rpc` is outside the source root `.`\n"),
        (one("jobs.rpc", 'package acme.jobs 1.0\nimport "/etc/passwd" as x\n'), "does not compile: jobs.rpc:2:8: `/etc/passwd` is not a path"),
        (fake.telling({"jobs.rpc": JOBS}, "Others"), "has no `Others` in its files"),
        (fake.telling({"jobs.rpc": JOBS}, "Jobs", package="acme.x"), "has no `acme.x 1.0` in its files"),
        (fake.telling({}, "Jobs"), "has no `acme.jobs 1.0` in its files"),
        (fake.telling({"a.rpc": JOBS, "a.rpc/b.rpc": JOBS}, "Jobs"), "has files that cannot be written: "),
        (fake.telling({f"a{it}.rpc": "" for it in range(MAX_FILES + 1)}), "has more than 1,000 files"),
        (fake.telling({f"{it}.rpc": "x" * (1 << 20) for it in range(9)}), "has more than 8,388,608 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_contract_is_one_sentence(shell: Shell, answer: object, problem: str) -> None:
    with fake.served(fake.result(answer)) as url:
        for command in (("call", url, "start", "ls"), ("list", url)):
            ran = shell(*command)
            assert (ran.code, ran.out) == (endings.SERVER_FAILED, ""), ran
            head = f"rpcgen {command[0]}: the contract that {url} tells {problem}"
            assert ran.err.startswith(head), ran.err
            assert ran.err.removesuffix("\n").isprintable()


def test_nothing_is_written_of_a_contract_that_is_none(shell: Shell, tmp_path: Path) -> None:
    with fake.served(fake.result(one("../jobs.rpc"))) as url:
        assert shell("list", url, "--source", "new").code == endings.SERVER_FAILED
    assert not (tmp_path / "new").exists()


def test_types_that_nest_deep_are_called_or_refused_in_one_sentence(shell: Shell) -> None:
    text = f"{JOBS}{DEEP}service More {{ call deep(a: S0?) -> S0? call wide(a: S0?) -> json }}\n"
    answers = fake.telling({"jobs.rpc": text}, "Jobs", "More")

    def answer(request: dict[str, object]) -> bytes:
        is_asked = request["method"] == "rpc.contract"
        return fake.reply(request, "result", answers if is_asked else None)

    with fake.served(answer) as url:
        ran = shell("call", url, "More.deep", "a.a.a.a:={}")
        assert ran.code in {0, endings.SERVER_FAILED}, ran
        assert shell("list", url, "More.deep").code == ran.code


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"jsonrpc":"2.0"}', b"\xff" * 99])
def test_what_is_no_reply_is_one_sentence(shell: Shell, body: bytes) -> None:
    with fake.served(lambda _: body) as url:
        for command in (("call", url, "start", "ls"), ("list", url), ("ping", url)):
            ran = shell(*command)
            assert (ran.code, ran.out) == (endings.UNKNOWN, ""), ran
            assert len(ran.err.splitlines()) == 1


def test_words_of_a_server_steer_no_terminal(shell: Shell) -> None:
    text = JOBS.replace(
        "call", 'cast old(x: str = "\\u001b[2J\\u009b") deprecated 1.0 "\\u001b]0;\\u0007"\n call'
    )
    with fake.served(fake.result(one("jobs.rpc", text))) as url:
        for words in ((), ("Jobs",), ("old",), ("old", "--output-format", "json")):
            ran = shell("list", url, *words)
            assert ran.code == 0
            assert all(it.isprintable() for it in ran.out.splitlines())
            assert "u001b" in ran.out


def test_a_pattern_of_a_server_steers_no_terminal(shell: Shell) -> None:
    pattern = '"\\u001b\\u009b\\u202e"'
    text = JOBS.replace("command: str", f"command: str(pattern={pattern})")
    with fake.served(fake.result(one("jobs.rpc", text))) as url:
        ran = shell("call", url, "start", "ls")
    assert (ran.code, ran.out) == (2, "")
    assert "should match pattern" in ran.err
    assert ran.err.removesuffix("\n").isprintable()


def test_names_that_stand_for_names_are_called_or_refused_in_one_sentence(shell: Shell) -> None:
    deep = [f"type A{it} = {'list[' * 50}A{it + 1}{']' * 50}\n" for it in range(50)]
    text = JOBS.replace("command: str", "command: A0") + "".join(deep) + "type A50 = int\n"
    with fake.served(fake.result(one("jobs.rpc", text))) as url:
        ran = shell("call", url, "start", "command:=1")
    assert ran.code in {2, endings.SERVER_FAILED}, ran
    assert len(ran.err.splitlines()) == 1
