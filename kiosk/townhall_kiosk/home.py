# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's home: one directory that holds its configuration, keys, catalogue and journal.

::

    kiosk.toml                place, centre, languages, display, printer
    device.key                the device key, encrypted (development; a TPM holds it on an installed kiosk)
    device.passphrase         opens device.key; staff put it elsewhere with the key ``passphrase_file``
    enrolment/root.json       the centre's keys, checked against the one-time code
    enrolment/device.der      this kiosk's certificate
    catalogue/services/       services, one folder each
    catalogue/recipients/     public keys of agencies: <agency>/*.key, raw bytes
    catalogue/trust/          anchors/*.der, intermediates/*.der, crls/*.crl of national cards
    journal/                  the journal and its log
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from townhall_crypto.secret import Secret
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.messages import Provisions, ServiceFiles

_MAX_PASSPHRASE_BYTES: Final = 1024


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``kiosk.toml`` says."""

    place: str
    centre: str  # base URL
    languages: tuple[str, ...] = ("en", "ar")  # the first is the default
    window: str = ""  # WIDTHxHEIGHT; empty: the whole panel
    ppi: float = 0.0  # pixels an inch of the panel; 0: as the panel says
    paper: str = ""  # directory that takes printed receipts; empty: no printer
    retry_base_s: float = 2.0  # full jitter: the first wait after a failed try is at most this
    retry_cap_s: float = 900.0  # and no wait is longer than this
    line_check_s: float = 60.0
    passphrase_file: str = "device.passphrase"  # noqa: S105  # a file's name


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

    def settings(self) -> Settings:
        """Read ``kiosk.toml``.

        Raises:
            ConfigurationError: it is missing, or not as it must be.
        """
        try:
            return msgspec.convert(tomllib.loads((self.path / "kiosk.toml").read_text()), Settings)
        except (OSError, tomllib.TOMLDecodeError, msgspec.MsgspecError) as exc:
            raise ConfigurationError(f"kiosk.toml: {exc}") from exc

    def passphrase(self, settings: Settings) -> Secret:
        """Read what opens the device key.

        Raises:
            ConfigurationError: the file is missing, or others may read it.
        """
        path = self.path / settings.passphrase_file
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise ConfigurationError(f"{path.name} is readable by others: chmod 600")
                return Secret(file.read(_MAX_PASSPHRASE_BYTES).strip())
        except OSError as exc:
            raise ConfigurationError(f"{path.name}: {exc.strerror}") from exc

    def provisions(self, kiosk: str, settings: Settings) -> Provisions:
        """Read the catalogue for visits.

        Raises:
            ConfigurationError: something of it is missing.
        """
        catalogue = self.path / "catalogue"
        try:
            services = tuple(
                ServiceFiles((folder / "service.json").read_bytes(), (folder / "form.xml").read_bytes())
                for folder in sorted((catalogue / "services").iterdir())
            )
            recipients = {
                agency.name: _files(agency, "*.key") for agency in sorted((catalogue / "recipients").iterdir())
            }
        except OSError as exc:
            raise ConfigurationError(f"catalogue: {exc.filename}: {exc.strerror}") from exc
        trust = catalogue / "trust"
        anchors = _files(trust / "anchors", "*.der")
        if not services or not recipients or not anchors:
            raise ConfigurationError("catalogue: no services, no recipients' keys, or no trust anchors")
        return Provisions(
            kiosk=kiosk,
            place=settings.place,
            languages=settings.languages,
            can_print=bool(settings.paper),
            services=services,
            recipients=recipients,
            anchors=anchors,
            intermediates=_files(trust / "intermediates", "*.der"),
            revocation_lists=_files(trust / "crls", "*.crl"),
        )


def _files(folder: Path, pattern: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(folder.glob(pattern)))
