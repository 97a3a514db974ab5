# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A register from the administrators to the keeper: sealed, published, aged, searched, noted in the audit trail."""

import asyncio
import base64
import json
import shutil
import time
from pathlib import Path
from typing import cast

import msgspec
import pytest
from tests.kiosk.register_town import DAY, KEY, TITLES, VALUES, extract_for, write_register
from tests.kiosk.test_catalogue import Town, codes, offered
from tests.kiosk.test_keeper import Stand

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.cli import main
from townhall_central.repository.content import read_content
from townhall_central.simulation.catalogue import SimulatedAdministrators
from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.extract import read_extract
from townhall_forms.registers.statement import Person
from townhall_kiosk import messages
from townhall_kiosk.catalogue_registers import known_registers
from townhall_kiosk.errors import PartExpiredError
from townhall_kiosk.keeper.keeper import Keeper
from townhall_kiosk.visit.keeper_link import KeeperLink, KeeperNews
from townhall_process.channel import Channel
from townhall_process.child import socket_pair
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.catalogue_parts import Part
from townhall_sync.courier import Courier

WHO = Person("EE", KADRI.personal_code)
A_DAY_S = 24 * 60 * 60


@pytest.fixture
def made(town: SimulatedAdministrators, content: Path, tmp_path: Path, kadri_keys: CardKeys) -> Town:
    copied = shutil.copytree(content, tmp_path / "content")
    write_register(copied, extract_for([(kadri_keys, WHO)]))
    return Town(town, copied, tmp_path)


def test_a_register_that_a_form_asks_is_provided_without_its_records(made: Town) -> None:
    made.taken()
    provided = made.provided()
    assert (provided.hidden, offered(provided)) == ((), ["change-of-address", "home"])
    (facts,) = provided.provisions.registers
    assert (facts.register, facts.date, facts.keys, facts.titles) == ("population", "2026-03-03", (KEY,), TITLES)
    assert known_registers([facts])["population"].head == provided.registers["population"].head
    assert len(provided.registers["population"]) == 1
    assert provided == made.provided(), "the same catalogue looked at again is no news for visits"
    assert made.provided("kiosk-2").registers == {}, "no form there asks it"


def test_past_30_days_the_form_goes_on_without_the_register(made: Town) -> None:
    made.taken()
    provided = made.provided(after_s=Part.REGISTERS.age_s)
    assert codes(provided)["registers"] == PartExpiredError.code
    assert (provided.registers, provided.provisions.registers) == ({}, ())
    assert "home" in offered(provided)


def test_an_extract_of_a_day_to_come_is_not_used(made: Town) -> None:
    made.taken()
    provided = made.provided(after_s=-(made.now - int(time.mktime((2026, 2, 1, 0, 0, 0, 0, 0, 0)))))
    assert codes(provided)["register-population"] == RegisterRefusedError.code
    assert "home" in offered(provided)


@pytest.mark.parametrize(
    ("name", "damaged", "why"),
    [
        ("register.json", b'{"version":1,"titles":{"en":"x"}}', "does not speak"),
        ("register.json", b"{}", "register.json"),
        ("registrar.key", b"short", "32 bytes"),
        (f"{DAY}.extract", b"x", "head"),
        ("notes.txt", b"x", "left out"),
        ("2026-03-04.extract", None, "another register or day"),
    ],
)
def test_what_a_kiosk_would_hide_is_not_published(made: Town, name: str, damaged: bytes | None, why: str) -> None:
    folder = made.content / "registers" / "population"
    (folder / name).write_bytes((folder / f"{DAY}.extract").read_bytes() if damaged is None else damaged)
    with pytest.raises(CatalogueContentError, match=why):
        read_content(made.content, made.now)


