# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The officers' page: who gets in, what it shows as evidence, decisions by two people, and what it refuses."""

import dataclasses
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from lxml import html
from starlette.testclient import TestClient

from townhall_central.simulation.town import SimulatedTown
from townhall_central.simulation.town_election import STYLE, TownPlan
from townhall_central.vote import acts, eligibility_store
from townhall_central.vote.delivery import Alarm, Raised
from townhall_central.vote.desk_app import create_desk
from townhall_central.vote.desk_page import board_page
from townhall_central.vote.desk_session import IDLE_S, OVERALL_S, Sessions
from townhall_central.vote.desk_words import ALARMS, DOUBTS
from townhall_smartcard.simulation.pki import Role, Standing
from townhall_voting.ballot_making import Choices
from townhall_voting.eligibility.judgement import Doubtful
from townhall_voting.hashing import HexHash

NOW = int(time.time())
ADA = Choices(((0, 1, 0, 0), (1, 0, 0, 0, 1)))
OWN = "http://127.0.0.1:8777"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedTown:
    town = SimulatedTown.create(tmp_path_factory.mktemp("desk") / "town", TownPlan(NOW, devices=1, voters=4))
    device = town.devices[0]
    for voter in town.voters[:3]:
        device.cast(town.pki.issue(voter.person, Role.SIGNATURE, Standing.REVOKED), STYLE, ADA, NOW)
    device.cast(town.voters[3].card, STYLE, ADA, NOW)
    town.renew_lists()
    device.close(NOW + 60)
    town.put(device, device.envelopes())
    town.pick_up()
    with town.board.database.write() as connection:
        raised = [Raised(Alarm.OTHER_DEVICE, "<script>alert(1)</script>", "a" * 64)]
        eligibility_store.TABLES.raise_alarms(connection, raised)
    return town


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock)


@pytest.fixture
def stranger(town: SimulatedTown, sessions: Sessions) -> Iterator[TestClient]:
    with TestClient(create_desk(town.board, sessions), OWN, follow_redirects=False) as client:
        yield client


@pytest.fixture
def officer(stranger: TestClient, sessions: Sessions) -> TestClient:
    assert stranger.get(f"/enter?token={sessions.token}").status_code == 303
    return stranger


def waiting(town: SimulatedTown) -> str:
    return next(acts.open_statements(town.board)).statement


def form(sessions: Sessions, **changes: str) -> dict[str, str]:
    filled = {"csrf": sessions.csrf, "verdict": "void", "first": "Ann", "second": "Bob", "why": "stolen"}
    return {**filled, **changes}


def test_only_the_token_opens_the_page_and_only_once(
    stranger: TestClient, sessions: Sessions, town: SimulatedTown
) -> None:
    for path in ("/", "/enter", "/enter?token=wrong", f"/statements/{waiting(town)}"):
        assert stranger.get(path).status_code == 403
    entered = stranger.get(f"/enter?token={sessions.token}")
    assert re.search("HttpOnly.*SameSite=strict", entered.headers["set-cookie"])
    assert stranger.get("/").status_code == 200
    stranger.cookies.clear()
    assert stranger.get(f"/enter?token={sessions.token}").status_code == 403
    assert stranger.get("/").status_code == 403


@pytest.mark.parametrize("seconds", [IDLE_S + 1, OVERALL_S + 1], ids=["idle", "overall"])
def test_the_session_locks(officer: TestClient, clock: Clock, seconds: int) -> None:
    assert officer.get("/").status_code == 200
    clock.now += seconds
    assert officer.get("/").status_code == 403


