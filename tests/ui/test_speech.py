# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is heard: screens, the focus, the echo of keys, pages, the countdown; never a digit of a PIN."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from townhall_ui.difference import difference
from townhall_ui.screens import (
    AskedForWays,
    AttractScreen,
    CalledForHelp,
    EntryKind,
    MessageScreen,
    QuestionScreen,
    ReceiptScreen,
    SpokenWords,
    StillThereScreen,
    TurnedVolume,
    WaysScreen,
    WorkingScreen,
)
from townhall_ui.theme import Contrast
from townhall_ui.ways import Scanning, Switches, Ways

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

Heard = list[tuple[str, str, bool]]


@pytest.fixture
def heard(stage: Stage) -> Heard:
    """What is said from now on: text, language, whether at once."""
    told: Heard = []
    stage.window.spoken.connect(lambda text, language, is_urgent: told.append((text, language, is_urgent)))
    return told


def _texts(heard: Heard) -> list[str]:
    return [text for text, _, _ in heard]


def test_every_screen_says_heading_content_and_how_to_go_on_in_its_language(
    stage: Stage, sampler: Sampler, heard: Heard
) -> None:
    for name, screen in sampler.all().items():
        heard.clear()
        stage.show(screen)
        text, language, is_urgent = heard[0]
        assert text.startswith((screen.frame.heading, screen.frame.mode or screen.frame.heading)), name
        assert language == sampler.language
        assert is_urgent
        if screen.frame.proceed is not None:
            assert sampler.spoken.go_on.format(button=screen.frame.proceed) in text, name


