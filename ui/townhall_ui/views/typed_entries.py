# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers that are typed: text with a keyboard of its script, and numbers with the number pad."""

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.errors import ScreenMalformedError
from townhall_ui.fields import MINUS, POINT, Field, LineField, LongField, NumberField
from townhall_ui.keyboard import Keyboard
from townhall_ui.keyboard_layouts import PRINTED_LAYOUTS
from townhall_ui.look import Look
from townhall_ui.pinpad import DigitPad, delete_key, zero_of
from townhall_ui.printed_lines import PrintedLinesField
from townhall_ui.screens import EntryKind, QuestionScreen
from townhall_ui.theme import TARGET_MM
from townhall_ui.views.entry import Entry
from townhall_ui.views.view import View

_TALL_PANEL_MM = 185.0


class _OneFieldEntry(Entry):
    """Whatever is entered into a single field."""

    _field: Field

    def build(self) -> QWidget:
        return self._field

    def value(self) -> str:
        return self._field.value

    def set_value(self, value: str) -> None:
        self._field.set_value(value)

    def describe(self, text: str) -> None:
        self._field.setAccessibleDescription(text)

    def type_in(self, text: str) -> None:
        self._field.type_in(text)

    def delete_back(self) -> None:
        self._field.delete_back()

    def first_field(self) -> QWidget:
        return self._field


class TextEntry(_OneFieldEntry):
    """A field and the keyboard of its language."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        look, name = view.look, screen.frame.heading
        self._field = _field(screen, look, name)
        self._field.setObjectName("field")
        self._field.set_value(screen.value)
        is_tall = look.theme.mm(view.room.height) > _TALL_PANEL_MM
        keyboard = Keyboard(
            look,
            screen.keyboard,
            screen.frame.language,
            on_text=self._field.type_in,
            on_delete=self._field.delete_back,
            key_height_mm=TARGET_MM + (3 if is_tall else 0),
            layouts=PRINTED_LAYOUTS if screen.kind is EntryKind.LINES else None,
        )
        keyboard.setFixedHeight(keyboard.sizeHint().height())
        self.below, self.bar = keyboard, keyboard.bar


def _field(screen: QuestionScreen, look: Look, name: str) -> LineField | LongField:
    match screen.kind:
        case EntryKind.LINES:
            if not screen.shapes:
                raise ScreenMalformedError("lines of no shape")
            return PrintedLinesField(look, name, screen.shapes, screen.around)
        case EntryKind.LONG_TEXT:
            return LongField(look, name)
        case _:
            return LineField(look, name)


class NumberEntry(_OneFieldEntry):
    """A field and the number pad; minus or the decimal point beside the zero."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        scale = screen.scale
        is_decimal = screen.kind is EntryKind.DECIMAL if scale is None else scale.has_parts
        point = decimal_point(screen.frame.language) if is_decimal else ""
        has_sign = scale is None or scale.low < 0
        self._field = NumberField(view.look, screen.frame.heading, point=point, has_sign=has_sign)
        self._field.setObjectName("field")
        self._field.set_value(screen.value)
        sign = self._sign_key(view, point) if point or has_sign else None
        delete = delete_key(view.look, screen.keyboard.delete, self._field.delete_back)
        zero = zero_of(screen.frame.language)
        self.side = DigitPad(view.look, lambda digit: self._field.type_in(str(digit)), (sign, delete), zero=zero)

    def _sign_key(self, view: View, point: str) -> Button:
        sign = Button(point or "\u2013", view.look, Kind.DIGIT, name=point or MINUS)
        sign.setObjectName("key:sign")
        sign.clicked.connect(lambda: self._field.type_in(POINT if point else MINUS))
        return sign


def decimal_point(language: str) -> str:
    """How a language writes it beside the digits 0 to 9, which the fields show in every language."""
    locale = QLocale(language)
    return locale.decimalPoint() if locale.zeroDigit() == "0" else POINT
