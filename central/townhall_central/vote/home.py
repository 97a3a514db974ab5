# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The directory of a board: its keys, the election package that it works by, its database.

::

    settings.json         role, name, centre's address, where trust anchors and the list of staff are
    package/              the election package, as two officers signed it
    board.db              statements (personal data) or ballots
    keys/board.pem        P-256, encrypted: signs the board's lists; its passphrase is opened at the close alone
    keys/board.pub        its public half (DER): others check the lists by it
    keys/log.pem          the ballot box's: Ed25519, signs checkpoints of the public log
    keys/roll.key         the eligibility board's: finds people in the roll
    and what `agency_keys` tells of
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from townhall_central.agencies import AgencyFile
from townhall_central.agency_keys import AgencyKeys, SigningKey, claim_directory, load_keys, make_keys, publish_agency
from townhall_central.database import Database
from townhall_central.errors import DirectoryError
from townhall_central.inbox.trust_folder import load_anchors
from townhall_central.keys import read_private, write_private
from townhall_central.place import Place, place_of
from townhall_central.schema import Schema
from townhall_central.vote import box_store, eligibility_store
from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_crypto.errors import MalformedError, TrustMaterialError
from townhall_crypto.secret import Secret
from townhall_crypto.trust import TrustAnchors
from townhall_voting.board.log import log_name
from townhall_voting.errors import PackageRefusedError
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition
from townhall_voting.package.officers import Grounds
from townhall_voting.package.package import ElectionPackage, verify_package
from townhall_voting.package.roll import KEY_BYTES, RollKeys

_SETTINGS = "settings.json"
_DATABASE = "board.db"
_PACKAGE = "package"
_SIGNING = "board.pem"
_PUBLIC = "board.pub"
_LOG = "log.pem"
_LOG_PUBLIC = "log.vkey"
_ROLL = "roll.key"


class BoardRole(Enum):
    """Which of the two boards: separate people, machines and keys."""

    ELIGIBILITY = "eligibility-board"
    BALLOT_BOX = "ballot-box"

    @property
    def schema(self) -> Schema:
        """Of its database."""
        return eligibility_store.SCHEMA if self is BoardRole.ELIGIBILITY else box_store.SCHEMA


class BoardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the officers chose. ``officers`` are SHA-256 of authentication certificates, from the list of staff."""

    role: BoardRole
    name: str
    centre: str
    anchors: str
    officers: tuple[str, ...]
    verified_at: int
    """Unix seconds: when the package was taken in, and its signatures were judged."""
    database: str = ""


@dataclass(frozen=True, slots=True)
class BoardHome:
    """An opened board directory."""

    directory: Path
    settings: BoardSettings
    keys: AgencyKeys = field(repr=False)
    package: ElectionPackage
    database: Database = field(repr=False)

    @property
    def anchors(self) -> TrustAnchors:
        """Of the national cards, read anew each time: revocation lists are replaced while we run."""
        return load_anchors(Path(self.settings.anchors))

    def signing_key(self, passphrase: Secret) -> SigningKey:
        """Open what signs the board's lists; raises PassphraseRefusedError."""
        return SigningKey.from_pem(read_private(self.directory / "keys" / _SIGNING), passphrase)

    def log_signer(self) -> Ed25519NoteSigner:
        """Return what signs the public log; raises DirectoryError for a board that has none."""
        return _log_signer(read_private(self.directory / "keys" / _LOG), _log_of(self.package.definition))

    def roll_keys(self) -> RollKeys:
        """Return what finds people in the roll; raises DirectoryError for a board that has none."""
        with Secret(read_private(self.directory / "keys" / _ROLL)) as roll_key:
            if len(roll_key.reveal()) != KEY_BYTES:
                raise DirectoryError(f"{_ROLL} is no roll key")
            return RollKeys.derive(roll_key, self.package.definition)


def new_log_key(directory: Path, election: str, mode: Mode) -> None:
    """Make the key of a ballot box's log before its package, which names it: log.pem, and log.vkey for the author.

    Raises:
        DirectoryError: they are there already, or that is no election's id.
    """
    try:
        files = _log_files(_fresh_log_key(), log_name(election, mode))
    except MalformedError as exc:
        raise DirectoryError("no election has such an id") from exc
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        write_private(directory / name, content)