def test_a_session_in_use_ends_after_its_overall_time(officer: TestClient, clock: Clock) -> None:
    answers = set()
    for _ in range(OVERALL_S // IDLE_S + 1):
        clock.now += IDLE_S
        answers.add(officer.get("/").status_code)
    assert answers == {200, 403}


def test_every_answer_bears_the_strict_headers_and_no_script(officer: TestClient, town: SimulatedTown) -> None:
    for path in ("/", f"/statements/{waiting(town)}", "/statements/none", "/none", "/enter"):
        answer = officer.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        page = html.fromstring(answer.content)
        assert not page.xpath("//script | //@onclick | //@style | //img | //link")
        assert page.xpath("string(//html/@lang)") == "en"
        assert len(page.xpath("//h1")) == 1


def test_an_alarm_says_what_to_do_and_a_devices_name_is_text_not_markup(officer: TestClient) -> None:
    page = html.fromstring(officer.get("/").content)
    (row,) = page.xpath("//tr[td[1]='other-device']")
    assert [cell.text_content() for cell in row][1] == "<script>alert(1)</script>"
    assert ALARMS[Alarm.OTHER_DEVICE] in row.text_content()


def test_the_evidence_shows_whose_card_by_whom_and_since_when_it_is_revoked_and_why(
    officer: TestClient, town: SimulatedTown
) -> None:
    page = html.fromstring(officer.get(f"/statements/{waiting(town)}").content)
    facts = {row[0].text_content(): row[1].text_content() for row in page.xpath("(//table)[1]/tbody/tr")}
    names = {f"{voter.person.given_names} {voter.person.surname}" for voter in town.voters}
    assert facts["Name on the card"] in names
    assert facts["Number on the card"].startswith("PNOEE-")
    assert facts["Issued by"]
    assert facts["Valid from"] < facts["Valid until"]
    lists = [[cell.text_content() for cell in row] for row in page.xpath("(//table)[2]/tbody/tr")]
    assert any(
        re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", since) and why == "keyCompromise" for _, _, since, why in lists
    )


def test_every_control_has_a_name_and_nothing_is_chosen_before(officer: TestClient, town: SimulatedTown) -> None:
    page = html.fromstring(officer.get(f"/statements/{waiting(town)}").content)
    controls = page.xpath("//form//input[not(@type='hidden')] | //form//textarea")
    assert len(controls) == 5
    assert all(
        control.getparent().tag == "label" and control.getparent().text_content().strip() for control in controls
    )
    assert not page.xpath("//@checked")
    assert page.xpath("//form//button[@type='submit']")
    assert page.xpath("//fieldset/legend")


def test_two_officers_decide_once_and_for_good(officer: TestClient, sessions: Sessions, town: SimulatedTown) -> None:
    statement = waiting(town)
    assert officer.post(f"/statements/{statement}", data=form(sessions), headers={"origin": OWN}).status_code == 303
    page = html.fromstring(officer.get("/").content)
    assert page.xpath(f"//tr[td[1]='{statement[:16]}'][td[2]='void'][td[3]='Ann, Bob'][td[4]='stolen']")
    assert officer.post(f"/statements/{statement}", data=form(sessions)).status_code == 404
    with town.board.database.read() as connection:
        assert not eligibility_store.read_decisions(connection)[HexHash(statement)].counts


@pytest.mark.parametrize(
    "changes",
    [{"second": " ANN "}, {"first": ""}, {"why": " "}, {"verdict": "maybe"}, {"first": "A" * 129}, {"why": "w" * 1001}],
    ids=["one person", "no name", "no reason", "no verdict", "long name", "long reason"],
)
def test_a_form_that_is_not_whole_decides_nothing_and_says_why(
    officer: TestClient, sessions: Sessions, town: SimulatedTown, changes: dict[str, str]
) -> None:
    statement = waiting(town)
    answer = officer.post(f"/statements/{statement}", data=form(sessions, **changes))
    assert answer.status_code == 422
    assert html.fromstring(answer.content).xpath("string(//*[@role='alert'])")
    assert waiting(town) == statement


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"host": "evil.example"},
        {"host": "127.0.0.1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_another_page_or_a_rebound_name_decides_nothing(
    officer: TestClient, sessions: Sessions, town: SimulatedTown, headers: dict[str, str]
) -> None:
    statement = waiting(town)
    answer = officer.post(f"/statements/{statement}", data=form(sessions), headers=headers)
    assert answer.status_code == 403
    assert waiting(town) == statement


def test_a_form_of_another_session_or_kind_or_length_decides_nothing(
    officer: TestClient, sessions: Sessions, town: SimulatedTown
) -> None:
    path, statement = f"/statements/{waiting(town)}", waiting(town)
    assert officer.post(path, data=form(sessions, csrf="")).status_code == 403
    assert officer.post(path, data=form(sessions, csrf=Sessions(Clock()).csrf)).status_code == 403
    assert officer.post(path, json=form(sessions)).status_code == 403
    assert officer.post(path, data=form(sessions, why="w" * 20_000)).status_code == 403
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert officer.post(path, content=b"\xff=%zz&a", headers=kind).status_code == 403
    assert waiting(town) == statement


def test_every_alarm_and_every_doubt_has_its_words(town: SimulatedTown) -> None:
    assert set(ALARMS) == set(Alarm)
    assert set(DOUBTS) == {each.value for each in Doubtful}
    status = dataclasses.replace(
        acts.status(town.board), alarms=[{"alarm": each.value, "device": "", "detail": ""} for each in Alarm]
    )
    page = html.fromstring(board_page(status, [], {}))
    assert {row[0].text_content() for row in page.xpath("(//table)[2]/tbody/tr")} == {each.value for each in Alarm}


def test_alarms_in_the_handbook_are_those_of_the_program() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "election-boards.md").read_text("utf-8")
    assert {each.value for each in Alarm} <= set(re.findall(r"`([a-z-]+)`", text))


def test_the_command_serves_on_loopback_alone_and_prints_the_address_that_opens_once(town: SimulatedTown) -> None:
    command = [sys.executable, "-m", "townhall_central", "board", "desk", "--home", str(town.board.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter\?token=[\w-]{43}", address)
            with httpx2.Client(follow_redirects=True) as browser:
                assert "Statements that wait" in browser.get(address).text
            assert httpx2.get(address).status_code == 403
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
