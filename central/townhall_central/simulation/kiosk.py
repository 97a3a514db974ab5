# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk's side of the wire without a kiosk: it seals, chains, signs, and never forgets what it sent."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_central.ingest import Caller
from townhall_crypto.envelope import NO_PREVIOUS, Created, Envelope, OuterHeader, sealed_sha256, sign_envelope
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.sealed import seal
from townhall_sync import wire
from townhall_sync.batch import BATCH_MEDIA_TYPE, NamedEnvelope, encode
from townhall_sync.http_signatures import SignableRequest, sign_request

TRANSACTION_KIND = "service-transaction"
_UNKNOWN = "f" * 64


class MemoryDeviceKey:
    """A P-256 device key in memory."""

    is_development = True

    def __init__(self, secret: int | None = None) -> None:
        """Make a new key, or that of a known secret number."""
        curve = ec.SECP256R1()
        self._key = ec.generate_private_key(curve) if secret is None else ec.derive_private_key(secret, curve)
        self.public_der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, namespace: bytes, message: bytes) -> bytes:
        """Return ECDSA-SHA256 (DER) over ``namespace || message``."""
        return self._key.sign(namespace + message, ec.ECDSA(hashes.SHA256()))


@dataclass
class SimulatedKiosk:
    """An enrolled kiosk. `ids` are the envelopes that it made, by seq: what `prev_hash` of the next one names."""

    name: str
    key: MemoryDeviceKey
    certificate: bytes
    recipients: Sequence[RecipientPublicKey]
    wall: int
    journal_id: str = "journal-1"
    ids: dict[int, str] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        """What the centre knows of it."""
        return Caller(self.name, self.key.public_der, self.certificate)

    def envelope(self, seq: int, payload: bytes = b"payload", *, prev: str | None = None) -> Envelope:
        """Return an envelope of a freshly sealed payload; `prev` replaces the link to the one before."""
        return self.wrap(seal(payload, kind=TRANSACTION_KIND, recipients=self.recipients), seq, prev=prev)

    def chain(self, length: int) -> list[Envelope]:
        """Return the first envelopes of the journal."""
        return [self.envelope(seq, b"payload %d" % seq) for seq in range(1, length + 1)]

    def wrap(self, sealed: bytes, seq: int, *, prev: str | None = None) -> Envelope:
        """Return an envelope around sealed bytes, whatever these are."""
        header = self.header(sealed, seq, prev=prev)
        self.ids.setdefault(seq, header.envelope_id)
        return sign_envelope(header, sealed, self.key)

    def header(self, sealed: bytes, seq: int, *, prev: str | None = None) -> OuterHeader:
        """Return the outer header that a keeper would write."""
        linked = NO_PREVIOUS if seq == 1 else self.ids.get(seq - 1, _UNKNOWN)
        created = Created(self.wall + seq, seq * 1_000_000, 0)
        digest = sealed_sha256(sealed)
        return OuterHeader(self.name, self.journal_id, "boot-1", seq, linked if prev is None else prev, created, digest)

    def put_headers(
        self, authority: str, envelope_id: str, body: bytes, *, key: MemoryDeviceKey | None = None
    ) -> dict[str, str]:
        """Return the header fields of a signed PUT; `key` signs instead of the kiosk's own."""
        request = SignableRequest("PUT", authority, f"/v1/envelopes/{envelope_id}", "", body)
        return {"Content-Type": wire.ENVELOPE_MEDIA_TYPE, **self._signed(request, key or self.key)}

    def post_headers(self, authority: str, body: bytes) -> dict[str, str]:
        """Return the header fields of a signed POST of a batch."""
        request = SignableRequest("POST", authority, "/v1/envelopes", "", body)
        return {"Content-Type": BATCH_MEDIA_TYPE, **self._signed(request, self.key)}

    def _signed(self, request: SignableRequest, key: MemoryDeviceKey) -> dict[str, str]:
        return sign_request(request, key, key_id=self.name, created=self.wall, nonce=os.urandom(8).hex())


def batch_of(envelopes: Sequence[Envelope]) -> bytes:
    """Return the body of a batch."""
    return encode([NamedEnvelope(each.header.envelope_id, each.to_bytes()) for each in envelopes])


def enrolment_request(kiosk: str, key: MemoryDeviceKey, secret: bytes) -> wire.EnrolmentRequest:
    """Return what a kiosk sends to be enrolled with a one-time code's secret."""
    public = wire.encode_base64(key.public_der)
    return wire.EnrolmentRequest(kiosk=kiosk, public_key=public, proof=wire.enrolment_proof(secret, key.public_der))