def create_home(  # noqa: PLR0913 - what a board is made of, once
    directory: Path,
    settings: BoardSettings,
    files: dict[str, bytes],
    root: bytes,
    passphrase: Secret,
    *,
    log_key: bytes | None = None,
) -> AgencyFile:
    """Make a board with fresh keys over a verified package; returns what to publish.

    An eligibility board still needs its roll key (``store_roll_key``). ``log_key`` is a ballot box's log.pem; without
    one it is made here, for a package that names none.

    Raises:
        DirectoryError: something is there already, or the package, root, anchors or log key are refused.
    """
    place = place_of(directory, _DATABASE, settings.database)
    package = _verified(files, settings)
    log: dict[str, bytes] = {}
    if settings.role is BoardRole.BALLOT_BOX:
        log = _log_files(log_key or _fresh_log_key(), _log_of(package.definition))
        if package.definition.ballot_log.encode() not in {b"", log[_LOG_PUBLIC].strip()}:
            raise DirectoryError("the package names another key of the box's log: give its log.pem")
    claim_directory(directory, root)
    (directory / _PACKAGE).mkdir(mode=0o700)
    for name, content in files.items():
        write_private(directory / _PACKAGE / name, content)
    public = make_keys(directory, settings.name, root)
    signing = SigningKey.generate()
    write_private(directory / "keys" / _SIGNING, signing.to_pem(passphrase))
    write_private(directory / "keys" / _PUBLIC, signing.public_der)
    for name, content in log.items():
        write_private(directory / "keys" / name, content)
    write_private(directory / _SETTINGS, msgspec.json.encode(settings))
    Database.create(place, settings.role.schema).close()
    publish_agency(directory, public)
    return public


def store_roll_key(directory: Path, roll_key: Secret) -> None:
    """Give an eligibility board what finds people in the roll; raises DirectoryError where it has one."""
    write_private(directory / "keys" / _ROLL, bytes(roll_key.reveal()))


def open_home(directory: Path, role: BoardRole) -> BoardHome:
    """Open a board directory; raises DirectoryError where anything is missing, damaged, or another board's."""
    settings = load_settings(directory)
    if settings.role is not role:
        raise DirectoryError(f"{directory.name} is no {role.value}")
    keys = load_keys(directory)
    try:
        files = {path.name: path.read_bytes() for path in (directory / _PACKAGE).iterdir()}
    except OSError as exc:
        raise DirectoryError("the election package cannot be read") from exc
    package = _verified(files, settings)
    database = Database.open(place_of(directory, _DATABASE, settings.database), role.schema)
    return BoardHome(directory, settings, keys, package, database)


def load_settings(directory: Path) -> BoardSettings:
    """Return a board's settings; raises DirectoryError."""
    try:
        return msgspec.json.decode(read_private(directory / _SETTINGS), type=BoardSettings)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise DirectoryError(f"{_SETTINGS} is damaged") from exc


def database_place(directory: Path) -> Place:
    """Return where a board's database is; raises DirectoryError where its settings do not say so."""
    return place_of(directory, _DATABASE, load_settings(directory).database)


def _fresh_log_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _log_files(pem: bytes, name: str) -> dict[str, bytes]:
    return {_LOG: pem, _LOG_PUBLIC: f"{_log_signer(pem, name).verifier.vkey}\n".encode()}


def _log_of(definition: Definition) -> str:
    return log_name(definition.id, definition.mode)


def _log_signer(pem: bytes, name: str) -> Ed25519NoteSigner:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise DirectoryError(f"{_LOG} is damaged") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise DirectoryError(f"{_LOG} is no Ed25519 key")
    return Ed25519NoteSigner(name, key)


def _verified(files: dict[str, bytes], settings: BoardSettings) -> ElectionPackage:
    officers = frozenset(settings.officers)
    at = datetime.fromtimestamp(settings.verified_at, UTC)
    try:
        grounds = Grounds(
            load_anchors(Path(settings.anchors)), lambda der, _at: hashlib.sha256(der).hexdigest() in officers, at
        )
        return verify_package(files, grounds)
    except (PackageRefusedError, TrustMaterialError, MalformedError) as exc:
        raise DirectoryError(f"the election package is refused: {exc}") from exc
