# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Honest booths are confirmed and every cheat is refused by its name, by page and command alike."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_checker.groups import GROUPS
from townhall_crypto.device_key import FileDeviceKey
from townhall_voting.ballot_making import BallotMaker, Choices
from townhall_voting.election import HomomorphicQuestion, RankedQuestion
from townhall_voting.eligibility.slip import SlipFacts, sign_slip
from townhall_voting.group import Scalar
from townhall_voting.hashing import Fingerprint, fingerprint
from townhall_voting.mode import Mode
from townhall_voting.nonces import Nonces
from townhall_voting.schnorr_group import RFC_3526_2048
from townhall_voting.words import words

if TYPE_CHECKING:
    from tests.checker.conftest import Booth, Checkers, NewBooth, Shown

CHAIR = HomomorphicQuestion("Who chairs the council?", ("Ada", "Bo", "Çelik"), 1, 2)
BRIDGE = HomomorphicQuestion("Build the bridge?", ("Yes", "No"), 0, 1, is_blank_allowed=True)
PARKS = RankedQuestion("Rank the parks", ("East", "West", "مركز"))
ADA, BO, YES = (1, 0, 0), (0, 1, 0), (0, 1, 0)


class BentNonces:
    """Exponents of the seed, but for one path, where the booth takes one of its own."""

    def __init__(self, honest: Nonces, path: str) -> None:
        self._honest, self._path = honest, path

    def draw(self, path: str) -> Scalar:
        drawn = self._honest.draw(path)
        return Scalar(int(drawn) + 1) if path == self._path else drawn


def bent(path: str) -> Callable[["Booth"], "Shown"]:
    def show(booth: "Booth") -> "Shown":
        nonces = BentNonces(booth.nonces(), path)
        ballot = BallotMaker(booth.election).prepare(Choices((ADA, YES)), booth.key(), nonces)
        return booth.claiming(ballot.hash, ADA, YES)

    return show


def another_choice(booth: "Booth") -> "Shown":
    return booth.claiming(booth.honest(BO, YES).slip, ADA, YES)


def another_credential(booth: "Booth") -> "Shown":
    key = booth.key("another key")
    ballot = BallotMaker(booth.election).prepare(Choices((ADA, YES)), key, booth.nonces(key=key))
    return booth.claiming(ballot.hash, ADA, YES)


def seed_of_another_ballot(booth: "Booth") -> "Shown":
    return booth.claiming(booth.honest(ADA, YES).slip, ADA, YES, label="another seed")


def one_ciphertext_more(booth: "Booth") -> "Shown":
    ballot = json.loads(BallotMaker(booth.election).prepare(Choices((ADA, YES)), booth.key(), booth.nonces()).data)
    ballot["answers"][0]["choices"].append(ballot["answers"][0]["choices"][0])
    return booth.claiming(fingerprint(json.dumps(ballot, separators=(",", ":")).encode()), ADA, YES)


def one_member_more(booth: "Booth") -> "Shown":
    ballot = json.loads(BallotMaker(booth.election).prepare(Choices((ADA, YES)), booth.key(), booth.nonces()).data)
    return booth.claiming(fingerprint(json.dumps({**ballot, "x": 1}, separators=(",", ":")).encode()), ADA, YES)


def another_h_shown_than_printed(booth: "Booth") -> "Shown":
    return replace(another_choice(booth), slip=booth.honest(ADA, YES).slip)


def slip_of_another_ballot(booth: "Booth") -> "Shown":
    return replace(booth.honest(ADA, YES), slip=booth.honest(BO, YES).slip)


def choices(*chosen: tuple[int, ...]) -> Callable[["Booth"], "Shown"]:
    return lambda booth: booth.claiming(booth.honest(ADA, YES).slip, *chosen)


def voting_key(number: int) -> Callable[["Booth"], "Shown"]:
    return lambda booth: booth.claiming(booth.honest(ADA, YES).slip, ADA, YES, key=number)


