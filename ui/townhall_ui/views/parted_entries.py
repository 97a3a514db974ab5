# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers of several fields with one number pad: dates, times of day, both, and places on the earth."""

import unicodedata
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.errors import ScreenMalformedError
from townhall_ui.fields import MINUS, POINT, NumberField
from townhall_ui.look import Style
from townhall_ui.pinpad import DigitPad, delete_key, zero_of
from townhall_ui.screens import QuestionScreen
from townhall_ui.theme import GAP_MM
from townhall_ui.views.entry import Entry
from townhall_ui.views.typed_entries import decimal_point
from townhall_ui.views.view import View
from townhall_ui.words import Words


@dataclass(frozen=True, slots=True)
class Part:
    """One field: what it is for, its label, the most digits (0: no limit), and how wide it is."""

    id: str
    label: str
    digits: int
    width_mm: float
    minus: str = ""  # name of a key before the field that turns its sign; empty: no sign
    point: str = ""  # how its decimal point is written; empty: whole numbers


class PartedEntry(Entry):
    """Rows of fields and the number pad, which types into the field with the focus, or where digits came last.

    A digit for a field that is full goes to the next: whoever has two keys alone, Tab and Enter, comes through.
    A value whose parts nobody touched goes out as it came in: what the fields do not show of it is not lost.
    """

    def __init__(self, view: View, screen: QuestionScreen, rows: tuple[tuple[Part, ...], ...]) -> None:
        self._view, self._look, self._rows = view, view.look, rows
        self._parts = [part for row in rows for part in row]
        self._fields = [self._field(part, screen) for part in self._parts]
        self._given, self._given_parts = "", self._texts()
        self.set_value(screen.value)
        self._active = self._fields[0]
        for field in self._fields:
            field.textChanged.connect(lambda _text, field=field: self._activate(field))
            field.taken.connect(lambda field=field: self._activate(field))
        delete = delete_key(view.look, screen.keyboard.delete, self.delete_back)
        self.side = DigitPad(view.look, self._type, (self._point_key(), delete), zero=zero_of(screen.frame.language))

    def _field(self, part: Part, screen: QuestionScreen) -> NumberField:
        name = f"{screen.frame.heading} {part.label}"
        field = NumberField(self._look, name, point=part.point, has_sign=bool(part.minus), digits=part.digits)
        field.setObjectName(f"field:{part.id}")
        return field

    def _point_key(self) -> Button | None:
        point = next((part.point for part in self._parts if part.point), "")
        if not point:
            return None
        key = Button(point, self._look, Kind.DIGIT, name=point)
        key.setObjectName("key:sign")
        key.clicked.connect(lambda: self._target().type_in(POINT))
        return key

    def _minus_key(self, part: Part, field: NumberField) -> Button:
        key = Button("\u2013", self._look, Kind.SECONDARY, name=f"{part.minus}: {part.label}")
        key.setObjectName(f"minus:{part.id}")
        key.clicked.connect(lambda: field.type_in(MINUS))
        return key

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
        block = QWidget()
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._look.px(GAP_MM))
        fields = iter(self._fields)
        for parts in self._rows:
            row = QHBoxLayout()
            row.setSpacing(self._look.px(GAP_MM + 2))
            for part in parts:
                row.addLayout(self._cell(part, next(fields)))
            row.addStretch(1)
            column.addLayout(row)
        return block

    def _cell(self, part: Part, field: NumberField) -> QVBoxLayout:
        cell = QVBoxLayout()
        cell.setSpacing(self._look.px(1.5))
        cell.addWidget(Words(part.label, self._look, Style.STRONG))
        field.setFixedWidth(self._look.px(part.width_mm))
        line = QHBoxLayout()
        line.setSpacing(self._look.px(GAP_MM))
        line.addWidget(field)
        if part.minus:
            line.addWidget(self._minus_key(part, field), 0, Qt.AlignmentFlag.AlignVCenter)
        line.addStretch(1)
        cell.addLayout(line)
        return cell

    def _texts(self) -> tuple[str, ...]:
        return tuple(field.value for field in self._fields)

    def value(self) -> str:
        texts = self._texts()
        if texts == self._given_parts:
            return self._given
        return self.joined(texts) if any(texts) else ""

    def set_value(self, value: str) -> None:
        for field, text in zip(self._fields, self.parted(value), strict=True):
            if text.zfill(2) != field.value.zfill(2) or not text:
                field.set_value(text)
        self._given, self._given_parts = value, self._texts()

    def joined(self, texts: tuple[str, ...]) -> str:
        """The answer made of the texts of its fields, of which one at least is not empty."""
        raise NotImplementedError

    def parted(self, value: str) -> tuple[str, ...]:
        """The texts of the fields for an answer, which may be empty or half written."""
        raise NotImplementedError

    def describe(self, text: str) -> None:
        for field in self._fields:
            field.setAccessibleDescription(text)

    def type_in(self, text: str) -> None:
        for sign in text:
            digit = unicodedata.decimal(sign, None)
            if digit is not None:
                self._type(digit)
            else:
                self._target().type_in(sign)

    def delete_back(self) -> None:
        self._target().delete_back()

    def first_field(self) -> QWidget:
        return self._fields[0]


