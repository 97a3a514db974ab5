# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The screens of a ballot in the window: refusals that explain, marks that stay, words for ear and eye."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.marks import MarkButton
from townhall_ui.screens import (
    Answer,
    AskedToChange,
    CheckOrCastScreen,
    Chose,
    CodeScreen,
    ContestScreen,
    Marked,
    Proceeded,
    Ranked,
    RankedScreen,
    ReceiptScreen,
    ReviewScreen,
    StatementScreen,
    StillThereScreen,
    WaysScreen,
    WentBack,
)
from townhall_ui.theme import TextSize
from townhall_ui.ways import Ways
from townhall_ui.words import Notice, Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ui.sampler import Sampler
    from tests.ui.stage import Panel, Stage

    from townhall_ui.screens import Ranking, Screen

ENTER, SPACE, TAB = Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Tab


@pytest.fixture
def heard(stage: Stage) -> list[str]:
    """What is said from now on."""
    told: list[str] = []
    stage.window.spoken.connect(lambda text, _language, _is_urgent: told.append(text))
    return told


def _marked(stage: Stage) -> set[str]:
    """Candidates with a mark, on all pages."""
    buttons = stage.window.findChildren(MarkButton)
    return {button.candidate.id for button in buttons if button.isChecked() and not button.isHidden()}


def _button(stage: Stage, name: str) -> MarkButton:
    button = stage.find(f"choice:{name}")
    assert isinstance(button, MarkButton)
    return button


def _anywhere(stage: Stage, name: str) -> MarkButton:
    """A candidate on whichever page it stands."""
    [button] = [button for button in stage.window.findChildren(MarkButton) if button.candidate.id == name]
    return button


def _notices(stage: Stage) -> list[str]:
    return [notice.text for notice in stage.window.findChildren(Notice) if notice.isVisible()]


def test_nothing_is_marked_before_somebody_marks_it(stage: Stage, sampler: Sampler) -> None:
    for screen in (sampler.contest(3, has_blank=True), sampler.ranked(has_blank=True)):
        stage.show(screen)
        assert not [button for button in stage.window.findChildren(QAbstractButton) if button.isChecked()]
    assert stage.acts == []


def test_each_mark_is_told_at_once_and_nothing_goes_on_by_itself(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(3))
    stage.touch("choice:candidate3")
    stage.touch("choice:candidate1")
    stage.touch("choice:candidate3")
    assert [intent.marks for intent in stage.acts if isinstance(intent, Marked)] == [
        ("candidate3",),
        ("candidate1", "candidate3"),
        ("candidate1",),
    ]
    assert len(stage.acts) == 3
    stage.touch("proceed")
    assert stage.acts[-1] == Proceeded()


def test_one_too_many_is_explained_by_sight_and_sound_and_replaces_none(
    stage: Stage, english: Sampler, heard: list[str]
) -> None:
    stage.show(english.contest(3, ("candidate1", "candidate2")))
    heard.clear()
    stage.touch("choice:candidate3")
    assert _marked(stage) == {"candidate1", "candidate2"}
    assert stage.acts == []
    assert _notices(stage) == [english.t("too many")]
    assert heard == [f"103 {english.t('candidate3')}, not chosen. {english.t('too many')}".replace("103 ", "103\u2002")]
    stage.touch("choice:candidate1")
    assert _notices(stage) == []
    assert _marked(stage) == {"candidate2"}


def test_a_vote_for_one_is_not_replaced_either(stage: Stage, english: Sampler) -> None:
    screen = english.contest(3, ("candidate1",))
    words = replace(screen.words, counts=screen.words.counts[:2])
    stage.show(replace(screen, maximum=1, words=words))
    stage.touch("choice:candidate2")
    assert _marked(stage) == {"candidate1"}
    assert stage.acts == []