def test_records_that_are_out_of_order_are_not_published(
    made: Town, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    path = made.content / "registers" / "population" / f"{DAY}.extract"
    whole = extract_for([(kadri_keys, WHO), (juhan_keys, WHO)])
    head, _line_feed, records = whole.partition(b"\n")
    half = len(records) // 2
    path.write_bytes(head + b"\n" + records[half:] + records[:half])
    with pytest.raises(CatalogueContentError, match="would not find"):
        read_content(made.content, made.now)


def test_the_registrar_seals_from_a_file_of_people(
    made: Town, kadri_keys: CardKeys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_bytes(b"long enough for a registrar")
    secret.chmod(0o600)
    key = tmp_path / "registrar.pem"
    folder = made.content / "registers" / "population"
    shutil.rmtree(folder)
    assert main(["key", str(key), "--passphrase-file", str(secret)]) == 0
    lines = [
        {"certificate": base64.b64encode(each).decode(), "values": VALUES}
        for each in (kadri_keys.authentication.certificate, kadri_keys.signature.certificate, b"no certificate")
    ]
    people = tmp_path / "people.jsonl"
    people.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sealing = ["register", "seal", str(made.content), "population", str(people), "--date", "2026-03-03"]
    sealing += ["--key", str(key), "--passphrase-file", str(secret)]
    assert main(sealing) == 0
    assert "2 cards are not in force, or cannot agree on a key; lines 2, 3" in capsys.readouterr().out
    extract = read_extract((folder / "2026-03-03.extract").read_bytes())
    assert (len(extract), len((folder / "registrar.key").read_bytes())) == (1, 32)
    (folder / "register.json").write_text(json.dumps({"version": 1, "titles": TITLES}))
    made.taken()
    assert made.provided().registers["population"].head == extract.head

    for written in ("no entry\n", json.dumps({**lines[0], "values": {"Street": "Secret 1"}}) + "\n"):
        people.write_text(written)
        assert main(sealing) == 1
        told = capsys.readouterr().err
        assert "TH-CENT-046" in told
        assert "line 1" in told
        assert "Secret" not in told


def test_the_keeper_finds_a_record_it_cannot_open_and_notes_no_name(made: Town, tmp_path: Path) -> None:
    made.publish()
    stand = Stand(tmp_path / "stand")
    stand.town = made.administrators
    made.administrators.export(made.administrators.copy.path.with_name("stick"))

    async def scene(keeper: Keeper, _journal: AsyncJournal, _courier: Courier) -> None:
        extract = keeper.catalogue.provided.registers["population"]
        name = bytes(extract._records[:16])
        assert (await keeper.seek_record("v", messages.SeekRecord("population", name))).sealed == extract.find(name)
        assert (await keeper.seek_record("v", messages.SeekRecord("population", bytes(16)))).sealed == b""
        assert (await keeper.seek_record("v", messages.SeekRecord("other", name))).sealed == b""

    stand.play(scene)
    entries = [msgspec.json.decode(entry) for _index, entry in stand.kiosk.open()._log._store.entries()]
    assert [entry["facts"] for entry in entries if entry["event"] == "REGISTER_ASKED"] == [
        {"visit": "v", "register": "population", "outcome": outcome} for outcome in ("FOUND", "NONE")
    ]


class Deaf:
    """Implements ``KeeperNews`` for a visit that is told nothing."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


def test_the_longest_record_comes_over_the_visits_channel() -> None:
    async def scene() -> None:
        ours, theirs = socket_pair()
        keeper: Channel[messages.FromVisit, messages.FromKeeper] = Channel(ours, messages.FromVisit)
        link = KeeperLink(theirs)
        hearing = asyncio.create_task(link.run(cast("KeeperNews", Deaf())))
        seeking = asyncio.create_task(link.seek("population", b"n" * 16))
        assert await keeper.receive() == messages.SeekRecord("population", b"n" * 16)
        await keeper.send(messages.RecordSought(b"r" * 65_552))
        assert await seeking == b"r" * 65_552
        hearing.cancel()
        await asyncio.wait([hearing])
        keeper.close()
        theirs.close()

    asyncio.run(scene())
