"""The roster, the folder of subjects and the page name the same subjects."""

import re

import pytest

from benchmarks.environments import ROOT
from benchmarks.page import PAGE
from benchmarks.roster import SUBJECTS, chosen


def test_every_subject_has_its_file_and_every_file_its_subject() -> None:
    files = {it.stem for it in (ROOT / "benchmarks" / "subjects").glob("*.py")}
    assert {it.file for it in SUBJECTS} == files


def test_the_page_tells_of_every_subject() -> None:
    told = set(re.findall(r"`([\w-]+)`", PAGE.read_text(encoding="utf-8")))
    assert {it.name for it in SUBJECTS} <= told


def test_every_package_of_a_peer_has_its_version() -> None:
    packages = {it for subject in SUBJECTS for it in subject.environment.packages}
    assert [it for it in packages if "==" not in it] == []


def test_a_name_may_mean_both_of_a_kind() -> None:
    assert [it.name for it in chosen(["http", "grpc-aio"])] == [
        "http-async",
        "http-sync",
        "grpc-aio",
    ]
    assert chosen([]) == list(SUBJECTS)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="no subject `htp`; there are: http-async http-sync"):
        chosen(["http", "htp"])
