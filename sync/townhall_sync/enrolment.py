# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a kiosk becomes one of a centre's: it proves the one-time code, and checks the answer against the code's hash."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from townhall_sync.backoff import Backoff
from townhall_sync.central_service import Answered, EnrolmentService, RateLimited, Refused, Unreachable
from townhall_sync.errors import EnrolmentRefusedError, MessageMalformedError
from townhall_sync.http_signatures import RequestKey
from townhall_sync.one_time_code import OneTimeCode
from townhall_sync.receipt import CentreKeys
from townhall_sync.wire import (
    EnrolmentAnswer,
    EnrolmentRequest,
    RootDocument,
    decode_base64,
    encode_base64,
    enrolment_id,
    enrolment_proof,
    read,
)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the kiosk keeps: its name, its certificate (DER), root.json byte for byte, and the keys read from it."""

    kiosk: str
    device_certificate: bytes
    root_json: bytes
    keys: CentreKeys


@dataclass(frozen=True, slots=True)
class EnrolmentDenied:
    """The centre said no: a used or expired code, or an administrator refused. ``code`` is its stable code."""

    code: str


def make_request(code: OneTimeCode, kiosk: str, key: RequestKey) -> EnrolmentRequest:
    """Return the request of a kiosk that proposes the name ``kiosk``."""
    proof = enrolment_proof(code.secret, key.public_der)
    return EnrolmentRequest(kiosk=kiosk, public_key=encode_base64(key.public_der), proof=proof)


def verify_answer(untrusted: EnrolmentAnswer, code: OneTimeCode, request: EnrolmentRequest) -> Enrolled:
    """Return what an answer gives us, over whatever line or stick it came.

    The certificate's dates are not looked at: this kiosk's clock may be wrong, and the centre judges them itself.

    Raises:
        EnrolmentRefusedError: root.json is not the one of the code, or the certificate is not this kiosk's.
    """
    try:
        root_json = decode_base64(untrusted.root)
        if not hmac.compare_digest(hashlib.sha256(root_json).digest(), code.root_sha256):
            raise EnrolmentRefusedError("root.json is not the one of the one-time code")
        root = read(RootDocument, root_json)
        certificate = decode_base64(untrusted.device_certificate)
        authority, public_key = decode_base64(root.device_ca), decode_base64(request.public_key)
    except MessageMalformedError as exc:
        raise EnrolmentRefusedError("an answer that cannot be read") from exc
    if untrusted.kiosk != request.kiosk:
        raise EnrolmentRefusedError("an answer for another kiosk")
    _check_certificate(certificate, authority, public_key, request.kiosk)
    return Enrolled(untrusted.kiosk, certificate, root_json, CentreKeys.from_root(root_json))


def _check_certificate(untrusted_der: bytes, authority_der: bytes, public_key_der: bytes, kiosk: str) -> None:
    try:
        certificate = x509.load_der_x509_certificate(untrusted_der)
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(authority_der))
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as exc:
        raise EnrolmentRefusedError("the certificate is not by the centre's authority") from exc
    if key != public_key_der or [name.value for name in names] != [kiosk]:
        raise EnrolmentRefusedError("the certificate is another's")


async def enrol(  # noqa: PLR0913  the client's whole outside world, by name
    service: EnrolmentService,
    code: OneTimeCode,
    kiosk: str,
    key: RequestKey,
    *,
    backoff: Backoff,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Enrolled | EnrolmentDenied:
    """Ask, wait for the second administrator, and return the verified answer. Waits as long as it takes; cancel it.

    Raises:
        EnrolmentRefusedError: the answer is not from the centre that made the code.
    """
    request = make_request(code, kiosk, key)
    outcome = await service.ask_enrolment(request)
    name = enrolment_id(key.public_der)
    while True:
        match outcome:
            case Refused(code=refused):
                return EnrolmentDenied(refused)
            case Answered(state=state) if state.answer is not None:
                return verify_answer(state.answer, code, request)
            case Answered(state=state) if state.state == "refused":
                return EnrolmentDenied("REFUSED")
            case Answered():
                await sleep(backoff.failed())
                outcome = await service.enrolment(name)
            case RateLimited(retry_after_s=seconds):
                await sleep(seconds + backoff.failed())
                outcome = await service.ask_enrolment(request)
            case Unreachable():
                await sleep(backoff.failed())
                outcome = await service.ask_enrolment(request)