def test_the_blank_vote_beside_candidates_is_explained_and_clears_nothing(
    stage: Stage, english: Sampler, heard: list[str]
) -> None:
    stage.show(english.contest(2, ("candidate1",), has_blank=True))
    stage.touch("choice:blank")
    assert _marked(stage) == {"candidate1"}
    assert _notices(stage) == [english.t("blank not with")]
    assert heard[-1].endswith(english.t("blank not with"))
    stage.touch("choice:candidate1")
    stage.touch("choice:blank")
    assert _marked(stage) == {"blank"}
    assert stage.find("count").property("text") == english.t("blank chosen")
    stage.touch("choice:candidate2")
    assert _marked(stage) == {"blank"}
    assert _notices(stage) == [english.t("not with blank")]
    assert heard[-1].endswith(english.t("not with blank"))


def test_a_notice_moves_nothing_that_can_be_touched(any_stage: Stage, sampler: Sampler) -> None:
    any_stage.show(sampler.contest(2, (), has_blank=True))
    before = {target.objectName(): any_stage.place(target).getRect() for target in any_stage.targets()}
    _anywhere(any_stage, "blank").click()
    _anywhere(any_stage, "candidate2").click()
    assert _notices(any_stage)
    assert {target.objectName(): any_stage.place(target).getRect() for target in any_stage.targets()} == before


def test_every_notice_is_seen_whole_at_every_size(
    layout: tuple[Panel, TextSize], stage_on: Callable[[Panel], Stage], sampler: Sampler
) -> None:
    stage = stage_on(layout[0])
    stage.window.use(Ways(text_size=layout[1]))
    cases: list[tuple[Screen, tuple[str, ...]]] = [
        (sampler.contest(2, ("candidate1", "candidate2"), has_blank=True), ("blank",)),
        (sampler.contest(3, ("candidate1", "candidate2")), ("candidate3",)),
        (sampler.contest(2, ("blank",), has_blank=True), ("candidate1",)),
        (sampler.ranked((("park1",), ("park2",), ("park3",))), ("park4",)),
    ]
    for screen, touches in cases:
        stage.show(screen)
        for touch in touches:
            _anywhere(stage, touch).click()
        [notice] = [notice for notice in stage.window.findChildren(Notice) if notice.isVisible()]
        assert notice.words.visibleRegion().boundingRect() == notice.words.rect()
        assert notice.words.heightForWidth(notice.words.width()) <= notice.words.height()


@pytest.mark.parametrize("key", [ENTER, SPACE], ids=["enter", "space"])
def test_one_key_marks_and_takes_away(stage: Stage, english: Sampler, key: Qt.Key) -> None:
    stage.show(english.contest(2))
    stage.key(TAB, key)
    stage.key(key)
    assert stage.acts == [Marked(("candidate1",)), Marked(())]


def test_a_mark_differs_by_word_and_shape_without_colour(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(2))
    before = stage.find("choice:candidate1").grab().toImage()
    stage.touch("choice:candidate1")
    button = _button(stage, "candidate1")
    texts = [block.text for block in button.mark_face.blocks(button.width())]
    assert any(text.startswith("Chosen") for text in texts)
    after = button.grab().toImage()
    grey = [image.convertToFormat(QImage.Format.Format_Grayscale8) for image in (before, after)]
    box = QRect(stage.theme.px(5), 0, stage.theme.px(9), grey[0].height())
    assert grey[0].copy(box) != grey[1].copy(box)


def test_candidates_stand_full_width_in_the_order_of_the_model(any_stage: Stage, sampler: Sampler) -> None:
    screen = sampler.contest(8, has_blank=True)
    any_stage.show(screen)
    seen: list[str] = []
    for _ in range(12):
        there = [widget for widget in any_stage.targets() if isinstance(widget, MarkButton)]
        seen += [button.candidate.id for button in sorted(there, key=lambda button: any_stage.place(button).top())]
        widths = {button.width() for button in there}
        assert len(widths) == 1
        assert widths.pop() > any_stage.window.width() * 0.75 or any_stage.panel.width > 1300
        following = any_stage.find("page:next")
        if not following.isEnabled():
            break
        any_stage.click("page:next")
    assert seen == [*(candidate.id for candidate in screen.candidates), "blank"]


