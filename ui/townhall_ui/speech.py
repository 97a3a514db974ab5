# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What somebody who cannot see hears: screens, the focus, what is typed; never a digit of a PIN or a card's number."""

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QWidget

from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.marks import MarkButton
from townhall_ui.moving import is_key
from townhall_ui.numbered_card import NumberedCard
from townhall_ui.pinpad import PinDots
from townhall_ui.scan_tree import ScanGroup, ScanPart
from townhall_ui.screens import AccessNumberScreen, AttractScreen, PinScreen, Screen, SpokenWords, StillThereScreen
from townhall_ui.views.view import View
from townhall_ui.words import Heading

Say = Callable[[str, str, bool], None]
"""Takes a text, its language, and whether it goes over what is being said."""
_TOLD_SECONDS = 5


class Speaker:
    """Puts what happens in the window into words.

    Args:
        say: where the words go.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._screen: Screen | None = None
        self._view: View | None = None

    @property
    def _words(self) -> SpokenWords:
        return self._screen.frame.spoken if self._screen is not None else SpokenWords()

    def say(self, text: str, *, is_urgent: bool = False, language: str = "") -> None:
        """Say a text of the screen, or one in a language of its own."""
        if text and self._screen is not None:
            self._say(text, language or self._screen.frame.language, is_urgent)

    def follow(self, screen: Screen, view: View) -> None:
        """A screen has come, or has been set anew."""
        self._screen, self._view = screen, view

    def tell_screen(self, focus: QWidget | None) -> None:
        """The whole screen, from its heading to how to go on, then the focus; over what is being said."""
        screen, view = self._screen, self._view
        if screen is None or view is None:
            return
        self.say(_sentences(_screen_parts(screen, view, self._words)), is_urgent=True)
        if isinstance(screen, AttractScreen):
            for choice in screen.invitations:
                self.say(_sentences((choice.label, choice.hint)), language=choice.language or choice.id)
        if focus is not None and not isinstance(focus, Heading):
            self.say(self.describe(focus))

    def focus(self, widget: QWidget) -> None:
        """The focus has moved."""
        if isinstance(widget, Heading):
            self.tell_screen(None)
            return
        language = widget.choice.language if isinstance(widget, (ChoiceButton, RadioChoice)) else ""
        self.say(self.describe(widget), is_urgent=True, language=language)

    def mark(self, part: ScanPart) -> None:
        """The mark of scanning has moved."""
        if isinstance(part, QWidget):
            self.focus(part)
        else:
            self.say(part.name, is_urgent=True)

    def way_out(self, group: ScanGroup) -> None:
        """The mark of scanning is where a group is left."""
        self.say(self._words.leave.format(group=group.name), is_urgent=True)

    def echo(self, text: str) -> None:
        """What was typed, sign by sign."""
        self.say(" ".join(self._sign(sign) for sign in text), is_urgent=True)

    def echo_removed(self, text: str) -> None:
        """What was deleted."""
        self.say(self._words.deleted.format(sign=" ".join(self._sign(sign) for sign in text)), is_urgent=True)

    def _sign(self, sign: str) -> str:
        if sign.isspace():
            return self._words.space
        return self._words.capital.format(sign=sign) if sign.isupper() and self._words.capital else sign

    def count_down(self, screen: StillThereScreen) -> None:
        """Seconds of the countdown: every fifth."""
        self._screen = screen
        left = "".join(filter(str.isdecimal, screen.seconds or ""))  # "10 seconds", in any language
        if left and int(left) % _TOLD_SECONDS == 0:
            self.say(self._words.seconds.format(seconds=left))

    def turned(self, button: QAbstractButton) -> None:
        """A choice was marked, or its mark taken away; of a contest's marks their view says more."""
        if isinstance(button, MarkButton):
            return
        state = self._words.chosen if button.isChecked() else self._words.not_chosen
        self.say(_phrase((button.accessibleName(), state)), is_urgent=True)

    def describe(self, widget: QWidget) -> str:
        """Name, role, state, position and description of one thing."""
        words = self._words
        if is_key(widget):
            is_secret = _are_digits_secret(self._screen) and widget.objectName().startswith("digit:")
            # With the switches' timing, the names of the keys would tell the digits.
            return words.key if is_secret else _phrase((widget.accessibleName(), words.key))
        return _phrase((widget.accessibleName(), *self._role_and_state(widget), widget.accessibleDescription()))

    def _role_and_state(self, widget: QWidget) -> Iterator[str]:
        words = self._words
        if isinstance(widget, PinDots):
            yield words.pin
        elif isinstance(widget, NumberedCard):
            yield words.field
            yield widget.heard
        elif isinstance(widget, (QLineEdit, QPlainTextEdit)):
            yield words.field
            value = widget.text() if isinstance(widget, QLineEdit) else widget.toPlainText()
            yield value or words.empty
        elif isinstance(widget, (ChoiceButton, RadioChoice)):
            yield words.choice
            if widget.isCheckable():
                yield words.chosen if widget.isChecked() else words.not_chosen
            if not widget.choice.is_available:
                yield words.asleep
            yield self._position(widget)
        elif isinstance(widget, QAbstractButton):
            yield words.button
            if not widget.isEnabled():
                yield words.asleep

    def _position(self, choice: QWidget) -> str:
        peers = choices_of(self._view) if self._view is not None else []
        if choice not in peers or len(peers) < 2:
            return ""
        return self._words.position.format(n=peers.index(choice) + 1, m=len(peers))


def _are_digits_secret(screen: Screen | None) -> bool:
    return isinstance(screen, PinScreen) or (isinstance(screen, AccessNumberScreen) and not screen.is_on_paper)


def choices_of(view: View) -> list[ChoiceButton | RadioChoice]:
    """The choices on all pages of a screen, in order."""
    return [stop for stop in view.stops() if isinstance(stop, (ChoiceButton, RadioChoice))]


def _screen_parts(screen: Screen, view: View, words: SpokenWords) -> Iterator[str]:
    """What a screen says, part by part."""
    yield screen.frame.mode
    yield screen.frame.heading
    yield view.description
    if isinstance(screen, AttractScreen):
        return
    for choice in choices_of(view):
        if choice.isVisible() and not choice.choice.language:
            yield _phrase((choice.accessibleName(), choice.choice.hint, words.chosen if choice.isChecked() else ""))
    if view.proceed is not None and words.go_on:
        yield words.go_on.format(button=view.proceed.text())


def _phrase(parts: tuple[str, ...]) -> str:
    return ", ".join(part for part in parts if part)


def _sentences(parts: Iterator[str] | tuple[str, ...]) -> str:
    """Parts as sentences: a voice pauses between them."""
    told = [part.strip() for part in parts]
    return " ".join(part if part[-1] in ".!?:؟" else f"{part}." for part in told if part)
