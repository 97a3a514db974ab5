# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all screens share: heading, column, primary button at the trailing end of the foot, order of focus."""

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import ENTER_KEYS, Button, Kind, paint_box
from townhall_ui.look import Look, Style
from townhall_ui.moving import is_key
from townhall_ui.pages import Box
from townhall_ui.screens import Intent, PageWords, Proceeded, Screen
from townhall_ui.theme import GAP_MM, PRIMARY_MM
from townhall_ui.words import Heading, Words

FOOT_GAP_MM = 4.0
SIDE_GAP_MM = 10.0
_SHEET_EDGE_MM = 14.0


@dataclass(frozen=True, slots=True)
class Room:
    """Pixels that a view has: its column inside the margins, and the margins."""

    width: int
    height: int
    margin: int = 0
    top: int = 0
    bottom: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was in a screen: the name of the widget with the focus, the page, and what was typed."""

    focus: str = ""
    page: int = 0
    typed: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where a view hands on what happens in it.

    Attributes:
        send: takes what the person did.
        say: has a screen reader say something; the second argument: at once, over what it is saying.
        tell_alive: says that somebody pressed a key that no control took.
    """

    send: Callable[[Intent], None]
    say: Callable[[str, bool], None]
    tell_alive: Callable[[], None]


class View(QWidget):
    """A screen's widgets below the band.

    Subclasses fill ``column`` in their constructor and then call ``compose`` once.

    Attributes:
        shown: the screen as it is shown now.
        heading: the heading of the screen.
        proceed: the primary button, or None.
    """

    is_side_centred = False

    def __init__(self, look: Look, screen: Screen, room: Room, outlet: Outlet) -> None:
        super().__init__()
        frame = screen.frame
        self.shown = screen
        self.look, self.room, self.outlet = look, room, outlet
        self.setLayoutDirection(look.qt_direction)
        self.heading = Heading(frame.heading, look)
        self.main = QWidget()
        self.column = QVBoxLayout(self.main)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(look.space(3.5))
        self.proceed = self._primary(frame.proceed)
        self.side: QWidget | None = None
        self.side_spans_foot = False
        self._others: list[QWidget] = []
        self._foot_keys: QWidget | None = None

    def _primary(self, caption: str | None) -> Button | None:
        if caption is None:
            return None
        button = Button(caption, self.look, Kind.PRIMARY)
        button.setObjectName("proceed")
        button.clicked.connect(self.go_on)
        self._keep_wide(button)
        return button

    def _keep_wide(self, button: Button) -> None:
        """Leave a button of the foot the width at which its words fit the foot's height."""
        button.setMinimumWidth(max(button.minimumWidth(), button.narrowest(self.look.px(PRIMARY_MM))))

    def reserve_side(self, side: QWidget, *, spans_foot: bool | None = None) -> None:
        """Stand ``side`` (of fixed size) at the trailing side; over the foot's height too if it needs that."""
        self.side = side
        self.side_spans_foot = (
            side.height() > self.room.height - self._foot_height() if spans_foot is None else spans_foot
        )

    def _foot_height(self) -> int:
        if self.proceed is None and self._foot_keys is None and not self._others and not self.shown.frame.code:
            return 0
        return self.look.px(PRIMARY_MM) + self.look.px(FOOT_GAP_MM)

    def add_to_foot(self, *others: QWidget, keys: QWidget | None = None) -> None:
        """Further buttons before the primary one, or keys that fill what it leaves."""
        for other in others:
            if isinstance(other, Button):
                self._keep_wide(other)
        self._others.extend(others)
        self._foot_keys = keys

    @property
    def main_width(self) -> int:
        """Pixels that the column is wide."""
        if self.side is None:
            return self.room.width
        return self.room.width - self.side.width() - self.look.px(SIDE_GAP_MM)

    @property
    def main_height(self) -> int:
        """Pixels that the column may be high."""
        return self.room.height - self._foot_height()

    def height_left(self) -> int:
        """Pixels of height that what stands in the column so far leaves free."""
        used = self.column.totalHeightForWidth(self.main_width) if self.column.count() else 0
        return self.main_height - used - (self.column.spacing() if self.column.count() else 0)

    def box(self, words: PageWords | None, *, reserved: int = 0, gap_mm: float = GAP_MM) -> Box:
        """Where a paged column stands that comes next in the column and leaves ``reserved`` pixels below it."""
        height = max(1, self.height_left() - reserved)
        foot = self.look.px(PRIMARY_MM) + self.look.px(FOOT_GAP_MM)
        with_pager = max(1, height - (foot - self._foot_height()))
        taken = sum(part.sizeHint().width() + self.look.px(GAP_MM) for part in self._foot_buttons())
        return Box(self.main_width, height, with_pager, self.room.width - taken, words, gap_mm)

    def _foot_buttons(self) -> list[QWidget]:
        return [*self._others, *([self.proceed] if self.proceed is not None else [])]

    def shortfall(self) -> int:
        """Pixels of height or width that are missing; above zero, the next density is tried."""
        needed = self.column.totalHeightForWidth(self.main_width)
        missing = max(0, needed - self.main_height)
        if self.side is not None:
            room = self.room.height if self.side_spans_foot else self.main_height
            missing = max(missing, self.side.height() - room)
        return max(missing, self.main.minimumSizeHint().width() - self.main_width, self._foot_overhang())

    def _foot_overhang(self) -> int:
        widgets = [*([self._foot_keys] if self._foot_keys is not None else []), *self._foot_buttons()]
        needed = sum(widget.minimumSizeHint().width() for widget in widgets)
        width = self.main_width if self.side_spans_foot else self.room.width
        return needed + self.look.px(GAP_MM) * max(0, len(widgets) - 1) - width

    def compose(self) -> None:
        """Put column, side and foot in their places, and order the focus."""
        grid = QGridLayout(self)
        grid.setContentsMargins(self.room.margin, self.room.top, self.room.margin, self.room.bottom)
        grid.setHorizontalSpacing(self.look.px(SIDE_GAP_MM))
        grid.setVerticalSpacing(0)
        grid.addWidget(self.main, 0, 0)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(0, 1)
        if self.side is not None:
            rows = 2 if self.side_spans_foot else 1
            upright = Qt.AlignmentFlag.AlignVCenter if self.is_side_centred else Qt.AlignmentFlag.AlignTop
            grid.addWidget(self.side, 0, 1, rows, 1, upright)
        if self._foot_height():
            columns = 2 if self.side is not None and not self.side_spans_foot else 1
            grid.addWidget(self._make_foot(), 1, 0, 1, columns)

    def _make_foot(self) -> QWidget:
        foot = QWidget()
        foot.setFixedHeight(self._foot_height())
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, self._foot_height() - self.look.px(PRIMARY_MM), 0, 0)
        row.setSpacing(self.look.px(GAP_MM))
        if self._foot_keys is not None:
            row.addWidget(self._foot_keys, 1)
        elif self.shown.frame.code:
            row.addWidget(Words(self.shown.frame.code, self.look, Style.SMALL, colour="muted"), 1)
        else:
            row.addStretch(1)
        for widget in self._foot_buttons():
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        return foot

    def stops(self) -> list[QWidget]:
        """Everything that Tab visits, in the order in which it is read."""
        parts: list[QWidget] = [self.main]
        parts += [part for part in (self.side, self._foot_keys, *self._foot_buttons()) if part is not None]
        return [stop for part in parts for stop in (part, *part.findChildren(QWidget)) if _is_stop(stop)]

    def scan_areas(self) -> tuple[list[QWidget], list[QWidget], list[QWidget]]:
        """What switches go through: the page, keys on the glass, and the foot."""
        foot = [button for part in self._foot_parts() for button in (part, *part.findChildren(QWidget))]
        # Keys that go on into the foot take its buttons with them: one area, and a way out less.
        has_keys = any(is_key(button) for button in foot)
        stops = [stop for stop in self.stops() if stop is not self.heading]
        fields = [stop for stop in stops if not isinstance(stop, QAbstractButton)]
        keys = [stop for stop in stops if is_key(stop) or (has_keys and stop in foot)]
        # A single field is where the keys write in any case.
        left_out = {*keys, *foot, *(fields if len(fields) == 1 else [])}
        content = [stop for stop in stops if stop not in left_out]
        return content, keys, [stop for stop in stops if stop in foot and stop not in keys]

    def _foot_parts(self) -> list[QWidget]:
        return [*([self._foot_keys] if self._foot_keys is not None else []), *self._foot_buttons()]

    def first_focus(self) -> QWidget:
        """What has the focus when the screen appears."""
        return self.heading

    @property
    def description(self) -> str:
        """The running text of the screen, which a screen reader says after the heading."""
        parts = [self.heard_of(words) for words in self.main.findChildren(Words) if words is not self.heading]
        return " ".join(part for part in (*parts, self.shown.frame.heard) if part)

    def heard_of(self, words: Words) -> str:
        """What is said for words on the screen."""
        return words.text()

    def refresh(self, screen: Screen) -> bool:
        """Show ``screen`` in place if this view can; False: build a new view."""
        return screen == self.shown

    def place(self) -> Place:
        """Where the person is now."""
        focus = self.focusWidget()
        return Place(focus=focus.objectName() if focus is not None else "")

    def resume(self, place: Place) -> QWidget | None:
        """Go to where the person was; the widget that should have the focus, or None where it is gone."""
        return self.findChild(QWidget, place.focus) if place.focus else None

    def typed(self) -> str | None:
        """The answer as it stands; None where there is none, and never a PIN."""
        return None

    def type_again(self, typed: str) -> None:
        """Put back what ``typed`` gave."""

    def leave(self) -> None:
        """The view is about to go: wipe what must not stay."""

    def go_on(self) -> None:
        """The primary button."""
        self.outlet.send(Proceeded())

    def leave_button(self, field: QWidget) -> None:
        """Go to ``field`` if the focus is on a button: the Enter that ends what is typed must not press that.

        Scanners of codes end with Enter, wherever the focus is.
        """
        if isinstance(self.window().focusWidget(), QAbstractButton):
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def say_politely(self, text: str) -> None:
        """Have a screen reader say ``text`` when it has finished."""
        self.outlet.say(text, False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A white sheet; on a panel wider than the sheet, the table it lies on."""
        edge = self.look.px(_SHEET_EDGE_MM)
        if self.room.margin <= edge:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.look.colour("surface"))
        beside = self.room.margin - edge
        # The sheet goes on under the band and, on a low panel, out at the bottom.
        below = self.room.bottom - edge if self.room.bottom > edge else -2 * edge
        sheet = QRectF(self.rect()).adjusted(beside, -2 * edge, -beside, -below)
        paint_box(painter, sheet, self.look, fill="page", edge="rule", edge_mm=0.3)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter that nothing else took presses the primary button; the rest is the window's."""
        self.outlet.tell_alive()
        if event.key() in ENTER_KEYS and self.proceed is not None and self.proceed.isEnabled():
            # A key held down since the screen before presses nothing here.
            if not event.isAutoRepeat():
                self.proceed.click()
        else:
            event.ignore()


def _is_stop(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
