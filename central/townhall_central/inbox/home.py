# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The directory of an inbox: its keys, its settings, and the public file that its centre and its kiosks need.

::

    agency.json           public: for `townhall-central agency add`, and for the kiosks' catalogue
    root.json             the centre's public document: whose kiosks we believe
    settings.json         name, centre's address, where services and trust anchors are
    inbox.db              cases (personal data)
    keys/recipient.key    raw hybrid private key: opens what kiosks sealed
    keys/request.pem      P-256: signs our requests to the centre
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from townhall_central.agencies import AgencyFile
from townhall_central.database import Database
from townhall_central.errors import DirectoryError
from townhall_central.inbox.store import METADATA, SCHEMA_VERSION
from townhall_central.keys import load_root, read_private, write_private
from townhall_crypto.errors import MalformedError
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

AGENCY_FILE = "agency.json"
_SETTINGS_FILE = "settings.json"
_DATABASE_FILE = "inbox.db"
_RECIPIENT_KEY = "recipient.key"
_REQUEST_KEY = "request.pem"


class InboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an administrator chose: the agency's name, its centre's address, folders of services and trust anchors."""

    name: str
    centre: str
    services: str
    anchors: str


class RequestKey:
    """The P-256 key that signs the inbox's requests (RFC 9421)."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key

    @property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""
        return self._private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, namespace: bytes, message: bytes) -> bytes:
        """Return ECDSA-SHA256 (DER) over ``namespace || message``."""
        return self._private_key.sign(namespace + message, ec.ECDSA(hashes.SHA256()))

    def to_pem(self) -> bytes:
        """Return the private key for its file."""
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class InboxHome:
    """An opened inbox directory."""

    settings: InboxSettings
    recipient_key: RecipientPrivateKey = field(repr=False)
    request_key: RequestKey = field(repr=False)
    device_ca: bytes = field(repr=False)
    database: Database = field(repr=False)

    @property
    def key_id(self) -> str:
        """The agency's name on the wire: the id of its recipient key."""
        return self.recipient_key.public.key_id


def create_home(directory: Path, settings: InboxSettings, untrusted_root: bytes) -> AgencyFile:
    """Make a new inbox with fresh keys in an empty or missing directory; returns what to publish.

    Raises:
        DirectoryError: something is there already, or the root document cannot be read.
    """
    try:
        wire.read(wire.RootDocument, untrusted_root)
    except MessageMalformedError as exc:
        raise DirectoryError("this is no root.json of a centre") from exc
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise DirectoryError("the inbox directory is not empty")
    directory.chmod(0o700)
    recipient, request = generate_recipient_key(), RequestKey(ec.generate_private_key(ec.SECP256R1()))
    public = AgencyFile(
        name=settings.name,
        recipient_key=wire.encode_base64(recipient.public.to_bytes()),
        request_key=wire.encode_base64(request.public_der),
    )
    (directory / "keys").mkdir(mode=0o700)
    write_private(directory / "keys" / _RECIPIENT_KEY, recipient.to_bytes())
    write_private(directory / "keys" / _REQUEST_KEY, request.to_pem())
    write_private(directory / "root.json", untrusted_root)
    write_private(directory / _SETTINGS_FILE, msgspec.json.encode(settings))
    Database.create(directory / _DATABASE_FILE, METADATA, SCHEMA_VERSION).close()
    write_private(directory / AGENCY_FILE, msgspec.json.encode(public))
    return public


def open_home(directory: Path) -> InboxHome:
    """Open an inbox directory; raises DirectoryError where anything is missing, damaged or readable by others."""
    root, _ = load_root(directory)
    try:
        settings = msgspec.json.decode(read_private(directory / _SETTINGS_FILE), type=InboxSettings)
        recipient = RecipientPrivateKey.from_bytes(read_private(directory / "keys" / _RECIPIENT_KEY))
        request = load_pem_private_key(read_private(directory / "keys" / _REQUEST_KEY), password=None)
        device_ca = wire.decode_base64(root.device_ca)
    except (
        msgspec.MsgspecError,
        MalformedError,
        MessageMalformedError,
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
    ) as e:
        raise DirectoryError("a file of the inbox is damaged") from e
    if not isinstance(request, ec.EllipticCurvePrivateKey):
        raise DirectoryError(f"{_REQUEST_KEY} is no P-256 key")
    database = Database.open(directory / _DATABASE_FILE, METADATA, SCHEMA_VERSION)
    return InboxHome(settings, recipient, RequestKey(request), device_ca, database)
