# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's home: one directory that holds its configuration, keys, catalogue and journal.

::

    kiosk.toml                centre, languages, display, printer
    device.key                the device key, encrypted (development; a TPM holds it on an installed kiosk)
    device.passphrase         opens device.key; staff put it elsewhere with the key ``passphrase_file``
    enrolment/root.json       the centre's keys, checked against the one-time code
    enrolment/device.der      this kiosk's certificate
    catalogue/                the signed catalogue: the last copy that verified wholly (townhall_sync.catalogue)
    journal/                  the journal and its log
    reports/                  readiness reports
    service.json              whether staff took the kiosk out of service; without it, it is in service
    control                   the running keeper's socket: townhall status
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from townhall_crypto.secret import Secret
from townhall_kiosk.errors import ConfigurationError
from townhall_sync.errors import MessageMalformedError
from townhall_sync.wire import RootDocument, decode_base64, read

_MAX_PASSPHRASE_BYTES: Final = 1024

_Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``kiosk.toml`` says."""

    centre: Annotated[str, msgspec.Meta(pattern="^https?://[^/]")]  # base URL
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("en", "et", "fr", "ar")  # first: the default
    window: Annotated[str, msgspec.Meta(pattern="^([0-9]+x[0-9]+)?$")] = ""  # WIDTHxHEIGHT; empty: the whole panel
    ppi: Annotated[float, msgspec.Meta(ge=0)] = 0.0  # pixels an inch of the panel; 0: as the panel says
    speech: str = ""  # Unix socket of speech-dispatcher; empty: nobody is read to
    headphones: str = ""  # input device of the jack; empty: nobody is read to
    printer: Annotated[str, msgspec.Meta(pattern="^(ipps?://[^/]+/.*)?$")] = ""  # IPP address; empty: no printer
    paper: str = ""  # directory that takes printed receipts in a printer's place: demo and training
    retry_base_s: _Seconds = 2.0  # full jitter: the first wait after a failed try is at most this
    retry_cap_s: _Seconds = 900.0  # and no wait is longer than this
    line_check_s: _Seconds = 60.0
    staff_reader: str = ""  # name of the second reader, where clerks put their card to help; empty: there is none
    pin_pads: bool = True  # PINs are entered at readers' own keys, where readers have some; False: on the screen
    no_pin_pad_at: tuple[_Name, ...] = ()  # beginnings of names of readers whose keys are not used
    zone_prefix: str = ""  # what a reader of machine readable zones that plays a keyboard sends before the zone
    zone_suffix: str = ""  # and behind it, beside Enter
    removable: str = ""  # where sticks are mounted: the mount point itself, or the folder of mount points
    elsewhere: str = ""  # told when this kiosk is out of service: place and hours of another way
    catalogue_check_s: _Seconds = 900.0  # how often the centre is asked for a newer catalogue
    passphrase_file: str = "device.passphrase"  # noqa: S105  # a file's name

    def __post_init__(self) -> None:
        """Raise ValueError where two settings contradict one another."""
        if self.printer and self.paper:
            raise ValueError("`printer` or `paper`, not both")

    @property
    def can_print(self) -> bool:
        """Whether receipts can be had on paper."""
        return bool(self.printer or self.paper)


@dataclass(frozen=True, slots=True)
class KioskHome:
    """Paths under one directory, and the reading of what lies there."""

    path: Path

    @property
    def device_key(self) -> Path:
        """The encrypted device key."""
        return self.path / "device.key"

    @property
    def journal(self) -> Path:
        """The journal's directory."""
        return self.path / "journal"

    @property
    def root(self) -> Path:
        """The centre's root.json."""
        return self.path / "enrolment" / "root.json"

    @property
    def device_certificate(self) -> Path:
        """This kiosk's certificate, DER."""
        return self.path / "enrolment" / "device.der"

    def root_json(self) -> bytes:
        """Read the centre's root.json.

        Raises:
            ConfigurationError: there is none.
        """
        try:
            return self.root.read_bytes()
        except OSError as exc:
            raise ConfigurationError("this kiosk is not enrolled: townhall enrol") from exc

    def settings(self) -> Settings:
        """Read ``kiosk.toml``.

        Raises:
            ConfigurationError: it is missing, or not as it must be.
        """
        try:
            with (self.path / "kiosk.toml").open("rb") as file:
                return msgspec.convert(tomllib.load(file), Settings)
        except (OSError, ValueError, msgspec.MsgspecError) as exc:  # ValueError: no TOML, or no UTF-8
            raise ConfigurationError(f"kiosk.toml: {exc}") from exc

    def passphrase(self, settings: Settings) -> Secret:
        """Read what opens the device key.

        Raises:
            ConfigurationError: the file is missing or empty, or others may read it.
        """
        path = self.path / settings.passphrase_file
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise ConfigurationError(f"{path.name} is readable by others: chmod 600")
                passphrase = file.read(_MAX_PASSPHRASE_BYTES).strip()
        except OSError as exc:
            raise ConfigurationError(f"{path.name}: {exc.strerror}") from exc
        if not passphrase:
            raise ConfigurationError(f"{path.name} is empty")
        return Secret(passphrase)

    @property
    def catalogue(self) -> Path:
        """The signed catalogue's directory."""
        return self.path / "catalogue"

    def catalogue_root(self) -> bytes:
        """Return the first root of the signed catalogue, which enrolment brought under the one-time code's hash.

        Raises:
            ConfigurationError: not enrolled, or by a centre that had no catalogue.
        """
        try:
            root = decode_base64(read(RootDocument, self.root_json()).catalogue_root)
        except MessageMalformedError as exc:
            raise ConfigurationError("enrolment/root.json cannot be read: enrol anew") from exc
        if not root:
            raise ConfigurationError("the centre had no catalogue when this kiosk was enrolled: enrol anew")
        return root
