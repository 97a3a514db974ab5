# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every failure of the window has a code of its own, drawn in the tree and explained to staff."""

import re
from pathlib import Path

from townhall_ui import errors
from townhall_ui.errors import UiError

PAGE = Path(__file__).parents[2] / "docs" / "failure-codes.md"


def _family(kind: type[UiError]) -> list[type[UiError]]:
    return [kind, *(grandchild for child in kind.__subclasses__() for grandchild in _family(child))]


def test_every_leaf_has_a_code_of_its_own() -> None:
    leaves = [kind for kind in _family(UiError) if not kind.__subclasses__()]
    codes = [kind.code for kind in leaves]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"TH-UI-\d{3}", code) for code in codes)


def test_the_tree_is_drawn_and_the_page_explains_every_code() -> None:
    drawn = errors.__doc__ or ""
    page = PAGE.read_text(encoding="utf-8")
    for kind in _family(UiError):
        assert kind.__name__ in drawn
        assert f"| {kind.code} |" in page
