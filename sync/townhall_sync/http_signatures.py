# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""RFC 9421 signatures of HTTP requests with a P-256 key, over method, authority, path, query and content digest.

Both sides speak one profile, so this module is strict: label ``sig1``, algorithm ``ecdsa-p256-sha256`` (§3.3.4, r||s of
64 bytes), parameters ``created``, ``nonce``, ``keyid``, ``alg``, and Content-Digest (RFC 9530, sha-256), always there
and covered, also for a body of no bytes. ``created`` is informative: no request is refused for its clock: a kiosk with
a wrong clock must still deliver. Replays are harmless: a PUT names its content, and answers to GETs carry the nonce.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from townhall_crypto import namespaces
from townhall_crypto.device_key import load_device_public_key
from townhall_crypto.errors import MalformedError
from townhall_sync.errors import RequestSignatureError

_ALGORITHM = "ecdsa-p256-sha256"
_COORDINATE_BYTES = 32
_WITHOUT_QUERY = ("@method", "@authority", "@path", "content-digest")
_WITH_QUERY = ("@method", "@authority", "@path", "@query", "content-digest")
_INPUT = re.compile(
    r'sig1=(?P<params>\((?P<covered>[a-z@"\- ]{1,200})\);created=(?P<created>[0-9]{1,15})'
    r';nonce="(?P<nonce>[A-Za-z0-9_-]{1,64})";keyid="(?P<keyid>[A-Za-z0-9._:-]{1,128})";alg="ecdsa-p256-sha256")'
)
_SIGNATURE = re.compile(r"sig1=:(?P<value>[A-Za-z0-9+/]{86}==):")


class RequestKey(Protocol):
    """The P-256 key that signs requests; a ``townhall_crypto`` device key is one."""

    @property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""

    def sign(self, namespace: bytes, message: bytes) -> bytes:
        """Return ECDSA-SHA256 (DER) over ``namespace || message``."""


@dataclass(frozen=True, slots=True)
class SignableRequest:
    """What a signature covers of a request: ``path`` and ``query`` as sent (encoded), ``query`` without its ``?``."""

    method: str
    authority: str
    path: str
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """Whose request it is, and what it said of itself; ``created`` (unix seconds) is the sender's claim."""

    key_id: str
    created: int
    nonce: str


def content_digest(body: bytes) -> str:
    """Return the Content-Digest field (RFC 9530 §2) of ``body``, sha-256."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_base(components: Sequence[tuple[str, str]], parameters: str) -> bytes:
    """Return the bytes that RFC 9421 §2.5 has signed: a line a component, then the signature parameters."""
    lines = [f'"{name}": {value}' for name, value in components]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def sign_request(request: SignableRequest, key: RequestKey, *, key_id: str, created: int, nonce: str) -> dict[str, str]:
    """Return the three header fields that sign ``request``: Content-Digest, Signature-Input, Signature."""
    digest = content_digest(request.body)
    components = _components(request, digest)
    covered = " ".join(f'"{name}"' for name, _value in components)
    parameters = f'({covered});created={created};nonce="{nonce}";keyid="{key_id}";alg="{_ALGORITHM}"'
    if _INPUT.fullmatch(f"sig1={parameters}") is None:
        raise ValueError("nonce, key id or time that the protocol has no room for")
    der = key.sign(namespaces.HTTP_SIGNATURE, signature_base(components, parameters))
    r, s = decode_dss_signature(der)
    value = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
    return {
        "Content-Digest": digest,
        "Signature-Input": f"sig1={parameters}",
        "Signature": f"sig1=:{base64.b64encode(value).decode()}:",
    }


def read_key_id(untrusted_headers: Mapping[str, str]) -> str:
    """Return the key id that a request claims, to look its key up with; nothing is verified yet.

    Raises:
        RequestSignatureError: no signature of this profile.
    """
    return _parse_input(untrusted_headers)["keyid"]


def verify_request(
    request: SignableRequest, untrusted_headers: Mapping[str, str], public_key_der: bytes
) -> VerifiedRequest:
    """Return whose request this is, after checking digest and signature (RFC 9421 §3.2).

    ``untrusted_headers`` is looked up by the lower-case names (Starlette's and httpx's mappings answer to any case).

    Raises:
        RequestSignatureError: missing, malformed, not covering what it must, of another body, or not by this key.
    """
    stated = _parse_input(untrusted_headers)
    digest = content_digest(request.body)
    components = _components(request, digest)
    if stated["covered"] != " ".join(f'"{name}"' for name, _value in components):
        raise RequestSignatureError("the signature does not cover what it must")
    if not hmac.compare_digest(untrusted_headers.get("content-digest", "").encode(), digest.encode()):
        raise RequestSignatureError("the content digest is not that of the body")
    verify_p256(public_key_der, _parse_signature(untrusted_headers), signature_base(components, stated["params"]))
    return VerifiedRequest(key_id=stated["keyid"], created=int(stated["created"]), nonce=stated["nonce"])


def verify_p256(public_key_der: bytes, signature: bytes, message: bytes) -> None:
    """Check an ``ecdsa-p256-sha256`` signature (r||s) over ``message``.

    Raises:
        RequestSignatureError: no P-256 key, or not its signature.
    """
    try:
        key = load_device_public_key(public_key_der)
    except MalformedError as exc:
        raise RequestSignatureError("not a P-256 key") from exc
    r, s = (int.from_bytes(half, "big") for half in (signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as exc:
        raise RequestSignatureError("the signature does not verify") from exc


def _components(request: SignableRequest, digest: str) -> list[tuple[str, str]]:
    """Return the covered components with their values as §2.2 writes them."""
    values = {
        "@method": request.method.upper(),
        "@authority": request.authority.lower(),  # §2.2.3
        "@path": request.path or "/",  # §2.2.6
        "@query": f"?{request.query}",  # §2.2.7
        "content-digest": digest,
    }
    return [(name, values[name]) for name in (_WITH_QUERY if request.query else _WITHOUT_QUERY)]


def _parse_input(untrusted_headers: Mapping[str, str]) -> dict[str, str]:
    match = _INPUT.fullmatch(untrusted_headers.get("signature-input", ""))
    if match is None:
        raise RequestSignatureError("no Signature-Input of this profile")
    return match.groupdict()


def _parse_signature(untrusted_headers: Mapping[str, str]) -> bytes:
    match = _SIGNATURE.fullmatch(untrusted_headers.get("signature", ""))
    if match is None:
        raise RequestSignatureError("no Signature of this profile")
    try:
        return base64.b64decode(match["value"], validate=True)
    except binascii.Error as exc:
        raise RequestSignatureError("the signature is no base64") from exc