def content(change: Callable[[bytes], bytes]) -> Callable[["Booth"], "Shown"]:
    def show(booth: "Booth") -> "Shown":
        slip = booth.honest(ADA, YES).slip
        whole = booth.head() + bytes(32) + bytes(32) + int(booth.key()).to_bytes(256, "big") + bytes((*ADA, *YES))
        return booth.showing(change(whole), slip)

    return show


def text(change: Callable[[str], str]) -> Callable[["Booth"], "Shown"]:
    def show(booth: "Booth") -> "Shown":
        shown = booth.honest(ADA, YES)
        return replace(shown, text=change(shown.text))

    return show


def slip(change: Callable[[str], str]) -> Callable[["Booth"], "Shown"]:
    def show(booth: "Booth") -> "Shown":
        shown = booth.honest(ADA, YES)
        return replace(shown, slip=change(shown.slip))

    return show


def scanned_slip(change: Callable[[SlipFacts], SlipFacts] = lambda facts: facts) -> Callable[["Booth"], "Shown"]:
    """The QR of the slip, signed by whoever: the checker knows no booth's key."""

    def show(booth: "Booth") -> "Shown":
        shown = booth.honest(ADA, YES)
        election, ballot = Fingerprint(booth.election.fingerprint), Fingerprint(shown.slip)
        facts = SlipFacts(
            type="commitment", mode=Mode.TEST, election=election, ballot=ballot, admission="", booth="Library 1"
        )
        return replace(shown, slip=sign_slip(change(facts), FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))))

    return show


def slip_text(packed: bytes) -> Callable[["Booth"], "Shown"]:
    encoded = base64.b32encode(packed).decode().rstrip("=")
    return slip(lambda _h: f"TOWNHALL-SLIP-1:{encoded}")


def spelled_facts(facts: bytes) -> Callable[["Booth"], "Shown"]:
    return slip_text(len(facts).to_bytes(2, "big") + facts + b"signature")


def worded(h: str) -> str:
    return words(base64.b64decode(h + "="))


