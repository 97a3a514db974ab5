# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a kiosk makes of the signed catalogue: what is still valid goes on, the rest is hidden with its reason."""

import asyncio
import io
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po, write_po
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_central.repository import publishing
from townhall_central.repository.content import read_content
from townhall_central.simulation.catalogue import SimulatedAdministrators
from townhall_crypto.device_key import FileDeviceKey
from townhall_forms.service import read_service
from townhall_kiosk.catalogue import KioskCatalogue
from townhall_kiosk.catalogue_provisions import Provided, provide
from townhall_kiosk.errors import (
    ClockBackError,
    LanguageMissingError,
    NoCatalogueError,
    NothingOfferedError,
    PartExpiredError,
    PlaceUnknownError,
    RecipientMissingError,
    TranslationRefusedError,
)
from townhall_kiosk.home import Settings
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.staff.catalogue_road import SignedCatalogueRoad
from townhall_kiosk.staff.errors import MediumError
from townhall_kiosk.texts import load_catalog
from townhall_kiosk.translations import load_translated, merged
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import CatalogueRefusal, Refreshed, Refused, Unchanged
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_source import DirectorySource
from townhall_sync.central_service import Unreachable, Untrusted
from townhall_sync.courier import Courier
from townhall_sync.errors import CatalogueDamagedError
from townhall_sync.journal_records import JournalPolicy
from townhall_sync.simulated_kiosk import SMALL, SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

DAY = 24 * 60 * 60
SETTINGS = Settings(centre="https://centre.example")
SERVICE = "change-of-address"
LOCALE = Path(__file__).resolve().parents[2] / "kiosk" / "townhall_kiosk" / "locale"


class Town:
    """A town whose content a test changes before it is published."""

    def __init__(self, administrators: SimulatedAdministrators, content: Path, directory: Path) -> None:
        self.administrators = administrators
        self.content = content
        self.directory = directory
        self.store = CatalogueStore(directory / "kiosk", administrators.bootstrap)

    @property
    def now(self) -> int:
        return self.administrators.now

    def publish(self) -> Path:
        self.administrators.publish(self.content)
        return self.administrators.export(self.directory / "stick")

    def taken(self) -> CatalogueStore:
        outcome = self.store.refresh(DirectorySource(self.publish()))
        assert isinstance(outcome, Refreshed)
        return self.store

    def provided(self, kiosk: str = "kiosk-1", after_s: int = 0, settings: Settings = SETTINGS) -> Provided:
        return provide(self.store.open(), kiosk, settings, self.now + after_s)

    def edit_places(self, change: Callable[[dict[str, Any]], object]) -> None:
        path = self.content / "places" / "places.json"
        places = json.loads(path.read_bytes())
        change(places)
        path.write_text(json.dumps(places))


@pytest.fixture
def made(town: SimulatedAdministrators, content: Path, tmp_path: Path) -> Town:
    return Town(town, shutil.copytree(content, tmp_path / "content"), tmp_path)


def offered(provided: Provided) -> list[str]:
    return [read_service(files.description, files.form).id for files in provided.provisions.services]


def codes(provided: Provided) -> dict[str, str]:
    return {hidden.what: hidden.code for hidden in provided.hidden}


def test_a_whole_catalogue_provides_for_a_visit(made: Town, pki: TestPki) -> None:
    made.taken()
    provided = made.provided()
    provisions = provided.provisions
    assert (provided.hidden, provided.closed) == ((), "")
    assert (provisions.kiosk, provisions.place, provisions.can_print) == ("kiosk-1", "Tamme Library", False)
    assert provisions.anchors == pki.anchors_der
    assert provisions.intermediates == pki.intermediates_der
    assert len(provisions.revocation_lists) == 2
    assert provisions.trust_list_at == made.now
    assert [len(keys) for keys in provisions.recipients.values()] == [1]
    assert offered(provided) == [SERVICE]


def test_two_kiosks_of_different_groups_get_different_services(made: Town) -> None:
    made.taken()
    first, second = made.provided("kiosk-1"), made.provided("kiosk-2")
    assert (offered(first), first.provisions.place) == ([SERVICE], "Tamme Library")
    assert (offered(second), second.provisions.place) == ([], "Lepa School")
    assert second.closed == NothingOfferedError.code


