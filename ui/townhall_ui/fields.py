# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Fields to type in: one line, several lines, numbers; without clipboard, menus or memory of what others typed."""

import unicodedata
from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPalette, QTextCursor
from PySide6.QtWidgets import QFrame, QLineEdit, QPlainTextEdit, QProxyStyle, QSizePolicy, QStyle, QStyleOption, QWidget

from townhall_ui.buttons import ENTER_KEYS, paint_box
from townhall_ui.difference import difference
from townhall_ui.look import Density, Look, Style
from townhall_ui.theme import TARGET_MM

_CLIPBOARD = (QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.Cut, QKeySequence.StandardKey.Paste)
_PRIVATE = (
    Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhNoAutoUppercase
)
MINUS, POINT = "-", "."


def _is_clipboard(event: QKeyEvent) -> bool:
    """What one person copies must not be there for the next to paste."""
    return any(event.matches(key) for key in _CLIPBOARD)


def is_typing(event: QKeyEvent) -> bool:
    """Whether a key writes a sign, rather than moves or commands."""
    commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    return bool(event.text()) and event.text().isprintable() and not event.modifiers() & commands


def _dress(field: QLineEdit | QPlainTextEdit, look: Look) -> None:
    palette = field.palette()
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
    palette.setColor(QPalette.ColorRole.Text, look.colour("ink"))
    palette.setColor(QPalette.ColorRole.Highlight, look.colour("plain"))
    palette.setColor(QPalette.ColorRole.HighlightedText, look.colour("on_plain"))
    field.setPalette(palette)
    field.setFont(look.font(Style.BODY))
    field.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
    field.setAcceptDrops(False)
    field.setInputMethodHints(_PRIVATE)
    field.setCursor(Qt.CursorShape.BlankCursor)


def _paint_field_box(widget: QWidget, look: Look, *, has_focus: bool) -> None:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area = QRectF(widget.rect())
    if has_focus:
        paint_box(painter, area, look, fill="focus", edge="focus", edge_mm=0.4)
        inset = look.px(0.8)
        paint_box(painter, area.adjusted(inset, inset, -inset, -inset), look, fill="page", edge="ink", edge_mm=1.0)
    else:
        paint_box(painter, area, look, fill="page", edge="edge", edge_mm=0.6)
    painter.end()


class _CaretStyle(QProxyStyle):
    """A text cursor that can be seen at arm's length."""

    def __init__(self, width: int) -> None:
        super().__init__("fusion")
        self._width = width

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        if metric == QStyle.PixelMetric.PM_TextCursorWidth:
            return self._width
        return super().pixelMetric(metric, option, widget)