P = GROUPS["BELENIOS-2048"].p
CASES: dict[str, tuple[str, Callable[["Booth"], "Shown"]]] = {
    "an honest booth": ("confirmed", lambda booth: booth.honest(ADA, YES)),
    "an honest booth, a blank vote": ("confirmed", lambda booth: booth.honest(BO, (1, 0, 0))),
    "an honest booth, nothing chosen where that is allowed": ("confirmed", lambda booth: booth.honest(BO, (0, 0, 0))),
    "no slip": ("compare", lambda booth: replace(booth.honest(ADA, YES), slip="")),
    "a slip typed in groups": ("confirmed", slip(lambda h: " ".join(h[at : at + 4] for at in range(0, 43, 4)) + "\n")),
    "a text copied with blank lines around it": ("confirmed", text(lambda whole: f" \n\t{whole}\r\n ")),
    "another choice was encrypted": ("TH-CHEK-031", another_choice),
    "another credential was used": ("TH-CHEK-031", another_credential),
    "the seed is of another ballot": ("TH-CHEK-031", seed_of_another_ballot),
    "an exponent of a ciphertext is not of the seed": ("TH-CHEK-031", bent("q0.c1.r")),
    "a true branch is not of the seed": ("TH-CHEK-031", bent("q0.c0.individual.w")),
    "a false challenge is not of the seed": ("TH-CHEK-031", bent("q1.c2.individual.1.challenge")),
    "a false response is not of the seed": ("TH-CHEK-031", bent("q1.overall.0.response")),
    "an overall proof is not of the seed": ("TH-CHEK-031", bent("q0.overall.w")),
    "a blank proof is not of the seed": ("TH-CHEK-031", bent("q1.blank.1.response")),
    "there is a ciphertext more": ("TH-CHEK-031", one_ciphertext_more),
    "there is a member more": ("TH-CHEK-031", one_member_more),
    "another h is shown than was printed": ("TH-CHEK-031", another_h_shown_than_printed),
    "the slip is of another ballot": ("TH-CHEK-032", slip_of_another_ballot),
    "the slip has a digit too few": ("TH-CHEK-030", slip(lambda h: h[:-1])),
    "the slip has another alphabet": ("TH-CHEK-030", slip(lambda h: h[:-1] + "_")),
    "the slip has an Arabic digit": ("TH-CHEK-030", slip(lambda h: h[:-1] + "٣")),
    "the slip's QR": ("confirmed", scanned_slip()),
    "the slip's QR of another ballot": (
        "TH-CHEK-032",
        scanned_slip(lambda facts: msgspec.structs.replace(facts, ballot=facts.election)),
    ),
    "the slip's QR of another election": (
        "TH-CHEK-032",
        scanned_slip(lambda facts: msgspec.structs.replace(facts, election=facts.ballot)),
    ),
    "the slip of a ballot that was cast": (
        "TH-CHEK-033",
        scanned_slip(lambda facts: msgspec.structs.replace(facts, type="cast")),
    ),
    "the slip's words": ("compare", slip(worded)),
    "the slip's words in capitals and apart": ("compare", slip(lambda h: worded(h).upper().replace("-", " "))),
    "the words of another slip": ("TH-CHEK-032", slip(lambda h: worded(h[::-1]))),
    "three words of the slip": ("TH-CHEK-030", slip(lambda h: worded(h)[:17])),
    "the words with a letter from elsewhere": ("TH-CHEK-030", slip(lambda _h: "kabab-babab-babab-baba\N{KELVIN SIGN}")),
    "a slip's QR without anything": ("TH-CHEK-030", slip(lambda _h: "TOWNHALL-SLIP-1:")),
    "a slip's QR that is no base 32": ("TH-CHEK-030", slip(lambda _h: "TOWNHALL-SLIP-1:AAA")),
    "a slip's QR of one byte": ("TH-CHEK-030", slip_text(b"\0")),
    "a slip's QR cut in its facts": ("TH-CHEK-030", slip_text(b"\xff\xff{}")),
    "a slip's QR with a list": ("TH-CHEK-030", spelled_facts(b"[]")),
    "a slip's QR with two ballots": ("TH-CHEK-030", spelled_facts(b'{"type":"commitment","ballot":"","ballot":""}')),
    "a slip's QR with a number for a ballot": ("TH-CHEK-030", spelled_facts(b'{"type":"commitment","ballot":1}')),
    "a slip's QR that is no UTF-8": ("TH-CHEK-030", spelled_facts(b'{"type":"\xff"}')),
    "a slip's QR longer than any": ("TH-CHEK-030", spelled_facts(b'{"type":"' + b"x" * 4000 + b'"}')),
    "too many are chosen": ("TH-CHEK-023", choices((1, 1, 1), YES)),
    "too few are chosen": ("TH-CHEK-023", choices((0, 0, 0), YES)),
    "a choice counts twice": ("TH-CHEK-023", choices((2, 0, 0), YES)),
    "blank and an answer": ("TH-CHEK-023", choices(ADA, (1, 1, 0))),
    "blank twice": ("TH-CHEK-023", choices(ADA, (2, 0, 0))),
    "the key is 0": ("TH-CHEK-022", voting_key(0)),
    "the key is p": ("TH-CHEK-022", voting_key(P)),
    "the key is p + 1": ("TH-CHEK-022", voting_key(P + 1)),
    "the key is -1": ("TH-CHEK-022", voting_key(P - 1)),
    "the key is of the whole group": ("TH-CHEK-022", voting_key(2)),
    "the key is as large as it can be": ("TH-CHEK-022", voting_key(2**2048 - 1)),
    "another version": ("TH-CHEK-020", content(lambda whole: b"\x02" + whole[1:])),
    "a choice is missing": ("TH-CHEK-020", content(lambda whole: whole[:-1])),
    "a choice more": ("TH-CHEK-020", content(lambda whole: whole + b"\0")),
    "no choices": ("TH-CHEK-020", content(lambda whole: whole[:353])),
    "a cut key": ("TH-CHEK-020", content(lambda whole: whole[:352])),
    "nothing after the prefix": ("TH-CHEK-020", text(lambda _whole: "THB1:")),
    "nothing": ("TH-CHEK-020", text(lambda _whole: "")),
    "another prefix": ("TH-CHEK-020", text(lambda whole: "THB2:" + whole[5:])),
    "a prefix in small letters": ("TH-CHEK-020", text(lambda whole: "thb1:" + whole[5:])),
    "small letters": ("TH-CHEK-020", text(str.lower)),
    "a lost character": ("TH-CHEK-020", text(lambda whole: whole[:-1])),
    "a group of three above its bytes": ("TH-CHEK-020", text(lambda whole: whole[:5] + ":::" + whole[8:])),
    "a group of two above its byte": ("TH-CHEK-020", text(lambda whole: whole[:-2] + "::")),
    "a letter outside the BMP": ("TH-CHEK-020", text(lambda whole: whole[:8] + "😀" + whole[9:])),
    "a zero byte": ("TH-CHEK-020", text(lambda whole: whole + "\0")),
    "more than a QR holds": ("TH-CHEK-020", text(lambda whole: whole + "0" * 5000)),
    "blanks without end": ("TH-CHEK-020", text(lambda whole: whole + " " * 65536)),
    "more than a screen holds": ("TH-CHEK-020", text(lambda whole: whole * 100)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_cheat_is_refused_by_its_name(case: str, new_booth: "NewBooth", checkers: "Checkers") -> None:
    expected, show = CASES[case]
    assert checkers.verdict(show(new_booth(CHAIR, BRIDGE))) == expected


def test_a_code_of_another_election_is_refused_whatever_else_it_says(
    new_booth: "NewBooth", checkers: "Checkers"
) -> None:
    here, there = new_booth(CHAIR, BRIDGE), new_booth(CHAIR, BRIDGE, name="Council of another town")
    shown = there.honest(ADA, YES)
    assert checkers.verdict(shown) == "confirmed"
    assert checkers.verdict(replace(shown, election=here.election.data)) == "TH-CHEK-021"
    longer = new_booth(CHAIR, BRIDGE, CHAIR)
    assert checkers.verdict(replace(shown, election=longer.election.data)) == "TH-CHEK-021"


def test_choices_are_named_in_words(new_booth: "NewBooth", checkers: "Checkers") -> None:
    booth = new_booth(CHAIR, BRIDGE, PARKS, group=RFC_3526_2048)
    shown = booth.honest((1, 0, 1), (1, 0, 0), (2, 0, 255))
    facts = checkers.facts(shown.election, shown.text, shown.slip)
    assert facts["verdict"] == "confirmed"
    assert facts["election"]["fingerprint"] == booth.election.fingerprint
    chair, bridge, parks = facts["questions"]
    assert chair["answers"] == [["Ada", 1], ["Bo", 0], ["Çelik", 1]]
    assert bridge["blank"]
    assert bridge["answers"] == [["Yes", 0], ["No", 0]]
    assert parks["ranked"]
    assert parks["answers"] == [["East", 2], ["West", 0], ["مركز", 255]]


def test_another_ranking_than_the_one_shown_is_refused(new_booth: "NewBooth", checkers: "Checkers") -> None:
    booth = new_booth(PARKS, group=RFC_3526_2048)
    assert checkers.verdict(booth.claiming(booth.honest((1, 2, 3)).slip, (1, 2, 4))) == "TH-CHEK-031"


def test_numbers_that_no_element_can_hold_are_refused(new_booth: "NewBooth", checkers: "Checkers") -> None:
    booth = new_booth(RankedQuestion("Rank", tuple(map(str, range(255)))), group=RFC_3526_2048)
    slip = base64.b64encode(hashlib.sha256(b"").digest()).decode()[:43]
    assert checkers.verdict(booth.claiming(slip, (255,) * 255)) == "TH-CHEK-023"