def test_a_change_reaches_the_first_group_first_and_the_rest_when_it_is_staged(made: Town) -> None:
    made.edit_places(lambda places: places["groups"].update(rest={"services": [SERVICE]}))
    made.taken()
    path = made.content / "services" / SERVICE / "service.json"
    description = json.loads(path.read_bytes())
    description["titles"]["en"] = "A newer title"
    path.write_text(json.dumps(description))
    made.administrators.publish(made.content, to=["pilot"])
    stick = made.administrators.export(made.directory / "stick")
    made.store.refresh(DirectorySource(stick))

    def title(kiosk: str) -> str:
        (files,) = made.provided(kiosk).provisions.services
        return read_service(files.description, files.form).titles["en"]

    assert (title("kiosk-1"), title("kiosk-2")) == ("A newer title", "Change of address")
    made.administrators.advance(made.content, ["rest"])
    made.store.refresh(DirectorySource(made.administrators.export(stick)))
    assert (title("kiosk-1"), title("kiosk-2")) == ("A newer title", "A newer title")


def test_no_catalogue_serves_nobody(made: Town) -> None:
    assert made.provided().closed == NoCatalogueError.code


def test_a_kiosk_that_the_catalogue_does_not_know_serves_nobody(made: Town) -> None:
    made.taken()
    provided = made.provided("kiosk-9")
    assert (provided.closed, offered(provided)) == (PlaceUnknownError.code, [])


# Ages


def test_past_7_days_the_revocation_lists_are_told_as_old_and_still_refuse(made: Town) -> None:
    made.taken()
    provided = made.provided(after_s=7 * DAY)
    assert codes(provided) == {"crls": PartExpiredError.code}
    assert offered(provided) == [SERVICE]
    assert len(provided.provisions.revocation_lists) == 2


def test_past_30_days_services_go_on_with_a_trust_list_whose_age_the_visit_knows(made: Town) -> None:
    made.taken()
    provided = made.provided(after_s=31 * DAY)
    assert offered(provided) == [SERVICE]
    assert provided.provisions.anchors
    assert provided.provisions.trust_list_at == made.now


def test_past_90_days_services_are_hidden_with_the_reason(made: Town) -> None:
    made.taken()
    assert offered(made.provided(after_s=90 * DAY - 1)) == [SERVICE]
    provided = made.provided(after_s=90 * DAY)
    assert (offered(provided), provided.closed) == ([], PartExpiredError.code)


def test_the_list_of_staff_ends_after_30_days(made: Town) -> None:
    (made.content / "staff").mkdir()
    (made.content / "staff" / "staff.json").write_text('{"version": 1, "staff": []}')
    made.taken()
    assert made.provided().provisions.roster
    late = made.provided(after_s=30 * DAY)
    assert not late.provisions.roster
    assert codes(late)["staff"] == PartExpiredError.code


def test_a_list_of_staff_that_is_none_leaves_nobody_on_it(made: Town) -> None:
    """Signed by people whose program did not look."""
    read = read_content(made.content, made.now)
    wrong = replace(read, files={**read.files, Part.STAFF: {"staff/staff.json": b'{"version": 9}'}})
    publishing.publish(made.administrators.copy, wrong, read.places.groups, made.now)
    made.administrators.release()
    made.store.refresh(DirectorySource(made.administrators.export(made.directory / "stick")))
    provided = made.provided()
    assert not provided.provisions.roster
    assert "staff" in codes(provided)
    assert offered(provided) == [SERVICE]


# What is not whole


def damage(made: Town, part: Part, ending: str, *, within: str = "") -> None:
    catalogue = made.store.open()
    assert catalogue is not None
    (path,) = (path for path in catalogue.paths(part) if path.endswith(ending) and within in path)
    (catalogue.directory / "targets" / path).write_bytes(b"other bytes")


def test_a_form_that_changed_on_the_disk_is_not_offered(made: Town) -> None:
    made.taken()
    damage(made, Part.SERVICES, "form.xml", within=SERVICE)
    provided = made.provided()
    assert codes(provided) == {SERVICE: CatalogueDamagedError.code}
    assert provided.closed == CatalogueDamagedError.code


