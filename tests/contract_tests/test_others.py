"""What is no plain server is tested too, and what misbehaves ends no run."""

import json

from tests.cli.shell import Ran

OTHERS = "tests.contract_tests.others"


def test_a_listener_is_tested_with_what_a_newer_service_may_publish() -> None:
    assert Ran.of(("test", f"{OTHERS}:Heard")).code == 0

    ran = Ran.of(("test", f"{OTHERS}:HardOfHearing", "--output-format", "json"))

    (finding,) = json.loads(ran.out)[0]["findings"]
    assert finding["message"] == "raised `AssertionError`"
    assert finding["arguments"]["kind"] == "not_in_the_contract"


def test_parameters_by_position_leave_no_gaps() -> None:
    ran = Ran.of(("test", f"{OTHERS}:Places", "--examples", "50"))

    assert ran.code == 0, ran.out


def test_what_a_handler_prints_is_not_in_the_way() -> None:
    ran = Ran.of(("test", f"{OTHERS}:Talking", "--method", "count", "--output-format", "json"))

    assert ran.code == 0
    assert json.loads(ran.out)[0]["findings"] == []


def test_an_event_loop_that_never_comes_back_is_left_behind() -> None:
    ran = Ran.of(("test", f"{OTHERS}:Stuck", "--method", "kinds", "--output-format", "json"))

    found = json.loads(ran.out)[0]["findings"]
    assert {it["check"] for it in found} == {"time"}
    assert any("blocks the event loop" in it["message"] for it in found)
    assert any(it["at"] and it["at"].startswith("tests/") for it in found)


def test_an_implementation_that_is_made_only_once_is_one_sentence() -> None:
    ran = Ran.of(("test", f"{OTHERS}:OnlyOnce"))

    assert ran.code == 2
    told = f"`{OTHERS}:OnlyOnce` could be made once, but not again"
    assert ran.err == f"rpcgen test: {told}: RuntimeError: there is one already\n"
