# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Kiosks with real journals and a real centre, over the line and by stick, in any order and twice: exactly once."""

import asyncio
import errno
import os
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_central.errors import BusyError
from townhall_central.stick import StickReport
from townhall_crypto.device_key import FileDeviceKey
from townhall_sync import wire
from townhall_sync.errors import StickError, StickFaultError
from townhall_sync.stick import ConsignmentBody, Folder, Item, Question, RefusalBody, sign_consignment, sign_refusal
from townhall_sync.stick_files import Stick
from townhall_sync.stick_road import Exported, Imported, RefusedEnvelope

if TYPE_CHECKING:
    from tests.contract.conftest import Post, Town

DAY_S = 24 * 60 * 60


def files(stick: Path) -> list[str]:
    return sorted(str(path.relative_to(stick)) for path in stick.rglob("*") if path.is_file())


async def waiting(post: "Post") -> int:
    return (await post.journal.status()).queued


def test_what_goes_by_stick_is_delivered_and_the_stick_is_empty_again(town: "Town", stick: Path) -> None:
    async def send(post: "Post") -> tuple[list[str], Exported]:
        return await post.commit(5), await post.road.export_to(stick)

    async def take(post: "Post") -> tuple[Imported, int]:
        return await post.road.import_from(stick), await waiting(post)

    sent, exported = town.at("kiosk-1", send)
    assert exported == Exported(envelopes=5, left=0)
    report = town.work_off(stick)
    assert (report.new, report.known, report.quarantined, report.lost, report.questions) == (5, 0, 0, 0, 1)
    assert town.stored() == sent
    imported, left = town.at("kiosk-1", take)
    assert imported == Imported(delivered=5, known=0, doubted=0, refused=(), freed=0)
    assert left == 0
    assert files(stick) == []


def test_payloads_are_freed_by_stick_alone(town: "Town", stick: Path) -> None:
    async def export(post: "Post") -> None:
        await post.road.export_to(stick)

    async def take(post: "Post") -> tuple[int, int]:
        freed = (await post.road.import_from(stick)).freed
        return freed, (await post.journal.status()).kept_payloads

    async def begin(post: "Post") -> None:
        await post.commit(4)
        await export(post)

    town.at("kiosk-1", begin)
    for days, expected in ((0, (0, 4)), (6, (0, 4)), (2, (4, 0))):
        asyncio.run(town.clock.sleep(days * DAY_S))
        town.at("kiosk-1", export)
        town.work_off(stick)
        assert town.at("kiosk-1", take) == expected


def test_an_old_answer_frees_nothing_when_it_is_put_back(town: "Town", stick: Path, tmp_path: Path) -> None:
    async def export(post: "Post") -> None:
        await post.road.export_to(stick)

    async def begin(post: "Post") -> None:
        await post.commit(2)
        await post.over_the_line()
        await export(post)

    async def take(post: "Post") -> int:
        return (await post.road.import_from(stick)).freed

    town.at("kiosk-1", begin)
    asyncio.run(town.clock.sleep(8 * DAY_S))
    town.work_off(stick)
    shutil.copytree(stick, tmp_path / "copy")

    async def see_the_centre(post: "Post") -> None:
        post.courier._memory.upkeep_due_ns = 0
        freed, post.journal.free_delivered = 0, _nothing  # type: ignore[method-assign, assignment]  # look, and free later
        await post.over_the_line()
        assert freed == 0

    town.at("kiosk-1", see_the_centre)
    shutil.rmtree(stick)
    shutil.copytree(tmp_path / "copy", stick)
    assert town.at("kiosk-1", take) == 0