def test_a_message_says_all_its_sentences(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = english.one("stopped", MessageScreen)
    stage.show(screen)
    assert all(paragraph in heard[0][0] for paragraph in screen.paragraphs)


def test_choices_are_said_with_hint_and_whether_they_are_chosen(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["choose-one"])
    assert "I own it, alone or with others, chosen." in heard[0][0]
    assert "I live there as a guest of somebody else, The owner will be asked to agree." in heard[0][0]


def test_each_invitation_is_said_in_its_own_language(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = english.one("attract", AttractScreen)
    stage.show(screen)
    said = {language: text for text, language, _ in heard[1:]}
    for invitation in screen.invitations:
        assert invitation.label in said[invitation.language]
        assert invitation.hint in said[invitation.language]


def test_the_name_of_a_language_is_said_in_that_language(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["languages"])
    stage.key(Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert heard[-1] == ("العربية, choice, 2 of 2", "ar", True)


def test_the_focus_says_name_role_state_and_position(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["choose-one"])
    for _ in range(4):
        stage.key(Qt.Key.Key_Tab)
    assert _texts(heard)[-4:] == [
        "I rent it, choice, not chosen, 1 of 3",
        "I own it, alone or with others, choice, chosen, 2 of 3",
        "I live there as a guest of somebody else, choice, not chosen, 3 of 3, The owner will be asked to agree.",
        "Continue, button",
    ]


def test_what_cannot_be_used_says_so(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["services"])
    stage.key(Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert "cannot be used now" in heard[-1][0]
    assert english.t("record1") in heard[-1][0]


def test_a_field_says_what_stands_in_it_and_its_problem(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["text-problem"])
    assert "text field, Harbour" in heard[-1][0]
    assert english.t("street problem") in heard[-1][0]
    stage.show(replace(english.one("text-problem", QuestionScreen), value="", problem="Now it is empty."))
    assert "text field, empty" in heard[-1][0]


def test_marking_says_the_new_state(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["choose-many"])
    stage.click("choice:tell1")
    stage.click("choice:tell2")
    assert _texts(heard)[-2:] == ["Tax office, not chosen", "Health insurance, chosen"]


@pytest.mark.parametrize("name", ["text", "long-text"])
def test_typed_signs_are_echoed_from_either_keyboard(stage: Stage, english: Sampler, heard: Heard, name: str) -> None:
    stage.show(replace(english.one(name, QuestionScreen), value=""))
    heard.clear()
    stage.type("aB ")
    stage.click("key:shift")
    stage.click("key:0:0")
    stage.click("key:delete")
    stage.key(Qt.Key.Key_Backspace)
    assert _texts(heard) == [
        "a",
        "capital B",
        "space",
        "Capital letter",
        "capital Q",
        "capital Q deleted",
        "space deleted",
    ]


def test_digits_of_numbers_and_dates_are_echoed(stage: Stage, english: Sampler, heard: Heard) -> None:
    for name in ("integer", "date"):
        stage.show(replace(english.one(name, QuestionScreen), value=""))
        heard.clear()
        stage.click("digit:7")
        assert _texts(heard) == ["7"], name


def test_no_digit_of_a_pin_is_ever_heard(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["pin"])
    heard.clear()
    stage.type("97531")
    stage.click("digit:4")
    stage.click("key:delete")
    for _ in range(30):
        stage.key(Qt.Key.Key_Tab)
    said = re.sub(r"Digits entered: \d|PIN 2", "", " ".join(_texts(heard)))
    counted = [english.t("entered").format(count=count) for count in (1, 2, 3, 4, 5, 6, 5)]
    assert [text for text in _texts(heard) if "entered" in text.lower() and "pin" not in text.lower()] == counted
    assert not [sign for sign in said if sign.isdigit()]


def test_the_digits_of_a_number_on_paper_are_heard_and_announced_to_nobody_else(
    stage: Stage, english: Sampler, heard: Heard
) -> None:
    announced: list[str] = []
    stage.show(english.admission())
    stage.window.announced.connect(announced.append)
    heard.clear()
    stage.type("42")
    stage.click("digit:7")
    stage.click("key:delete")
    assert _texts(heard) == [
        *("4", "digit 1 of 9", "2", "digit 2 of 9", "7", "digit 3 of 9"),
        *(english.spoken.deleted.format(sign="7"), "digit 2 of 9"),
    ]
    assert announced == ["digit 1 of 9", "digit 2 of 9", "digit 3 of 9", "digit 2 of 9"]
    heard.clear()
    for _ in range(30):
        stage.key(Qt.Key.Key_Tab)
    assert f"{english.t('admission')}, {english.spoken.field}, 4 2, digit 2 of 9" in _texts(heard)
    assert f"4, {english.spoken.key}" in _texts(heard)
    assert not any("4" in text for text in announced)


def test_a_number_on_the_receipt_is_heard_digit_by_digit_with_what_eyes_find_alone(
    stage: Stage, english: Sampler, heard: Heard
) -> None:
    receipt = english.one("receipt", ReceiptScreen)
    frame = replace(receipt.frame, heard="Turn the paper.")
    stage.show(replace(receipt, frame=frame, number="123 456 786", number_heard="1 2 3, 4 5 6, 7 8 6"))
    said = _texts(heard)[0]
    assert "1 2 3, 4 5 6, 7 8 6" in said
    assert "123 456 786" not in said
    assert "Turn the paper." in said
    assert "Turn the paper." not in [label.text() for label in stage.window.findChildren(QLabel)]


def test_a_pin_of_known_length_is_counted_against_it(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = replace(english.pin(), minimum=6, maximum=6)
    stage.show(screen)
    heard.clear()
    stage.type("135")
    assert _texts(heard) == ["digit 1 of 6", "digit 2 of 6", "digit 3 of 6"]


def test_the_repeat_key_says_the_whole_screen_again_wherever_the_focus_is(
    stage: Stage, english: Sampler, heard: Heard
) -> None:
    for name in ("text", "pin", "review", "services", "long-text"):
        stage.show(english.all()[name])
        first = heard[-1 if name in {"review", "services"} else -2][0]
        heard.clear()
        stage.key(Qt.Key.Key_F5)
        assert _texts(heard) == [first], name


def test_coming_back_to_the_heading_says_the_screen(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["insert"])
    first = heard[0][0]
    stage.key(Qt.Key.Key_Down, Qt.Key.Key_Up)
    assert heard[-1][0] == first


def test_turning_a_page_and_the_steps_of_work_are_heard(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["review"])
    stage.click("page:next")
    assert heard[-1][0] == "Page 2 of 2"
    working = english.one("working", WorkingScreen)
    stage.show(working)
    stage.show(english.at_step(working, 2))
    assert heard[-1][0] == english.t("work3")


def test_nobody_is_read_the_seconds_that_a_reader_waits(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = replace(english.one("working", WorkingScreen), seconds="30 seconds")
    stage.show(screen)
    heard.clear()
    for second in range(29, 0, -1):
        stage.show(replace(screen, seconds=f"{second} seconds"))
    assert heard == []


def test_the_countdown_tells_every_fifth_second(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = english.one("still-there", StillThereScreen)
    stage.show(replace(screen, seconds=None))
    heard.clear()
    for second in range(12, 0, -1):
        stage.show(replace(screen, seconds=str(second)))
    assert _texts(heard) == ["10 seconds", "5 seconds"]


def test_the_mode_is_said_first(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.show(english.all()["clerk"])
    assert heard[0][0].startswith("A clerk is helping.")


def test_groups_rows_and_things_are_heard_while_scanning(stage: Stage, english: Sampler, heard: Heard) -> None:
    stage.window.use(Ways(scanning=Scanning(Switches.TWO)))
    stage.show(english.question(EntryKind.TEXT, "street"))
    heard.clear()
    stage.key(Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Space)
    assert _texts(heard) == ["row 1", "row 2", "a, key", "s, key"]


def test_keys_of_the_keypad_ask_for_volume_help_and_ways(stage: Stage, english: Sampler) -> None:
    keys = Qt.Key
    for name in ("text", "pin", "review", "attract", "ways"):
        stage.show(english.all()[name])
        stage.intents.clear()
        stage.key(keys.Key_VolumeUp, keys.Key_F6, keys.Key_F1, keys.Key_F2)
        assert stage.acts == [TurnedVolume(1), TurnedVolume(-1), CalledForHelp(), AskedForWays()], name


def test_a_screen_without_help_and_ways_takes_no_key_for_them(stage: Stage, english: Sampler) -> None:
    screen = english.all()["review"]
    stage.show(replace(screen, frame=replace(screen.frame, help=None, ways=None)))
    stage.key(Qt.Key.Key_F1, Qt.Key.Key_F2)
    assert stage.acts == []


def test_without_words_for_roles_the_names_are_still_heard(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = english.all()["choose-one"]
    stage.show(replace(screen, frame=replace(screen.frame, spoken=SpokenWords())))
    stage.key(Qt.Key.Key_Tab)
    assert heard[-1][0] == "I rent it"


def test_a_way_that_is_chosen_is_heard_once_and_the_screen_is_not_said_again(
    stage: Stage, english: Sampler, heard: Heard
) -> None:
    screen = english.one("ways", WaysScreen)
    stage.show(screen)
    heard.clear()
    stage.click("way:contrast:dark")
    stage.window.use(Ways(contrast=Contrast.HIGH_DARK))
    dark = replace(
        screen.groups[1],
        choices=tuple(replace(choice, is_chosen=choice.id == "dark") for choice in screen.groups[1].choices),
    )
    stage.show(replace(screen, groups=(screen.groups[0], dark, *screen.groups[2:])))
    assert _texts(heard) == ["Colours: White on black, chosen"]


def test_a_problem_with_an_answer_is_heard_with_the_question(stage: Stage, english: Sampler, heard: Heard) -> None:
    screen = english.question(EntryKind.TEXT, "street", "Harbour")
    stage.show(screen)
    heard.clear()
    stage.show(replace(screen, problem="Enter a house number."))
    assert "Enter a house number." in heard[0][0]


@given(st.text("ab ", max_size=6), st.text("ab ", max_size=6))
def test_what_came_and_what_went_make_one_text_of_the_other(before: str, after: str) -> None:
    put, gone = difference(before, after)
    start = next(
        size
        for size in range(len(before) + 1)
        if before[size : size + len(gone)] == gone and before[:size] + put + before[size + len(gone) :] == after
    )
    assert 0 <= start <= len(before)
    assert (put, gone) == ("", "") or before != after
