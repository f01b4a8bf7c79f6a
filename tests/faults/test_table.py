"""The tables say what the lines say, and stand between their markers."""

import json
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.perform import Line
from tests.faults.rows.all import ROWS


def line(row: str, side: str = "rpcgen", **more: object) -> Line:
    figures: Line = {
        "not_run_again": 0,
        "run_again_s": 0.5,
        "unknown_told_s": 0.1,
        "calls_sent": 100,
    }
    return {"test": row, "side": side, "load": "two", **figures, "missed": [], **more}


def test_a_row_that_holds_tells_its_own_figures() -> None:
    text = table.ours({("S1", "rpcgen"): line("S1")})
    assert text.splitlines()[-1] == (
        f"| S1 | {ROWS['S1'].fault} | not run again = 0, run again s ≤ 1, "
        "unknown told s ≤ 1 | not run again 0, run again s 0.5, unknown told s 0.1, of 100 |"
    )


def test_what_was_missed_stands_out() -> None:
    missed = ["hung = 0: 3"]
    text = table.ours({("S1", "rpcgen"): line("S1", missed=missed, hung=3)})
    assert "**missed**: hung = 0: 3;" in text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"impossible": "no `nft`"}, "not run: no `nft`"),
        ({"failed": "RowError: a | b\nmore"}, "**failed**: RowError: a / b"),
    ],
)
def test_a_row_that_was_not_run_says_why(more: Line, told: str) -> None:
    assert told in table.ours({("S1", "rpcgen"): line("S1") | more})


def test_sides_stand_beside_each_other() -> None:
    found = table.peers(
        {
            ("S1", "rpcgen"): line("S1"),
            ("S1", "oslo"): line("S1", "oslo", missed=["unknown_told_s ≤ 1: 19.9"]),
        }
    )
    cells = [it.strip() for it in found.splitlines()[-1].split("|")]
    assert cells[3].startswith("not run again 0, run again s 0.5")
    assert cells[4].startswith("**unknown told s 19.9**, not run again 0")
    assert cells[5] == ""


def test_a_later_line_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(json.dumps(line("S1", calls_sent=it)) + "\n" for it in (1, 2)))
    assert table.read([path])["S1", "rpcgen"]["calls_sent"] == 2


def test_only_what_is_between_the_markers_is_written() -> None:
    begin, end = table.BEGIN.format("rows"), table.END.format("rows")
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert table.put(page, "rows", "new") == f"before\n{begin}\nnew\n{end}\nafter\n"
    with pytest.raises(ValueError, match="the page has no"):
        table.put("no marker", "rows", "new")


def test_the_page_has_the_markers() -> None:
    page = table.PAGE.read_text(encoding="utf-8")
    for name in ("machine", "rows", "peers"):
        assert table.put(page, name, "") != ""