def test_it_is_told_which_candidates_of_how_many_are_shown(stage: Stage, english: Sampler, heard: list[str]) -> None:
    stage.show(english.contest(7))
    pages = stage.window._board.view
    assert pages is not None
    first = heard[0]
    assert " of 7." in first or " of 7 " in first
    stage.click("page:next")
    assert heard[-1].endswith(" of 7")
    assert not heard[-1].startswith("1 to")


def test_a_contest_opens_where_its_mark_is(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(8, ("candidate8",), has_blank=True))
    assert stage.find("choice:candidate8").isVisible()


def test_a_page_that_is_left_with_the_focus_on_it_keeps_its_marks(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(8))
    stage.touch("choice:candidate1")
    stage.touch("page:next")
    stage.touch("page:previous")
    assert "candidate1" in _marked(stage)


def test_the_model_given_back_changes_nothing_that_is_newer(stage: Stage, english: Sampler) -> None:
    screen = english.contest(3)
    stage.show(screen)
    stage.touch("choice:candidate1")
    stage.touch("choice:candidate2")
    stage.show(replace(screen, marks=("candidate1",)))
    assert _marked(stage) == {"candidate1", "candidate2"}
    stage.show(replace(screen, marks=("candidate1", "candidate2")))
    assert _marked(stage) == {"candidate1", "candidate2"}
    # What was never sent from here is the model's own.
    stage.show(replace(screen, marks=("candidate3",)))
    assert _marked(stage) == {"candidate3"}
    stage.show(replace(screen, marks=()))
    assert _marked(stage) == set()


def test_the_ranking_given_back_changes_nothing_that_is_newer(stage: Stage, english: Sampler) -> None:
    screen = english.ranked()
    stage.show(screen)
    stage.touch("choice:park1")
    stage.touch("choice:park2")
    stage.show(replace(screen, ranking=(("park1",),)))
    assert _marked(stage) == {"park1", "park2"}
    stage.show(replace(screen, ranking=(("park4",),)))
    assert _marked(stage) == {"park4"}


def test_marks_page_and_focus_stay_while_somebody_looks_aside(stage: Stage, english: Sampler) -> None:
    screen = english.contest(8)
    stage.show(screen)
    stage.touch("page:next")
    stage.touch("choice:candidate5")
    marked = replace(screen, marks=("candidate5",))
    stage.show(marked)
    stage.find("choice:candidate5").setFocus(Qt.FocusReason.TabFocusReason)
    for aside in (english.one("still-there", StillThereScreen), english.one("ways", WaysScreen)):
        stage.show(aside)
        stage.show(marked)
        assert stage.find("choice:candidate5").isVisible()
        assert stage.focus.objectName() == "choice:candidate5"
        assert _marked(stage) == {"candidate5"}


def test_marks_stay_while_the_size_of_the_text_changes(stage: Stage, english: Sampler) -> None:
    for screen, name in ((english.contest(2), "candidate1"), (english.ranked(), "park2")):
        stage.show(screen)
        stage.touch(f"choice:{name}")
        for size in (TextSize.FOURTH, TextSize.FIRST):
            stage.window.use(Ways(text_size=size))
            assert name in {b.candidate.id for b in stage.window.findChildren(MarkButton) if b.isChecked()}
        stage.window.use(Ways(text_size=TextSize.SECOND))


def test_another_language_finds_marks_and_page_again(stage: Stage, samplers: dict[str, Sampler]) -> None:
    stage.show(samplers["en"].contest(8, ("candidate2",)))
    stage.touch("page:next")
    stage.show(samplers["en"].all()["ways"])
    stage.show(samplers["ar"].all()["ways"])
    stage.show(samplers["ar"].contest(8, ("candidate2",)))
    view = stage.window._board.view
    assert view is not None
    assert view.place().page == 1
    assert "candidate2" in {b.candidate.id for b in stage.window.findChildren(MarkButton) if b.isChecked()}


