# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which view shows which kind of screen."""

from typing import assert_never

from townhall_ui.look import Look
from townhall_ui.screens import (
    AttractScreen,
    ChoiceScreen,
    DocumentScreen,
    MessageScreen,
    PinScreen,
    QuestionScreen,
    ReceiptScreen,
    ReviewScreen,
    Screen,
    StillThereScreen,
    WorkingScreen,
)
from townhall_ui.views.attract import AttractView
from townhall_ui.views.choice import ChoiceView
from townhall_ui.views.document import DocumentView
from townhall_ui.views.message import MessageView
from townhall_ui.views.pin import PinView
from townhall_ui.views.question import QuestionView
from townhall_ui.views.receipt import ReceiptView
from townhall_ui.views.review import ReviewView
from townhall_ui.views.still_there import StillThereView
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.views.working import WorkingView


def make_view(look: Look, screen: Screen, room: Room, outlet: Outlet) -> View:  # noqa: C901, PLR0911 - one line a kind
    """The widgets of ``screen``, set for ``room``.

    Raises:
        ScreenMalformedError: the model contradicts itself.
    """
    match screen:
        case AttractScreen():
            return AttractView(look, screen, room, outlet)
        case MessageScreen():
            return MessageView(look, screen, room, outlet)
        case ChoiceScreen():
            return ChoiceView(look, screen, room, outlet)
        case PinScreen():
            return PinView(look, screen, room, outlet)
        case QuestionScreen():
            return QuestionView(look, screen, room, outlet)
        case ReviewScreen():
            return ReviewView(look, screen, room, outlet)
        case DocumentScreen():
            return DocumentView(look, screen, room, outlet)
        case WorkingScreen():
            return WorkingView(look, screen, room, outlet)
        case ReceiptScreen():
            return ReceiptView(look, screen, room, outlet)
        case StillThereScreen():
            return StillThereView(look, screen, room, outlet)
        case _:
            assert_never(screen)
