# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a screen reader is told: roles that Qt does not give by itself, and announcements."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from townhall_ui.choices import RadioChoice
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


class _PinAccess(QAccessibleWidget):
    """The dots as a password field that cannot be read: the question is its name, the count its description."""

    def __init__(self, dots: PinDots) -> None:
        super().__init__(dots, QAccessible.Role.EditableText)

    def state(self) -> QAccessible.State:
        state = super().state()
        state.passwordEdit = 1
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


# Qt keeps plain pointers to the interfaces that the factory hands out; each must outlive its widget.
_kept: dict[int, QAccessibleInterface] = {}
_is_installed: list[bool] = []


def _keep(widget: QWidget, access: QAccessibleInterface) -> QAccessibleInterface:
    key = id(access)
    _kept[key] = access
    widget.destroyed.connect(lambda: _kept.pop(key, None))
    return access


def _make(_key: str, thing: QObject) -> QAccessibleInterface | None:
    if isinstance(thing, Heading):
        return _keep(thing, _NamedAccess(thing, QAccessible.Role.Heading, thing.text()))
    if isinstance(thing, Notice):
        return _keep(thing, _NamedAccess(thing, QAccessible.Role.AlertMessage, thing.text))
    if isinstance(thing, DescribedPicture):
        return _keep(thing, _NamedAccess(thing, QAccessible.Role.Graphic, thing.accessibleName()))
    if isinstance(thing, RadioChoice):
        return _keep(thing, _RadioAccess(thing))
    if isinstance(thing, PinDots):
        return _keep(thing, _PinAccess(thing))
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