def test_two_contests_of_one_heading_are_two(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(8))
    stage.touch("choice:candidate1")
    stage.touch("page:next")
    other = replace(english.contest(8), candidates=english.contest(8).candidates[1:])
    stage.show(other)
    assert _marked(stage) == set()
    assert stage.find("choice:candidate2").isVisible()


def test_ranks_are_given_moved_and_taken_by_buttons_alone(stage: Stage, english: Sampler, heard: list[str]) -> None:
    stage.show(english.ranked())
    heard.clear()
    for name in ("choice:park3", "choice:park1", "down:park3", "up:park3", "choice:park2", "out:park1"):
        stage.touch(name)
    rankings: list[Ranking] = [intent.ranking for intent in stage.acts if isinstance(intent, Ranked)]
    assert rankings == [
        (("park3",),),
        (("park3",), ("park1",)),
        (("park1",), ("park3",)),
        (("park3",), ("park1",)),
        (("park3",), ("park1",), ("park2",)),
        (("park3",), ("park2",)),
    ]
    assert [text.split(". ")[0] for text in heard] == [
        "School yard, 1st choice",
        "Harbour park, 2nd choice",
        "School yard, 2nd choice",
        "School yard, 1st choice",
        "Old mill meadow, 3rd choice",
        "Harbour park, not chosen",
    ]


def test_a_rank_too_many_is_explained(stage: Stage, english: Sampler, heard: list[str]) -> None:
    stage.show(english.ranked((("park1",), ("park2",), ("park3",))))
    _anywhere(stage, "park4").click()
    assert stage.acts == []
    assert _notices(stage) == [english.t("too many ranks")]
    assert heard[-1].endswith(english.t("too many ranks"))


def test_shared_ranks_are_told_as_shared(stage: Stage, english: Sampler) -> None:
    stage.show(english.ranked((("park1",), ("park2",)), is_equal=True))
    stage.touch("up:park2")
    assert stage.acts[-1] == Ranked((("park1", "park2"),))
    for name in ("park1", "park2"):
        assert _button(stage, name).accessibleName().endswith("1st choice, with others")


def test_the_same_key_again_at_the_end_of_a_ranking_does_no_harm(
    stage: Stage, english: Sampler, heard: list[str]
) -> None:
    stage.show(english.ranked((("park1",), ("park2",))))
    stage.find("up:park2").setFocus(Qt.FocusReason.TabFocusReason)
    stage.key(ENTER, ENTER, ENTER)
    assert stage.acts == [Ranked((("park2",), ("park1",)))]
    assert [text.split(". ")[0] for text in heard[-2:]] == ["Old mill meadow, 1st choice"] * 2
    assert stage.focus.objectName() == "up:park2"
    stage.find("out:park2").setFocus(Qt.FocusReason.TabFocusReason)
    stage.key(ENTER)
    assert stage.focus.objectName() == "choice:park2"


def test_nothing_in_a_ranking_can_be_dragged(stage: Stage, english: Sampler) -> None:
    stage.show(english.ranked((("park1",),)))
    handle = stage.window.windowHandle()
    start, end = (stage.place(stage.find(f"choice:park{number}")).center() for number in (1, 2))
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(handle, end)
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=end)
    assert stage.acts == []


def _access(widget: QWidget) -> tuple[QAccessible.Role, str, int]:
    access = QAccessible.queryAccessibleInterface(widget)
    return access.role(), access.text(QAccessible.Text.Name), int(access.state().checked)


def test_a_screen_reader_learns_role_name_and_mark(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(2, ("candidate2",)))
    box = QAccessible.Role.CheckBox
    assert _access(stage.find("choice:candidate1")) == (box, "101\u2002Anna Tamm", 0)
    assert _access(stage.find("choice:candidate2")) == (box, "102\u2002Jaan Kask", 1)
    stage.show(english.ranked((("park3",), ("park1",))))
    assert _access(stage.find("choice:park1")) == (box, "Harbour park, 2nd choice", 1)
    assert _access(stage.find("up:park1")) == (QAccessible.Role.Button, "Move up: Harbour park", 0)


