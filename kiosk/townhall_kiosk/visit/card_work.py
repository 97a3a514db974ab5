# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit has the card do: say whose it is, prove it, sign."""

from dataclasses import dataclass, replace

import msgspec

from townhall_crypto.errors import CertificateRefusedError
from townhall_crypto.pades import SignDigest
from townhall_crypto.trust import TrustAnchors, Usage, ValidatedCertificate, validate_certificate
from townhall_crypto.trust_verdict import Outcome, TrustEvidence, judge, weaker
from townhall_forms.document_attachments import extract_instance
from townhall_forms.transaction import CONTAINER_ANSWERS, CONTAINER_DOCUMENT, IdentityEvidence, SignatureFormat
from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk.card_problem import DISTURBED, CardProblem
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import Cards, Clock, ContainerSigner, DocumentSigner, Randomness
from townhall_kiosk.visit.card_answers import (
    CERTIFICATE_PROBLEMS,
    REFUSALS,
    NotSignedError,
    failed,
    no_signature,
)
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.pin_work import never_set, puk_tries
from townhall_kiosk.visit.register_work import RegisterWork
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.apdu import wipe
from townhall_smartcard.identity import (
    CHALLENGE_BYTES,
    Identity,
    challenge_digest,
    verify_identity,
)
from townhall_smartcard.messages import (
    AccessNumberNeeded,
    AccessNumberWrong,
    CardContents,
    Failed,
    PinOutcome,
    PinRole,
    PinWrong,
    ReadOutcome,
    Signed,
)


