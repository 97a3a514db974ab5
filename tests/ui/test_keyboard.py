# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keyboards on the glass: which one comes, and what its keys are called."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from townhall_ui.screens import Answered, EntryKind

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage


def test_estonian_letters_need_no_second_page(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street")
    stage.show(replace(screen, frame=replace(screen.frame, language="et")))
    for key in ("key:1:9", "key:1:10", "key:2:7", "key:2:8"):
        stage.click(key)
    stage.click("proceed")
    assert stage.acts == [Answered("öäõü")]


def test_without_a_word_for_it_there_is_no_key_for_another_script(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street")
    stage.show(replace(screen, keyboard=replace(screen.keyboard, script="")))
    assert "key:script" not in [target.objectName() for target in stage.targets()]


def test_the_other_script_names_its_pages_by_its_own_letters(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TEXT, "street"))
    more = stage.find("key:more")
    assert more.accessibleName() == english.t("more")
    stage.click("key:script")
    assert more.accessibleName() == "إآؤ"
    stage.click("key:more")
    assert more.accessibleName() == "ضصث"
    stage.click("key:script")
    assert more.accessibleName() == english.t("more")