def test_a_screen_reader_can_toggle_and_is_refused_as_anybody(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(3, ("candidate1", "candidate2")))
    toggle = QAccessibleActionInterface.toggleAction()
    for name in ("candidate3", "candidate2"):
        QAccessible.queryAccessibleInterface(stage.find(f"choice:{name}")).actionInterface().doAction(toggle)
    assert stage.acts == [Marked(("candidate1",))]


def test_the_review_names_choices_what_is_left_open_and_blanks(
    stage: Stage, english: Sampler, heard: list[str]
) -> None:
    screen = english.one("ballot-review", ReviewScreen)
    stage.show(screen)
    for answer in screen.answers[:3]:
        assert answer.question in heard[0]
        assert answer.note in heard[0]
        assert answer.answer in heard[0]
    description = QAccessible.queryAccessibleInterface(stage.find("change:council")).text(QAccessible.Text.Description)
    assert description == f"{english.t('candidate2')} {english.t('one more')}"
    stage.touch("change:school")
    stage.touch("proceed")
    assert stage.acts == [AskedToChange("school"), Proceeded()]


@pytest.mark.parametrize("size", TextSize, ids=lambda size: size.name)
def test_a_contest_of_many_choices_is_reviewed_with_every_name_seen(
    stage_on: Callable[[Panel], Stage], small_panel: Panel, english: Sampler, size: TextSize
) -> None:
    stage = stage_on(small_panel)
    stage.window.use(Ways(text_size=size))
    names = [f"{english.t('candidate1')} {number}" for number in range(1, 22)]
    screen = english.one("ballot-review", ReviewScreen)
    council = Answer("council", english.t("contest"), "\n".join(names), english.t("change"), english.t("one more"))
    stage.show(replace(screen, answers=(council, screen.answers[2])))
    description = QAccessible.queryAccessibleInterface(stage.find("change:council")).text(QAccessible.Text.Description)
    assert names[-1] in description
    assert description.endswith(english.t("one more"))
    seen: list[str] = []
    while True:
        for words in [widget for widget in stage.window.findChildren(Words) if widget.isVisible()]:
            assert words.visibleRegion().boundingRect() == words.rect(), words.text()
            seen += words.text().split("\n")
        if not stage.find("page:next").isEnabled():
            break
        stage.touch("page:next")
    assert [line for line in seen if line in names] == names
    assert seen.count(english.t("one more")) == 1


def test_to_check_and_to_cast_weigh_the_same(any_stage: Stage, sampler: Sampler) -> None:
    any_stage.show(sampler.all()["check-or-cast"])
    check, cast = (any_stage.find(f"choice:{way}") for way in ("check", "cast"))
    assert check.size() == cast.size()
    assert min(check.height(), check.width()) >= any_stage.theme.px(20)
    images = [button.grab().toImage() for button in (check, cast)]
    corners = [{image.pixelColor(x, 4).name() for x in range(8, image.width() - 8)} for image in images]
    assert corners[0] == corners[1]
    assert any_stage.focus.objectName() == "heading"
    any_stage.key(ENTER)
    assert any_stage.acts == []


def test_each_way_is_taken_and_explained(stage: Stage, english: Sampler, heard: list[str]) -> None:
    screen = english.one("check-or-cast", CheckOrCastScreen)
    stage.show(screen)
    assert screen.slip in heard[0]
    for way in screen.ways:
        assert f"{way.label}, {way.hint}" in heard[0]
        stage.touch(f"choice:{way.id}")
        assert stage.acts[-1] == Chose(way.id)