def test_a_service_without_a_usable_key_of_its_agency_is_hidden(made: Town) -> None:
    made.taken()
    damage(made, Part.RECIPIENTS, ".key")
    provided = made.provided()
    assert codes(provided)[SERVICE] == RecipientMissingError.code


def test_a_service_that_does_not_speak_a_language_of_the_kiosk_is_hidden(made: Town) -> None:
    for path in made.content.glob("services/*/service.json"):
        description = json.loads(path.read_bytes())
        for words in (description["titles"], description["summaries"]):
            words["de"] = words["en"]
        path.write_text(json.dumps(description))
    made.taken()
    assert offered(made.provided(settings=Settings(centre="http://x", languages=("en", "ar")))) == [SERVICE]
    poor = made.provided(settings=Settings(centre="http://x", languages=("en", "lt")))
    assert offered(poor) == []
    assert LanguageMissingError.code in codes(poor).values()


# Translations


def translate(made: Town, language: str, before: str, after: str, base: str = "en") -> None:
    text = (LOCALE / base / "townhall.po").read_text()
    assert before in text
    folder = made.content / "texts" / language
    folder.mkdir(parents=True)
    (folder / "townhall.po").write_text(text.replace(before, after))


def test_a_signed_text_stands_in_the_place_of_the_kiosks_own(made: Town) -> None:
    original = 'msgid "attract.'
    text = (LOCALE / "en" / "townhall.po").read_text()
    start = text.index(original)
    shown = text[start : text.index("\n\n", start)].partition("msgstr ")[2].strip('"')
    translate(made, "en", f'msgstr "{shown}"', 'msgstr "Corrected words"')
    made.taken()
    provided = made.provided()
    assert provided.hidden == ()
    assert b"Corrected words" in provided.provisions.translations["en"]
    assert load_translated(("en", "ar"), provided.provisions.translations)["en"](
        text[start:].partition('"')[2].partition('"')[0]
    ) == ("Corrected words")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{count}", "{number}"),
        ('msgid "attract.', 'msgid "unheard-of.'),
        ("{count}", ""),
        ("\n", "\0"),
    ],
    ids=["another fact", "an unknown id", "a missing fact", "no gettext"],
)
def test_signed_texts_that_do_not_fit_leave_the_kiosks_own(made: Town, before: str, after: str) -> None:
    made.taken()
    text = (LOCALE / "en" / "townhall.po").read_text().replace(before, after)
    with pytest.raises(TranslationRefusedError):
        merged("en", text.encode())


def test_texts_that_do_not_fit_are_hidden_with_the_reason(made: Town) -> None:
    translate(made, "en", 'msgid "attract.', 'msgid "unheard-of.')
    made.taken()
    provided = made.provided()
    assert codes(provided) == {"texts-en": TranslationRefusedError.code}
    assert (provided.provisions.translations, offered(provided)) == ({}, [SERVICE])


