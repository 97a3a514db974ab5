# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From the verified catalogue to what a visit may know: what is still valid for this kiosk's group and place.

A person must not fill in and sign a form that cannot be sealed, or not be shown in their language: a service that is
not whole is hidden with the reason, the others go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from townhall_crypto.errors import CryptoError
from townhall_crypto.recipients import RecipientPublicKey
from townhall_forms.errors import FormError
from townhall_forms.registers.extract import Extract
from townhall_forms.registers.register import asked_values
from townhall_forms.service import DESCRIPTION_FILE, Service, read_service
from townhall_kiosk.catalogue_registers import facts_of, read_registers
from townhall_kiosk.errors import (
    CatalogueUnusableError,
    KioskError,
    LanguageMissingError,
    MunicipalityRefusedError,
    NoCatalogueError,
    NothingOfferedError,
    PartExpiredError,
    PlaceUnknownError,
    RecipientMissingError,
    TranslationRefusedError,
)
from townhall_kiosk.home import Settings
from townhall_kiosk.messages import Provisions, RegisterFacts, ServiceFiles
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.texts import load_catalog
from townhall_kiosk.translations import merged
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_municipality import municipality_path, read_municipality
from townhall_sync.catalogue_outcomes import Hidden
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_places import PLACES_PATH, read_places, service_folder
from townhall_sync.errors import MessageMalformedError, SyncError
from townhall_voting.package.package import ElectionPackage

_FORM = "form.xml"


@dataclass(frozen=True, slots=True)
class Provided:
    """What visits get; what is hidden and why; ``closed`` is empty, or the code of why nobody can be served."""

    provisions: Provisions
    hidden: tuple[Hidden, ...] = ()
    closed: str = ""
    election: ElectionPackage | None = None  # verified, of this kiosk, and not over
    registers: Mapping[str, Extract] = field(default_factory=dict)  # the records that visits may ask for


@dataclass(slots=True)
class _Reading:
    """One look at the catalogue at one time."""

    catalogue: Catalogue
    settings: Settings
    now: int
    hidden: list[Hidden] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)  # registers that the forms ask

    def hide(self, what: str, code: str) -> None:
        self.hidden.append(Hidden(what, code))

    def require(self, part: Part) -> None:
        """Raise PartExpiredError for a part that is missing or past its age."""
        signed = self.catalogue.parts.get(part)
        if signed is None or self.now >= signed.until:
            raise PartExpiredError(part.role)

    def folder(self, part: Part, folder: str) -> tuple[bytes, ...]:
        """Return the files of a part below a folder, by their names."""
        return tuple(self.catalogue.read(path) for path in self.catalogue.paths(part) if path.startswith(folder + "/"))


def nothing_provided(kiosk: str, settings: Settings, code: str) -> Provided:
    """Return what visits get of a catalogue that serves nobody."""
    return Provided(_provisions(kiosk, kiosk, settings), closed=code)


def provide(catalogue: Catalogue | None, kiosk: str, settings: Settings, now: int) -> Provided:
    """Return what visits get at this time; nothing is raised: whatever cannot be used is told in the result."""
    if catalogue is None:
        return nothing_provided(kiosk, settings, NoCatalogueError.code)
    reading = _Reading(catalogue, settings, now)
    try:
        return _provide(reading, kiosk)
    except (KioskError, SyncError, CryptoError) as exc:
        return Provided(_provisions(kiosk, kiosk, settings), tuple(reading.hidden), exc.code)


def _provide(reading: _Reading, kiosk: str) -> Provided:
    reading.require(Part.PLACES)
    places = read_places(reading.catalogue.read(PLACES_PATH))
    ours = places.kiosks.get(kiosk)
    if ours is None:
        raise PlaceUnknownError(kiosk)
    anchors = reading.folder(Part.TRUST, "trust/anchors")
    if not anchors:
        raise PartExpiredError(Part.TRUST.role)
    recipients = _recipients(reading)
    services = {}
    for name, edition in sorted(places.groups[ours.group].services.items()):
        try:
            services[name] = _service(reading, name, edition, recipients)
        except (KioskError, SyncError, FormError) as exc:
            reading.hide(name, exc.code)
    registers = read_registers(reading.catalogue, reading.asked, reading.now, reading.hide)
    provisions = _provisions(
        kiosk,
        ours.place,
        reading.settings,
        services=tuple(services.values()),
        recipients=recipients,
        anchors=anchors,
        intermediates=reading.folder(Part.TRUST, "trust/intermediates"),
        revocation_lists=_revocation_lists(reading),
        roster=_roster(reading),
        trust_list_at=reading.catalogue.parts[Part.TRUST].signed,
        translations=_translations(reading),
        registers=facts_of(registers),
        municipality=_municipality(reading, ours.municipality),
    )
    return Provided(
        provisions,
        tuple(reading.hidden),
        "" if services else _why_closed(reading),
        registers={name: extract for name, (_known, extract) in registers.items()},
    )


def _why_closed(reading: _Reading) -> str:
    """Return the reason that hides all services; one stands for the others."""
    return reading.hidden[0].code if reading.hidden else NothingOfferedError.code


