# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Looks at one envelope as an agency must: opens it, checks everything that it claims, and makes a case of it.

Every check that fails leaves its reason in the case, and the checks that do not need it go on: a clerk sees all that
is known. Nothing is believed because the centre handed it over.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from townhall_central import device_ca
from townhall_central.agencies import InboxItem
from townhall_central.inbox.case import Answer, Case, Correction, Delivery, Reason, ReasonLine
from townhall_central.inbox.case_facts import kiosk_trust, service_facts, signer_facts
from townhall_central.inbox.corrections import corrections_of, from_registers
from townhall_central.inbox.evidence import verify_evidence
from townhall_central.inbox.page_again import PageSource, page_fault
from townhall_central.inbox.signed_form import SignedForm, instance_of, validate_form
from townhall_crypto.envelope import Envelope, OuterHeader, verify_envelope
from townhall_crypto.errors import CertificateRefusedError, ContainerRefusedError, DocumentRefusedError, RefusedError
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_crypto.trust import SubjectName, TrustAnchors
from townhall_forms.errors import (
    AttachmentMissingError,
    InstanceRefusedError,
    PrefillMisuseError,
    RegisterRefusedError,
    TransactionRefusedError,
)
from townhall_forms.registers.register import Registrar
from townhall_forms.registers.statement import Person, verify_statement
from townhall_forms.revalidate import RevalidatedInstance, revalidate
from townhall_forms.service import Service
from townhall_forms.transaction import Transaction
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