async def _nothing(_kept: object) -> int:
    return 0


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12))])
def test_half_over_the_line_half_by_stick_twice_in_any_order_is_exactly_once(
    town: "Town", tmp_path: Path, seed: int
) -> None:
    """Two kiosks, three sticks that they share, restarts between all steps: nothing twice, nothing lost."""
    chance = random.Random(seed)  # noqa: S311  a test's dice
    sticks = [tmp_path / f"stick-{number}" for number in range(3)]
    for each in sticks:
        each.mkdir()
    sent: dict[str, list[str]] = {"kiosk-1": [], "kiosk-2": []}

    async def commit(post: "Post") -> None:
        sent[post.journal.kiosk] += await post.commit(chance.randint(1, 3))

    def copy(stick: Path) -> None:
        shutil.rmtree(tmp_path / "copied", ignore_errors=True)
        shutil.copytree(stick, tmp_path / "copied")

    def put_back(stick: Path) -> None:
        if (tmp_path / "copied").exists():
            shutil.copytree(tmp_path / "copied", stick, dirs_exist_ok=True)

    steps: list[Callable[[str, Path], object]] = [
        lambda kiosk, _stick: town.at(kiosk, commit),
        lambda kiosk, stick: town.at(kiosk, lambda post: post.road.export_to(stick)),
        lambda kiosk, stick: town.at(kiosk, lambda post: post.road.import_from(stick)),
        lambda kiosk, _stick: town.at(kiosk, lambda post: post.over_the_line()),
        lambda _kiosk, stick: town.work_off(stick),
        lambda _kiosk, stick: copy(stick),
        lambda _kiosk, stick: put_back(stick),
    ]
    for kiosk in sent:
        town.at(kiosk, commit)
    for _ in range(25):
        chance.choice(steps)(chance.choice(list(sent)), chance.choice(sticks))
    for kiosk in sent:
        town.at(kiosk, lambda post: post.road.export_to(sticks[0]))
    town.work_off(sticks[0])
    for kiosk in sent:
        town.at(kiosk, lambda post: post.road.import_from(sticks[0]))
        assert town.at(kiosk, waiting) == 0
        journal = (town.directory / kiosk / "journal.db").read_bytes()
        assert b"STICK_READ" in journal
        assert b"CENTRE_LOST_ENVELOPES" not in journal  # an old reply is no loss
    assert sorted(town.stored()) == sorted(sent["kiosk-1"] + sent["kiosk-2"])


def test_the_line_and_the_stick_at_the_same_moment_do_each_other_no_harm(town: "Town", stick: Path) -> None:
    async def begin(post: "Post") -> list[str]:
        sent = await post.commit(6)
        await post.road.export_to(stick)
        return sent

    async def both(post: "Post") -> int:
        await asyncio.gather(
            post.over_the_line(), post.road.import_from(stick), post.road.export_to(stick), post.over_the_line()
        )
        return await waiting(post)

    sent = town.at("kiosk-1", begin)
    town.work_off(stick)
    asyncio.run(town.clock.sleep(8 * DAY_S))
    assert town.at("kiosk-1", both) == 0
    assert sorted(town.stored()) == sorted(sent)


@pytest.mark.parametrize("stride", [13, pytest.param(4, marks=pytest.mark.long)])
def test_a_stick_that_is_pulled_at_any_step_loses_nothing_and_goes_on(
    town: "Town", stick: Path, monkeypatch: pytest.MonkeyPatch, stride: int
) -> None:
    """The export is cut at each n-th call; the centre works off what there is; then all goes on."""
    sent: list[str] = []
    cuts = 0

    async def commit(post: "Post") -> None:
        sent.extend(await post.commit(3))

    async def cut_off(post: "Post", step: int) -> bool:
        with monkeypatch.context() as pulled:
            steps = iter(range(step))
            for name in ("open", "mkdir", "fsync", "rename"):
                pulled.setattr(os, name, _pulled(getattr(os, name), steps))
            try:
                await post.road.export_to(stick)
            except StickFaultError:
                return True
        return False

    for step in range(1, 300, stride):
        town.at("kiosk-1", commit)
        is_cut = town.at("kiosk-1", partial(cut_off, step=step))
        town.work_off(stick)
        assert set(town.stored()) <= set(sent)
        town.at("kiosk-1", lambda post: post.road.export_to(stick))
        town.work_off(stick)
        imported = town.at("kiosk-1", lambda post: post.road.import_from(stick))
        assert (imported.delivered, imported.doubted) == (3, 0)
        assert town.stored() == sent
        assert [name for name in files(stick) if name.endswith(".part")] == []
        cuts += is_cut
        if not is_cut:
            break
    assert cuts > 60 / stride