def _provisions(  # noqa: PLR0913  # the message's own fields
    kiosk: str,
    place: str,
    settings: Settings,
    *,
    services: tuple[ServiceFiles, ...] = (),
    recipients: Mapping[str, tuple[bytes, ...]] | None = None,
    anchors: tuple[bytes, ...] = (),
    intermediates: tuple[bytes, ...] = (),
    revocation_lists: tuple[bytes, ...] = (),
    roster: bytes = b"",
    trust_list_at: int = 0,
    translations: Mapping[str, bytes] | None = None,
    registers: tuple[RegisterFacts, ...] = (),
    municipality: bytes = b"",
) -> Provisions:
    return Provisions(
        kiosk=kiosk,
        place=place,
        languages=settings.languages,
        can_print=settings.can_print,
        services=services,
        recipients=dict(recipients or {}),
        anchors=anchors,
        intermediates=intermediates,
        revocation_lists=revocation_lists,
        roster=roster,
        trust_list_at=trust_list_at,
        staff_reader=settings.staff_reader,
        zone_prefix=settings.zone_prefix,
        zone_suffix=settings.zone_suffix,
        elsewhere=settings.elsewhere,
        translations=dict(translations or {}),
        registers=registers,
        municipality=municipality,
    )


def _service(reading: _Reading, name: str, edition: str, recipients: Mapping[str, tuple[bytes, ...]]) -> ServiceFiles:
    reading.require(Part.SERVICES)
    reading.require(Part.RECIPIENTS)
    folder = service_folder(name, edition)
    try:
        description = reading.catalogue.read(f"{folder}/{DESCRIPTION_FILE}")
        form = reading.catalogue.read(f"{folder}/{_FORM}")
    except KeyError as exc:
        raise CatalogueUnusableError(f"{folder} is not in the catalogue") from exc
    service = read_service(description, form)
    if service.id != name:
        raise CatalogueUnusableError(f"{folder} holds another service")
    _check_served(service, recipients, reading.settings.languages)
    reading.asked |= asked_values(service.form).keys()
    return ServiceFiles(description, form)


def _check_served(service: Service, recipients: Mapping[str, tuple[bytes, ...]], languages: tuple[str, ...]) -> None:
    if not set(languages) <= set(service.titles):
        raise LanguageMissingError(service.id)
    if not recipients.get(service.recipient):
        raise RecipientMissingError(service.id)


def _recipients(reading: _Reading) -> dict[str, tuple[bytes, ...]]:
    """Return the keys of each agency, leaving out those that cannot be used."""
    found: dict[str, tuple[bytes, ...]] = {}
    for path in reading.catalogue.paths(Part.RECIPIENTS):
        agency = path.split("/")[1]
        try:
            key = reading.catalogue.read(path)
            RecipientPublicKey.from_bytes(key)
        except (CryptoError, SyncError) as exc:
            reading.hide(agency, exc.code)
            continue
        found[agency] = (*found.get(agency, ()), key)
    return found


def _revocation_lists(reading: _Reading) -> tuple[bytes, ...]:
    """Return the lists whatever their age: whom they name is refused still; the verdict says how old they are."""
    try:
        reading.require(Part.CRLS)
    except PartExpiredError as exc:
        reading.hide(Part.CRLS.role, exc.code)
    return reading.folder(Part.CRLS, "trust/crls")


def _roster(reading: _Reading) -> bytes:
    """Return the list of staff, or nothing where it is past its age, damaged or wrong: then nobody works here."""
    if not reading.catalogue.paths(Part.STAFF):
        return b""
    try:
        reading.require(Part.STAFF)
        roster = reading.catalogue.read("staff/staff.json")
        Roster.read(roster)
    except (KioskError, SyncError) as exc:
        reading.hide(Part.STAFF.role, exc.code)
        return b""
    return roster


def _municipality(reading: _Reading, name: str) -> bytes:
    """Return what the kiosk's municipality adds to services, or nothing where that does not fit."""
    path = municipality_path(name)
    if not name:
        return b""
    try:
        if path not in reading.catalogue.paths(Part.PLACES):
            raise MunicipalityRefusedError(f"{path} is not in the catalogue")
        content = reading.catalogue.read(path)
        known = {each.split("/")[1] for each in reading.catalogue.paths(Part.SERVICES)}
        read_municipality(content, languages=reading.settings.languages, services=known)
    except MessageMalformedError:
        reading.hide(name, MunicipalityRefusedError.code)
    except (KioskError, SyncError) as exc:
        reading.hide(name, exc.code)
    else:
        return content
    return b""


def _translations(reading: _Reading) -> dict[str, bytes]:
    """Return the signed texts that fit, by language; the kiosk's own stand in for the others."""
    found = {}
    for path in reading.catalogue.paths(Part.TEXTS):
        language = path.split("/")[1]
        if language not in reading.settings.languages:
            continue
        try:
            reading.require(Part.TEXTS)
            content = reading.catalogue.read(path)
            merged(language, content)
        except (TranslationRefusedError, PartExpiredError, SyncError) as exc:
            reading.hide(f"texts-{language}", exc.code)
            continue
        found[language] = content
    for language in set(reading.settings.languages) - found.keys():
        load_catalog(language)  # a language that nobody brings closes the kiosk, by its configuration's code
    return found
