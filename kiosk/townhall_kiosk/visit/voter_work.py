# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does once somebody casts: read the card, have the statement signed, hand over both halves.

At a desk, where the ballot never comes: give out admission numbers, take a booth's slip, hand over the statement.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from townhall_crypto.errors import CertificateRefusedError
from townhall_crypto.sealed import seal
from townhall_crypto.trust import TrustAnchors, Usage, validate_certificate
from townhall_kiosk import events as on
from townhall_kiosk.card_problem import DISTURBED, CardProblem
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import Cards, Clock, PollsOffice, Printer
from townhall_kiosk.states import Paper
from townhall_kiosk.visit.ballot_desk import BallotDesk, MadeBallot
from townhall_kiosk.visit.card_answers import CERTIFICATE_PROBLEMS, NotSignedError, failed, no_signature
from townhall_kiosk.visit.closing_work import paper_of
from townhall_kiosk.visit.election import VisitElection
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.visit.voting_paper import VotingPaper
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import messages
from townhall_smartcard.apdu import wipe
from townhall_smartcard.messages import (
    AccessNumberNeeded,
    AccessNumberWrong,
    CardContents,
    Failed,
    PinRole,
    ReadOutcome,
    Signed,
)
from townhall_voting.ballot_making import sign_ballot
from townhall_voting.eligibility.batches import STATEMENT_KIND
from townhall_voting.eligibility.receipt import read_voting_receipt
from townhall_voting.eligibility.sentence import statement_language
from townhall_voting.eligibility.slip import read_slip
from townhall_voting.eligibility.statement import StatementFacts, sign_statement
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.nonces import Randomness


