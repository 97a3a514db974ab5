# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit has the card do: say whose it is, prove it, sign."""

from dataclasses import dataclass

import msgspec

from townhall_crypto.trust import TrustAnchors, Usage, validate_certificate
from townhall_forms.transaction import IdentityEvidence
from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import Cards, Clock, DocumentSigner, Randomness
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.identity import (
    CHALLENGE_BYTES,
    Identity,
    RefusalReason,
    challenge_digest,
    verify_identity,
)
from townhall_smartcard.messages import (
    Failed,
    Failure,
    LastTryUnconfirmed,
    PinBlocked,
    PinLengthRefused,
    PinOutcome,
    PinRole,
    PinWrong,
    Signed,
)

_DISTURBED = frozenset({Failure.CARD_RESET, Failure.READER_BUSY})
_PROBLEMS = {
    Failure.CARD_MUTE: CardProblem.MUTE,
    Failure.CARD_UNSUPPORTED: CardProblem.UNSUPPORTED,
    Failure.CARD_UNREADABLE: CardProblem.UNREADABLE,
    Failure.NO_SERVICE: CardProblem.MUTE,
}
_REFUSALS = {
    RefusalReason.CARD_INCONSISTENT: CardProblem.INCONSISTENT,
    RefusalReason.CHALLENGE_FAILED: CardProblem.PROOF_FAILED,
    RefusalReason.EXPIRED: CardProblem.EXPIRED,
    RefusalReason.NOT_YET_VALID: CardProblem.NOT_YET_VALID,
    RefusalReason.REVOKED: CardProblem.REVOKED,
}


class _NotSignedError(VisitError):
    """The card answered the document's digest with something else than a signature."""

    def __init__(self, outcome: PinOutcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


@dataclass(slots=True)
class CardWork:
    """Asks one card process at a time."""

    desk: Desk
    around: Surroundings
    anchors: TrustAnchors
    clock: Clock
    randomness: Randomness
    signer: DocumentSigner
    cards: Cards | None = None

    async def read(self, job: do.ReadCard) -> on.Event:
        """Read what needs no PIN; once more where another program disturbed the card (nothing was used up)."""
        outcome = await self._cards().read(job.reader)
        if isinstance(outcome, Failed) and outcome.failure in _DISTURBED:
            outcome = await self._cards().read(job.reader)
        if isinstance(outcome, Failed):
            return self._failed(outcome)
        self.desk.contents = outcome
        tries = outcome.tries
        return on.CardRead(tries[PinRole.AUTHENTICATION].left, tries[PinRole.SIGNATURE].left)

    async def prove_identity(self, job: do.ProveIdentity) -> on.Event:
        """Have a fresh challenge signed, and believe nothing else about who this is."""
        challenge = self.randomness(CHALLENGE_BYTES)
        try:
            outcome = await self._cards().authenticate(
                job.reader, job.pin, challenge_digest(challenge), last_try_confirmed=job.last_try_confirmed
            )
        finally:
            job.pin[:] = bytes(len(job.pin))
        if not isinstance(outcome, Signed):
            return self._no_signature(outcome)
        contents = self.desk.contents
        if contents is None:
            raise VisitError("a PIN was used before the card was read")
        verdict = verify_identity(contents, challenge, outcome.signature, self.anchors, self.clock.now())
        if not isinstance(verdict, Identity):
            return on.CardFailed(_REFUSALS.get(verdict.reason, CardProblem.UNTRUSTED))
        self.desk.identity = verdict
        certificate = contents.authentication_certificate
        self.desk.evidence = IdentityEvidence(challenge.hex(), outcome.signature.hex(), certificate.hex())
        return on.PinAccepted()

    async def sign_document(self, job: do.SignDocument) -> on.Event:
        """Sign the document on the desk with PIN 2; one card operation, never repeated."""
        document, identity = self.desk.document, self.desk.identity
        if document is None or identity is None:
            raise VisitError("nothing to sign")

        async def sign_digest(digest: bytes) -> bytes:
            outcome = await self._cards().sign(job.reader, job.pin, digest, last_try_confirmed=job.last_try_confirmed)
            if not isinstance(outcome, Signed):
                raise _NotSignedError(outcome)
            return outcome.signature

        signature_certificate = validate_certificate(
            identity.signature_certificate, self.anchors, self.clock.now(), Usage.SIGNATURE
        )
        name = f"{identity.given_names} {identity.surname}"
        try:
            document.signed = await self.signer(
                document.unsigned,
                certificate=signature_certificate.der,
                chain=signature_certificate.chain_der,
                sign_digest=sign_digest,
                signed_at=self.clock.now(),
                tooltip=self.around.text("document.signature-field", name=name),
            )
        except _NotSignedError as exc:
            if isinstance(exc.outcome, PinWrong):
                self._remember_tries(PinRole.SIGNATURE, exc.outcome.tries_left)
            return self._no_signature(exc.outcome)
        return on.PinAccepted()

    def _remember_tries(self, role: PinRole, left: int) -> None:
        """Keep what the card was last heard to have left: the person may go back and come again."""
        if (contents := self.desk.contents) is not None:
            tries = {**contents.tries, role: msgspec.structs.replace(contents.tries[role], left=left)}
            self.desk.contents = msgspec.structs.replace(contents, tries=tries)

    def _no_signature(self, outcome: PinOutcome) -> on.Event:  # one line an outcome
        match outcome:
            case PinWrong(tries_left=left):
                return on.PinWasWrong(left)
            case PinBlocked():
                return on.PinWasBlocked()
            case PinLengthRefused():
                return on.PinLengthWasRefused()
            case LastTryUnconfirmed():
                return on.LastTryWasReached()
            case Failed():
                return self._failed(outcome)
            case _:
                raise VisitError(type(outcome).__name__)

    @staticmethod
    def _failed(outcome: Failed) -> on.Event:
        if outcome.failure is Failure.CARD_REMOVED:
            return on.CardRemoved()
        if outcome.failure in _DISTURBED:
            return on.CardWasDisturbed()
        return on.CardFailed(_PROBLEMS[outcome.failure])

    def _cards(self) -> Cards:
        if self.cards is None:
            raise VisitError("no card process")
        return self.cards
