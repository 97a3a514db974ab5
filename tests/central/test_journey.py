# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole way with the real commands: enrol, deliver over HTTP with the kiosk's own line, fetch, show the case."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from townhall_central import cli
from townhall_central.inbox import store
from townhall_central.inbox.home import open_home
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.sealed import seal
from townhall_forms.transaction import Transaction
from townhall_sync import receipt, wire
from townhall_sync.central_http import HttpCentralService, HttpEnrolmentService, HttpLine
from townhall_sync.central_service import Answered, Stored
from townhall_sync.enrolment import Enrolled, make_request, verify_answer

SERVICES = Path(__file__).resolve().parents[2] / "services"
INBOX_FOUNDRY = str(Path(__file__).with_name("inbox_foundry.py"))


class Town:
    """A centre and an agency, worked by commands alone."""

    def __init__(self, directory: Path, trust: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self._capsys = capsys
        passphrase = directory / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text("of the device CA\n")
        self._ca = ["--passphrase-file", str(passphrase)]
        self.run("init", *self.data, "--origin", "town.example/log", *self._ca)
        root = str(directory / "centre" / "root.json")
        self.run(
            *("inbox", "init", *self.inbox, "--name", "Registry", "--centre", "http://127.0.0.1:9", "--root", root),
            *("--services", str(SERVICES), "--anchors", str(trust)),
        )
        self.run("agency", "add", *self.data, "--by", "Ann", str(directory / "inbox" / "agency.json"))

    @property
    def data(self) -> list[str]:
        return ["--data", str(self.directory / "centre")]

    @property
    def inbox(self) -> list[str]:
        return ["--inbox", str(self.directory / "inbox")]

    def run(self, *arguments: str) -> str:
        assert cli.main(arguments) == 0, self._capsys.readouterr().err
        return self._capsys.readouterr().out.strip()

    def approve(self, identifier: str) -> None:
        self.run("approve", *self.data, "--by", "Bob", *self._ca, identifier)

    def recipient(self) -> RecipientPublicKey:
        stated = json.loads((self.directory / "inbox" / "agency.json").read_bytes())
        return RecipientPublicKey.from_bytes(wire.decode_base64(stated["recipient_key"]))


@pytest.fixture
def town(tmp_path: Path, trust_folder: Path, capsys: pytest.CaptureFixture[str]) -> Town:
    return Town(tmp_path, trust_folder, capsys)


@pytest.fixture
def url(town: Town) -> Iterator[str]:
    command = [sys.executable, "-m", "townhall_central", "serve", *town.data, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.kill()


async def enrol(town: Town, url: str) -> tuple[SimulatedKiosk, Enrolled]:
    key = MemoryDeviceKey()
    code = wire.OneTimeCode.parse(town.run("code", *town.data, "--by", "Ann", "kiosk-1"))
    request = make_request(code, "kiosk-1", key)
    line = HttpLine(url, tls=None)
    service = HttpEnrolmentService(line)
    asked = await service.ask_enrolment(request)
    assert isinstance(asked, Answered)
    waiting = json.loads(town.run("status", *town.data))["waiting"]
    assert [entry["id"] for entry in waiting] == [asked.state.id]
    town.approve(asked.state.id)
    answered = await service.enrolment(asked.state.id)
    await line.close()
    assert isinstance(answered, Answered)
    assert answered.state.answer is not None
    enrolled = verify_answer(answered.state.answer, code, request)
    kiosk = SimulatedKiosk("kiosk-1", key, enrolled.device_certificate, [town.recipient()], 1_800_000_000)
    return kiosk, enrolled


async def deliver(kiosk: SimulatedKiosk, enrolled: Enrolled, url: str, payloads: list[bytes]) -> list[receipt.Receipt]:
    line = HttpLine(url, tls=None)
    service = HttpCentralService(
        line, key=kiosk.key, key_id=enrolled.kiosk, wall=lambda: 0, nonce=lambda: os.urandom(8).hex()
    )
    found = []
    for seq, payload in enumerate(payloads, 1):
        sealed = seal(payload, kind="service-transaction", recipients=kiosk.recipients)
        envelope = kiosk.wrap(sealed, seq)
        identifier = envelope.header.envelope_id
        outcome = await service.put_envelope(identifier, envelope.to_bytes())
        assert isinstance(outcome, Stored)
        expected = receipt.ExpectedReceipt(identifier, "kiosk-1", kiosk.journal_id, seq)
        found.append(receipt.verify_receipt(outcome.reply.receipt, expected, enrolled.keys))
    fresh = await service.checkpoint("nonce")
    assert fresh is not None
    newest = receipt.verify_fresh_checkpoint(fresh, "nonce", enrolled.keys)
    for each in found:
        proof = await service.consistency(each.checkpoint.size, newest.checkpoint.size)
        assert proof is not None
        receipt.prove_kept(each.seq, each.checkpoint, newest, proof)
    await line.close()
    return found


def bring(town: Town, url: str, payloads: list[bytes]) -> None:
    async def journey() -> None:
        kiosk, enrolled = await enrol(town, url)
        await deliver(kiosk, enrolled, url, payloads)

    asyncio.run(journey())


def test_a_transaction_goes_all_the_way(town: Town, url: str, transaction: Transaction, tmp_path: Path) -> None:
    bring(town, url, [transaction.to_bytes(), b"not a transaction"])
    assert town.run("inbox", "run", *town.inbox, "--once", "--centre", url) == "2 new, 1 need attention"
    assert town.run("inbox", "run", *town.inbox, "--once", "--centre", url) == "0 new, 0 need attention"
    assert town.run("inbox", "list", *town.inbox).splitlines() == [
        "1  ready  provisional B-B",
        "2  needs attention  no document",
    ]
    shown = json.loads(town.run("inbox", "show", *town.inbox, "1", "--document", str(tmp_path / "signed.pdf")))
    assert (shown["number"], shown["case"]["state"], shown["case"]["reasons"]) == (1, "ready", [])
    assert shown["case"]["signer"]["surname"] == "JÕEORG"
    assert len(shown["envelopes"]) == 1
    assert (tmp_path / "signed.pdf").read_bytes() == transaction.document
    aside = json.loads(town.run("inbox", "show", *town.inbox, "2"))
    assert [reason["code"] for reason in aside["case"]["reasons"]] == ["TH-CENT-104"]


def test_an_inbox_killed_around_each_database_step_makes_each_case_once(
    town: Town, url: str, transaction: Transaction
) -> None:
    bring(town, url, [transaction.to_bytes(), b"second", b"third"])
    fresh, deaths = town.directory / "inbox", 0
    with foundry() as run:
        for step in range(1, 200, 5):
            home = shutil.copytree(fresh, town.directory / f"inbox-{step}")
            is_dead = run(home, url, step) == -signal.SIGKILL
            deaths += is_dead
            assert run(home, url, 0) == 0
            assert town.run("inbox", "list", "--inbox", str(home)).splitlines() == [
                "1  ready  provisional B-B",
                "2  needs attention  no document",
                "3  needs attention  no document",
            ]
            opened = open_home(home)
            with opened.database.read() as connection:
                assert [len(store.read_case(connection, number).envelopes) for number in (1, 2, 3)] == [1, 1, 1]
            opened.database.close()
            if not is_dead:
                break
    assert deaths > 6


@contextmanager
def foundry() -> Iterator[Callable[[Path, str, int], int]]:
    """Yields what runs one round in a process of its own and returns its exit code."""
    command = [sys.executable, INBOX_FOUNDRY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        writer, reader = process.stdin, process.stdout
        assert writer is not None
        assert reader is not None

        def run(home: Path, url: str, step: int) -> int:
            writer.write(f"{home} {url} {step}\n")
            writer.flush()
            return int(reader.readline())

        yield run
        writer.close()


def test_an_inbox_without_a_centre_says_so(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inbox", "run", *town.inbox, "--once"]) == 1
    assert capsys.readouterr().err.startswith("TH-CENT-051")


def test_an_inbox_that_the_centre_does_not_know_is_refused(
    town: Town, url: str, tmp_path: Path, trust_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ["--inbox", str(tmp_path / "other")]
    root = str(town.directory / "centre" / "root.json")
    places = ["--services", str(SERVICES), "--anchors", str(trust_folder)]
    town.run("inbox", "init", *other, "--name", "Other", "--centre", url, "--root", root, *places)
    assert cli.main(["inbox", "run", *other, "--once"]) == 1
    assert capsys.readouterr().err.startswith("TH-CENT-052")