def test_a_new_language_needs_every_text() -> None:
    written = io.BytesIO()
    write_po(written, load_catalog("en"))  # the words of the signed page among them
    whole = written.getvalue()
    assert load_translated(("lt",), {"lt": lithuanian(whole)})["lt"].language == "lt"
    with pytest.raises(TranslationRefusedError):
        merged("lt", lithuanian(whole[: len(whole) // 2].rpartition(b"\n\n")[0]))


def lithuanian(english: bytes) -> bytes:
    """English words with Lithuanian plural forms."""
    catalogue = read_po(io.BytesIO(english), locale="lt")
    for message in catalogue:
        if isinstance(message.string, tuple):
            message.string = (message.string + message.string)[: catalogue.num_plurals]
    written = io.BytesIO()
    write_po(written, catalogue)
    return written.getvalue()


# The keeper's side


Scene = Callable[[KioskCatalogue, AsyncJournal], Awaitable[object]]


def play(made: Town, scene: Scene, *, clock: StandingClock | None = None, policy: JournalPolicy = SMALL) -> None:
    """Play with a kiosk's catalogue on a real journal."""
    key, clock = FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), clock or StandingClock()
    kiosk = SimulatedKiosk(made.directory / "journal", key, clock, policy)
    centre = CentralServiceSimulator(clock.wall)
    centre.add_kiosk(kiosk.name, key.public_der)

    async def fetch(_path: str, _limit: int) -> Untrusted:
        return Unreachable("no line")

    async def work(journal: AsyncJournal, _courier: Courier) -> None:
        catalogue = KioskCatalogue(
            store=made.store, kiosk="kiosk-1", settings=SETTINGS, clock=clock, journal=journal, fetch=fetch
        )
        await scene(catalogue, journal)

    SimulatedLine(kiosk, centre, centre.keys).run(work)


def test_a_stick_brings_the_catalogue_and_staff_see_how_it_stands(made: Town) -> None:
    stick = made.publish()

    async def scene(catalogue: KioskCatalogue, _journal: AsyncJournal) -> None:
        assert (await catalogue.load()).closed == NoCatalogueError.code
        assert catalogue.status().version == 0
        road = SignedCatalogueRoad(catalogue)
        assert await road.refresh_from(made.directory / "nothing") == MediumError.code
        assert await road.refresh_from(stick) == ""
        assert catalogue.provided.closed == ""
        status = catalogue.status()
        assert (status.version, status.is_stale, status.last_refusal) == (2, False, "")
        crls = status.part(Part.CRLS)
        assert crls is not None
        assert (crls.until, crls.is_expired) == (made.now + 7 * DAY, False)
        assert {line.part for line in road.facts().parts} >= {"services", "trust", "crls"}

    play(made, scene)


def test_a_refusal_is_shown_to_staff_and_service_goes_on(made: Town) -> None:
    made.taken()
    stick = made.administrators.export(made.directory / "bad")
    (stick / "metadata" / "timestamp.json").write_bytes(b"{}")

    async def scene(catalogue: KioskCatalogue, journal: AsyncJournal) -> None:
        before = await catalogue.load()
        heads = [await journal.checkpoint()]
        for _ in range(3):
            assert isinstance(await catalogue.refresh_from(stick), Refused)
            heads.append(await journal.checkpoint())
        assert len(set(heads)) == 2, "audited once"
        assert catalogue.status().last_refusal == CatalogueRefusal.NOT_A_REPOSITORY.value
        assert SignedCatalogueRoad(catalogue).facts().refusal == CatalogueRefusal.NOT_A_REPOSITORY.value
        assert catalogue.provided == before
        assert await catalogue.refresh_from(made.directory / "stick") == Unchanged()
        assert catalogue.status().last_refusal == ""

    play(made, scene)


def test_a_clock_behind_signed_time_takes_no_catalogue(made: Town) -> None:
    made.taken()
    clock = StandingClock()
    clock.wall_offset -= 3600
    made.administrators.release()
    stick = made.administrators.export(made.directory / "stick")

    async def scene(catalogue: KioskCatalogue, _journal: AsyncJournal) -> None:
        await catalogue.load()
        outcome = await catalogue.refresh_from(stick)
        assert isinstance(outcome, Refused)
        assert outcome.code == ClockBackError.code == catalogue.status().last_refusal
        clock.wall_offset += 3600
        assert isinstance(await catalogue.refresh_from(stick), Refreshed)

    play(made, scene, clock=clock)


def test_a_clock_far_ahead_hides_what_it_takes_for_old_and_all_is_back_with_the_clock(made: Town) -> None:
    made.taken()
    clock = StandingClock()
    clock.wall_offset += 400 * DAY

    async def scene(catalogue: KioskCatalogue, _journal: AsyncJournal) -> None:
        assert (await catalogue.load()).closed == PartExpiredError.code
        assert catalogue.status().is_stale
        clock.wall_offset -= 400 * DAY
        assert (await catalogue.load()).closed == ""

    play(made, scene, clock=clock)


def test_visits_are_told_once_of_a_change(made: Town) -> None:
    made.taken()
    told: list[Provided] = []

    async def changed(provided: Provided) -> None:
        told.append(provided)

    async def scene(catalogue: KioskCatalogue, _journal: AsyncJournal) -> None:
        await catalogue.load()
        running = asyncio.create_task(catalogue.run(changed))
        await asyncio.sleep(0)
        await catalogue.refresh_from(made.directory / "stick")
        assert told == []
        made.edit_places(lambda places: places["kiosks"].update({"kiosk-1": {"place": "New House", "group": "pilot"}}))
        await catalogue.refresh_from(made.publish())
        assert [provided.provisions.place for provided in told] == ["New House"]
        running.cancel()

    play(made, scene)
