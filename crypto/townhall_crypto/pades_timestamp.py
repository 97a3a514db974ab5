# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Time stamps (RFC 3161): asked for through a function that carries bytes, believed only after they are checked."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asn1crypto import cms, tsp, x509
from pyhanko.sign.general import SignedDataCerts, extract_certificate_info
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy

from townhall_crypto.errors import TimestampRefusal, TimestampRefusedError
from townhall_crypto.trust import TrustAnchors, parse_certificate, run

AskTsa = Callable[[bytes], bytes]
"""Carries the DER of a TimeStampReq to the authority and returns its answer, unverified; may raise what it likes."""

DIGEST: Final = "sha512"
_UNREADABLE: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A checked time stamp."""

    at: datetime
    authority_ends: datetime
    """When the authority's certificate ends, and with it what the stamp proves unless another covers it."""
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    """The authority's own first, then those that came along."""


class TsaStamper(TimeStamper):
    """Lets pyHanko ask through ``ask``; remembers the last stamp, checked."""

    def __init__(self, ask: AskTsa, anchors: TrustAnchors) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko left it untyped
        self._ask = ask
        self._anchors = anchors
        self.stamps: list[TimeStamp] = []

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Carry one request."""
        answer = self._ask(req.dump())
        try:
            return tsp.TimeStampResp.load(answer, strict=True)
        except _UNREADABLE:
            raise TimestampRefusedError(TimestampRefusal.UNREADABLE) from None

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over the digest; raises TimestampRefusedError."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
        except TimestampRequestError:
            raise TimestampRefusedError(TimestampRefusal.NOT_GRANTED) from None
        except _UNREADABLE:
            raise TimestampRefusedError(TimestampRefusal.UNREADABLE) from None
        self.stamps.append(await _checked(token, message_digest, md_algorithm, self._anchors))
        return token


def stamp(message: bytes, ask: AskTsa, anchors: TrustAnchors) -> tuple[cms.ContentInfo, TimeStamp]:
    """Return a token over ``message``, and what it says.

    Raises:
        TimestampRefusedError: with the reason.
    """
    stamper = TsaStamper(ask, anchors)
    token = run(stamper.async_timestamp(hashlib.new(DIGEST, message).digest(), DIGEST))
    return token, stamper.stamps[-1]


def read_token(untrusted: bytes, message: bytes, anchors: TrustAnchors) -> TimeStamp:
    """Return what a token over ``message`` says, which came with the message; raises TimestampRefusedError."""
    try:
        token = cms.ContentInfo.load(untrusted, strict=True)
    except _UNREADABLE:
        raise TimestampRefusedError(TimestampRefusal.UNREADABLE) from None
    return run(_checked(token, hashlib.new(DIGEST, message).digest(), DIGEST, anchors))


async def _checked(token: cms.ContentInfo, digest: bytes, algorithm: str, anchors: TrustAnchors) -> TimeStamp:
    try:
        signed_data: cms.SignedData = token["content"]
        info = signed_data["encap_content_info"]["content"].parsed
        at: datetime = info["gen_time"].native
        imprint = info["message_imprint"]
        if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != (algorithm, digest):
            raise TimestampRefusedError(TimestampRefusal.OTHER_BYTES)
        certificates = extract_certificate_info(signed_data)
        status = await validate_tst_signed_data(signed_data, _context(anchors, certificates, at), lambda _: digest)
    except SignatureValidationError:
        raise TimestampRefusedError(TimestampRefusal.UNTRUSTED) from None
    except (PathError, ValidationError, *_UNREADABLE):
        raise TimestampRefusedError(TimestampRefusal.UNREADABLE) from None
    if not (status["intact"] and status["valid"] and status["trust_problem_indic"] is None):
        raise TimestampRefusedError(TimestampRefusal.UNTRUSTED)
    authority = certificates.signer_cert
    return TimeStamp(at, authority.not_valid_after, (authority, *certificates.other_certs))


def _context(anchors: TrustAnchors, certificates: SignedDataCerts, at: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=[parse_certificate(der) for der in anchors.anchors_der],
        other_certs=[*map(parse_certificate, anchors.intermediates_der), *certificates.other_certs],
        moment=at,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),  # its lists go into the document and are checked there
    )
