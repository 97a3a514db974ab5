# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Codes are stable and documented: the classes, the reasons and docs/failure-codes.md say the same."""

import inspect
import re
from pathlib import Path

from townhall_central import errors, ingest
from townhall_central.errors import CentralError, RequestRefusedError
from townhall_central.inbox.case import Reason
from townhall_central.problem import problem_response, problem_type

PAGE = Path(__file__).resolve().parents[2] / "docs" / "failure-codes.md"
QUARANTINE = (ingest.NOT_BY_THE_KIOSK, ingest.NOT_SEALED, ingest.NO_KNOWN_RECIPIENT)


def classes() -> list[type[CentralError]]:
    found = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    return [each for each in found if issubclass(each, CentralError)]


def test_every_class_stands_in_the_drawn_tree_under_its_parent() -> None:
    drawn = errors.__doc__ or ""
    for each in classes():
        assert re.search(rf"\b{each.__name__}\b", drawn)


def test_no_two_failures_share_a_code() -> None:
    codes = [each.code for each in classes() if "code" in vars(each)]
    codes += [*(reason.code for reason in Reason), *QUARANTINE]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"TH-CENT-[0-9]{3}", code) for code in codes)


def test_every_code_is_documented_and_no_other() -> None:
    used = {each.code for each in classes()} | {reason.code for reason in Reason} | set(QUARANTINE)
    documented = set(re.findall(r"^\| (TH-CENT-[0-9]{3}) \|", PAGE.read_text(), re.MULTILINE))
    assert documented == used


def test_a_problem_says_its_title_and_nothing_else() -> None:
    response = problem_response(RequestRefusedError("what an engineer may know"))
    assert b"engineer" not in bytes(response.body)
    assert problem_type("TH-CENT-001").encode() in bytes(response.body)
