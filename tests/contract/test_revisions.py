"""`rpcgen diff` against what version control remembers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.contract.changed import refusal, told
from tests.contract.repository import Repository

COUNT = "package acme.volume 1.0\n\nservice Volumes { call count() -> int }\n"
MORE = "package acme.volume 1.1\n\nservice Volumes {\n  call count() -> int\n  call size() -> int since 1.1\n}\n"
MOST = MORE.replace("1.1", "1.2").replace("call count()", "call all(), call count()")
DISK = "package acme.disk 1.0\n\nservice Disks { call count() -> int }\n"
BROKEN = "package acme.volume 1.0\n\nservice Volumes { call count() -> number }\n"

ADDED = [("method-added", "acme.volume.Volumes.size")]


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a revision is written to is gone afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def test_the_working_tree_is_compared_with_a_revision(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT)
    repository.write("idl/volume.rpc", MORE)

    found = told(shell, "--against", "HEAD")
    assert (found.against, found.rules) == ("HEAD", ADDED)


def test_a_branch_is_compared_with_where_it_left_the_trunk(
    shell: Shell, repository: Repository
) -> None:
    left = repository.commit(volume=COUNT)
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.commit(volume=MORE)
    repository.git("checkout", "--quiet", "main")
    repository.commit(volume=MOST)
    repository.git("checkout", "--quiet", "branch")

    found = told(shell)
    assert (found.against, found.rules) == (left[:12], ADDED)


def test_on_the_trunk_the_last_commit_counts(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT)
    last = repository.commit(volume=MORE)

    assert told(shell).rules == []
    repository.write("idl/volume.rpc", COUNT)
    found = told(shell)
    assert found.against == last[:12]
    assert found.rules == [("method-removed", "acme.volume.Volumes.size")]


def test_a_branch_without_a_trunk_is_compared_with_its_last_commit(
    shell: Shell, repository: Repository
) -> None:
    repository.git("checkout", "--quiet", "-b", "elsewhere")
    repository.commit(volume=COUNT)
    repository.write("idl/volume.rpc", MORE)

    assert told(shell).rules == ADDED


def test_a_clone_without_history_is_no_reason_to_say_that_nothing_changed(
    shell: Shell, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(volume=MORE)
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(volume=COUNT)
    clone = tmp_path / "clone"
    url = f"file://{repository.folder}"
    repository.git("clone", "--quiet", "--depth", "1", "--branch", "feature", url, str(clone))
    monkeypatch.chdir(clone)

    for given in ([], ["--output-format", "json"]):
        ran = shell("diff", *given)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.endswith("fetch the whole history, or name --against REV\n")
    checked = shell("check")
    assert checked.code == 2, checked


@pytest.mark.parametrize("name", ["v1.0", "refs/tags/v1.0", "main~1", "main@{0}~1"])
def test_a_revision_is_whatever_git_takes_for_one(
    shell: Shell, repository: Repository, name: str
) -> None:
    repository.commit(volume=COUNT)
    repository.git("tag", "v1.0")
    repository.commit(volume=MORE)

    assert told(shell, "--against", name).rules == ADDED


def test_a_file_that_is_gone_and_one_that_is_new_are_packages(
    shell: Shell, repository: Repository
) -> None:
    repository.commit(volume=COUNT)
    (repository.folder / "idl/volume.rpc").unlink()
    repository.write("idl/disk.rpc", DISK)

    assert told(shell).rules == [
        ("package-removed", "acme.volume"),
        ("package-added", "acme.disk"),
    ]


def test_a_file_that_was_moved_is_the_same_contract(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT)
    (repository.folder / "idl/volume.rpc").rename(repository.folder / "idl/renamed.rpc")

    assert told(shell).rules == []


def test_one_file_of_several_is_compared_alone(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT, disk=DISK)
    repository.write("idl/volume.rpc", MORE)
    repository.write("idl/disk.rpc", DISK.replace("count", "number"))

    assert told(shell, "idl/volume.rpc").rules == ADDED
    assert len(told(shell, "idl/disk.rpc", "idl/volume.rpc").rules) == 3


def test_all_packages_of_a_folder_are_compared(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT, disk=DISK)
    repository.write("idl/volume.rpc", MORE)
    repository.write("idl/disk.rpc", DISK.replace("count", "number"))

    assert told(shell).rules == [
        ("method-removed", "acme.disk.Disks.count"),
        ("method-added", "acme.disk.Disks.number"),
        *ADDED,
    ]


def test_a_file_that_the_revision_did_not_have_is_new(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT)
    repository.write("idl/disk.rpc", DISK)

    assert told(shell, "idl/disk.rpc").rules == [("package-added", "acme.disk")]


def test_the_source_root_may_lie_deep_in_the_repository(
    shell: Shell, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("services/volume/idl/volume.rpc", COUNT)
    repository.commit()
    repository.write("services/volume/idl/volume.rpc", MORE)

    monkeypatch.chdir(repository.folder / "services/volume")
    assert told(shell).rules == ADDED


def test_imports_are_those_of_the_revision(shell: Shell, repository: Repository) -> None:
    using = 'package acme.volume 1.0\n\nimport "shared.rpc" as shared\n\nservice Volumes { cast put(it: shared.Thing) }\n'
    shared = "package acme.shared 1.0\n\nstruct Thing { id: uuid }\n"
    repository.commit(volume=using, shared=shared)
    repository.write("idl/shared.rpc", shared.replace("uuid", "uuid, name: str"))

    found = told(shell, "idl/volume.rpc")
    assert found.rules == [("field-added-required", "acme.shared.Thing.name")]
    assert {it.rule for it in found.refused} >= {"version-not-raised"}


def test_a_revision_with_mistakes_is_told_with_its_places_there(
    shell: Shell, repository: Repository
) -> None:
    repository.commit(volume=BROKEN)
    repository.git("tag", "broken")
    repository.commit(volume=COUNT)

    said = refusal(shell("diff", "--against", "broken"))
    assert said.splitlines()[0].startswith("broken/volume.rpc:3:")
    assert said.endswith("rpcgen diff: `broken` has mistakes")
    assert "temporary" not in said


def test_todays_mistakes_are_told_first(shell: Shell, repository: Repository) -> None:
    repository.commit(volume=COUNT)
    repository.write("idl/volume.rpc", BROKEN)

    said = refusal(shell("diff"))
    assert said.splitlines()[0].startswith("idl/volume.rpc:3:")
    assert said.endswith("rpcgen diff: `idl` has mistakes")


@pytest.mark.parametrize("name", ["nowhere", "-x", "--output=x", "--help", "HEAD:idl", "a..b"])
def test_what_is_no_revision_is_wrong_usage(
    shell: Shell, repository: Repository, name: str
) -> None:
    repository.commit(volume=COUNT)

    said = refusal(shell("diff", f"--against={name}"))
    assert said == (
        f"rpcgen diff: `{name}` is neither a path nor a revision; "
        "accepted: a path, a revision of git, or `ledger`"
    )
    assert [it.name for it in repository.folder.iterdir() if it.name != ".git"] == ["idl"]


def test_a_repository_without_a_commit_is_wrong_usage(shell: Shell, repository: Repository) -> None:
    repository.write("idl/volume.rpc", COUNT)

    said = refusal(shell("diff"))
    assert said == "rpcgen diff: there is no commit to compare `idl` with; see --against"


def test_a_folder_without_a_repository_is_wrong_usage(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "idl").mkdir()
    (tmp_path / "idl/volume.rpc").write_text(COUNT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    for words in ((), ("--against", "HEAD")):
        said = refusal(shell("diff", *words))
        assert said.startswith("rpcgen diff: this is no git repository")
        assert said.endswith("; name --against PATH or `ledger`")


def test_a_link_in_the_revision_is_not_followed(shell: Shell, repository: Repository) -> None:
    repository.write("elsewhere.rpc", DISK)
    repository.write("idl/volume.rpc", COUNT)
    (repository.folder / "idl/link.rpc").symlink_to("../elsewhere.rpc")
    repository.commit()
    (repository.folder / "idl/link.rpc").unlink()

    assert told(shell).rules == []