def _pulled(true: object, steps: Iterator[int]) -> object:
    def call(*arguments: object, **names: object) -> object:
        if next(steps, None) is None:
            raise OSError(errno.EIO, "pulled")
        return true(*arguments, **names)  # type: ignore[operator]  # the function of that name

    return call


def test_a_torn_file_is_told_and_written_again(town: "Town", stick: Path) -> None:
    async def send(post: "Post") -> list[str]:
        sent = await post.commit(2)
        await post.road.export_to(stick)
        return sent

    sent = town.at("kiosk-1", send)
    first = stick / "townhall" / "envelopes" / sent[0][:2] / sent[0]
    first.write_bytes(first.read_bytes()[:100])
    report = town.work_off(stick)
    assert (report.new, report.lost) == (1, 1)
    town.at("kiosk-1", lambda post: post.road.export_to(stick))
    report = town.work_off(stick)
    assert (report.new, report.known, report.lost) == (1, 1, 0)
    assert town.at("kiosk-1", lambda post: post.road.import_from(stick)).delivered == 2


def test_a_full_stick_takes_what_fits_and_a_second_one_the_rest(
    town: "Town", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sticks = [tmp_path / "small", tmp_path / "large"]
    for each in sticks:
        each.mkdir()
    town.at("kiosk-1", lambda post: post.commit(8))
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", _full_after(30))
        exported = town.at("kiosk-1", lambda post: post.road.export_to(sticks[0]))
    assert 0 < exported.envelopes < 8
    assert exported.left == 8 - exported.envelopes
    assert town.work_off(sticks[0]).new == exported.envelopes
    assert town.at("kiosk-1", lambda post: post.road.import_from(sticks[0])).delivered == exported.envelopes
    assert town.at("kiosk-1", lambda post: post.road.export_to(sticks[1])) == Exported(exported.left, 0)
    assert town.work_off(sticks[1]).new == exported.left


def _full_after(count: int) -> Callable[[int], None]:
    """Room for so many syncs, and a little again for each file that is removed: as a disk that fills up."""
    true, steps = os.fsync, iter(range(count))
    state = {"full": False}

    def fsync(fd: int) -> None:
        if next(steps, None) is None and not state["full"]:
            state["full"] = True
            raise OSError(errno.ENOSPC, "full")
        true(fd)

    return fsync


def test_a_cloned_kiosk_is_told_by_stick_and_takes_no_more_visits(town: "Town", stick: Path) -> None:
    async def send(post: "Post") -> None:
        await post.commit(1)
        await post.road.export_to(stick)

    town.at("kiosk-1", lambda post: post.commit(1))
    shutil.copytree(town.directory / "kiosk-1", town.directory / "image")
    town.at("kiosk-1", send)
    town.work_off(stick)
    shutil.rmtree(town.directory / "kiosk-1")
    (town.directory / "image").rename(town.directory / "kiosk-1")
    town.at("kiosk-1", send)  # another second envelope: the first one's link is the same
    report = town.work_off(stick)
    assert dict(report.refused) == {"TH-CENT-022": 1}

    async def take(post: "Post") -> tuple[Imported, bool]:
        return await post.road.import_from(stick), (await post.journal.status()).accepts_visits

    imported, accepts = town.at("kiosk-1", take)
    assert imported.refused == (RefusedEnvelope(2, "TH-CENT-022"),)
    assert not accepts


def test_a_forged_refusal_closes_no_kiosk_and_a_forged_receipt_delivers_nothing(town: "Town", stick: Path) -> None:
    async def send(post: "Post") -> list[str]:
        sent = await post.commit(2)
        await post.road.export_to(stick)
        return sent

    first, second = town.at("kiosk-1", send)
    town.work_off(stick)
    forged = RefusalBody(id=first, kiosk="kiosk-1", status=422, code="TH-CENT-022")
    others = RefusalBody(id=first, kiosk="kiosk-2", status=422, code="TH-CENT-022")
    with Stick(stick) as opened:
        receipt = opened.read(Folder.REPLIES, second)
        assert receipt is not None
        opened.write(Folder.REPLIES, second, receipt.replace(b'"seq":2', b'"seq":3'))
        unsigned = msgspec.structs.replace(sign_refusal(forged, town.centre.keys.receipt), signature="AAAA")
        opened.write(Folder.REPLIES, first, wire.to_json(unsigned))

    async def take(post: "Post") -> tuple[Imported, int, bool]:
        imported = await post.road.import_from(stick)
        return imported, await waiting(post), (await post.journal.status()).accepts_visits

    assert town.at("kiosk-1", take) == (Imported(0, 0, 1, (), 0), 2, True)
    with Stick(stick) as opened:  # truly signed, about the same envelope, to another kiosk
        opened.write(Folder.REPLIES, first, wire.to_json(sign_refusal(others, town.centre.keys.receipt)))
    assert town.at("kiosk-1", take) == (Imported(0, 0, 1, (), 0), 2, True)


def test_an_envelope_that_no_signed_list_names_is_left_alone(town: "Town", stick: Path) -> None:
    """A stranger could otherwise fill a kiosk's next place with an envelope that is bad on purpose."""

    async def send(post: "Post") -> None:
        await post.commit(1)
        await post.road.export_to(stick)

    town.at("kiosk-1", send)
    (consignment,) = (stick / "townhall" / "consignments").iterdir()
    genuine = consignment.read_bytes()
    consignment.write_bytes(genuine.replace(b'"signature":"M', b'"signature":"N'))
    report = town.work_off(stick)
    assert (report.new, report.refused_consignments) == (0, 1)
    consignment.unlink()
    assert town.work_off(stick) == StickReport(questions=1)
    assert town.stored() == []
    consignment.write_bytes(genuine)
    assert town.work_off(stick).new == 1


def test_strangers_and_askers_do_not_hold_the_centre_up(
    town: "Town", stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("townhall_central.stick.MAX_STRANGERS", 3)
    monkeypatch.setattr("townhall_central.stick.MAX_QUESTIONS", 2)
    stranger = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    items = tuple(Item(id=f"{number:064x}", sha256="0" * 64) for number in range(9))
    body = ConsignmentBody(kiosk="stranger", journal_id="journal", items=items)
    with Stick(stick) as opened:
        opened.write(Folder.CONSIGNMENTS, body.name(), wire.to_json(sign_consignment(body, stranger)))
        for number in range(5):
            question = Question(nonce=f"n{number}", sizes=(1, 2))
            opened.write(Folder.QUESTIONS, question.name(), wire.to_json(question))
    report = town.work_off(stick)
    assert (dict(report.refused), report.questions, report.new) == ({"TH-CENT-012": 3}, 2, 0)


def test_a_stick_that_cannot_be_written_to_delivers_all_the_same(
    town: "Town", stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(post: "Post") -> None:
        await post.commit(2)
        await post.road.export_to(stick)

    town.at("kiosk-1", send)
    true_open = os.open

    def locked(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & (os.O_WRONLY | os.O_CREAT):
            raise OSError(errno.EROFS, "read-only")
        return true_open(path, flags, mode, dir_fd=dir_fd)

    with monkeypatch.context() as switched:
        switched.setattr(os, "open", locked)
        report = town.work_off(stick)
    assert (report.new, report.unanswered) == (2, 3)
    report = town.work_off(stick)
    assert (report.known, report.unanswered) == (2, 0)


def test_a_centre_that_stops_half_way_goes_on_the_next_time(
    town: "Town", stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(post: "Post") -> list[str]:
        sent = await post.commit(3)
        await post.road.export_to(stick)
        return sent

    sent = town.at("kiosk-1", send)
    with monkeypatch.context() as busy, town.centre.database.read():
        busy.setattr(Stick, "write", _pulled(Stick.write, iter(range(2))))
        with pytest.raises((StickError, BusyError, OSError)):
            town.work_off(stick)
    report = town.work_off(stick)
    assert report.new + report.known == 3
    assert sorted(town.stored()) == sorted(sent)
