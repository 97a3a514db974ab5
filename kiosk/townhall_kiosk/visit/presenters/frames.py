# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all screens of a visit have in common."""

from dataclasses import fields

from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Direction, Frame, PageWords, SpokenWords

_PUT_IN_LATER = {name: f"{{{name}}}" for name in ("n", "m", "sign", "button", "seconds", "group")}


def frame(  # noqa: PLR0913  # keyword-only; each is one part of the frame
    around: Surroundings,
    heading: str,
    *,
    proceed: str | None = None,
    back: bool = False,
    stop: bool = False,
    step: str = "",
    code: str = "",
    ways: bool = True,
    heard: str = "",
) -> Frame:
    """Return the frame of a screen; ``heading``, ``proceed`` and ``heard`` are finished texts.

    Staff can be called from everywhere; ``ways`` is False where the machine works or the screen passes by itself.
    """
    text = around.text
    return Frame(
        language=around.language,
        direction=Direction.RIGHT_TO_LEFT if text.is_right_to_left else Direction.LEFT_TO_RIGHT,
        heading=heading,
        status=" · ".join((around.place, *_status(around))),
        step=step,
        back=text("button.back") if back else None,
        stop=text("button.stop") if stop else None,
        proceed=proceed,
        code=code,
        help=text("button.help"),
        ways=text("button.ways") if ways else None,
        spoken=spoken_words(around),
        heard=heard,
    )


def _status(around: Surroundings) -> tuple[str, ...]:
    """Return how it stands with the line, and with the help that was called."""
    line = line_status(around)
    return (line, around.text("help.status")) if around.is_help_coming else (line,)


def spoken_words(around: Surroundings) -> SpokenWords:
    """Return the words that are heard and never seen."""
    names = (field.name for field in fields(SpokenWords))
    return SpokenWords(**{name: around.text(f"spoken.{name.replace('_', '-')}", **_PUT_IN_LATER) for name in names})


def line_status(around: Surroundings) -> str:
    """Return whether the centre can be reached now, and that nothing is lost if not."""
    return around.text("status.line-up") if around.line_is_up else around.text("status.line-down")


def page_words(around: Surroundings) -> PageWords:
    """Return what the buttons say that turn the pages of a long list."""
    text = around.text
    return PageWords(text("page.previous"), text("page.next"), text("page.of", page="{page}", pages="{pages}"))
