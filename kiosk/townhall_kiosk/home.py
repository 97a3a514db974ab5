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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from townhall_crypto.errors import CryptoError
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.secret import Secret
from townhall_forms.service import DESCRIPTION_FILE, Service, load_services
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.messages import Provisions, ServiceFiles
from townhall_kiosk.texts import load_catalog

_MAX_PASSPHRASE_BYTES: Final = 1024

_Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``kiosk.toml`` says."""

    place: str
    centre: Annotated[str, msgspec.Meta(pattern="^https?://[^/]")]  # base URL
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("en", "ar")  # the first is the default
    window: Annotated[str, msgspec.Meta(pattern="^([0-9]+x[0-9]+)?$")] = ""  # WIDTHxHEIGHT; empty: the whole panel
    ppi: Annotated[float, msgspec.Meta(ge=0)] = 0.0  # pixels an inch of the panel; 0: as the panel says
    paper: str = ""  # directory that takes printed receipts; empty: no printer
    retry_base_s: _Seconds = 2.0  # full jitter: the first wait after a failed try is at most this
    retry_cap_s: _Seconds = 900.0  # and no wait is longer than this
    line_check_s: _Seconds = 60.0
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

    def provisions(self, kiosk: str, settings: Settings) -> Provisions:
        """Read the catalogue for visits, and check that it serves everybody who may come.

        Raises:
            ConfigurationError: something of it is missing or cannot be read.
            ServiceRefusedError: a service's own files are wrong.
        """
        catalogue = self.path / "catalogue"
        try:
            return self._provisions(kiosk, settings, catalogue)
        except OSError as exc:
            raise ConfigurationError(f"catalogue: {exc.filename}: {exc.strerror}") from exc

    @staticmethod
    def _provisions(kiosk: str, settings: Settings, catalogue: Path) -> Provisions:
        services = load_services(catalogue / "services")
        recipients = {agency.name: _files(agency, "*.key") for agency in sorted((catalogue / "recipients").iterdir())}
        trust = catalogue / "trust"
        anchors = _files(trust / "anchors", "*.der")
        if not services or not anchors:
            raise ConfigurationError("catalogue: no services, or no trust anchors")
        for service in services:
            _check_served(service, recipients, settings.languages)
        return Provisions(
            kiosk=kiosk,
            place=settings.place,
            languages=settings.languages,
            can_print=bool(settings.paper),
            services=tuple(_service_files(catalogue / "services" / service.id, service) for service in services),
            recipients=recipients,
            anchors=anchors,
            intermediates=_files(trust / "intermediates", "*.der"),
            revocation_lists=_files(trust / "crls", "*.crl"),
        )


def _check_served(service: Service, recipients: Mapping[str, tuple[bytes, ...]], languages: Sequence[str]) -> None:
    """A person must not fill in and sign a form that cannot be sealed, or not be shown in their language."""
    for language in languages:
        load_catalog(language)
        if language not in service.titles:
            raise ConfigurationError(f"catalogue: {service.id} does not speak {language!r}")
    keys = recipients.get(service.recipient, ())
    try:
        usable = [RecipientPublicKey.from_bytes(key) for key in keys]
    except CryptoError as exc:
        raise ConfigurationError(f"catalogue: a key of {service.recipient} cannot be used: {exc.code}") from exc
    if not usable:
        raise ConfigurationError(f"catalogue: {service.id} goes to {service.recipient}, of whom there is no key")


def _service_files(folder: Path, service: Service) -> ServiceFiles:
    return ServiceFiles((folder / DESCRIPTION_FILE).read_bytes(), service.form_xml)


def _files(folder: Path, pattern: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(folder.glob(pattern)))
