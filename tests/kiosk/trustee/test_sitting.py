# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' window: an election by what is shown and touched, every word in four languages, nothing cut off."""

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from babel.messages.pofile import read_po
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from townhall_crypto.secret import Secret
from townhall_fonts import FONT_FILES
from townhall_kiosk.trustee import sitting_states as at
from townhall_kiosk.trustee.app import TrusteeWindow
from townhall_kiosk.trustee.compared import digit_lines, word_lines
from townhall_kiosk.trustee.exchange import Missing, Step
from townhall_kiosk.trustee.key_number import shown
from townhall_kiosk.trustee.sitting import Sitting
from townhall_kiosk.trustee.sitting_screens import KNOWN_TROUBLES, present
from townhall_kiosk.trustee.wording import LANGUAGES, LOCALE, load_wording
from townhall_ui.screens import (
    CheckOrCastScreen,
    ChoiceScreen,
    Chose,
    EnteredPin,
    MessageScreen,
    PinScreen,
    Proceeded,
    StatusScreen,
    Stopped,
    WentBack,
)
from townhall_ui.theme import TextSize, Theme
from townhall_ui.ways import Ways
from townhall_ui.window import Window
from townhall_voting.errors import ShareRefusal, ShareRefusedError
from townhall_voting.hashing import hex_hash
from townhall_voting.record.completion import Counted
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.ceremony import Terms
from townhall_voting.trustees.result import Result

if TYPE_CHECKING:
    from tests.kiosk.trustee.conftest import NewVote, Vote

os.environ["QT_QPA_PLATFORM"] = "offscreen"

SOURCE = Path(present.__code__.co_filename).parent
TAMM = ((0, 1, 0, 0), (1, 1, 1, 0, 0, 0, 0))
KASK = ((0, 0, 1, 0), (0, 0, 0, 0, 0, 0, 1))


class Person:
    """A trustee at a window, who does what its screens ask for."""

    def __init__(self, vote: "Vote", place: int, copies: Path, number: str = "") -> None:
        self.sitting = Sitting(vote.circle.desks[place - 1], vote.desk(place), copies, load_wording("en"))
        self.place = place
        self.number = number

    @property
    def screen(self) -> object:
        return present(self.sitting)

    def is_at(self, state: at.State) -> bool:
        return self.sitting.state == state

    def does(self, *intents: object) -> object:
        for intent in intents:
            self.sitting.take(intent)  # type: ignore[arg-type]  # one of the window's
            if self.sitting.has_work:
                assert isinstance(self.sitting.state, at.Working)
                self.sitting.work()
        return self.screen

    def types(self, number: str | None = None) -> object:
        typed = bytearray((self.number if number is None else number).replace(" ", "").encode())
        screen = self.does(EnteredPin(typed))
        assert not any(typed)
        return screen


@pytest.fixture
def vote_to_come(new_vote: "NewVote") -> "Vote":
    """An election whose trustees are about to begin anew at their windows."""
    vote = new_vote(2, 3)
    for path in vote.circle.exchange.path.iterdir():
        path.unlink()
    for desk in vote.circle.desks:
        (desk.home.path / "trustee.key").unlink()
    return vote


def test_three_people_hold_the_ceremony_at_their_windows(vote_to_come: "Vote", tmp_path: Path) -> None:
    copies = [tmp_path / f"copies-{place}" for place in (1, 2, 3)]
    for folder in copies:
        folder.mkdir()
    people = [Person(vote_to_come, place, copies[place - 1]) for place in (1, 2, 3)]
    for person in people:
        begin(person)
    for person in people:
        compare(person)
    for _ in range(3):
        for person in people:
            person.does(Chose("go-on"))
            assert isinstance(person.types(), MessageScreen)
            person.does(Proceeded())
    ends = set()
    for person in people:
        person.does(Chose("go-on"))
        ended = person.types()
        assert isinstance(person.sitting.state, at.CeremonyEnded)
        assert isinstance(ended, MessageScreen)
        ends.add(ended.paragraphs[1])
        person.does(Proceeded(), Chose("copy"))
        person.types()
        assert person.is_at(at.CopyOpens(person.place))
        person.does(Proceeded(), Chose("drill"))
        person.types()
        assert person.is_at(at.CopyOpens(person.place))
    assert len(ends) == 1


