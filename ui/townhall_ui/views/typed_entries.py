# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers that are typed: text with a keyboard of its script, numbers and dates with the number pad."""

import unicodedata

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.fields import MINUS, POINT, Field, LineField, LongField, NumberField
from townhall_ui.keyboard import Keyboard
from townhall_ui.look import Style
from townhall_ui.pinpad import DigitPad, delete_key, zero_of
from townhall_ui.screens import DateWords, EntryKind, QuestionScreen
from townhall_ui.theme import GAP_MM, TARGET_MM
from townhall_ui.views.entry import Entry
from townhall_ui.views.view import View
from townhall_ui.words import Words

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
        self._field = LongField(look, name) if screen.kind is EntryKind.LONG_TEXT else LineField(look, name)
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
        )
        keyboard.setFixedHeight(keyboard.sizeHint().height())
        self.below, self.bar = keyboard, keyboard.bar


class NumberEntry(_OneFieldEntry):
    """A field and the number pad; minus or the decimal point beside the zero."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        is_decimal = screen.kind is EntryKind.DECIMAL
        point = _decimal_point(screen.frame.language) if is_decimal else ""
        self._field = NumberField(view.look, screen.frame.heading, point=point, has_sign=True)
        self._field.setObjectName("field")
        self._field.set_value(screen.value)
        sign = Button(point or "\u2212", view.look, Kind.DIGIT, name=point or MINUS)
        sign.setObjectName("key:sign")
        sign.clicked.connect(lambda: self._field.type_in(POINT if is_decimal else MINUS))
        delete = delete_key(view.look, screen.keyboard.delete, self._field.delete_back)
        zero = zero_of(screen.frame.language)
        self.side = DigitPad(view.look, lambda digit: self._field.type_in(str(digit)), (sign, delete), zero=zero)


class DateEntry(Entry):
    """Three fields and the number pad, which types into the one with the focus, or where digits came last.

    A digit for a field that is full goes to the next: whoever has two keys alone, Tab and Enter, comes through.
    """

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        self._look = view.look
        names = self._names(screen.date)
        self._fields = [
            NumberField(view.look, f"{screen.frame.heading} {name}", digits=digits)
            for name, digits in zip(names, (2, 2, 4), strict=True)
        ]
        for field, name in zip(self._fields, ("day", "month", "year"), strict=True):
            field.setObjectName(f"field:{name}")
        self._labels = names
        self.set_value(screen.value)
        self._active = self._fields[0]
        for field in self._fields:
            field.textChanged.connect(lambda _text, field=field: self._activate(field))
            field.taken.connect(lambda field=field: self._activate(field))
        delete = delete_key(view.look, screen.keyboard.delete, self.delete_back)
        self.side = DigitPad(view.look, self._type, (None, delete), zero=zero_of(screen.frame.language))

    @staticmethod
    def _names(words: DateWords) -> tuple[str, str, str]:
        return words.day, words.month, words.year

    def _activate(self, field: NumberField) -> None:
        self._active = field

    def _target(self) -> NumberField:
        return next((field for field in self._fields if field.hasFocus()), self._active)

    def _type(self, digit: int) -> None:
        field = self._target()
        if field.is_full and field is not self._fields[-1]:
            following = self._fields[self._fields.index(field) + 1]
            if field.hasFocus():
                following.setFocus(Qt.FocusReason.OtherFocusReason)
            field = following
        field.type_in(str(digit))

    def build(self) -> QWidget:
        fields = QWidget()
        row = QHBoxLayout(fields)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._look.px(GAP_MM + 2))
        for label, field, width_mm in zip(self._labels, self._fields, (26, 26, 38), strict=True):
            cell = QVBoxLayout()
            cell.setSpacing(self._look.px(1.5))
            cell.addWidget(Words(label, self._look, Style.STRONG))
            field.setFixedWidth(self._look.px(width_mm))
            cell.addWidget(field)
            row.addLayout(cell)
        row.addStretch(1)
        return fields

    def value(self) -> str:
        day, month, year = (field.value for field in self._fields)
        if not (day or month or year):
            return ""
        return f"{year}-{month.zfill(2) if month else ''}-{day.zfill(2) if day else ''}"

    def set_value(self, value: str) -> None:
        year, month, day = [*value.split("-"), "", "", ""][:3]
        for field, part in zip(self._fields, (day, month, year), strict=True):
            if part.zfill(2) != field.value.zfill(2) or not part:
                field.set_value(part)

    def describe(self, text: str) -> None:
        for field in self._fields:
            field.setAccessibleDescription(text)

    def type_in(self, text: str) -> None:
        for sign in text:
            digit = unicodedata.decimal(sign, None)
            if digit is not None:
                self._type(digit)

    def delete_back(self) -> None:
        self._target().delete_back()

    def first_field(self) -> QWidget:
        return self._fields[0]


def _decimal_point(language: str) -> str:
    """How a language writes it beside the digits 0 to 9, which the fields show in every language."""
    locale = QLocale(language)
    return locale.decimalPoint() if locale.zeroDigit() == "0" else POINT
