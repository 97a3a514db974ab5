# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The data directory of the centre: which files there are, who may read them, and the keys that ingest holds.

::

    root.json           public: what kiosks must know of this centre; its hash is in every one-time code
    settings.json       where the database is
    central.db          all truth (see tables.py), unless the settings name a PostgreSQL database
    keys/receipt.pem    Ed25519, signs receipts            held by ingest
    keys/log.pem        Ed25519, signs checkpoints         held by ingest
    device-ca.pem       P-256, encrypted: ingest cannot open it, an approving administrator can
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from townhall_central import device_ca
from townhall_central.database import Database
from townhall_central.errors import DirectoryError
from townhall_central.log import create_log
from townhall_central.place import Place, place_of
from townhall_central.tables import SCHEMA
from townhall_crypto.secret import Secret
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

ROOT_FILE = "root.json"
DATABASE_FILE = "central.db"
DEVICE_CA_FILE = "device-ca.pem"
SETTINGS_FILE = "settings.json"
_KEYS = "keys"
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class CentreKeys:
    """What ingest signs with, and the public document that says so."""

    receipt: Ed25519PrivateKey = field(repr=False)
    log: Ed25519PrivateKey = field(repr=False)
    root: wire.RootDocument
    root_bytes: bytes = field(repr=False)


class DirectorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """settings.json: `database` is a PostgreSQL address without a password; empty for the embedded SQLite file."""

    database: str = ""


def create_directory(
    directory: Path, *, origin: str, passphrase: Secret, now: Callable[[], int], database_url: str = ""
) -> wire.RootDocument:
    """Make a new centre in an empty or missing directory; returns its public document.

    Raises:
        DirectoryError: something is there already, `origin` cannot name a log, or the database cannot be used.
        PassphraseRefusedError: too short to guard the device CA.
    """
    if (
        not origin
        or len(origin) > 128
        or any(sign.isspace() or sign == "+" or not sign.isprintable() for sign in origin)
    ):
        raise DirectoryError("the origin names the log: 1 to 128 signs without spaces and plus signs")
    place = place_of(directory, DATABASE_FILE, database_url)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise DirectoryError("the data directory is not empty")
    directory.chmod(0o700)
    authority = device_ca.create(origin, passphrase, now())
    receipt, log = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    root = wire.RootDocument(
        receipt_key=_public_base64(receipt),
        log_key=_public_base64(log),
        log_origin=origin,
        device_ca=wire.encode_base64(authority.certificate_der),
    )
    (directory / _KEYS).mkdir(mode=0o700)
    write_private(directory / _KEYS / "receipt.pem", _pem(receipt))
    write_private(directory / _KEYS / "log.pem", _pem(log))
    write_private(directory / DEVICE_CA_FILE, authority.encrypted_key_pem)
    write_private(directory / SETTINGS_FILE, msgspec.json.encode(DirectorySettings(database=database_url)))
    Database.create(place, SCHEMA, create_log).close()
    # Last: a directory without root.json is an init that did not end.
    write_private(directory / ROOT_FILE, root.to_bytes())
    return root


def load_root(directory: Path) -> tuple[wire.RootDocument, bytes]:
    """Return the public document and its exact bytes; raises DirectoryError where there is none."""
    try:
        root_bytes = (directory / ROOT_FILE).read_bytes()
        return wire.read(wire.RootDocument, root_bytes), root_bytes
    except (OSError, MessageMalformedError) as exc:
        raise DirectoryError("no centre here: run init first") from exc


def adopt_catalogue(directory: Path) -> bytes:
    """Let root.json name the first root of the catalogue that was exported to `catalogue/`; returns root.json.

    Codes made before are void, since they carry the hash of the old root.json; kiosks enrolled before stay enrolled.

    Raises:
        DirectoryError: there is no centre, no exported catalogue, or another one was adopted before.
    """
    root, _ = load_root(directory)
    try:
        first = (directory / "catalogue" / "metadata" / "1.root.json").read_bytes()
        metadata = Metadata[Root].from_bytes(first)
        metadata.signed.verify_delegate(Root.type, metadata.signed_bytes, metadata.signatures)
    except (OSError, RepositoryError) as exc:
        raise DirectoryError("catalogue/ holds no signed catalogue: townhall-admin export") from exc
    adopted = wire.encode_base64(first)
    if root.catalogue_root not in {"", adopted} or metadata.signed.version != 1:
        raise DirectoryError("this centre's kiosks know another catalogue: one centre, one catalogue")
    content = msgspec.structs.replace(root, catalogue_root=adopted).to_bytes()
    new = directory / f"{ROOT_FILE}.new"
    new.unlink(missing_ok=True)
    write_private(new, content)
    new.replace(directory / ROOT_FILE)
    return content


def load_keys(directory: Path) -> CentreKeys:
    """Return what ingest holds.

    Raises:
        DirectoryError: a file is missing, damaged, readable by others, or not the one that root.json speaks of.
    """
    root, root_bytes = load_root(directory)
    receipt = _load(directory / _KEYS / "receipt.pem", root.receipt_key)
    log = _load(directory / _KEYS / "log.pem", root.log_key)
    return CentreKeys(receipt, log, root, root_bytes)


def open_database(directory: Path) -> Database:
    """Open the centre's database; raises DirectoryError where there is none of this version."""
    return Database.open(database_place(directory), SCHEMA)


def database_place(directory: Path) -> Place:
    """Return where a centre's database is; raises DirectoryError where its settings do not say so."""
    settings = directory / SETTINGS_FILE
    try:
        # Version 1 of the program had no settings: its database is the file.
        stated = msgspec.json.decode(read_private(settings), type=DirectorySettings) if settings.exists() else None
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise DirectoryError(f"{SETTINGS_FILE} is damaged") from exc
    return place_of(directory, DATABASE_FILE, stated.database if stated else "")


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone can read, and make it durable; raises DirectoryError where one exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exc:
        raise DirectoryError(f"{path.name} exists already") from exc
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path) -> bytes:
    """Return a private file's content; raises DirectoryError where it is missing or others may read it."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise DirectoryError(f"others may read {path.name}: chmod 600")
        return path.read_bytes()
    except OSError as exc:
        raise DirectoryError(f"{path.name} cannot be read") from exc


def _load(path: Path, public_base64: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(read_private(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise DirectoryError(f"{path.name} is damaged") from exc
    if not isinstance(key, Ed25519PrivateKey) or _public_base64(key) != public_base64:
        raise DirectoryError(f"{path.name} is not the key that {ROOT_FILE} names")
    return key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_base64(key: Ed25519PrivateKey) -> str:
    return wire.encode_base64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