def test_two_ways_and_a_primary_button_contradict_each_other(stage: Stage, english: Sampler) -> None:
    screen = english.one("check-or-cast", CheckOrCastScreen)
    with pytest.raises(ScreenMalformedError):
        stage.show(replace(screen, frame=replace(screen.frame, proceed="Continue")))
    with pytest.raises(ScreenMalformedError):
        stage.show(replace(english.one("checked", CodeScreen), qr=b"no picture"))


def test_casting_stands_nowhere_that_continue_stood(any_stage: Stage, sampler: Sampler) -> None:
    places = {}
    for name in ("ballot-review", "contest", "ranked"):
        any_stage.show(sampler.all()[name])
        places[name] = any_stage.place(any_stage.find("proceed"))
    any_stage.show(sampler.all()["check-or-cast"])
    ways = [any_stage.place(any_stage.find(f"choice:{way}")) for way in ("check", "cast")]
    assert not [name for name, place in places.items() if any(place.intersects(way) for way in ways)]
    any_stage.show(sampler.all()["statement"])
    signing = any_stage.place(any_stage.find("proceed"))
    assert not [name for name, place in places.items() if place.intersects(signing)]


def test_an_outside_reader_reads_the_code_from_the_picture_of_the_window(
    any_stage: Stage, english: Sampler, tmp_path: Path
) -> None:
    any_stage.show(english.all()["checked"])
    picture = tmp_path / "window.png"
    picture.write_bytes(any_stage.window.grab_png())
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("TOWNHALL:BALLOT:1:9f86d081")


def test_the_code_is_large_and_stands_on_white_in_every_contrast(any_stage: Stage, english: Sampler) -> None:
    screen = english.one("checked", CodeScreen)
    any_stage.show(screen)
    code = next(
        widget
        for widget in any_stage.window.findChildren(QWidget)
        if widget.isVisible() and widget.accessibleName() == screen.qr_description
    )
    image = code.grab().toImage()
    modules = QImage.fromData(screen.qr).width() // 5
    assert any_stage.theme.mm(code.width() / modules) >= 0.8
    assert image.pixelColor(2, 2) == QColor("#ffffff")


def test_the_sentence_is_heard_word_for_word(stage: Stage, sampler: Sampler) -> None:
    heard: list[str] = []
    stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    screen = sampler.one("statement", StatementScreen)
    stage.show(screen)
    assert screen.statement in heard[0]
    assert stage.find("statement").accessibleName() == screen.statement
    stage.touch("proceed")
    stage.touch("back")
    assert stage.acts == [Proceeded(), WentBack()]


def test_the_receipt_of_a_vote_shows_words_and_tracker(stage: Stage, english: Sampler) -> None:
    screen = english.one("vote-receipt", ReceiptScreen)
    stage.show(screen)
    assert stage.find("number").property("text") == english.t("slip words")
    shown = [widget.property("text") for widget in stage.window.findChildren(QWidget) if widget.isVisible()]
    assert screen.facts[1][1] in shown


def test_what_is_typed_while_a_contest_is_shown_marks_nothing(stage: Stage, english: Sampler) -> None:
    stage.show(english.one("contest", ContestScreen))
    stage.type("1a2b")
    stage.key(Qt.Key.Key_Backspace, Qt.Key.Key_Escape)
    stage.show(english.one("ranked", RankedScreen))
    stage.type("1a2b")
    assert stage.acts == []


def test_who_turns_to_the_last_page_by_ear_is_on_the_other_button_and_hears_so(stage: Stage, english: Sampler) -> None:
    heard: list[str] = []
    stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    stage.show(english.contest(8, has_blank=True))
    while not heard[-1].startswith("Down, button"):
        stage.key(Qt.Key.Key_Tab)
    stage.key(Qt.Key.Key_Space)
    assert heard[-1] == "4 to 6 of 9"
    before = len(heard)
    stage.key(Qt.Key.Key_Space)
    assert heard[before:] == ["7 to 9 of 9. Up"]
    assert stage.focus.objectName() == "page:previous"
    stage.key(Qt.Key.Key_Tab)
    assert heard[-1] == "Continue, button"
