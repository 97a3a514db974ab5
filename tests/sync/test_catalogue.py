# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The signed catalogue as a kiosk takes it: what is wrong is refused by its name, and what was taken goes on."""

import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Timestamp

from townhall_central.repository import authoring
from townhall_central.simulation.catalogue import SimulatedAdministrators, keys_of, make_signers
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_outcomes import CatalogueRefusal, Refreshed, RefreshOutcome, Refused, Unchanged
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_source import DirectorySource
from townhall_sync.central_service import Unreachable
from townhall_sync.errors import CatalogueDamagedError

DAY = 24 * 60 * 60
SERVICE = "change-of-address"


@pytest.fixture
def stick(town: SimulatedAdministrators, tmp_path: Path) -> Path:
    return town.export(tmp_path / "stick")


@pytest.fixture
def store(town: SimulatedAdministrators, tmp_path: Path) -> CatalogueStore:
    return CatalogueStore(tmp_path / "kiosk", town.bootstrap)


def refresh(store: CatalogueStore, stick: Path) -> RefreshOutcome:
    return store.refresh(DirectorySource(stick))


def taken(store: CatalogueStore) -> Catalogue:
    catalogue = store.open()
    assert catalogue is not None
    assert catalogue.is_whole()
    return catalogue


def refused(outcome: RefreshOutcome) -> CatalogueRefusal:
    assert isinstance(outcome, Refused), outcome
    return CatalogueRefusal(outcome.code)


def one(stick: Path, pattern: str) -> Path:
    (found,) = stick.rglob(pattern)
    return found


def load(path: Path) -> Metadata[Any]:
    return Metadata.from_bytes(path.read_bytes())


def reseal(stick: Path, town: SimulatedAdministrators, **changed: Metadata[Any]) -> None:
    """What a thief of the online key can do: any metadata he has, under a snapshot and a timestamp of his own."""
    timestamp = load(stick / "metadata" / "timestamp.json")
    snapshot = load(stick / "metadata" / f"{timestamp.signed.snapshot_meta.version}.snapshot.json")
    for role, metadata in changed.items():
        content = metadata.to_bytes()
        (stick / "metadata" / f"{metadata.signed.version}.{role}.json").write_bytes(content)
        snapshot.signed.meta[f"{role}.json"] = MetaFile.from_data(metadata.signed.version, content, ["sha256"])
    sealed(stick, town, snapshot, timestamp)


def sealed(
    stick: Path, town: SimulatedAdministrators, snapshot: Metadata[Snapshot], timestamp: Metadata[Timestamp]
) -> None:
    snapshot.signed.version += 1
    snapshot.sign(town.online)
    content = snapshot.to_bytes()
    (stick / "metadata" / f"{snapshot.signed.version}.snapshot.json").write_bytes(content)
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, content, ["sha256"])
    timestamp.sign(town.online)
    (stick / "metadata" / "timestamp.json").write_bytes(timestamp.to_bytes())


def test_a_town_is_taken_with_every_file_that_was_signed(store: CatalogueStore, stick: Path, content: Path) -> None:
    assert store.open() is None
    outcome = refresh(store, stick)
    assert isinstance(outcome, Refreshed)
    catalogue = taken(store)
    assert (
        set(outcome.parts)
        == set(catalogue.parts)
        == set(Part)
        - {
            Part.STAFF,
            Part.TEXTS,
            Part.ELECTIONS,
            Part.REGISTERS,
        }
    )
    anchor = (content / "trust" / "anchors" / "0.der").read_bytes()
    assert catalogue.read("trust/anchors/0.der") == anchor
    folder = next(iter(catalogue.paths(Part.SERVICES))).rpartition("/")[0]
    assert catalogue.read(f"{folder}/form.xml") == (content / "services" / SERVICE / "form.xml").read_bytes()
    assert refresh(store, stick) == Unchanged()


