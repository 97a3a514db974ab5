# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a screen reader learns: a name and the right role for everything, headings, problems, announcements."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QRadioButton, QWidget

from townhall_ui.accessibility import announce
from townhall_ui.screens import Answered, DocumentScreen, MessageScreen, QuestionScreen, ReceiptScreen, WorkingScreen
from townhall_ui.words import Heading, Notice

Role: TypeAlias = QAccessible.Role
Text: TypeAlias = QAccessible.Text

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage


def _access(widget: QWidget) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(widget)


def _expected_role(widget: QWidget) -> Role:
    if isinstance(widget, Heading):
        return Role.Heading
    if isinstance(widget, QRadioButton):
        return Role.RadioButton
    if isinstance(widget, QPushButton):
        return Role.CheckBox if widget.isCheckable() else Role.Button
    return Role.EditableText


def test_everything_that_has_the_focus_has_a_name_and_its_role(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for control in any_stage.controls():
            access = _access(control)
            assert access.text(Text.Name).strip(), (name, control.objectName())
            assert access.role() == _expected_role(control), (name, control.objectName())


def test_no_two_stops_of_a_screen_sound_the_same(stage: Stage, english: Sampler) -> None:
    for name, screen in english.all().items():
        stage.show(screen)
        names = [_access(control).text(Text.Name) for control in stage.controls() if not isinstance(control, Heading)]
        assert len(names) == len(set(names)), (name, sorted(names))


def test_there_is_one_heading_and_it_says_the_question(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        headings = [widget for widget in any_stage.window.findChildren(Heading) if widget.isVisible()]
        assert [_access(heading).text(Text.Name) for heading in headings] == [screen.frame.heading], name


def test_the_heading_carries_the_running_text_of_the_screen(stage: Stage, english: Sampler) -> None:
    stopped, document = english.one("stopped", MessageScreen), english.one("document", DocumentScreen)
    stage.show(stopped)
    description = _access(stage.find("heading")).text(Text.Description)
    assert all(paragraph in description for paragraph in stopped.paragraphs)
    stage.show(document)
    assert document.text in _access(stage.find("heading")).text(Text.Description)


def test_problem_and_hint_belong_to_the_field(stage: Stage, english: Sampler) -> None:
    screen = english.one("text-problem", QuestionScreen)
    stage.show(screen)
    assert screen.problem in _access(stage.find("field")).text(Text.Description)
    screen = english.one("date-problem", QuestionScreen)
    stage.show(screen)
    for part in ("day", "month", "year"):
        access = _access(stage.find(f"field:{part}"))
        assert screen.problem in access.text(Text.Description)
        assert access.text(Text.Name).endswith(english.t(part))


def test_a_problem_is_an_alert(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["text-problem"])
    notice = next(widget for widget in stage.window.findChildren(Notice) if widget.isVisible())
    assert _access(notice).role() == Role.AlertMessage
    assert _access(notice).text(Text.Name) == english.t("street problem")


def test_the_code_on_the_receipt_is_a_described_picture(stage: Stage, english: Sampler) -> None:
    screen = english.one("receipt", ReceiptScreen)
    stage.show(screen)
    pictures = [widget for widget in stage.window.findChildren(QWidget) if _access(widget).role() == Role.Graphic]
    assert [_access(picture).text(Text.Name) for picture in pictures] == [screen.qr_description]


def test_the_pin_field_is_a_named_password_field_that_tells_the_count_alone(stage: Stage, english: Sampler) -> None:
    screen = english.all()["pin"]
    stage.show(screen)
    stage.type("135")
    access = _access(stage.find("pin"))
    assert access.text(Text.Name) == screen.frame.heading
    assert access.state().passwordEdit == 1
    assert access.text(Text.Description) == "Digits entered: 3"
    assert "135" not in access.text(Text.Value)


def test_the_field_of_an_access_number_is_named_and_tells_the_count_alone(stage: Stage, english: Sampler) -> None:
    screen = english.number()
    stage.show(screen)
    stage.type("135")
    access = _access(stage.find("access-number"))
    assert access.role() == Role.EditableText
    assert access.text(Text.Name) == screen.frame.heading
    assert access.state().passwordEdit == 0
    assert access.text(Text.Description) == "digit 3 of 6"
    assert "135" not in access.text(Text.Value)


def test_what_is_marked_is_told_as_checked(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["choose-one"])
    told = {name: _access(stage.find(f"choice:{name}")).state().checked for name in ("rent", "own", "guest")}
    assert told == {"rent": 0, "own": 1, "guest": 0}


def test_a_screen_reader_can_mark_a_choice_and_press_a_button(stage: Stage, english: Sampler, qtbot: QtBot) -> None:
    stage.show(english.all()["choose-one"])
    access = _access(stage.find("choice:guest"))
    access.actionInterface().doAction(QAccessibleActionInterface.pressAction())
    assert access.state().checked == 1
    assert _access(stage.find("choice:own")).state().checked == 0
    _access(stage.find("proceed")).actionInterface().doAction(QAccessibleActionInterface.pressAction())
    # Qt shows the button pressed for a moment first.
    qtbot.waitUntil(lambda: stage.acts == [Answered("guest")])


def test_a_change_button_says_what_it_changes(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["review"])
    access = _access(stage.find("change:street"))
    assert access.text(Text.Name) == "Change: What is your new street and house number?"
    assert access.text(Text.Description) == "12 Harbour Road, flat 7"


def test_each_new_screen_is_announced_with_heading_and_text(stage: Stage, english: Sampler, qtbot: QtBot) -> None:
    for screen in english.all().values():
        with qtbot.waitSignal(stage.window.announced) as told:
            stage.show(screen)
        assert told.args[0].startswith(screen.frame.heading)


def test_the_next_step_of_work_is_announced(stage: Stage, english: Sampler, qtbot: QtBot) -> None:
    screen = english.one("working", WorkingScreen)
    stage.show(screen)
    with qtbot.waitSignal(stage.window.announced) as told:
        stage.show(english.at_step(screen, 2))
    assert told.args == [english.t("work3")]


def test_digits_are_announced_by_count_never_by_value(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["pin"])
    told: list[str] = []
    stage.window.announced.connect(told.append)
    stage.type("97531")
    stage.click("key:delete")
    assert told == [f"Digits entered: {count}" for count in (1, 2, 3, 4, 5, 4)]


def test_turning_a_page_is_announced(stage: Stage, english: Sampler, qtbot: QtBot) -> None:
    stage.show(english.all()["review"])
    with qtbot.waitSignal(stage.window.announced) as told:
        stage.click("page:next")
    assert told.args == ["Page 2 of 2"]


def test_an_announcement_is_safe_with_and_without_a_screen_reader(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["insert"])
    was_active = QAccessible.isActive()
    for is_active in (False, True):
        QAccessible.setActive(is_active)
        announce(stage.window, "Hello")
        announce(stage.window, "Careful", is_urgent=True)
    QAccessible.setActive(was_active)


def test_roles_of_our_own_survive_hundreds_of_screens_and_the_collector(stage: Stage, english: Sampler) -> None:
    was_active = QAccessible.isActive()
    QAccessible.setActive(True)
    screens = [english.all()[name] for name in ("text-problem", "pin", "receipt")]
    for round_ in range(60):
        for screen in screens:
            stage.show(screen)
            for widget in stage.window.findChildren(QWidget):
                access = _access(widget)
                if access is not None:
                    access.text(Text.Name)
        if round_ % 20 == 0:
            gc.collect()
    QAccessible.setActive(was_active)


def test_tab_leaves_a_field_of_several_lines(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["long-text"])
    assert isinstance(stage.focus, QPlainTextEdit)
    stage.key(Qt.Key.Key_Tab)
    assert not isinstance(stage.focus, QPlainTextEdit)