def begin(person: Person) -> None:
    screen = person.does(Chose("place"))
    if isinstance(person.sitting.state, at.SizeAsked):
        screen = person.does(Chose("0"))
    assert isinstance(screen, ChoiceScreen)
    assert [choice.is_available for choice in screen.choices] == [place >= person.place for place in (1, 2, 3)]
    written = person.does(Chose(str(person.place)))
    assert isinstance(written, MessageScreen)
    person.number = written.frame.heading
    person.does(Proceeded())
    again = person.types("1" * 24)
    assert isinstance(again, MessageScreen)
    assert again.frame.heading == person.number
    person.does(Proceeded())
    person.types()
    assert person.sitting.state == at.Placed(person.place)
    person.does(Proceeded())


def compare(person: Person) -> None:
    person.does(Chose("go-on"))
    asked = person.types("2" * 24)
    assert isinstance(asked, PinScreen)
    assert person.sitting.state == at.NumberAsked(at.Purpose.GO_ON, was_wrong=True)
    compared = person.types()
    assert isinstance(compared, CheckOrCastScreen)
    person.does(Chose("differs"))
    assert isinstance(person.sitting.state, at.Differs)
    person.does(Proceeded(), Chose("go-on"))
    person.types()
    person.does(Chose("same"))
    assert isinstance(person.sitting.state, at.Awaiting | at.CeremonyEnded)
    person.does(Proceeded())


def test_two_people_decrypt_and_count_and_a_second_tally_is_refused_on_the_screen(
    new_vote: "NewVote", tmp_path: Path
) -> None:
    vote = new_vote(2, 3)
    record = vote.record(TAMM, KASK)
    first = record.read_bytes()
    people = [Person(vote, place, tmp_path, shown(vote.circle.numbers[place - 1])) for place in (1, 2)]
    shares = [decrypt(person) for person in people]
    assert shares[0] == shares[1]
    vote.record(TAMM, TAMM)
    people[0].does(Proceeded(), Chose("look"), Chose("same"))
    refused = people[0].types()
    assert isinstance(refused, MessageScreen)
    assert refused.frame.code == "TH-KIOS-075"
    record.write_bytes(first)
    counted = people[1].does(Proceeded(), Chose("count"))
    assert isinstance(counted, StatusScreen)
    votes = {row.label: row.value for row in counted.rows}
    assert votes["Mayor: 101 Liis Tamm (Harbour list)"] == "1"
    assert votes["Mayor: Blank"] == "0"
    assert votes["Opened by"] == "trustee 1, trustee 2"


def test_two_people_shuffle_ranked_ballots_and_decrypt_them(new_vote: "NewVote", tmp_path: Path) -> None:
    vote = new_vote(2, 2, is_ranked=True)
    vote.record(((1, 2),), ((2, 1),))
    people = [Person(vote, place, tmp_path, shown(vote.circle.numbers[place - 1])) for place in (1, 2)]
    too_early = people[0].does(Chose("look"))
    assert isinstance(too_early, MessageScreen)
    assert too_early.frame.code == "TH-KIOS-076"
    people[0].does(Proceeded())
    for person, missing in zip(people, (1, 0), strict=True):
        assert isinstance(person.does(Chose("shuffle")), CheckOrCastScreen)
        assert isinstance(person.does(Chose("same")), PinScreen)
        done = person.types()
        assert person.is_at(at.Shuffled(person.place, missing))
        assert isinstance(done, MessageScreen)
        assert ("Trustees who still shuffle: 1." in done.paragraphs[0]) == (missing == 1)
        person.does(Proceeded())
    for person in people:
        decrypt(person)
        person.does(Proceeded())
    counted = people[0].does(Chose("count"))
    assert isinstance(counted, StatusScreen)
    assert "2 rankings, in the record" in {row.value for row in counted.rows}


def decrypt(person: Person) -> str:
    seen = person.does(Chose("look"))
    assert isinstance(seen, CheckOrCastScreen)
    asked = person.does(Chose("same"))
    assert isinstance(asked, PinScreen)
    person.types()
    assert person.sitting.state == at.TallyDecrypted(person.place)
    return seen.slip


def test_what_cannot_be_done_now_says_why_and_what_goes_wrong_has_its_code(
    vote_to_come: "Vote", tmp_path: Path
) -> None:
    person = Person(vote_to_come, 1, tmp_path)
    menu = person.screen
    assert isinstance(menu, ChoiceScreen)
    assert [choice.id for choice in menu.choices if choice.is_available] == ["place", "language"]
    assert all(choice.hint or choice.is_available for choice in menu.choices)
    person.does(Chose("go-on"))
    failed = person.types("3" * 24)
    assert isinstance(failed, MessageScreen)
    assert failed.frame.code == "TH-KIOS-072"
    person.does(Proceeded(), Chose("language"), Chose("ar"))
    assert present(person.sitting).frame.direction.value == "rtl"


