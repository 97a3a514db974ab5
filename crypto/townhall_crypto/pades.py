# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signs PDFs with a card (PAdES B-B) and validates what was signed; the one place that knows how.

The signature field is invisible and the update begins on a line of its own, so that a PDF/A and PDF/UA file stays one.
16 KiB are reserved, so that the centre can later put a signature timestamp into the same place.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from townhall_crypto.trust import TrustAnchors, ValidatedCertificate

SignDigest = Callable[[bytes], Awaitable[bytes]]
"""Gets a SHA-384 digest (48 bytes), returns the card's ECDSA signature as r||s."""


@dataclass(frozen=True, slots=True)
class ValidatedDocument:
    """A PDF that one person signed as it is now, byte for byte."""

    pdf: bytes = field(repr=False)
    certificate: ValidatedCertificate
    signed_at: datetime
    """What the signer's computer claimed; proves nothing."""
    covers_whole_file: bool
    """Always true: a document whose signature leaves bytes out is refused."""


async def sign_pdf(  # noqa: PLR0913 - each is a fact of its own, all but the first by name
    pdf: bytes,
    *,
    certificate: bytes,
    chain: Sequence[bytes],
    sign_digest: SignDigest,
    signed_at: datetime,
    tooltip: str,
) -> bytes:
    """Return the signed PDF; ``sign_digest`` is awaited exactly once."""
    raise NotImplementedError


def validate_pdf(pdf: bytes, anchors: TrustAnchors, at: datetime) -> ValidatedDocument:
    """Return what was signed and by whom, or raise DocumentRefusedError."""
    raise NotImplementedError