class LineField(QLineEdit):
    """One line of text.

    Signals:
        keyed: a key was pressed in it.
        taken: somebody who scans chose it.
        touched: a finger was put on it.
        typed: what was inserted.
        removed: what was deleted.
    """

    keyed = Signal()
    taken = Signal()
    touched = Signal()
    typed = Signal(str)
    removed = Signal(str)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self.setAccessibleName(name)
        self.setFrame(False)
        self._caret = _CaretStyle(look.px(0.5))
        self._caret.setParent(self)
        self.setStyle(self._caret)
        _dress(self, look)
        self.setAlignment(look.leading | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute)
        self.setTextMargins(look.px(4), 0, look.px(4), 0)
        self.setFixedHeight(look.px(TARGET_MM) + look.space(2))
        self.setMinimumWidth(look.px(30))

    def type_in(self, text: str) -> None:
        """Insert ``text`` at the cursor, as if typed."""
        self._tell_change(lambda: self.insert(text))

    def delete_back(self) -> None:
        """Delete what is selected, or the sign before the cursor."""
        self._tell_change(self.backspace)

    def _tell_change(self, act: Callable[[], None]) -> None:
        before = self.text()
        act()
        _tell_difference(self, before, self.text())

    @property
    def value(self) -> str:
        """What stands in the field."""
        return self.text()

    def set_value(self, value: str) -> None:
        """Put ``value`` into the field."""
        if value != self.value:
            self.setText(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat() or _is_clipboard(event) or event.key() in {*ENTER_KEYS, Qt.Key.Key_Escape}:
            event.ignore()
            return
        self.keyed.emit()
        self._tell_change(lambda: QLineEdit.keyPressEvent(self, event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the cursor there, and let the window know of the touch."""
        super().mousePressEvent(event)
        self.touched.emit()
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_field_box(self, self._look, has_focus=self.hasFocus())
        super().paintEvent(event)


class NumberField(LineField):
    """A number: digits of any script become 0-9; sign and decimal point only where the kind has them.

    Args:
        look: sizes, fonts and colours.
        name: what a screen reader calls it.
        point: how the decimal point is written in this language; empty: whole numbers.
        has_sign: whether a minus may lead.
        digits: the most signs; 0: no limit.
    """

    def __init__(self, look: Look, name: str, *, point: str = "", has_sign: bool = False, digits: int = 0) -> None:
        super().__init__(look, name)
        self._point, self._has_sign = point, has_sign
        self.setInputMethodHints(_PRIVATE | Qt.InputMethodHint.ImhPreferNumbers)
        if digits:
            self.setMaxLength(digits)

    def type_in(self, text: str) -> None:
        """Insert a digit, a point, or turn the sign."""
        self._tell_change(lambda: self._take_signs(text))

    def _take_signs(self, text: str) -> None:
        for sign in text:
            digit = unicodedata.decimal(sign, None)
            if digit is not None:
                self.insert(str(digit))
            elif sign in "-\u2212" and self._has_sign:
                self._turn_sign()
            elif sign in ".,\u066b" and self._point and self._point not in self.text():
                self.insert(self._point)

    @property
    def is_full(self) -> bool:
        """Whether no further digit has room."""
        return len(self.text()) >= self.maxLength() and not self.hasSelectedText()

    def _turn_sign(self) -> None:
        text = self.text()
        self.setText(text.removeprefix(MINUS) if text.startswith(MINUS) else MINUS + text)

    @property
    def value(self) -> str:
        """The number with a point, whatever the language writes."""
        return self.text().replace(self._point, POINT) if self._point else self.text()

    def set_value(self, value: str) -> None:
        if value != self.value:
            self.setText(value.replace(POINT, self._point) if self._point else value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Only what belongs to a number is taken from the keyboard; Tab, arrows and the rest work as ever."""
        if is_typing(event) and not event.isAutoRepeat():
            self.keyed.emit()
            self.type_in(event.text())
        else:
            super().keyPressEvent(event)


class LongField(QPlainTextEdit):
    """Several lines of text; Enter goes on, Shift and Enter begin a new line.

    Signals: as of ``LineField``.
    """

    keyed = Signal()
    taken = Signal()
    touched = Signal()
    typed = Signal(str)
    removed = Signal(str)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        _dress(self, look)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(look.px(3.5))
        self.viewport().setAutoFillBackground(False)
        self.viewport().setCursor(Qt.CursorShape.BlankCursor)
        self.setCursorWidth(look.px(0.5))
        lines = 2 if look.density is Density.DENSEST else 3
        self.setFixedHeight(round(lines * self.fontMetrics().lineSpacing()) + 2 * look.px(3.5))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def type_in(self, text: str) -> None:
        """Insert ``text`` at the cursor, as if typed."""
        self._tell_change(lambda: self.insertPlainText(text))
        self.ensureCursorVisible()

    def delete_back(self) -> None:
        """Delete what is selected, or the sign before the cursor."""
        self._tell_change(self.textCursor().deletePreviousChar)

    def _tell_change(self, act: Callable[[], None]) -> None:
        before = self.toPlainText()
        act()
        _tell_difference(self, before, self.toPlainText())

    def _is_at_edge(self, event: QKeyEvent) -> bool:
        """Whether an arrow would move up from the first line or down from the last."""
        moves = {Qt.Key.Key_Up: QTextCursor.MoveOperation.Up, Qt.Key.Key_Down: QTextCursor.MoveOperation.Down}
        move = moves.get(Qt.Key(event.key()))
        return move is not None and not self.textCursor().movePosition(move)

    @property
    def value(self) -> str:
        """What stands in the field."""
        return self.toPlainText()

    def set_value(self, value: str) -> None:
        """Put ``value`` into the field."""
        if value != self.value:
            self.setPlainText(value)
            self.moveCursor(QTextCursor.MoveOperation.End)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the window's, which tells a key pressed from one held down

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_plain_enter = event.key() in ENTER_KEYS and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        is_elsewhere = is_plain_enter or event.key() == Qt.Key.Key_Escape or self._is_at_edge(event)
        if event.isAutoRepeat() or _is_clipboard(event) or is_elsewhere:
            event.ignore()
            return
        self.keyed.emit()
        self._tell_change(lambda: QPlainTextEdit.keyPressEvent(self, event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.touched.emit()
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_field_box(self.viewport(), self._look, has_focus=self.hasFocus())
        super().paintEvent(event)


def _tell_difference(field: LineField | LongField, before: str, after: str) -> None:
    """Say what one act put into a field or took away: what lies between the parts that stayed."""
    put, gone = difference(before, after)
    if put:
        field.typed.emit(put)
    elif gone:
        field.removed.emit(gone)


Field = LineField | NumberField | LongField
