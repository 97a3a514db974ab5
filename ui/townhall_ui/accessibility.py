# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a screen reader is told: roles that Qt does not give by itself, and announcements."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from townhall_ui.choices import RadioChoice
from townhall_ui.marks import MarkButton
from townhall_ui.numbered_card import NumberedCard
from townhall_ui.pictures import DescribedPicture
from townhall_ui.pinpad import PinDots
from townhall_ui.words import Heading, Notice


class _NamedAccess(QAccessibleWidget):
    """A widget with a role of its own; its words are its name."""

    def __init__(self, widget: QWidget, role: QAccessible.Role, name: str) -> None:
        super().__init__(widget, role)
        self._name = name

    def text(self, kind: QAccessible.Text) -> str:
        if kind is QAccessible.Text.Name:
            return self._name
        return super().text(kind)


class _DigitsAccess(QAccessibleWidget):
    """A field of digits that cannot be read: the question is its name, the count its description. A PIN is hidden."""

    def __init__(self, places: PinDots | NumberedCard) -> None:
        super().__init__(places, QAccessible.Role.EditableText)
        self._is_hidden = isinstance(places, PinDots)

    def state(self) -> QAccessible.State:
        state = super().state()
        state.passwordEdit = int(self._is_hidden)
        state.readOnly = 1
        return state


class _RadioAccess(QAccessibleWidget):
    """A choice that excludes others: Qt calls it a check box unless it lets Qt keep group and Tab order."""

    def __init__(self, choice: RadioChoice) -> None:
        super().__init__(choice, QAccessible.Role.RadioButton)
        self._choice = choice

    def state(self) -> QAccessible.State:
        state = super().state()
        state.checkable = 1
        state.checked = int(self._choice.isChecked())
        return state

    def actionNames(self) -> list[str]:
        return [QAccessibleActionInterface.pressAction(), *super().actionNames()]

    def doAction(self, action: str) -> None:
        if action == QAccessibleActionInterface.pressAction():
            self._choice.click()
        else:
            super().doAction(action)


class _MarkAccess(QAccessibleWidget):
    """A candidate: whoever asks Qt's own box to toggle would pass by what refuses a mark too many."""

    def __init__(self, mark: MarkButton) -> None:
        super().__init__(mark, QAccessible.Role.CheckBox)
        self._mark = mark

    def state(self) -> QAccessible.State:
        state = super().state()
        state.checkable = 1
        state.checked = int(self._mark.isChecked())
        return state

    def actionNames(self) -> list[str]:
        action = QAccessibleActionInterface
        return [action.pressAction(), action.toggleAction(), *super().actionNames()]

    def doAction(self, action: str) -> None:
        if action in {QAccessibleActionInterface.pressAction(), QAccessibleActionInterface.toggleAction()}:
            self._mark.click()
        else:
            super().doAction(action)


# Qt keeps plain pointers to the interfaces that the factory hands out; each must outlive its widget.
_kept: dict[int, QAccessibleInterface] = {}
_is_installed: list[bool] = []


def _keep(widget: QWidget, access: QAccessibleInterface) -> QAccessibleInterface:
    key = id(access)
    _kept[key] = access
    widget.destroyed.connect(lambda: _kept.pop(key, None))
    return access


def _make(_key: str, thing: QObject) -> QAccessibleInterface | None:  # noqa: PLR0911 - one line a kind
    if isinstance(thing, Heading):
        return _keep(thing, _NamedAccess(thing, QAccessible.Role.Heading, thing.text()))
    if isinstance(thing, Notice):
        return _keep(thing, _NamedAccess(thing, QAccessible.Role.AlertMessage, thing.text))
    if isinstance(thing, DescribedPicture):
        return _keep(thing, _NamedAccess(thing, QAccessible.Role.Graphic, thing.accessibleName()))
    if isinstance(thing, RadioChoice):
        return _keep(thing, _RadioAccess(thing))
    if isinstance(thing, PinDots | NumberedCard):
        return _keep(thing, _DigitsAccess(thing))
    if isinstance(thing, MarkButton):
        return _keep(thing, _MarkAccess(thing))
    return None


def install() -> None:
    """Teach Qt the roles of our widgets; once in a process is enough, more does no harm."""
    if not _is_installed:
        QAccessible.installFactory(_make)
        _is_installed.append(True)


def announce(source: QWidget, message: str, *, is_urgent: bool = False) -> None:
    """Have a screen reader say ``message`` now; nothing happens where none is connected."""
    if not QAccessible.isActive():
        return
    event = QAccessibleAnnouncementEvent(source, message)
    politeness = QAccessible.AnnouncementPoliteness
    event.setPoliteness(politeness.Assertive if is_urgent else politeness.Polite)
    QAccessible.updateAccessibility(event)
