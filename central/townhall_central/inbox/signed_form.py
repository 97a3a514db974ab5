# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The signed form of a transaction, whichever of the two formats it has: a PDF, or a container with one."""

from dataclasses import dataclass
from datetime import datetime

from townhall_crypto.asice import inspect_container, validate_asice
from townhall_crypto.errors import ContainerRefusal, ContainerRefusedError
from townhall_crypto.pades import validate_pdf
from townhall_crypto.trust import TrustAnchors, ValidatedCertificate
from townhall_forms.document_attachments import extract_instance
from townhall_forms.errors import AttachmentMissingError
from townhall_forms.transaction import CONTAINER_ANSWERS, CONTAINER_DOCUMENT, SignatureFormat, Transaction

_FILES = {CONTAINER_DOCUMENT, CONTAINER_ANSWERS}


@dataclass(frozen=True, slots=True)
class SignedForm:
    """By whom a form was signed, all of it and as it is now; `signed_at` is the kiosk's claim."""

    certificate: ValidatedCertificate
    signed_at: datetime


def validate_form(transaction: Transaction, anchors: TrustAnchors, at: datetime) -> SignedForm:
    """Return who signed the transaction's form.

    Raises:
        DocumentRefusedError, ContainerRefusedError: it is not signed, whole and unchanged, by a good certificate.
    """
    if transaction.document_format is SignatureFormat.PADES:
        document = validate_pdf(transaction.document, anchors, at)
        return SignedForm(document.certificate, document.signed_at)
    container = validate_asice(transaction.document, anchors, at)
    if container.files.keys() != _FILES:
        raise ContainerRefusedError(ContainerRefusal.NOT_A_CONTAINER)
    return SignedForm(container.certificate, container.signed_at)


def instance_of(transaction: Transaction) -> bytes:
    """Return the form instance, not yet judged.

    In a container it stands beside the page and in it, and both must be the same: a person signs what they read.

    Raises:
        AttachmentMissingError: there is none, or the page holds another.
    """
    if transaction.document_format is SignatureFormat.PADES:
        return extract_instance(transaction.document)
    try:
        files = {file.name: file.content for file in inspect_container(transaction.document).files}
    except ContainerRefusedError:
        raise AttachmentMissingError("the container cannot be read") from None
    answers = files.get(CONTAINER_ANSWERS, b"")
    if extract_instance(files.get(CONTAINER_DOCUMENT, b"")) != answers:
        raise AttachmentMissingError("the answers beside the page are not those in it")
    return answers
