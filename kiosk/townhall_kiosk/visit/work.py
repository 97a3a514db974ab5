# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Does the work of a visit's effects: each leads to exactly one event, whatever happens."""

import logging
from typing import assert_never

from townhall_crypto.errors import CryptoError
from townhall_forms.errors import FormError
from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.errors import KioskError
from townhall_kiosk.ports import Cards
from townhall_kiosk.visit.card_work import CardWork
from townhall_kiosk.visit.closing_work import ClosingWork
from townhall_kiosk.visit.form_work import FormWork
from townhall_process.errors import ProcessError

_log = logging.getLogger(__name__)


class Work:
    """The three kinds of work of a visit, and the one place where their failures become events."""

    def __init__(self, card: CardWork, form: FormWork, closing: ClosingWork) -> None:
        """Take the workers."""
        self._card = card
        self._form = form
        self._closing = closing

    def use_cards(self, cards: Cards) -> None:
        """Ask this card process from now on."""
        self._card.cards = cards

    async def perform(self, job: do.Job, state: at.State) -> on.Event:
        """Do one job; a failure that the person cannot mend is a ``Fault`` with its code."""
        try:
            return await self._perform(job, state)
        except (KioskError, CryptoError, FormError, ProcessError) as exc:
            _log.warning("%s failed: %s %s", type(job).__name__, exc.code, type(exc).__name__)
            return on.Fault(exc.code)

    async def _perform(self, job: do.Job, state: at.State) -> on.Event:  # noqa: PLR0911  # one line a job
        match job:
            case do.ReadCard():
                return await self._card.read(job)
            case do.ProveIdentity():
                return await self._card.prove_identity(job)
            case do.OpenService():
                return self._form.open(job)
            case do.GiveAnswer():
                return self._form.answer(job, is_changing=isinstance(state, at.Answering) and state.is_changing)
            case do.MakeDocument():
                return await self._form.make_document()
            case do.SignDocument():
                return await self._card.sign_document(job)
            case do.Commit():
                return await self._closing.commit()
            case do.PrintReceipt():
                return await self._closing.print_receipt()
            case _:
                assert_never(job)
