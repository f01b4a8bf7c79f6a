"""The rule of versions, and of namespaces."""

import pytest

from rpcgen_runtime import Target, Version


@pytest.mark.parametrize(
    ("implemented", "requested", "served"),
    [
        ("1.0", "1.0", True),
        ("1.3", "1.0", True),
        ("1.3", "1.3", True),
        ("1.3", "1.4", False),
        ("2.0", "1.0", False),
        ("1.9", "2.0", False),
        ("1.10", "1.9", True),
        ("1.9", "1.10", False),
        ("0.1", "0.0", True),
    ],
)
def test_same_major_and_no_newer_minor_is_served(
    implemented: str, requested: str, *, served: bool
) -> None:
    assert Version.parse(implemented).serves(Version.parse(requested)) is served


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.", ".1", "1.0.0", "a.b", "-1.0", "1.0 ", " 1.0", "١.٠", "123456.0", "1.0\n"],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a version; accepted: `major\.minor`"):
        Version.parse(text)


def test_versions_are_ordered_as_numbers_and_written_as_read() -> None:
    assert sorted(map(Version.parse, ["1.10", "1.9", "0.99999"])) == [
        Version(0, 99_999),
        Version(1, 9),
        Version(1, 10),
    ]
    assert str(Version.parse("12.34")) == "12.34"


def test_no_namespace_matches_only_no_namespace_or_a_legacy_one() -> None:
    plain = Target(topic="t")
    named = Target(topic="t", namespace="n", legacy_namespaces=["old"])
    assert plain.accepts_namespace(None)
    assert not plain.accepts_namespace("n")
    assert named.accepts_namespace("n")
    assert named.accepts_namespace("old")
    assert not named.accepts_namespace(None)
    assert not named.accepts_namespace("")
