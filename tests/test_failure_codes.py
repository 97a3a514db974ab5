# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every failure has one code, every code one row in docs/failure-codes.md, and every row one failure."""

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import townhall_central
import townhall_checker
import townhall_crypto
import townhall_forms
import townhall_kiosk
import townhall_process
import townhall_smartcard
import townhall_sync
import townhall_ui
import townhall_voting
from townhall_kiosk.card_problem import CardProblem
from townhall_smartcard.identity import RefusalReason

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "failure-codes.md"
CODE = re.compile(r"TH-(PROC|CRYP|CARD|FORM|SYNC|VOTE|CENT|CHEK|UI|KIOS)-\d{3}")
PARTS = {
    townhall_process: "PROC",
    townhall_crypto: "CRYP",
    townhall_smartcard: "CARD",
    townhall_forms: "FORM",
    townhall_sync: "SYNC",
    townhall_voting: "VOTE",
    townhall_central: "CENT",
    townhall_checker: "CHEK",
    townhall_ui: "UI",
    townhall_kiosk: "KIOS",
}
READS = {townhall_sync: {"TH-CENT-003"}}
"""Codes that a part understands in another's answers: an envelope damaged on its way is sent again."""
INSIDE_A_PART = {
    # Never leave the forms part: its reader turns them into FormRefusedError.
    *("MarkupRefusedError", "MarkupLimitError"),
    *("XPathError", "XPathSyntaxError", "UnknownFunctionError", "UnsupportedXPathError"),
    *("XPathLimitError", "XPathValueError"),
    # Becomes the outcome Unreachable; python-tuf passes on only errors of its own family.
    "SourceUnreachableError",
    # Carries a card's answer through a signer; the visit turns it into an event.
    "NotSignedError",
}
SHARING = {
    # Groups that are never raised themselves; they show how their children are meant.
    *("townhall_forms.RefusedError", "townhall_forms.UnavailableError"),
    *("townhall_ui.InstallationError", "townhall_ui.ProgrammingError"),
    # To the caller the same as its parent: a request that cannot be read.
    "townhall_central.MalformedRequestError",
}


@cache
def error_classes() -> tuple[type[Exception], ...]:
    """Every public error class of every part."""
    found = {}
    for part in PARTS:
        for module in pkgutil.walk_packages(part.__path__, f"{part.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                is_error = isinstance(value, type) and issubclass(value, Exception)
                if is_error and value.__module__ == module.name and not name.startswith("_"):
                    found[f"{value.__module__}.{name}"] = value
    return tuple(found.values())


def own_code(error: type[Exception]) -> str | None:
    code = vars(error).get("code")
    return code if isinstance(code, str) else None


def part_of(error: type[Exception]) -> str:
    return error.__module__.partition(".")[0]


def rows() -> list[str]:
    return re.findall(r"^\| (TH-\w+-\d+) \|", PAGE.read_text(), re.MULTILINE)


@cache
def walk(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text())))


def literals(*, only_defining: bool = False) -> Iterator[tuple[str, Path]]:
    """Every string of the source that is a code; ``only_defining``: assigned to ``code``, or the value of a name."""
    for part in PARTS:
        for path in Path(part.__path__[0]).rglob("*.py"):
            if "simulat" in path.name:  # a simulated centre answers with the centre's codes
                continue
            nodes = walk(path)
            for node in (each.value for each in nodes if isinstance(each, ast.Assign)) if only_defining else nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                    yield node.value, path


def test_the_page_has_exactly_the_codes_of_the_source_each_once() -> None:
    in_source = {code for code, _path in literals()}
    assert Counter(rows()) == Counter(in_source)


@pytest.mark.parametrize("row", re.findall(r"^\| TH-.*$", PAGE.read_text(), re.MULTILINE), ids=lambda row: row[2:13])
def test_every_row_says_what_happened_and_what_to_do(row: str) -> None:
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 3
    assert all(len(cell) > 5 for cell in cells)


def test_the_rows_of_a_part_stand_in_its_section_in_order() -> None:
    sections = re.split(r"^## .*\((\w+)\)$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    for part, text in zip(sections[::2], sections[1::2], strict=True):
        codes = re.findall(r"^\| (TH-\w+-\d+) \|", text, re.MULTILINE)
        assert codes == sorted(codes), part
        assert {code.split("-")[1] for code in codes} == {part}


def test_a_code_is_given_in_one_place_only() -> None:
    reading = set().union(*READS.values())
    given = Counter(code for code, _path in literals(only_defining=True) if code not in reading)
    assert [code for code, count in given.items() if count > 1] == []


def test_a_part_gives_only_codes_of_its_own() -> None:
    for part, letters in PARTS.items():
        folder = Path(part.__path__[0])
        foreign = {code for code, path in literals() if path.is_relative_to(folder) and code.split("-")[1] != letters}
        assert foreign == READS.get(part, set()), part.__name__


def test_every_error_class_has_a_code_of_its_own() -> None:
    errors = [error for error in error_classes() if error.__name__ not in INSIDE_A_PART]
    assert len(errors) > 80
    without = {f"{part_of(error)}.{error.__name__}" for error in errors if own_code(error) is None}
    assert without == SHARING
    codes = Counter(code for error in errors if (code := own_code(error)) is not None)
    assert [code for code, count in codes.items() if count > 1] == []


def test_whoever_shares_a_code_has_that_of_a_parent_of_the_same_part() -> None:
    for error in error_classes():
        if f"{part_of(error)}.{error.__name__}" in SHARING:
            parents = [parent for parent in error.__mro__[1:] if issubclass(parent, Exception)]
            assert any(own_code(parent) and part_of(parent) == part_of(error) for parent in parents)


def test_every_error_of_a_part_is_of_its_family() -> None:
    """One ``except`` a part catches all of them: each descends from the class whose code ends in 000."""
    for error in error_classes():
        if error.__name__ not in INSIDE_A_PART:
            heads = [own_code(parent) for parent in error.__mro__ if issubclass(parent, Exception)]
            assert f"TH-{PARTS[importlib.import_module(part_of(error))]}-000" in heads, error


def test_every_reason_on_a_screen_has_a_row() -> None:
    shown = {problem.code for problem in CardProblem} | {reason.code for reason in RefusalReason}
    assert shown <= set(rows())
    assert len({reason.code for reason in RefusalReason}) == len(RefusalReason)
    sharing = Counter(problem.code for problem in CardProblem)
    assert [code for code, count in sharing.items() if count > 1] == ["TH-CARD-008"], "not served: unknown, or too old"