@dataclass(slots=True)
class CardWork:
    """Asks one card process at a time."""

    desk: Desk
    around: Surroundings
    anchors: TrustAnchors
    clock: Clock
    randomness: Randomness
    signer: DocumentSigner
    container_signer: ContainerSigner
    registers: RegisterWork | None = None
    cards: Cards | None = None

    async def read(self, job: do.ReadCard) -> on.Event:
        """Read what needs no PIN; once more where another program disturbed the card (nothing was used up)."""
        outcome = await self._cards().read(job.reader)
        if isinstance(outcome, Failed) and outcome.failure in DISTURBED:
            outcome = await self._cards().read(job.reader)
        return self._take(outcome)

    async def open(self, job: do.OpenCard) -> on.Event:
        """Open the card with its access number and read what needs no PIN."""
        try:
            return self._take(await self._cards().open(job.reader, job.access_number))
        finally:
            job.access_number[:] = bytes(len(job.access_number))

    def _take(self, outcome: ReadOutcome) -> on.Event:
        match outcome:
            case AccessNumberNeeded():
                return on.AccessNumberNeeded()
            case AccessNumberWrong():
                return on.AccessNumberWasWrong()
            case Failed():
                return failed(outcome)
        problem = self._judge(outcome)
        if problem is not None:
            return on.CardFailed(problem)
        self.desk.contents = outcome
        tries = outcome.tries
        return on.CardRead(
            tries[PinRole.AUTHENTICATION].left,
            tries[PinRole.SIGNATURE].left,
            puk_tries(outcome),
            never_set(outcome),
        )

    def _judge(self, untrusted: CardContents) -> CardProblem | None:
        """Look both certificates up before a PIN is asked and a form filled in for nothing."""
        now, found = self.clock.now(), list[ValidatedCertificate]()
        for certificate, usage, otherwise in (
            (untrusted.authentication_certificate, Usage.AUTHENTICATION, CardProblem.UNTRUSTED),
            (untrusted.signature_certificate, Usage.SIGNATURE, CardProblem.INCONSISTENT),
        ):
            try:
                found.append(validate_certificate(certificate, self.anchors, now, usage))
            except CertificateRefusedError as exc:
                return CERTIFICATE_PROBLEMS.get(exc.reason, otherwise)
        evidence = TrustEvidence(weaker(found[0].revocation, found[1].revocation), self.anchors.signed_at)
        self.desk.verdicts = {service.id: judge(evidence, service.trust, now) for service in self.around.services}
        return None

    async def prove_identity(self, job: do.ProveIdentity) -> on.Event:
        """Have a fresh challenge signed, and believe nothing else about who this is."""
        challenge, contents = self.randomness(CHALLENGE_BYTES), self._contents()
        # Registers are opened with the PIN once more: one that was entered at the reader is not here for that.
        registers = None if job.pin is None else self._registers(contents)
        kept = bytearray(job.pin or b"") if registers is not None else bytearray()
        try:
            return await self._prove(job, contents, challenge) or await self._known(registers, job.reader, kept)
        finally:
            kept[:] = bytes(len(kept))

    async def _prove(self, job: do.ProveIdentity, contents: CardContents, challenge: bytes) -> on.Event | None:
        """Have the challenge signed; None: the desk has the identity."""
        try:
            algorithm = contents.algorithms[PinRole.AUTHENTICATION]
            digest = challenge_digest(challenge, algorithm)
            outcome = await self._cards().authenticate(
                job.reader, self.around.pin_or_keys(job.pin), digest, last_try_confirmed=job.last_try_confirmed
            )
        finally:
            wipe(job.pin or bytearray())
        if not isinstance(outcome, Signed):
            return self._without_signature(outcome)
        verdict = verify_identity(contents, challenge, outcome.signature, self.anchors, self.clock.now())
        if not isinstance(verdict, Identity):
            return on.CardFailed(REFUSALS.get(verdict.reason, CardProblem.UNTRUSTED))
        self.desk.identity = verdict
        certificate = contents.authentication_certificate
        self.desk.evidence = IdentityEvidence(
            challenge.hex(), outcome.signature.hex(), certificate.hex(), algorithm.name
        )
        return None

    def _registers(self, contents: CardContents) -> RegisterWork | None:
        """Return who asks the registers, where there is one to ask and this card can."""
        registers = self.registers
        return registers if registers and registers.is_of_use(contents.authentication_certificate) else None

    async def _known(self, registers: RegisterWork | None, reader: str, pin: bytearray) -> on.Event:
        """Look up what registers know of the person, while the PIN is there; the visit goes on in any case."""
        if registers is not None and self.desk.identity is not None:
            await registers.open(self._cards(), reader, pin, self.desk.identity)
        return on.PinAccepted()

    async def sign_document(self, job: do.SignDocument) -> on.Event:
        """Sign the document on the desk with PIN 2; one card operation, never repeated."""
        try:
            return await self._sign(job)
        finally:
            wipe(job.pin or bytearray())

    async def _sign(self, job: do.SignDocument) -> on.Event:
        document, service = self.desk.document, self.desk.service
        if document is None or service is None:
            raise VisitError("nothing to sign")

        async def sign_digest(digest: bytes) -> bytes:
            pin = self.around.pin_or_keys(job.pin)
            outcome = await self._cards().sign(job.reader, pin, digest, last_try_confirmed=job.last_try_confirmed)
            if not isinstance(outcome, Signed):
                raise NotSignedError(outcome)
            return outcome.signature

        if self._is_refused():
            return on.CardFailed(CardProblem.UNCERTAIN)
        sign = self._sign_container if service.signature is SignatureFormat.ASICE else self._sign_pdf
        try:
            document.signed = await sign(document.unsigned, sign_digest)
        except NotSignedError as exc:
            if isinstance(exc.outcome, PinWrong):
                self._remember_tries(PinRole.SIGNATURE, exc.outcome.tries_left)
            return self._without_signature(exc.outcome)
        return on.PinAccepted()

    def _without_signature(self, outcome: PinOutcome) -> on.Event:
        """Return what it means, and for a PIN that failed whether the PUK can help here."""
        event = no_signature(outcome)
        if isinstance(event, on.PinWasWrong | on.PinWasBlocked):
            return replace(event, puk_tries=puk_tries(self._contents()))
        return event

    async def _sign_pdf(self, pdf: bytes, sign_digest: SignDigest) -> bytes:
        identity, certificate = self._signer()
        return await self.signer(
            pdf,
            certificate=certificate.der,
            chain=certificate.chain_der,
            sign_digest=sign_digest,
            signed_at=self.clock.now(),
            algorithm=self._contents().algorithms[PinRole.SIGNATURE],
            tooltip=self.around.text("document.signature-field", name=f"{identity.given_names} {identity.surname}"),
        )

    async def _sign_container(self, pdf: bytes, sign_digest: SignDigest) -> bytes:
        """Sign the document and, beside it, the very answers that are attached to it."""
        _identity, certificate = self._signer()
        return await self.container_signer(
            {CONTAINER_DOCUMENT: pdf, CONTAINER_ANSWERS: extract_instance(pdf)},
            certificate=certificate.der,
            sign_digest=sign_digest,
            signed_at=self.clock.now(),
            algorithm=self._contents().algorithms[PinRole.SIGNATURE],
        )

    def _contents(self) -> CardContents:
        if self.desk.contents is None:
            raise VisitError("a card is used before it was read")
        return self.desk.contents

    def _signer(self) -> tuple[Identity, ValidatedCertificate]:
        identity = self.desk.identity
        if identity is None:
            raise VisitError("nobody to sign")
        certificate = validate_certificate(
            identity.signature_certificate, self.anchors, self.clock.now(), Usage.SIGNATURE
        )
        return identity, certificate

    def _is_refused(self) -> bool:
        """Judge once more at the moment of signing: a form may take an hour, and a list end meanwhile."""
        service, verdict = self.desk.service, self.desk.verdict
        if service is None or verdict is None:
            raise VisitError("nobody judged this card for this service")
        again = judge(verdict.evidence, service.trust, self.clock.now())
        self.desk.verdicts = {**self.desk.verdicts, service.id: again}
        return again.outcome is Outcome.REFUSED

    def _remember_tries(self, role: PinRole, left: int) -> None:
        """Keep what the card was last heard to have left: the person may go back and come again."""
        if (contents := self.desk.contents) is not None:
            tries = {**contents.tries, role: msgspec.structs.replace(contents.tries[role], left=left)}
            self.desk.contents = msgspec.structs.replace(contents, tries=tries)

    def _cards(self) -> Cards:
        if self.cards is None:
            raise VisitError("no card process")
        return self.cards