@dataclass(slots=True)
class VoterWork:
    """Works on the ballot of the desk, whose seed is forgotten, and on one card process at a time."""

    desk: BallotDesk
    around: Surroundings
    anchors: TrustAnchors
    clock: Clock
    office: PollsOffice
    printer: Printer
    paper: VotingPaper
    randomness: Randomness
    cards: Cards | None = None

    async def read(self, job: make.ReadVoter) -> on.Event:
        """Read the card; once more where another program disturbed it. Then ask whether its holder may vote here."""
        outcome = await self._cards().read(job.reader)
        if isinstance(outcome, Failed) and outcome.failure in DISTURBED:
            outcome = await self._cards().read(job.reader)
        return await self._take(outcome)

    async def open(self, job: make.OpenVoterCard) -> on.Event:
        """Open the card with its access number, then the same."""
        try:
            return await self._take(await self._cards().open(job.reader, job.access_number))
        finally:
            job.access_number[:] = bytes(len(job.access_number))

    async def _take(self, outcome: ReadOutcome) -> on.Event:
        match outcome:
            case AccessNumberNeeded():
                return on.AccessNumberNeeded()
            case AccessNumberWrong():
                return on.AccessNumberWasWrong()
            case Failed():
                return failed(outcome)
        try:
            validate_certificate(outcome.signature_certificate, self.anchors, self.clock.now(), Usage.SIGNATURE)
        except CertificateRefusedError as exc:
            return on.CardFailed(CERTIFICATE_PROBLEMS.get(exc.reason, CardProblem.UNTRUSTED))
        return await self._ask(outcome)

    async def _ask(self, contents: CardContents) -> on.Event:
        is_casting = self.desk.made is not None or self.desk.slip is not None
        ask = messages.VoterAsked if is_casting else messages.AdmissionAsked
        answer = await self.office.ask_polls(ask(contents.signature_certificate))
        match answer:
            case messages.PollsDone(code=code):
                return happened.VoterRefused(code)
            case messages.NumberGiven() if not is_casting:
                self.desk.given = answer
                return happened.NumberGiven()
            case messages.VoterAdmitted(seq=seq, time=time):
                self.desk.contents = contents
                self.desk.statement = self._facts(seq, time)
                return happened.VoterKnown(contents.tries[PinRole.SIGNATURE].left)
            case _:
                raise VisitError(type(answer).__name__)

    def _facts(self, seq: int, time: int) -> StatementFacts:
        election = self._election
        fingerprint, ballot = self._cast_ballot()
        return StatementFacts(
            mode=election.here.definition.mode,
            election=fingerprint,
            ballot=ballot,
            place=election.here.place.id,
            device=election.here.device.kiosk,
            seq=seq,
            time=time,
            roll_version=HexHash(election.roll_version),
            language=statement_language(self.around.language, election.here.definition),
        )

    def _cast_ballot(self) -> tuple[Fingerprint, Fingerprint]:
        """Return the election and the hash of the ballot that is cast: a booth's, or the one made here."""
        if (slip := self.desk.slip) is not None:
            return slip.election, slip.ballot
        if self.desk.style is None:
            raise VisitError("no ballot was begun")
        return self.desk.style.maker.election.fingerprint, self._made.unsigned.hash

    async def read_slip(self, job: make.ReadSlip) -> on.Event:
        """At a desk: have the keeper verify a slip; only then believe what it says."""
        text = "".join(job.text.split()).upper()  # as scanners and people type it
        answer = await self.office.ask_polls(messages.SlipBrought(text))
        if not isinstance(answer, messages.PollsDone):
            raise VisitError(type(answer).__name__)
        if answer.code:
            return happened.SlipRefused(answer.code)
        self.desk.slip = read_slip(text)
        return happened.SlipTaken()

    async def sign(self, job: make.SignStatement) -> on.Event:
        """Sign the statement with PIN 2; one card operation, never repeated."""
        contents, facts = self.desk.contents, self.desk.statement
        if contents is None or facts is None:
            raise VisitError("nothing to sign")

        async def sign_digest(digest: bytes) -> bytes:
            pin = self.around.pin_or_keys(job.pin)
            outcome = await self._cards().sign(job.reader, pin, digest, last_try_confirmed=job.last_try_confirmed)
            if not isinstance(outcome, Signed):
                raise NotSignedError(outcome)
            return outcome.signature

        try:
            self.desk.signed = await sign_statement(
                facts,
                self._election.sentence(facts),
                certificate=contents.signature_certificate,
                sign_digest=sign_digest,
                signed_at=datetime.fromtimestamp(facts.time, UTC),
                algorithm=contents.algorithms[PinRole.SIGNATURE],
            )
        except NotSignedError as exc:
            return no_signature(exc.outcome)
        finally:
            wipe(job.pin or bytearray())
        return on.PinAccepted()

    async def cast(self) -> on.Event:
        """Seal the statement to the board, and hand it to the keeper with the signed ballot, where that is here."""
        if not self.desk.signed:
            raise VisitError("nothing to cast")
        ballot = None if self.desk.slip is not None else self._signed_ballot()
        sealed = seal(self.desk.signed, kind=STATEMENT_KIND, recipients=self._election.board_keys)
        self.desk.signed = b""
        given = messages.StatementGiven(sealed) if ballot is None else messages.VoteGiven(sealed, ballot)
        answer = await self.office.ask_polls(given)
        match answer:
            case messages.PollsDone(code=code):
                return happened.VoterRefused(code)
            case messages.VoteTaken(receipt=receipt):
                self.desk.receipt, self.desk.receipt_facts = receipt, read_voting_receipt(receipt)
                return happened.VoteStored()
            case _:
                raise VisitError(type(answer).__name__)

    def _signed_ballot(self) -> bytes:
        """Sign the ballot and forget the voting key."""
        made, style = self._made, self.desk.style
        if made.key is None or style is None:
            raise VisitError("nothing to cast")
        if made.seed is not None:
            raise VisitError("a ballot that could still be opened")
        ballot = sign_ballot(style.maker.election.group, made.unsigned, made.key, self.randomness)
        made.key = None
        return ballot

    async def print_admission(self) -> on.Event:
        """Put the admission number on paper; it is on the screen as well."""
        if self.desk.given is None:
            raise VisitError("nobody was admitted")
        pdf = await self.paper.admission(self.desk.given)
        return on.Printed(Paper.FAILED if pdf is None else paper_of(await self.printer.print(pdf)))

    async def print_receipt(self) -> on.Event:
        """Put the receipt on paper; a printer's trouble never touches what is stored."""
        pdf = await self.paper.receipt(self.desk.receipt)
        return on.Printed(Paper.FAILED if pdf is None else paper_of(await self.printer.print(pdf)))

    @property
    def _election(self) -> VisitElection:
        if self.around.election is None:
            raise VisitError("no election")
        return self.around.election

    @property
    def _made(self) -> MadeBallot:
        if self.desk.made is None:
            raise VisitError("no ballot was made")
        return self.desk.made

    def _cards(self) -> Cards:
        if self.cards is None:
            raise VisitError("no card process")
        return self.cards
