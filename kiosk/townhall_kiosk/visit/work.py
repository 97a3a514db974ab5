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
from townhall_kiosk.document_check import effects as papers
from townhall_kiosk.document_check.work import DocumentWork
from townhall_kiosk.errors import KioskError
from townhall_kiosk.finding import effects as look
from townhall_kiosk.pin_life import effects as new_pin
from townhall_kiosk.ports import Cards
from townhall_kiosk.visit.ballot_work import BallotWork
from townhall_kiosk.visit.card_work import CardWork
from townhall_kiosk.visit.closing_work import ClosingWork
from townhall_kiosk.visit.find_work import FindWork
from townhall_kiosk.visit.form_work import FormWork
from townhall_kiosk.visit.pin_work import PinWork
from townhall_kiosk.visit.staff_work import StaffWork
from townhall_kiosk.visit.voter_work import VoterWork
from townhall_kiosk.voting import effects as make
from townhall_process.errors import ProcessError
from townhall_voting.errors import VotingError

_log = logging.getLogger(__name__)


class Work:
    """The kinds of work of a visit, and the one place where their failures become events."""

    def __init__(  # noqa: PLR0913  # keyword-only but for the kinds that every visit has
        self,
        card: CardWork,
        form: FormWork,
        closing: ClosingWork,
        staff: StaffWork,
        *,
        documents: DocumentWork,
        finding: FindWork,
        pins: PinWork,
        ballot: BallotWork,
        voter: VoterWork,
    ) -> None:
        """Take the workers."""
        self._card = card
        self._form = form
        self._closing = closing
        self._staff = staff
        self._documents = documents
        self._finding = finding
        self.pins = pins
        self.ballot = ballot
        self._voter = voter

    def use_cards(self, cards: Cards) -> None:
        """Ask this card process from now on."""
        self._card.cards = self.pins.cards = cards
        self._staff.cards = self._voter.cards = self._documents.cards = cards

    async def perform(self, job: do.Job, state: at.State) -> on.Event:
        """Do one job; a failure that the person cannot mend is a ``Fault`` with its code."""
        try:
            return await self._perform(job, state)
        except (KioskError, CryptoError, FormError, VotingError, ProcessError) as exc:
            _log.warning("%s failed: %s %s", type(job).__name__, exc.code, type(exc).__name__)
            return on.Fault(exc.code)

    async def perform_for_staff(self, job: do.StaffJob) -> on.Event:
        """Do one job for staff; a failure ends their session and touches no visit beneath."""
        try:
            match job:
                case do.ReadStaffCard():
                    return await self._staff.read_card(job)
                case do.ProveStaff():
                    return await self._staff.prove(job)
                case do.DoStaffAct():
                    return await self._staff.act(job)
                case do.RunDeviceTest():
                    return await self._staff.test(job)
                case papers.CheckDocument():
                    return await self._documents.check(job)
                case _:
                    assert_never(job)
        except (KioskError, CryptoError, ProcessError) as exc:
            _log.warning("%s failed: %s %s", type(job).__name__, exc.code, type(exc).__name__)
            return on.StaffTurnedAway(exc.code)

    async def _perform(self, job: do.Job, state: at.State) -> on.Event:  # noqa: C901, PLR0911, PLR0912  # one line a job
        match job:
            case do.ReadCard():
                return await self._card.read(job)
            case do.OpenCard():
                return await self._card.open(job)
            case do.ProveIdentity():
                return await self._card.prove_identity(job)
            case do.OpenService():
                return self._form.open(job)
            case look.FindServices():
                return self._finding.find(job)
            case do.GiveAnswer():
                return self._form.answer(job, is_changing=isinstance(state, at.Answering) and state.is_changing)
            case do.ChangeRepeat():
                return self._form.change_repeat(job, is_changing=isinstance(state, at.Answering) and state.is_changing)
            case do.MakeDocument():
                return await self._form.make_document()
            case do.SignDocument():
                return await self._card.sign_document(job)
            case do.Commit():
                return await self._closing.commit()
            case do.PrintReceipt():
                return await self._closing.print_receipt()
            case new_pin.JudgeNewPin():
                return self.pins.judge(job)
            case new_pin.ReplacePin():
                return await self.pins.replace(job)
            case new_pin.ReplacePinAtReader():
                return await self.pins.replace_at_reader(job)
            case _:
                return await self._perform_vote(job)

    async def _perform_vote(self, job: make.Job) -> on.Event:  # noqa: C901, PLR0911, PLR0912  # one line a job
        match job:
            case make.BeginBallot():
                return await self.ballot.begin()
            case make.ChooseDistrict():
                return self.ballot.choose_district(job)
            case make.LeaveContest():
                return self.ballot.leave_contest(job)
            case make.MakeBallot():
                return await self.ballot.make()
            case make.PrintSlip():
                return await self.ballot.print_slip()
            case make.OpenBallot():
                return await self.ballot.open()
            case make.TakeAdmission():
                return self.ballot.take_admission(job)
            case make.CastAtBooth():
                return await self.ballot.cast_at_booth()
            case make.PrintCastSlip():
                return await self.ballot.print_cast_slip()
            case make.ReadSlip():
                return await self._voter.read_slip(job)
            case make.PrintAdmission():
                return await self._voter.print_admission()
            case make.ReadVoter():
                return await self._voter.read(job)
            case make.OpenVoterCard():
                return await self._voter.open(job)
            case make.SignStatement():
                return await self._voter.sign(job)
            case make.CastVote():
                return await self._voter.cast()
            case make.PrintVoteReceipt():
                return await self._voter.print_receipt()
            case _:
                assert_never(job)
