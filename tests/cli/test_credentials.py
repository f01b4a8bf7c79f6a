"""Tokens and certificates: where they come from, and what is said where they are missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from examples.calculator import Calculator
from rpcgen.cli import endings
from rpcgen_runtime import Credentials, Identity, Server, ServerTls
from tests.cli.shell import Shell


def who(credentials: Credentials) -> Identity | None:
    return Identity(name="ann") if credentials.token == "s3cret" else None


@pytest.fixture
def guarded() -> Iterator[str]:
    endpoints = [Calculator()]
    with Server("http://127.0.0.1:0", endpoints, authenticator=who, introspection=True) as server:
        yield server.url


def test_the_token_comes_from_a_file_from_stdin_or_from_the_environment(
    shell: Shell, guarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n", encoding="utf-8")
    call = ("call", guarded, "add", "1", "2")
    assert shell(*call, "--token-file", str(file)).printed == "3.0"
    assert shell(*call, "--token-file", "-", stdin=b"s3cret\n").printed == "3.0"
    monkeypatch.setenv("RPCGEN_TOKEN", "s3cret")
    assert shell(*call).printed == "3.0"
    assert shell("list", guarded).code == shell("ping", guarded).code == 0


def test_without_a_token_or_with_another_one_nothing_is_executed(
    shell: Shell, guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in ("", "wrong"):
        monkeypatch.setenv("RPCGEN_TOKEN", token)
        for command in (("call", guarded, "add", "1", "2"), ("list", guarded)):
            ran = shell(*command)
            assert (ran.code, ran.out) == (endings.NOT_EXECUTED, "")
            assert ran.err.endswith("; see --token-file and --cert\n")
        ran = shell("ping", guarded)
        assert ran.code == endings.NOT_EXECUTED
        assert "is there, but wants to know who calls" in ran.err


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff", b"a\nb"])
def test_what_cannot_be_a_token_is_not_repeated(
    shell: Shell, guarded: str, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    ran = shell("ping", guarded, "--token-file", str(file))
    accepted = "accepted: 1 to 8,000 printable ASCII characters"
    assert ran.refusal == f"`{file}`: `token` is not one; {accepted}"


def test_certificates(shell: Shell, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued, own = authority.issue_cert("localhost"), authority.issue_cert("ann@example.com")
    names = {it: str(tmp_path / f"{it}.pem") for it in ("ca", "cert", "key", "own", "own_key")}
    authority.cert_pem.write_to_path(names["ca"])
    issued.cert_chain_pems[0].write_to_path(names["cert"])
    issued.private_key_pem.write_to_path(names["key"])
    own.cert_chain_pems[0].write_to_path(names["own"])
    own.private_key_pem.write_to_path(names["own_key"])
    for file in tmp_path.iterdir():
        file.chmod(0o600)
    tls = ServerTls(certificate=names["cert"], key=names["key"], client_ca=names["ca"])
    shown = ("--cert", names["own"], "--key", names["own_key"])
    with Server("https://localhost:0", [Calculator()], tls=tls) as server:
        call = ("call", server.url, "add", "1", "2")
        assert shell(*call, "--ca", names["ca"], *shown).printed == "3.0"
        ran = shell(*call, "--insecure-skip-verify", *shown)
        assert (ran.code, ran.out) == (0, "3.0\n")
        assert shell(*call, *shown).code == endings.NOT_EXECUTED
        ran = shell(*call, "--ca", names["ca"])
        assert ran.code == endings.NOT_EXECUTED
        assert ran.err.endswith("; see --token-file and --cert\n")
        ran = shell(*call, "--ca", names["ca"], "--cert", names["own"])
        assert "both a `certificate` and its `key`" in ran.refusal
