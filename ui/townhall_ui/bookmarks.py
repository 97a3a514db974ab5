# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where somebody was before looking aside: at the ways to use the kiosk, a word about help, or a countdown."""

import dataclasses
from dataclasses import dataclass

from townhall_ui.screens import (
    AttractScreen,
    ContestScreen,
    MessageScreen,
    QuestionScreen,
    RankedScreen,
    Screen,
    StillThereScreen,
    WaysScreen,
)
from townhall_ui.views.view import Place

_MOST = 4


def body(screen: Screen) -> Screen:
    """The screen without what the band at the top shows: that changes without the question changing."""
    if isinstance(screen, AttractScreen):
        return screen
    frame = dataclasses.replace(screen.frame, status="", step="", back=None, stop=None, help=None, ways=None, mode="")
    return dataclasses.replace(screen, frame=frame)


def asks_the_same(old: Screen, new: Screen) -> bool:
    """Whether two screens are the same kind and ask the same, in the same language."""
    return (
        type(old) is type(new)
        and (old.frame.heading, old.frame.language) == (new.frame.heading, new.frame.language)
        and old.frame.direction is new.frame.direction
        and _candidates(old) == _candidates(new)
    )


@dataclass(frozen=True, slots=True)
class _Bookmark:
    screen: Screen
    place: Place


class Bookmarks:
    """Places to come back to; gone as soon as a screen comes that is neither aside nor one of them."""

    def __init__(self) -> None:
        self._left: list[_Bookmark] = []

    def __repr__(self) -> str:
        return f"Bookmarks({len(self._left)})"

    def turn(self, old: Screen | None, place: Place, new: Screen, *, has_called: bool) -> Place:
        """Go from ``old`` at ``place`` to ``new``; the place to begin at there.

        Args:
            old: what was shown until now.
            place: where somebody was in it.
            new: what comes.
            has_called: whether help was called from ``old``.
        """
        for index, bookmark in enumerate(self._left):
            if body(bookmark.screen) == body(new) or (
                isinstance(old, WaysScreen) and _is_translated(bookmark.screen, new)
            ):
                del self._left[index:]
                return bookmark.place
        if old is not None and _is_aside(new, has_called=has_called):
            self._left = [*self._left, _Bookmark(old, place)][-_MOST:]
        else:
            self._left.clear()
        return Place()


def _is_aside(screen: Screen, *, has_called: bool) -> bool:
    return isinstance(screen, (StillThereScreen, WaysScreen)) or (has_called and isinstance(screen, MessageScreen))


def _is_translated(old: Screen, new: Screen) -> bool:
    """Whether somebody who chose another language comes back to the same question or contest."""
    return old.frame.language != new.frame.language and _asked(old) is not None and _asked(old) == _asked(new)


def _asked(screen: Screen) -> tuple[object, ...] | None:
    """What a screen asks, in no language: its kind, what can be chosen, and what is."""
    match screen:
        case QuestionScreen():
            return (screen.kind, screen.value, *(choice.id for choice in screen.choices))
        case ContestScreen():
            return (ContestScreen, screen.marks, _candidates(screen))
        case RankedScreen():
            return (RankedScreen, screen.ranking, _candidates(screen))
        case _:
            return None


def _candidates(screen: Screen) -> tuple[str, ...]:
    """Who stands in a contest: two contests of one heading are two all the same."""
    if not isinstance(screen, (ContestScreen, RankedScreen)):
        return ()
    return tuple(candidate.id for candidate in screen.candidates)