TRANSACTION_KIND = "service-transaction"
"""What a kiosk writes into the inner header of a finished service."""
PERSONAL_CODE = "eid:personal_code"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the agency judges by: its key, its services, the anchors of the national eID, the centre's device CA."""

    recipient_key: RecipientPrivateKey = field(repr=False)
    services: Mapping[str, Service]
    anchors: TrustAnchors
    device_ca: bytes = field(repr=False)
    words: Mapping[str, bytes] = field(default_factory=dict)  # the town's published translations, by language
    registrars: Mapping[str, Registrar] = field(default_factory=dict)  # by register


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of it: the case, the signed document if there was one, and what tells the same payload sent twice."""

    case: Case = field(repr=False)
    document: bytes | None = field(repr=False)
    sealed_sha256: bytes


def examine(untrusted_envelope: bytes, item: InboxItem, desk: Desk) -> Examined:
    """Return the case of an envelope; whatever is wrong with it is in the case."""
    return _Examination(item, desk).run(untrusted_envelope)


def set_aside(untrusted_envelope: bytes, reason: Reason, detail: str = "") -> Examined:
    """Return the case of an envelope that could not be looked at."""
    case = Case(state="needs attention", reasons=[ReasonLine(reason.code, reason.what, detail)])
    return Examined(case, None, _sealed_digest(untrusted_envelope))


class _Examination:
    """One look at one envelope; collects what passed, what did not, and what is known."""

    def __init__(self, item: InboxItem, desk: Desk) -> None:
        self._item = item
        self._desk = desk
        self._received = datetime.fromtimestamp(item.server_time, UTC)
        self._reasons: list[ReasonLine] = []
        self._passed: list[str] = []
        self._corrections: list[Correction] = []

    def run(self, untrusted: bytes) -> Examined:
        header = self._envelope(untrusted)
        transaction = self._transaction(_sealed(untrusted))
        if transaction is None:
            case = Case(state="needs attention", reasons=self._reasons, delivery=self._delivery(header))
            return Examined(case, None, _sealed_digest(untrusted))
        service = self._service(transaction)
        signed = self._signature(transaction)
        self._format(transaction, service)
        present = self._identity(transaction, signed)
        valid = self._answers(transaction, service, signed, header)
        self._page(transaction, service, present, valid)
        case = Case(
            state="needs attention" if self._reasons else "ready",
            reasons=self._reasons,
            delivery=self._delivery(header),
            service=service_facts(transaction, self._desk.services.get(transaction.service)),
            signer=None if signed is None else signer_facts(signed),
            answers=[] if valid is None else [Answer(line.label, line.shown, line.source) for line in valid.answers],
            corrections=self._corrections,
            checks_passed=self._passed,
            document_sha256=hashlib.sha256(transaction.document).hexdigest(),
            kiosk_trust=kiosk_trust(transaction.trust),
        )
        return Examined(case, transaction.document, _sealed_digest(untrusted))

    def _envelope(self, untrusted: bytes) -> OuterHeader | None:
        try:
            header = Envelope.from_bytes(untrusted).header
            certificate = wire.decode_base64(self._item.certificate)
            public_key = device_ca.certified_key(certificate, self._desk.device_ca, header.kiosk)
            if public_key is None or header.envelope_id != self._item.id:
                self._fail(Reason.ENVELOPE_DOUBTFUL)
                return header
            verify_envelope(untrusted, public_key)
        except (RefusedError, MessageMalformedError):
            self._fail(Reason.ENVELOPE_DOUBTFUL)
            return None
        self._passed.append("the envelope is by a certified kiosk")
        return header

    def _transaction(self, untrusted_sealed: bytes) -> Transaction | None:
        try:
            opened = open_sealed(untrusted_sealed, self._desk.recipient_key)
        except RefusedError as error:
            self._fail(Reason.DOES_NOT_OPEN, error.code)
            return None
        self._passed.append("the sealed part opens and is whole")
        if opened.header.kind != TRANSACTION_KIND:
            self._fail(Reason.OTHER_KIND, opened.header.kind)
            return None
        try:
            return Transaction.from_bytes(opened.payload)
        except TransactionRefusedError as error:
            self._fail(Reason.UNREADABLE, error.code)
            return None

    def _service(self, transaction: Transaction) -> Service | None:
        service = self._desk.services.get(transaction.service)
        if service is None:
            self._fail(Reason.SERVICE_UNKNOWN)
            return None
        form = service.form
        stated = (transaction.form_id, transaction.form_version, transaction.form_sha256)
        if stated != (form.id, form.version, form.sha256):
            self._fail(Reason.FORM_DIFFERS)
            return None
        self._passed.append("the form is the published one")
        return service

    def _format(self, transaction: Transaction, service: Service | None) -> None:
        if service is not None and service.signature is not transaction.document_format:
            self._fail(Reason.DOCUMENT_REFUSED, "FORMAT")

    def _signature(self, transaction: Transaction) -> SignedForm | None:
        try:
            # At the time the centre received it: what the kiosk claims proves nothing, and no timestamp is there yet.
            signed = validate_form(transaction, self._desk.anchors, self._received)
        except (DocumentRefusedError, ContainerRefusedError) as error:
            reason = error.certificate_reason
            self._fail(Reason.DOCUMENT_REFUSED, error.reason.name if reason is None else reason.name)
            return None
        self._passed.append("the document is signed, whole and unchanged")
        return signed

    def _identity(self, transaction: Transaction, signed: SignedForm | None) -> SubjectName | None:
        try:
            present = verify_evidence(transaction.evidence, self._desk.anchors, self._received)
        except CertificateRefusedError as error:
            self._fail(Reason.IDENTITY_REFUSED, error.reason.name)
            return None
        except RefusedError as error:
            self._fail(Reason.IDENTITY_REFUSED, error.code)
            return None
        self._passed.append("the person's card was there")
        if signed is not None and _person(present.subject) != _person(signed.certificate.subject):
            self._fail(Reason.PERSON_DIFFERS, "card")
        return present.subject

    def _answers(
        self,
        transaction: Transaction,
        service: Service | None,
        signed: SignedForm | None,
        header: OuterHeader | None,
    ) -> RevalidatedInstance | None:
        try:
            untrusted_instance = instance_of(transaction)
        except AttachmentMissingError:
            self._fail(Reason.ANSWERS_MISSING)
            return None
        if service is None:
            return None
        prefill = None if signed is None else self._prefill(transaction, signed.certificate.subject)
        moment = self._received if header is None else datetime.fromtimestamp(header.created.wall, UTC)
        try:
            valid = revalidate(
                service.form,
                untrusted_instance,
                prefill,
                moment,
                language=transaction.language,
                record=transaction.session,
            )
        except PrefillMisuseError:
            self._fail(Reason.REGISTER_DOUBTFUL, "value")
            return None
        except InstanceRefusedError as error:
            self._fail(
                Reason.ANSWERS_REFUSED, ", ".join(f"{each.fault.value} {each.ref}" for each in error.reasons[:20])
            )
            return None
        self._passed.append("the form could have produced these answers")
        self._registers(transaction, valid)
        stated = {ref for ref, source in transaction.provenance if source == PERSONAL_CODE}
        is_code = (line.source == PERSONAL_CODE or line.ref in stated for line in valid.answers)
        self._person([line.shown for line, is_it in zip(valid.answers, is_code, strict=True) if is_it], signed)
        return valid

    def _page(
        self,
        transaction: Transaction,
        service: Service | None,
        present: SubjectName | None,
        valid: RevalidatedInstance | None,
    ) -> None:
        if service is None or present is None or valid is None:
            return
        fault = page_fault(transaction, service, present, valid, PageSource(self._desk.words, self._desk.registrars))
        if fault is not None:
            self._fail(Reason.PAGE_DIFFERS, fault.value)
            return
        self._passed.append("the person read and signed these answers")

    def _prefill(self, transaction: Transaction, subject: SubjectName) -> dict[str, str]:
        """Return what is known to have been prefilled: what certificate and registers state about the signer."""
        prefill, person = _of_certificate(subject), Person(subject.country, subject.personal_code)
        keys = {name: registrar.keys for name, registrar in self._desk.registrars.items()}
        for statement in transaction.registers:
            try:
                prefill |= verify_statement(statement, keys, person)
            except RegisterRefusedError as error:
                self._fail(Reason.REGISTER_DOUBTFUL, str(error))
        return prefill

    def _registers(self, transaction: Transaction, valid: RevalidatedInstance) -> None:
        """Compare what the kiosk says of registers with what follows from their statements and the answers."""
        claimed = (from_registers(transaction.provenance), from_registers(transaction.corrections))
        found = (from_registers(valid.provenance), from_registers(valid.corrections))
        if claimed != found:
            self._fail(Reason.REGISTER_DOUBTFUL, "provenance")
        elif found[0] or found[1]:
            self._passed.append("what registers state is as their registrars signed it")
        days = {each.register: each.stated.isoformat() for each in transaction.registers}
        self._corrections = corrections_of(transaction, valid, days)

    def _person(self, stated_codes: list[str], signed: SignedForm | None) -> None:
        if signed is None:
            return
        if any(code != signed.certificate.subject.personal_code for code in stated_codes):
            self._fail(Reason.PERSON_DIFFERS, "form")
            return
        self._passed.append("the signer is the person in the form")

    def _fail(self, reason: Reason, detail: str = "") -> None:
        self._reasons.append(ReasonLine(reason.code, reason.what, detail))

    def _delivery(self, header: OuterHeader | None) -> Delivery | None:
        if header is None:
            return None
        return Delivery(
            envelope_id=self._item.id,
            log_index=self._item.index,
            received_at=self._received.isoformat(),
            kiosk=header.kiosk,
            journal_id=header.journal_id,
            seq=header.seq,
            accepted_at_kiosk=datetime.fromtimestamp(header.created.wall, UTC).isoformat(),
        )


def _sealed(untrusted_envelope: bytes) -> bytes:
    try:
        return Envelope.from_bytes(untrusted_envelope).sealed
    except RefusedError:
        return untrusted_envelope


def _sealed_digest(untrusted_envelope: bytes) -> bytes:
    return hashlib.sha256(_sealed(untrusted_envelope)).digest()


def _person(subject: SubjectName) -> tuple[str, str]:
    return subject.country, subject.personal_code


def _of_certificate(subject: SubjectName) -> dict[str, str]:
    return {
        PERSONAL_CODE: subject.personal_code,
        "eid:surname": subject.surname,
        "eid:given_names": subject.given_names,
    }