def test_a_refused_message_names_its_trustee(new_vote: "NewVote", tmp_path: Path) -> None:
    vote = new_vote(2, 2)
    (vote.circle.exchange.path / "2-key.json").write_bytes(b"{}")
    person = Person(vote, 1, tmp_path, shown(vote.circle.numbers[0]))
    person.does(Chose("go-on"))
    failed = person.types()
    assert person.sitting.state == at.Failed("TH-VOTE-106", 2)
    assert isinstance(failed, MessageScreen)
    assert "trustee 2" in failed.paragraphs[1]


def test_a_key_number_is_wiped_when_its_screen_is_left(vote_to_come: "Vote", tmp_path: Path) -> None:
    person = Person(vote_to_come, 1, tmp_path)
    for leaving in (WentBack(), Stopped()):
        person.does(Chose("place"), Chose("0"), Chose("1"))
        state = person.sitting.state
        assert isinstance(state, at.NumberShown)
        person.does(Proceeded())
        assert not state.number.is_wiped
        person.does(leaving)
        assert state.number.is_wiped
    assert person.sitting.is_over
    assert not list(vote_to_come.circle.exchange.path.iterdir())


def test_while_something_is_computed_nothing_else_is_taken_and_a_number_is_wiped_unseen(
    vote_to_come: "Vote", tmp_path: Path
) -> None:
    person = Person(vote_to_come, 1, tmp_path)
    person.sitting.take(Chose("place"))
    typed = bytearray(b"1" * 24)
    for intent in (Chose("language"), Stopped(), WentBack(), EnteredPin(typed)):
        person.sitting.take(intent)
        assert isinstance(person.sitting.state, at.Working)
    assert not any(typed)
    person.sitting.work()
    assert isinstance(person.sitting.state, at.SizeAsked)


# Words and room


def states(vote: "Vote") -> Iterator[at.State]:
    """Every kind of state, with long facts."""
    examined = vote.desk(1).examine(vote.record(TAMM, KASK))
    terms, number, seen = Terms(BELENIOS_2048, 5, 3), Secret(b"8" * 24), hex_hash(b"seen")
    asked = at.NumberShown(terms, 1, number, was_wrong=True)
    result = Result(b"", ((10_000, 9_999, 0, 1), (5_000,) * 7))
    yield from (at.Menu(), at.LanguageAsked(), at.SizeAsked(), at.PlaceAsked(terms), replace(asked, was_wrong=False))
    yield from (asked, at.Working(), at.Working(99), at.CeremonyCompared(seen, number), at.Placed(5), at.Differs())
    yield from (at.Awaiting(Missing(Step.REVEAL, (1, 2, 4, 5))), at.CeremonyEnded(seen, 3), at.CopyOpens(3))
    yield from (at.TallyCompared(examined, at.Purpose.DECRYPT), at.Shuffled(3, 2), at.Shuffled(3, 0))
    yield at.TallyDecrypted(3)
    for purpose in at.Purpose:
        for was_wrong in (False, True):
            yield at.NumberAsked(purpose, was_wrong=was_wrong)
    yield at.VotesCounted(examined, Counted(result, (1, 2, 3), (ShareRefusedError(4, ShareRefusal.PROOF),)))
    for code in (*sorted(KNOWN_TROUBLES), "TH-VOTE-999"):
        yield at.Failed(code, 4)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [TextSize.SECOND, pytest.param(TextSize.THIRD, marks=pytest.mark.long)])
def test_every_screen_has_room_in_every_language(
    new_vote: "NewVote", qtbot: QtBot, language: str, size: TextSize
) -> None:
    vote = new_vote(1, 1)
    window = Window(Theme(118, FONT_FILES), lambda _intent: None)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    sitting = Sitting(vote.circle.desks[0], vote.desk(1), None, load_wording(language))
    short = {}
    window.use(Ways(text_size=size))
    for sitting.state in states(vote):
        window.show_screen(present(sitting))
        assert window._board.view is not None
        if (shortfall := window._board.view.shortfall()) > 0:
            short[f"{type(sitting.state).__name__} {present(sitting).frame.heading}"] = shortfall
    assert short == {}


def test_every_state_is_shown(new_vote: "NewVote") -> None:
    assert {type(state) for state in states(new_vote(1, 1))} == set(get_args(at.State))


