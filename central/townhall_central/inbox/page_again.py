# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sets the signed page once more, from answers that were replayed, and compares: a person signs what they read.

Without this a kiosk that was taken over could show and have signed another page than the answers attached to it, which
programs go by (ADR 0056). Nothing of the untrusted page is read for it: bytes are compared with bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from townhall_crypto.asice import inspect_container
from townhall_crypto.errors import ContainerRefusedError
from townhall_crypto.trust import SubjectName
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import render_document
from townhall_forms.errors import DocumentFailedError, WordsMissingError
from townhall_forms.page import PageSigner, page_model
from townhall_forms.page_words import load_page_words
from townhall_forms.registers.naming import NamedExtract
from townhall_forms.registers.register import Registrar
from townhall_forms.revalidate import RevalidatedInstance
from townhall_forms.service import Service
from townhall_forms.transaction import CONTAINER_DOCUMENT, SignatureFormat, Transaction


class PageFault(Enum):
    """What is wrong with a page; the value stands in the case."""

    DIFFERS = "other bytes than are set here: another page, or a kiosk of a release with another typesetter"
    NO_WORDS = "this agency lacks words of the page's language"
    NOT_SET = "the page cannot be set here"


@dataclass(frozen=True, slots=True)
class PageSource:
    """What this agency sets pages with: the town's own translations by language, and the registers that it knows."""

    words: Mapping[str, bytes]
    registrars: Mapping[str, Registrar]

    def extracts(self, transaction: Transaction) -> dict[str, NamedExtract]:
        """Return what a page calls the extracts that filled it in."""
        stated = {each.register: each.stated for each in transaction.registers}
        known = self.registrars
        return {name: NamedExtract(known[name].titles, day) for name, day in stated.items() if name in known}


def page_fault(
    transaction: Transaction,
    service: Service,
    signer: SubjectName,
    valid: RevalidatedInstance,
    source: PageSource,
) -> PageFault | None:
    """Return what is wrong with the page that was signed; None where it is, byte for byte, the one that belongs here.

    ``signer`` is the person of the authentication certificate. The document's signature is judged by others: it covers
    these bytes and adds nothing but itself.
    """
    if transaction.language not in service.titles:
        return PageFault.NO_WORDS
    try:
        words = load_page_words(transaction.language, source.words.get(transaction.language, b""))
        person = PageSigner(signer.given_names, signer.surname, signer.personal_code)
        extracts = source.extracts(transaction)
        model = page_model(service, words, transaction.page, person, valid.answers, valid.instance, extracts)
        expected = render_document(model, FONT_DIRECTORY)
        is_same = _signed_page(transaction)[: len(expected)] == expected
    except WordsMissingError:
        return PageFault.NO_WORDS
    except (DocumentFailedError, ContainerRefusedError):
        return PageFault.NOT_SET
    return None if is_same else PageFault.DIFFERS


def _signed_page(transaction: Transaction) -> bytes:
    """Return the page: a signature in a PDF comes behind it, one in a container stands beside it."""
    if transaction.document_format is SignatureFormat.PADES:
        return transaction.document
    files = {file.name: file.content for file in inspect_container(transaction.document).files}
    return files.get(CONTAINER_DOCUMENT, b"")
