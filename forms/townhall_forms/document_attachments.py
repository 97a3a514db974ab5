# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes the data out of a PDF of ours again; the PDF may come from anybody."""

import zlib
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from townhall_forms.errors import AttachmentMissingError

_MIB: Final = 1024 * 1024
_LIMITS: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=16 * _MIB),
    document_budget=DocumentDecodeBudget(base_allowance=32 * _MIB, max_ratio=4),
)
"""A transaction is 16 MiB at most, so no form of ours holds more; a small file must not unfold to gigabytes."""

_UNREADABLE: Final = (
    PdfError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    zlib.error,
)
"""What the reader raises on hostile bytes."""


def extract_instance(untrusted_pdf: bytes) -> bytes:
    """Return the form instance attached to a document; raises AttachmentMissingError unless there is exactly one."""
    return _extract(untrusted_pdf, "instance.xml")


def extract_receipt(untrusted_pdf: bytes) -> bytes:
    """Return the receipt for programs attached to a printed one; raises AttachmentMissingError likewise."""
    return _extract(untrusted_pdf, "receipt.json")


def extract_report(untrusted_pdf: bytes) -> bytes:
    """Return the report for programs attached to a printed one; raises AttachmentMissingError likewise."""
    return _extract(untrusted_pdf, "report.json")


def _extract(untrusted_pdf: bytes, name: str) -> bytes:
    try:
        return _only_attachment(untrusted_pdf, name)
    except _UNREADABLE:
        raise AttachmentMissingError("the PDF cannot be read") from None


def _only_attachment(untrusted_pdf: bytes, name: str) -> bytes:
    reader = PdfFileReader(BytesIO(untrusted_pdf), strict=True, decode_limits=_LIMITS)
    names = reader.root["/Names"]["/EmbeddedFiles"]
    associated = reader.root["/AF"]
    if "/Kids" in names or len(names["/Names"]) != 2 or len(associated) != 1:
        raise AttachmentMissingError("not exactly one file is attached")
    specification = names["/Names"][1]
    is_ours = (
        isinstance(specification, DictionaryObject)
        and specification == associated[0]
        and specification["/UF"] == specification["/F"] == name
        and specification["/AFRelationship"] == "/Data"
    )
    if not is_ours:
        raise AttachmentMissingError("what is attached is not ours")
    stream = specification["/EF"]["/F"]
    if not isinstance(stream, StreamObject):
        raise AttachmentMissingError("the attached file is not a stream")
    data: bytes = stream.data
    return data
