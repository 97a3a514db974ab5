# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all screens of a visit have in common."""

from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Direction, Frame, PageWords


def frame(  # noqa: PLR0913  # keyword-only; each is one part of the frame
    around: Surroundings,
    heading: str,
    *,
    proceed: str | None = None,
    back: bool = False,
    stop: bool = False,
    step: str = "",
    code: str = "",
) -> Frame:
    """Return the frame of a screen; ``heading`` and ``proceed`` are finished texts."""
    text = around.text
    return Frame(
        language=around.language,
        direction=Direction.RIGHT_TO_LEFT if text.is_right_to_left else Direction.LEFT_TO_RIGHT,
        heading=heading,
        status=f"{around.place} · {line_status(around)}",
        step=step,
        back=text("button.back") if back else None,
        stop=text("button.stop") if stop else None,
        proceed=proceed,
        code=code,
    )


def line_status(around: Surroundings) -> str:
    """Return whether the centre can be reached now, and that nothing is lost if not."""
    return around.text("status.line-up") if around.line_is_up else around.text("status.line-down")


def page_words(around: Surroundings) -> PageWords:
    """Return what the buttons say that turn the pages of a long list."""
    text = around.text
    return PageWords(text("page.previous"), text("page.next"), text("page.of", page="{page}", pages="{pages}"))