def _two(text: str) -> str:
    return text.zfill(2) if text else ""


def _day_parts(screen: QuestionScreen) -> tuple[Part, ...]:
    words = screen.date
    return Part("day", words.day, 2, 26), Part("month", words.month, 2, 26), Part("year", words.year, 4, 38)


def _clock_parts(screen: QuestionScreen) -> tuple[Part, ...]:
    return Part("hour", screen.date.hour, 2, 26), Part("minute", screen.date.minute, 2, 26)


def _day(day: str, month: str, year: str) -> str:
    return f"{year}-{_two(month)}-{_two(day)}"


def _parts_of_day(value: str) -> tuple[str, str, str]:
    year, month, day = [*value.split("-"), "", "", ""][:3]
    return day, month, year


def _parts_of_clock(value: str) -> tuple[str, str]:
    hour, minute = [*value.split(":"), "", ""][:2]
    return hour, minute


class DateEntry(PartedEntry):
    """Day, month and year."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        super().__init__(view, screen, (_day_parts(screen),))

    def joined(self, texts: tuple[str, ...]) -> str:
        day, month, year = texts
        return _day(day, month, year)

    def parted(self, value: str) -> tuple[str, ...]:
        return _parts_of_day(value)


class TimeEntry(PartedEntry):
    """Hour and minute, of 24 hours."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        super().__init__(view, screen, (_clock_parts(screen),))

    def joined(self, texts: tuple[str, ...]) -> str:
        hour, minute = texts
        return f"{_two(hour)}:{_two(minute)}"

    def parted(self, value: str) -> tuple[str, ...]:
        return _parts_of_clock(value)


class DateTimeEntry(PartedEntry):
    """A day, and below it a time on it."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        super().__init__(view, screen, (_day_parts(screen), _clock_parts(screen)))

    def joined(self, texts: tuple[str, ...]) -> str:
        day, month, year, hour, minute = texts
        return f"{_day(day, month, year)}T{_two(hour)}:{_two(minute)}"

    def parted(self, value: str) -> tuple[str, ...]:
        day, _, clock = value.partition("T")
        return *_parts_of_day(day), *_parts_of_clock(clock)


class PlaceEntry(PartedEntry):
    """Latitude, and below it longitude, in degrees; each with a key for its sign."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        words = screen.place
        if words is None:
            raise ScreenMalformedError("a place without words")
        point = decimal_point(screen.frame.language)
        parts = (("latitude", words.latitude), ("longitude", words.longitude))
        super().__init__(view, screen, tuple((Part(name, label, 0, 60, words.minus, point),) for name, label in parts))

    def joined(self, texts: tuple[str, ...]) -> str:
        return " ".join(texts)

    def parted(self, value: str) -> tuple[str, ...]:
        latitude, longitude = [*value.split(), "", ""][:2]
        return latitude, longitude
