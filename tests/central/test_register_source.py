# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Online registers: the one in memory and the one behind X-Road answer alike; whatever else comes is refused."""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.central.conftest import Card, NewCard

from townhall_central.errors import RegisterSourceError
from townhall_central.repository.cli import main
from townhall_central.repository.register_source import RegisterSource
from townhall_central.repository.xroad_register import XRoadParties, XRoadRegister
from townhall_central.simulation.register import SERVICE, SimulatedRegister, SimulatedSecurityServer, running
from townhall_forms.registers.statement import Person

MARI = Person("EE", "48001089904")
REGISTER = SimulatedRegister({MARI: {"address/street": "Pikk 1", "note": "Õ ž"}})
CLIENT = "DEV/GOV/70000002/town"


@pytest.fixture
def server() -> Iterator[SimulatedSecurityServer]:
    with running(SimulatedSecurityServer(REGISTER, frozenset({CLIENT}))) as started:
        yield started


@pytest.fixture
def parties(server: SimulatedSecurityServer) -> XRoadParties:
    return XRoadParties(server.url, CLIENT, SERVICE, "EE38001085718", "order 12/2026")


@pytest.fixture(params=["memory", "x-road"])
def source(request: pytest.FixtureRequest, parties: XRoadParties) -> Iterator[RegisterSource]:
    if request.param == "memory":
        yield REGISTER
    else:
        with XRoadRegister(parties) as register:
            yield register


def test_a_register_states_what_it_knows_of_a_person_and_knows_nobody_else(source: RegisterSource) -> None:
    assert source.look_up(MARI) == REGISTER.people[MARI]
    assert source.look_up(Person("EE", "38001085718")) is None
    assert source.look_up(Person("LV", MARI.personal_code)) is None


def test_each_request_says_who_asks_for_whom_and_why_and_its_address_names_nobody(
    server: SimulatedSecurityServer, parties: XRoadParties
) -> None:
    with XRoadRegister(parties) as register:
        register.look_up(MARI)
        register.look_up(MARI)
    for headers in server.headers:
        assert (headers["x-road-client"], headers["x-road-userid"]) == (CLIENT, "EE38001085718")
        assert headers["x-road-issue"] == "order 12/2026"
        assert uuid.UUID(headers["x-road-id"]).version == 4
    assert len({headers["x-road-id"] for headers in server.headers}) == 2
    assert set(server.lines) == {f"/r1/{SERVICE}/persons"}


def test_a_client_that_may_not_ask_and_a_server_that_is_not_there_are_told(parties: XRoadParties) -> None:
    for other, why in (
        (replace(parties, client="DEV/GOV/70000003/other"), "did not carry"),
        (replace(parties, server="http://127.0.0.1:9"), "does not answer"),
    ):
        with XRoadRegister(other) as register, pytest.raises(RegisterSourceError, match=why):
            register.look_up(MARI)


@pytest.mark.parametrize(
    ("status", "headers", "body", "why"),
    [
        (200, {"X-Road-Id": "another"}, b'{"values":{}}', "another request"),
        (200, {"X-Road-Service": "DEV/GOV/1/a/b"}, b'{"values":{}}', "another service"),
        (200, {}, b'{"values":{"a":1}}', "something else"),
        (200, {}, b'{"values":{},"more":1}', "something else"),
        (200, {}, b"<html>", "something else"),
        (200, {}, b"x" * 200_000, "more than it ever does"),
        (302, {"Location": "http://127.0.0.1:9/"}, b"", "302"),
        (500, {}, b"", "500"),
    ],
)
def test_what_is_no_answer_of_the_register_is_refused(  # noqa: PLR0917  # parameters
    server: SimulatedSecurityServer,
    parties: XRoadParties,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: dict[str, str],
    body: bytes,
    why: str,
) -> None:
    honest = server.answer

    def hostile(_self: object, path: str, given: dict[str, str], asked: bytes) -> tuple[int, dict[str, str], bytes]:
        return status, {**honest(path, given, asked)[1], **headers}, body

    monkeypatch.setattr(SimulatedSecurityServer, "answer", hostile)
    with XRoadRegister(parties) as register, pytest.raises(RegisterSourceError, match=why):
        register.look_up(MARI)


@pytest.mark.parametrize(
    "change",
    [
        lambda parties: replace(parties, client="DEV/GOV/1"),
        lambda parties: replace(parties, client="DEV/GOV/1/a b"),
        lambda parties: replace(parties, service=f"{SERVICE}/../x"),
        lambda parties: replace(parties, user=""),
        lambda parties: replace(parties, issue="a\r\nX-Road-Client: other"),
    ],
)
def test_parties_that_x_road_does_not_know_ask_nothing(
    parties: XRoadParties, change: Callable[[XRoadParties], XRoadParties]
) -> None:
    with pytest.raises(RegisterSourceError):
        change(parties)


def test_the_registrar_fetches_everybody_and_the_file_is_for_nobody_else(
    new_card: NewCard, card: Card, trust_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = new_card(serial=991)
    people = {Person("EE", card.person.personal_code): {"address/street": "Pikk 1"}}
    shutil.copytree(trust_folder, tmp_path / "content" / "trust")
    folder = tmp_path / "certificates"
    folder.mkdir()
    for number, certificate in enumerate((card.authentication.certificate, stranger.authentication.certificate, b"x")):
        (folder / f"{number}.der").write_bytes(certificate)
    with running(SimulatedSecurityServer(SimulatedRegister(people), frozenset({CLIENT}))) as server:
        asked = ["register", "fetch", str(tmp_path / "content"), str(folder), str(tmp_path / "people.jsonl")]
        asked += ["--server", server.url, "--service", SERVICE, "--user", "EE38001085718", "--issue", "order 12"]
        assert main([*asked, "--client", "DEV/GOV/70000003/other"]) == 1
        assert "TH-CENT-072" in capsys.readouterr().err
        assert not (tmp_path / "people.jsonl").exists()
        assert main([*asked, "--client", CLIENT]) == 0
    assert "1 of 3 people" in capsys.readouterr().out
    (line,) = (tmp_path / "people.jsonl").read_text().splitlines()
    assert json.loads(line)["values"] == {"address/street": "Pikk 1"}
    assert (tmp_path / "people.jsonl").stat().st_mode & 0o077 == 0
