# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a case tells of a transaction besides the checks, as the clerk reads it."""

from collections.abc import Mapping

from townhall_central.inbox.case import KioskTrust, ServiceFacts, Signer
from townhall_central.inbox.signed_form import SignedForm
from townhall_crypto.trust_verdict import TrustVerdict
from townhall_forms.service import Service
from townhall_forms.transaction import Transaction


def service_facts(transaction: Transaction, service: Service | None) -> ServiceFacts:
    """Return what the transaction says of its service; the title is the agency's own."""
    titles: Mapping[str, str] = {} if service is None else service.titles
    return ServiceFacts(
        id=transaction.service,
        title=titles.get("en") or next(iter(titles.values()), ""),
        form_id=transaction.form_id,
        form_version=transaction.form_version,
        form_sha256=transaction.form_sha256,
        language=transaction.language,
    )


def kiosk_trust(trust: TrustVerdict) -> KioskTrust:
    """Return what the kiosk knew of the card."""
    times, list_at = trust.evidence.revocation, trust.evidence.list_at
    return KioskTrust(
        outcome=trust.outcome.value,
        doubts=[doubt.value for doubt in trust.doubts],
        revocation_lists_of=times.this_update.isoformat() if times else None,
        trust_list_of=list_at.isoformat() if list_at else None,
    )


def signer_facts(signed: SignedForm) -> Signer:
    """Return who signed."""
    certificate = signed.certificate
    return Signer(
        personal_code=certificate.subject.personal_code,
        surname=certificate.subject.surname,
        given_names=certificate.subject.given_names,
        country=certificate.subject.country,
        certificate_valid_until=certificate.not_after.isoformat(),
        revocation_checked=certificate.revocation_checked,
        signed_at=signed.signed_at.isoformat(),
    )
