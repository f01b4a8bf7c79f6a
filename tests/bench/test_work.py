"""The work is as large as the page says, and a wrong answer is told from a right one."""

import json
from types import SimpleNamespace

import pytest

from benchmarks.work import DATA, FIELDS, Work, is_right, records


def test_the_work_is_as_large_as_the_page_says() -> None:
    assert len(DATA) == 1_000_000
    assert len(records()) == 20
    assert all(set(it) == set(FIELDS) for it in records())
    assert 3_500 < len(json.dumps(records())) < 5_500


def test_records_are_right_as_mappings_and_as_objects() -> None:
    assert is_right(Work.RECORDS, records())
    assert is_right(Work.RECORDS, (SimpleNamespace(**it) for it in records()))


@pytest.mark.parametrize(
    ("work", "answer"),
    [
        (Work.ADD, 6),
        (Work.BYTES, 999_999),
        (Work.RECORDS, []),
        (Work.RECORDS, [{**it, "size_gb": 0} for it in records()]),
    ],
)
def test_a_wrong_answer_is_found(work: Work, answer: object) -> None:
    assert not is_right(work, answer)