def catalogue(language: str) -> Mapping[str, str]:
    with (LOCALE / language / "trustee.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file, abort_invalid=True) if each.id}


def placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_texts_with_the_same_facts(language: str) -> None:
    english, texts = catalogue("en"), catalogue(language)
    assert list(texts) == list(english)
    for text_id, text in texts.items():
        assert text, text_id
        assert placeholders(text) == placeholders(english[text_id]), text_id
        assert not re.search(
            r"\b(please|errors?|invalid|sorry|palun|viga|vigane|veuillez|erreur|invalide)\b", text, re.IGNORECASE
        )
        if language == "ar":
            assert re.search("[\u0600-\u06ff]", text), text_id


def test_every_text_is_used_and_every_text_that_is_used_exists() -> None:
    asked: set[str] = set()
    for path in SOURCE.glob("sitting*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name == "say":
                    asked.add(str(node.args[0].value))
    asked |= {f"trouble.{code}" for code in KNOWN_TROUBLES} | {f"ask.{each.value}" for each in at.Purpose}
    hints = ("has-key", "no-key", "no-copies", "no-trustees", "no-record")
    acts = ("place", "go-on", "copy", "drill", "shuffle", "look", "count", "language")
    asked |= {f"hint.{each}" for each in hints} | {f"menu.{each}" for each in acts}
    assert asked == set(catalogue("en"))


def test_a_hash_is_compared_whole() -> None:
    seen = hex_hash(b"seen")
    assert " ".join(digit_lines(seen)).replace(" ", "") == seen
    assert len(" ".join(word_lines(seen)).split()) == 16


# The window itself


def test_a_trustee_takes_a_place_by_keyboard_alone(vote_to_come: "Vote", tmp_path: Path, qtbot: QtBot) -> None:
    sitting = Sitting(vote_to_come.circle.desks[0], vote_to_come.desk(1), tmp_path, load_wording("en"))
    ended: list[int] = []
    shown_in = TrusteeWindow(sitting, ppi=118, on_over=ended.append)
    window = shown_in.window
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    for name in ("Take a place in the ceremony", "2 of 3", "Trustee 1"):
        reach(window, name)
        qtbot.waitUntil(lambda: not isinstance(sitting.state, at.Working))
    state = sitting.state
    assert isinstance(state, at.NumberShown)
    number = shown(state.number)
    reach(window, "I wrote it")
    for digit in number.replace(" ", ""):
        QTest.keyClick(window.focusWidget(), Qt.Key(ord(digit)))
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: sitting.state == at.Placed(1))
    reach(window, "Done")
    reach(window, "Leave")
    assert ended == [0]


PLAY = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from townhall_kiosk.trustee import app
class LeftAtOnce(app.TrusteeWindow):
    def __init__(self, sitting, *, ppi, on_over):
        super().__init__(sitting, ppi=ppi, on_over=on_over)
        QTimer.singleShot(0, lambda: on_over(0))
app.TrusteeWindow = LeftAtOnce
from townhall_kiosk.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_command_opens_the_window_and_ends_when_the_trustee_leaves(tmp_path: Path) -> None:
    folders = ("--home", str(tmp_path / "home"), "--folder", str(tmp_path))
    for options, status in ((("--size", "1280x800"), 0), (("--language", "ar"), 0), (("--size", "wide"), 1)):
        command = [sys.executable, "-c", PLAY, "trustee", "window", *folders, *options]
        ended = subprocess.run(command, capture_output=True, check=False, timeout=120)
        assert ended.returncode == status, ended.stderr.decode()


def test_a_bug_ends_the_window_and_its_text_stays_unsaid(
    vote_to_come: "Vote", tmp_path: Path, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    sitting = Sitting(vote_to_come.circle.desks[0], vote_to_come.desk(1), tmp_path, load_wording("en"))
    ended: list[int] = []
    window = TrusteeWindow(sitting, ppi=118, on_over=ended.append).window
    qtbot.addWidget(window)
    sitting.state = at.PlaceAsked(Terms(BELENIOS_2048, 3, 2))
    window._on_intent(Chose("no number"))
    assert ended == [70]
    assert "ValueError" in caplog.text
    assert "no number" not in caplog.text


def reach(window: Window, name: str) -> None:
    """Go to a button with the Tab key alone and press it."""
    for _ in range(40):
        focus = window.focusWidget()
        if isinstance(focus, QAbstractButton) and focus.accessibleName() == name:
            QTest.keyClick(focus, Qt.Key.Key_Space)
            return
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    raise AssertionError(name)
