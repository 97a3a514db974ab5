# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An incremental update of a PDF that brings what a signature needs and nothing else."""

from io import BytesIO

from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1

from townhall_crypto.errors import DocumentRefusal, DocumentRefusedError
from townhall_crypto.pades_inspection import UNREADABLE_PDF


class SignatureOnlyUpdate(IncrementalPdfFileWriter):
    """No metadata, and so nothing by the machine's clock; PDF/A-3 stays the PDF 1.7 that it is."""

    def _update_meta(self) -> None:
        pass

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """Do nothing: for a P-384 key pyHanko would announce PDF 2.0."""

    def register_extension(self, ext: DeveloperExtension) -> None:
        """Announce the one extension that PAdES asks for, and no other."""
        if ext == ESIC_EXTENSION_1:
            super().register_extension(ext)


def open_for_update(pdf: bytes) -> SignatureOnlyUpdate:
    """Open a PDF to append to it; raises DocumentRefusedError where it cannot be read strictly."""
    # PDF/A (ISO 19005-3 §6.1.9) wants an end-of-line between "%%EOF" and the first object of the update.
    stream = BytesIO(pdf if pdf.endswith((b"\n", b"\r")) else pdf + b"\n")
    try:
        return SignatureOnlyUpdate(stream, strict=True)
    except UNREADABLE_PDF:
        raise DocumentRefusedError(DocumentRefusal.UNREADABLE) from None
