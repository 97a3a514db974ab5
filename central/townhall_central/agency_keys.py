# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keys of whoever opens what kiosks seal, an agency or a board: to open envelopes, and to ask the centre for them.

::

    agency.json           public: for `townhall-central agency add`, and for the kiosks' catalogue
    root.json             the centre's public document: whose kiosks we believe
    keys/recipient.key    raw hybrid private key: opens what kiosks sealed
    keys/request.pem      P-256: signs our requests to the centre
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from townhall_central.agencies import AgencyFile
from townhall_central.errors import DirectoryError, PassphraseRefusedError
from townhall_central.keys import load_root, read_private, write_private
from townhall_crypto.errors import MalformedError
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_crypto.secret import Secret
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

AGENCY_FILE = "agency.json"
_RECIPIENT_KEY = "recipient.key"
_REQUEST_KEY = "request.pem"


class SigningKey:
    """A P-256 key of an agency or a board: signs its requests (RFC 9421), or its lists."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key

    @property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""
        return self._private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, namespace: bytes, message: bytes) -> bytes:
        """Return ECDSA-SHA256 (DER) over ``namespace || message``."""
        return self._private_key.sign(namespace + message, ec.ECDSA(hashes.SHA256()))

    def to_pem(self, passphrase: Secret | None = None) -> bytes:
        """Return the private key for its file, encrypted where there is a passphrase."""
        how = NoEncryption() if passphrase is None else BestAvailableEncryption(bytes(passphrase.reveal()))
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)

    @classmethod
    def generate(cls) -> Self:
        """Return a fresh key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: Secret | None = None) -> Self:
        """Return the key of a file.

        Raises:
            DirectoryError: the file is damaged, or holds another kind of key.
            PassphraseRefusedError: the passphrase does not open it.
        """
        try:
            key = load_pem_private_key(pem, None if passphrase is None else bytes(passphrase.reveal()))
        except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
            if passphrase is not None:
                raise PassphraseRefusedError("the passphrase does not open the key") from exc
            raise DirectoryError("a key file is damaged") from exc
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise DirectoryError("a key file holds no P-256 key")
        return cls(key)


@dataclass(frozen=True, slots=True)
class AgencyKeys:
    """The opened keys, and the authority whose kiosks are believed."""

    recipient: RecipientPrivateKey = field(repr=False)
    request: SigningKey = field(repr=False)
    device_ca: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """The name on the wire: the id of the recipient key."""
        return self.recipient.public.key_id


def claim_directory(directory: Path, untrusted_root: bytes) -> None:
    """Make an empty directory for the owner alone; raises DirectoryError where it is not empty or the root is none."""
    try:
        wire.read(wire.RootDocument, untrusted_root)
    except MessageMalformedError as exc:
        raise DirectoryError("this is no root.json of a centre") from exc
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise DirectoryError(f"{directory.name} is not empty")
    directory.chmod(0o700)


def make_keys(directory: Path, name: str, root: bytes) -> AgencyFile:
    """Write fresh keys and ``root.json`` into a claimed directory; returns what ``publish_agency`` publishes."""
    recipient, request = generate_recipient_key(), SigningKey.generate()
    (directory / "keys").mkdir(mode=0o700)
    write_private(directory / "keys" / _RECIPIENT_KEY, recipient.to_bytes())
    write_private(directory / "keys" / _REQUEST_KEY, request.to_pem())
    write_private(directory / "root.json", root)
    return AgencyFile(
        name=name,
        recipient_key=wire.encode_base64(recipient.public.to_bytes()),
        request_key=wire.encode_base64(request.public_der),
    )


def publish_agency(directory: Path, public: AgencyFile) -> None:
    """Write ``agency.json``, last of all: where it is, the directory is whole."""
    write_private(directory / AGENCY_FILE, msgspec.json.encode(public))


def load_keys(directory: Path) -> AgencyKeys:
    """Open the keys; raises DirectoryError where one is missing, damaged or readable by others."""
    root, _ = load_root(directory)
    try:
        recipient = RecipientPrivateKey.from_bytes(read_private(directory / "keys" / _RECIPIENT_KEY))
        request = SigningKey.from_pem(read_private(directory / "keys" / _REQUEST_KEY))
        device_ca = wire.decode_base64(root.device_ca)
    except (MalformedError, MessageMalformedError) as exc:
        raise DirectoryError("a key file is damaged") from exc
    return AgencyKeys(recipient, request, device_ca)
