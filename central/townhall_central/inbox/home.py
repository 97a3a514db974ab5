# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The directory of an inbox: its keys, its settings, and the public file that its centre and its kiosks need.

::

    settings.json         name, centre's address, where services and trust anchors are
    inbox.db              cases (personal data)
    and what `agency_keys` tells of
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from townhall_central.agencies import AgencyFile
from townhall_central.agency_keys import SigningKey, claim_directory, load_keys, make_keys, publish_agency
from townhall_central.database import Database
from townhall_central.errors import DirectoryError
from townhall_central.inbox.store import SCHEMA
from townhall_central.keys import read_private, write_private
from townhall_central.place import Place, place_of
from townhall_crypto.recipients import RecipientPrivateKey

_SETTINGS_FILE = "settings.json"
_DATABASE_FILE = "inbox.db"


class TrustServices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is asked to make documents prove themselves: URLs of a time-stamping authority and an OCSP responder."""

    tsa: Annotated[str, msgspec.Meta(pattern="^https?://[^/]")]
    ocsp: Annotated[str, msgspec.Meta(pattern="^https?://[^/]")]


class InboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an administrator chose: the agency's name, its centre's address, folders of services and trust anchors.

    `texts` is the folder of the town's published translations, one folder a language; empty where there are none.
    `database` is a PostgreSQL address without a password; empty for the embedded SQLite file. `registrars` is a folder
    with names and keys of the registers that its forms ask, `<register>/`; empty where they ask none.
    """

    name: str
    centre: str
    services: str
    anchors: str
    texts: str = ""
    database: str = ""
    registrars: str = ""
    trust_services: TrustServices | None = None


@dataclass(frozen=True, slots=True)
class InboxHome:
    """An opened inbox directory."""

    settings: InboxSettings
    recipient_key: RecipientPrivateKey = field(repr=False)
    request_key: SigningKey = field(repr=False)
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
    place = place_of(directory, _DATABASE_FILE, settings.database)
    claim_directory(directory, untrusted_root)
    public = make_keys(directory, settings.name, untrusted_root)
    write_private(directory / _SETTINGS_FILE, msgspec.json.encode(settings))
    Database.create(place, SCHEMA).close()
    publish_agency(directory, public)
    return public


def open_home(directory: Path) -> InboxHome:
    """Open an inbox directory; raises DirectoryError where anything is missing, damaged or readable by others."""
    keys, settings = load_keys(directory), _load_settings(directory)
    database = Database.open(place_of(directory, _DATABASE_FILE, settings.database), SCHEMA)
    return InboxHome(settings, keys.recipient, keys.request, keys.device_ca, database)


def database_place(directory: Path) -> Place:
    """Return where an inbox's database is; raises DirectoryError where its settings do not say so."""
    return place_of(directory, _DATABASE_FILE, _load_settings(directory).database)


def _load_settings(directory: Path) -> InboxSettings:
    try:
        return msgspec.json.decode(read_private(directory / _SETTINGS_FILE), type=InboxSettings)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise DirectoryError(f"{_SETTINGS_FILE} is damaged") from exc
