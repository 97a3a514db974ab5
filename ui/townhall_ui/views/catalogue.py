# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which view shows which kind of screen."""

from typing import assert_never

from townhall_ui.look import Look
from townhall_ui.screens import (
    AccessNumberScreen,
    AttractScreen,
    CheckOrCastScreen,
    ChoiceScreen,
    CodeScreen,
    ContestScreen,
    DocumentScreen,
    MessageScreen,
    PinScreen,
    QuestionScreen,
    RankedScreen,
    ReceiptScreen,
    ReviewScreen,
    Screen,
    StatementScreen,
    StatusScreen,
    StillThereScreen,
    WaysScreen,
    WorkingScreen,
)
from townhall_ui.views.access_number import AccessNumberView
from townhall_ui.views.attract import AttractView
from townhall_ui.views.check_or_cast import CheckOrCastView
from townhall_ui.views.choice import ChoiceView
from townhall_ui.views.code import CodeView
from townhall_ui.views.contest import ContestView
from townhall_ui.views.document import DocumentView
from townhall_ui.views.message import MessageView
from townhall_ui.views.pin import PinView
from townhall_ui.views.question import QuestionView
from townhall_ui.views.ranked import RankedView
from townhall_ui.views.receipt import ReceiptView
from townhall_ui.views.review import ReviewView
from townhall_ui.views.statement import StatementView
from townhall_ui.views.status import StatusView
from townhall_ui.views.still_there import StillThereView
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.views.ways import WaysView
from townhall_ui.views.working import WorkingView


def make_view(look: Look, screen: Screen, room: Room, outlet: Outlet) -> View:  # noqa: C901, PLR0911, PLR0912 - one line a kind
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
        case AccessNumberScreen():
            return AccessNumberView(look, screen, room, outlet)
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
        case WaysScreen():
            return WaysView(look, screen, room, outlet)
        case StatusScreen():
            return StatusView(look, screen, room, outlet)
        case ContestScreen():
            return ContestView(look, screen, room, outlet)
        case RankedScreen():
            return RankedView(look, screen, room, outlet)
        case CheckOrCastScreen():
            return CheckOrCastView(look, screen, room, outlet)
        case CodeScreen():
            return CodeView(look, screen, room, outlet)
        case StatementScreen():
            return StatementView(look, screen, room, outlet)
        case _:
            assert_never(screen)