def test_a_newer_timestamp_alone_changes_no_part(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    refresh(store, stick)
    town.release()
    assert refresh(store, town.export(stick)) == Refreshed(2, ())


def test_each_part_says_when_it_was_signed_and_until_when_it_counts(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    refresh(store, stick)
    catalogue = taken(store)
    assert catalogue.until - catalogue.signed == 30 * DAY
    for part, days in ((Part.SERVICES, 90), (Part.TRUST, 30), (Part.CRLS, 7)):
        signed = catalogue.parts[part]
        assert (signed.signed, signed.until) == (town.now, town.now + days * DAY)
        assert not signed.status(town.now + days * DAY - 1).is_expired
        assert signed.status(town.now + days * DAY).is_expired


# What is refused. A stick of before, a change, the reason.

Attack = Callable[[Path, SimulatedAdministrators], None]


def cut(name: str) -> Attack:
    def attack(stick: Path, _town: SimulatedAdministrators) -> None:
        path = one(stick, name)
        path.write_bytes(path.read_bytes()[:-7])

    return attack


def remove(name: str) -> Attack:
    return lambda stick, _town: one(stick, name).unlink()


def write(name: str, content: bytes) -> Attack:
    def attack(stick: Path, _town: SimulatedAdministrators) -> None:
        one(stick, name).write_bytes(content)

    return attack


def swapped_files(stick: Path, _town: SimulatedAdministrators) -> None:
    first, second = sorted((stick / "targets" / "trust" / "crls").iterdir())
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def a_link_out_of_the_stick(stick: Path, _town: SimulatedAdministrators) -> None:
    path = one(stick, "timestamp.json")
    shutil.move(path, stick.parent / "elsewhere.json")
    path.symlink_to(stick.parent / "elsewhere.json")


def a_pipe(stick: Path, _town: SimulatedAdministrators) -> None:
    path = one(stick, "timestamp.json")
    path.unlink()
    os.mkfifo(path)


def a_folder(stick: Path, _town: SimulatedAdministrators) -> None:
    path = one(stick, "timestamp.json")
    path.unlink()
    path.mkdir()


def an_unsigned_timestamp(stick: Path, _town: SimulatedAdministrators) -> None:
    timestamp = load(stick / "metadata" / "timestamp.json")
    timestamp.signed.version += 1
    (stick / "metadata" / "timestamp.json").write_bytes(timestamp.to_bytes())


def one_signature_of_two(role: str, version: int) -> Attack:
    def attack(stick: Path, town: SimulatedAdministrators) -> None:
        metadata = load(stick / "metadata" / f"{version}.{role}.json")
        metadata.signatures.popitem()
        reseal(stick, town, **{role: metadata})

    return attack


def the_same_signature_twice(stick: Path, town: SimulatedAdministrators) -> None:
    path = stick / "metadata" / "1.services.json"
    plain = json.loads(path.read_bytes())
    plain["signatures"] = [plain["signatures"][0]] * 2
    path.write_text(json.dumps(plain))
    snapshot = load(stick / "metadata" / "1.snapshot.json")
    snapshot.signed.meta["services.json"] = MetaFile.from_data(1, path.read_bytes(), ["sha256"])
    sealed(stick, town, snapshot, load(stick / "metadata" / "timestamp.json"))


def a_part_of_another_version(stick: Path, town: SimulatedAdministrators) -> None:
    metadata = load(stick / "metadata" / "1.services.json")
    timestamp = load(stick / "metadata" / "timestamp.json")
    snapshot = load(stick / "metadata" / "1.snapshot.json")
    content = metadata.to_bytes()
    snapshot.signed.meta["services.json"] = MetaFile.from_data(2, content, ["sha256"])
    (stick / "metadata" / "2.services.json").write_bytes(content)
    sealed(stick, town, snapshot, timestamp)


def a_part_that_speaks_of_another_parts_files(stick: Path, town: SimulatedAdministrators) -> None:
    path = one(stick, "*.form.xml")
    name = str(path.relative_to(stick / "targets").parent / "form.xml")
    metadata = load(stick / "metadata" / "1.crls.json")
    metadata.signed.targets[name] = TargetFile.from_data(name, b"<form/>", ["sha256"])
    metadata.sign(town.online)
    reseal(stick, town, crls=metadata)


def a_path_out_of_the_copy(stick: Path, town: SimulatedAdministrators) -> None:
    metadata = load(stick / "metadata" / "1.crls.json")
    metadata.signed.targets["trust/crls/.."] = TargetFile.from_data("trust/crls/..", b"", ["sha256"])
    metadata.sign(town.online)
    reseal(stick, town, crls=metadata)


def a_part_that_was_taken_away(stick: Path, town: SimulatedAdministrators) -> None:
    snapshot = load(stick / "metadata" / "1.snapshot.json")
    del snapshot.signed.meta["crls.json"]
    sealed(stick, town, snapshot, load(stick / "metadata" / "timestamp.json"))


def a_file_larger_than_any_may_be(stick: Path, town: SimulatedAdministrators) -> None:
    metadata = load(stick / "metadata" / "1.crls.json")
    metadata.signed.targets["trust/crls/0.crl"].length = 2**40
    metadata.sign(town.online)
    reseal(stick, town, crls=metadata)


def a_length_without_end(stick: Path, town: SimulatedAdministrators) -> None:
    timestamp = load(stick / "metadata" / "timestamp.json")
    timestamp.signed.snapshot_meta.length = 2**70
    timestamp.sign(town.online)
    (stick / "metadata" / "timestamp.json").write_bytes(timestamp.to_bytes())
    with (stick / "metadata" / "1.snapshot.json").open("wb") as file:
        file.truncate(2**40)  # a sparse file; nobody could read it to its end


def no_signed_time(stick: Path, town: SimulatedAdministrators) -> None:
    metadata = load(stick / "metadata" / "1.crls.json")
    del metadata.signed.unrecognized_fields["townhall_signed"]
    metadata.sign(town.online)
    reseal(stick, town, crls=metadata)


why = CatalogueRefusal
ATTACKS: dict[str, tuple[Attack, set[CatalogueRefusal]]] = {
    "a cut timestamp": (cut("timestamp.json"), {why.NOT_A_REPOSITORY}),
    "a cut snapshot": (cut("1.snapshot.json"), {why.MIXED}),
    "a cut part": (cut("1.services.json"), {why.MIXED}),
    "a cut file": (cut("*.form.xml"), {why.OTHER_BYTES}),
    "no timestamp": (remove("timestamp.json"), {why.INCOMPLETE}),
    "no snapshot": (remove("1.snapshot.json"), {why.INCOMPLETE}),
    "no part": (remove("1.trust.json"), {why.INCOMPLETE}),
    "no file": (remove("*.form.xml"), {why.INCOMPLETE}),
    "a web page": (write("timestamp.json", b"<html>Sign in to our network</html>"), {why.NOT_A_REPOSITORY}),
    "brackets without end": (write("timestamp.json", b"[" * 16_000), {why.NOT_A_REPOSITORY}),
    "a number without end": (write("timestamp.json", b'{"signed":' + b"9" * 12_000), {why.NOT_A_REPOSITORY}),
    "data without end": (write("timestamp.json", b" " * 100_000), {why.TOO_LARGE}),
    "a longer file": (write("*.0.crl", b"x" * 100_000), {why.TOO_LARGE}),
    "another file of the same length": (lambda stick, _: flip(one(stick, "*.form.xml"), 100), {why.OTHER_BYTES}),
    "a file larger than any may be": (a_file_larger_than_any_may_be, {why.TOO_LARGE}),
    "two files swapped": (swapped_files, {why.OTHER_BYTES, why.TOO_LARGE}),
    "a link out of the stick": (a_link_out_of_the_stick, {why.INCOMPLETE}),
    "a pipe": (a_pipe, {why.INCOMPLETE}),
    "a folder": (a_folder, {why.INCOMPLETE}),
    "an unsigned timestamp": (an_unsigned_timestamp, {why.UNDER_SIGNED}),
    "one signature of two": (one_signature_of_two("services", 1), {why.UNDER_SIGNED}),
    "targets with one signature of two": (one_signature_of_two("targets", 1), {why.UNDER_SIGNED}),
    "the same signature twice": (the_same_signature_twice, {why.NOT_A_REPOSITORY}),
    "a part of another version": (a_part_of_another_version, {why.ROLLED_BACK}),
    "a part that speaks of another part's files": (a_part_that_speaks_of_another_parts_files, {why.UNDER_SIGNED}),
    "a path out of the copy": (a_path_out_of_the_copy, {why.UNDER_SIGNED}),
    "a length without end": (a_length_without_end, {why.TOO_LARGE}),
    "no signed time": (no_signed_time, {why.NOT_A_REPOSITORY}),
}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_wrong_is_refused_by_its_name_and_what_was_taken_goes_on(
    name: str, store: CatalogueStore, stick: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    attack, reason = ATTACKS[name]
    attack(stick, town)
    assert refused(refresh(store, stick)) in reason
    assert store.open() is None, "nothing of it was taken"
    good = town.export(tmp_path / "good")
    assert isinstance(refresh(store, good), Refreshed)
    before = taken(store)
    refresh(store, stick)
    assert taken(store) == before


def test_a_part_that_was_taken_away_is_noticed(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    refresh(store, stick)
    a_part_that_was_taken_away(stick, town)
    assert refused(refresh(store, stick)) is CatalogueRefusal.NOT_A_REPOSITORY
    assert Part.CRLS in taken(store).parts


def test_an_older_repository_is_rolled_back(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    town.release()
    refresh(store, town.export(tmp_path / "newer"))
    before = taken(store)
    assert refused(refresh(store, stick)) is CatalogueRefusal.ROLLED_BACK
    assert taken(store) == before


def test_a_thief_of_the_online_key_cannot_bring_an_older_part_back(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    town.now += 6 * DAY
    authoring.rotate_targets(town.copy, keys_of(town.targets), town.now)  # signs every part anew
    town.release()
    newer = town.export(tmp_path / "newer")
    refresh(store, newer)
    reseal(newer, town, trust=load(stick / "metadata" / "1.trust.json"))
    assert refused(refresh(store, newer)) is CatalogueRefusal.ROLLED_BACK
    assert taken(store).parts[Part.TRUST].version == 2


def test_files_of_two_times_are_mixed(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    town.release()
    newer = town.export(tmp_path / "newer")
    shutil.copy(newer / "metadata" / "2.snapshot.json", stick / "metadata" / "1.snapshot.json")
    assert refused(refresh(store, stick)) is CatalogueRefusal.MIXED


def test_a_repository_past_its_age_is_refused_and_the_copy_goes_on(tmp_path: Path, content: Path) -> None:
    past = SimulatedAdministrators(tmp_path / "past", int(time.time()) - 31 * DAY)
    past.publish(content)
    store = CatalogueStore(tmp_path / "kiosk", past.bootstrap)
    assert refused(refresh(store, past.export(tmp_path / "old"))) is CatalogueRefusal.EXPIRED
    past.now += 10 * DAY
    past.release()
    assert isinstance(refresh(store, past.export(tmp_path / "stick")), Refreshed), "crls ended, timestamp did not"
    catalogue = taken(store)
    now = int(time.time())
    ended = {part for part, signed in catalogue.parts.items() if signed.status(now).is_expired}
    assert ended == {Part.CRLS, Part.TRUST}


def test_a_copy_older_than_its_timestamp_may_be_opens_still(
    tmp_path: Path, content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the opening asks the clock: what is past its age is the reader's to say."""
    town = SimulatedAdministrators(tmp_path / "town", int(time.time()))
    town.publish(content)
    store = CatalogueStore(tmp_path / "kiosk", town.bootstrap)
    refresh(store, town.export(tmp_path / "stick"))
    monkeypatch.setattr(time, "time", lambda: town.now + 400.0 * DAY)
    assert taken(store).parts[Part.SERVICES].status(town.now + 89 * DAY).is_expired is False


def test_another_towns_repository_is_refused(store: CatalogueStore, tmp_path: Path, content: Path) -> None:
    other = SimulatedAdministrators(tmp_path / "other", int(time.time()))
    other.publish(content)
    assert refused(refresh(store, other.export(tmp_path / "stick"))) is CatalogueRefusal.UNDER_SIGNED


def test_no_stick_says_nothing(store: CatalogueStore, tmp_path: Path) -> None:
    assert isinstance(refresh(store, tmp_path / "nothing"), Unreachable)
    (tmp_path / "empty").mkdir()
    assert refused(refresh(store, tmp_path / "empty")) is CatalogueRefusal.INCOMPLETE


@pytest.mark.parametrize("place", [3, *(pytest.param(place, marks=pytest.mark.long) for place in range(4, 40))])
def test_no_flipped_byte_of_a_repository_is_taken(store: CatalogueStore, stick: Path, place: int) -> None:
    for path in sorted(each for each in stick.rglob("*") if each.is_file() and each.name != "1.root.json"):
        content = path.read_bytes()
        flip(path, place * 977)
        outcome = refresh(store, stick)
        path.write_bytes(content)
        if isinstance(outcome, Refreshed):
            assert path.name == "timestamp.json", "white space of what no hash covers"
            shutil.rmtree(store._directory)
        else:
            assert isinstance(outcome, Refused)


# Keys change


def test_new_root_keys_are_followed_and_the_old_ones_sign_no_more(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    refresh(store, stick)
    old, town.root = town.root, make_signers()
    authoring.rotate_root(town.copy, keys_of(town.root), town.now)
    both = [*old[:2], *town.root[:2]]
    waiting = town.copy.staged("root")
    assert waiting is not None
    for signer in both:
        waiting.sign(signer, append=True)
    town.copy.stage("root", waiting)
    town.release()
    assert isinstance(refresh(store, town.export(stick)), Refreshed)
    authoring.renew(town.copy, town.now)
    forged = town.copy.staged("root")
    assert forged is not None
    for signer in old:
        forged.sign(signer, append=True)
    (stick / "metadata" / "3.root.json").write_bytes(forged.to_bytes())
    assert refused(refresh(store, stick)) is CatalogueRefusal.UNDER_SIGNED
    assert taken(store).version == 2


def test_new_targets_keys_sign_everything_anew(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    refresh(store, stick)
    town.targets = make_signers()
    authoring.rotate_targets(town.copy, keys_of(town.targets), town.now)
    town.release()
    outcome = refresh(store, town.export(stick))
    assert isinstance(outcome, Refreshed)
    assert set(outcome.parts) == {Part.SERVICES, Part.RECIPIENTS, Part.PLACES, Part.TRUST}


def test_a_fast_forward_by_a_stolen_online_key_ends_with_the_new_key(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    timestamp = load(stick / "metadata" / "timestamp.json")
    timestamp.signed.version = 2**31
    timestamp.sign(town.online)
    (stick / "metadata" / "timestamp.json").write_bytes(timestamp.to_bytes())
    assert refresh(store, stick) == Refreshed(2**31, tuple(taken(store).parts))
    town.release()
    assert refused(refresh(store, town.export(stick))) is CatalogueRefusal.ROLLED_BACK
    town.online = make_signers(1)[0]
    authoring.rotate_online(town.copy, town.online.public_key, town.now)
    town.release()
    assert isinstance(refresh(store, town.export(stick)), Refreshed)
    assert taken(store).version == 3


# The copy on the disk


@pytest.mark.parametrize("name", ["timestamp.json", "snapshot.json", "targets.json", "services.json"])
def test_a_copy_whose_metadata_changed_is_not_opened(store: CatalogueStore, stick: Path, name: str) -> None:
    refresh(store, stick)
    path = taken(store).directory / "metadata" / name
    path.write_bytes(path.read_bytes().replace(b"townhall_signed", b"townhall_sigmed"))
    with pytest.raises(CatalogueDamagedError):
        store.open()
    assert isinstance(refresh(store, stick), Refreshed), "fetched anew"
    taken(store)


def test_a_file_that_changed_on_the_disk_is_not_read_and_is_fetched_anew(store: CatalogueStore, stick: Path) -> None:
    refresh(store, stick)
    catalogue = taken(store)
    path = catalogue.paths(Part.RECIPIENTS)[0]
    flip(catalogue.directory / "targets" / path, 5)
    with pytest.raises(CatalogueDamagedError):
        catalogue.read(path)
    assert refresh(store, stick) == Refreshed(1, ())
    taken(store)


def test_a_damaged_copy_still_remembers_what_it_has_seen(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    town.release()
    refresh(store, town.export(tmp_path / "newer"))
    catalogue = taken(store)
    flip(catalogue.directory / "targets" / catalogue.paths(Part.PLACES)[0], 5)
    assert refused(refresh(store, stick)) is CatalogueRefusal.ROLLED_BACK


def test_a_full_disk_leaves_the_copy(store: CatalogueStore, stick: Path, town: SimulatedAdministrators) -> None:
    refresh(store, stick)
    before = taken(store)
    town.release()
    newer = town.export(stick)
    blocked = store._directory / "copies"
    kept = blocked.with_name("kept")
    blocked.rename(kept)
    blocked.write_bytes(b"")  # a file where a folder must be made, as good as no room
    assert refused(refresh(store, newer)) is CatalogueRefusal.NO_ROOM
    blocked.unlink()
    kept.rename(blocked)
    assert taken(store) == before


def test_two_who_refresh_at_once_do_so_one_after_the_other(
    store: CatalogueStore, stick: Path, town: SimulatedAdministrators
) -> None:
    """The keeper, and somebody at the shell."""
    others = [CatalogueStore(store._directory, town.bootstrap) for _ in range(4)]
    with ThreadPoolExecutor() as at_once:
        outcomes = list(at_once.map(lambda other: refresh(other, stick), others))
    assert sorted(type(each).__name__ for each in outcomes) == ["Refreshed", *["Unchanged"] * 3]
    taken(store)
