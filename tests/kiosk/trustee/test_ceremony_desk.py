# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ceremony with a stick that goes round: interrupted anywhere, carried by anybody, restored from a copy."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee.ceremony import CompareCeremony, Concluded
from townhall_kiosk.trustee.errors import ExchangeError, TrusteeHomeError
from townhall_kiosk.trustee.exchange import Missing, Step
from townhall_kiosk.trustee.home import KEY_FILE, TrusteeHome, back_up, restore
from townhall_kiosk.trustee.key_number import entered, new_number, shown
from townhall_voting.errors import (
    CeremonyRefusal,
    CeremonyRefusedError,
    KeyLockedError,
    ProgrammingError,
    RefusedError,
    TrusteesRefusedError,
)
from townhall_voting.randomness import MixedRandomness, OperatingSystem
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.ceremony import Terms, make_certificate
from townhall_voting.trustees.private_keys import new_ceremony_keys
from townhall_voting.trustees.threshold import Layout
from townhall_voting.trustees.trustee_list import parse_trustees

if TYPE_CHECKING:
    from tests.kiosk.trustee.conftest import Circle, NewCircle


def test_the_stick_goes_round_and_all_end_with_the_same_trustees(new_circle: "NewCircle") -> None:
    circle = new_circle(2, 3)
    concluded = circle.hold()
    data = (circle.exchange.path / "trustees.json").read_bytes()
    trustees = parse_trustees(BELENIOS_2048, data)
    assert trustees.layout is Layout.BOUND
    progress = circle.round()
    assert progress == [Concluded(concluded, owner) for owner in (1, 2, 3)]


def test_each_step_waits_for_those_who_are_missing_and_names_them(new_circle: "NewCircle") -> None:
    circle = new_circle(2, 3)
    for place, desk in enumerate(circle.desks, start=1):
        circle.sit_down(place, desk)
        waiting = tuple(range(place + 1, 4))
        if waiting:
            assert desk.go_on(circle.numbers[-1]) == Missing(Step.CERTIFICATE, waiting)
    agreed = circle.compare()
    assert circle.round(agreed) == [
        Missing(Step.COMMIT, (2, 3)),
        Missing(Step.COMMIT, (3,)),
        Missing(Step.REVEAL, (1, 2)),
    ]


def test_nobody_commits_before_the_same_hash_was_seen_by_all(new_circle: "NewCircle") -> None:
    circle = new_circle(2, 3)
    circle.begin()
    seen = circle.compare()
    for agreed in (None, "0" * 64):
        assert circle.round(agreed) == [CompareCeremony(seen)] * 3  # type: ignore[arg-type]  # no hash of ours
    assert not list(circle.exchange.path.glob("*-commit.json"))


def test_whoever_carries_the_stick_and_exchanges_a_certificate_changes_the_hash_and_is_found(
    new_circle: "NewCircle",
) -> None:
    circle = new_circle(2, 3)
    circle.begin()
    seen = circle.compare()
    certificate = circle.exchange.path / "2-certificate.json"
    own = certificate.read_bytes()
    forged = forged_certificate(circle, 2)
    certificate.write_bytes(forged)
    first = circle.desks[0].go_on(circle.numbers[0], seen)
    assert isinstance(first, CompareCeremony)
    assert first.hash != seen
    with pytest.raises(CeremonyRefusedError) as refused:
        circle.desks[1].go_on(circle.numbers[1], seen)
    assert refused.value.reason is CeremonyRefusal.NOT_MINE
    certificate.write_bytes(own)
    assert circle.compare() == seen


def forged_certificate(circle: "Circle", place: int) -> bytes:
    keys = new_ceremony_keys(BELENIOS_2048, MixedRandomness([OperatingSystem()]))
    return make_certificate(circle.terms, place, keys, MixedRandomness([OperatingSystem()]))


def test_a_changed_message_of_anybody_ends_the_ceremony_with_its_name(new_circle: "NewCircle") -> None:
    circle = new_circle(2, 2)
    circle.hold()
    for step in Step:
        path = circle.exchange.path / f"2-{step.value}.json"
        good = path.read_bytes()
        changed = json.loads(good)
        changed["signature"]["response"] = "1"
        path.write_bytes(json.dumps(changed, separators=(",", ":")).encode())
        with pytest.raises(RefusedError) as refused:
            circle.desks[0].go_on(circle.numbers[0])
        assert isinstance(refused.value, CeremonyRefusedError | TrusteesRefusedError)
        assert "trustee 2" in str(refused.value)
        path.write_bytes(good)
    assert isinstance(circle.desks[0].go_on(circle.numbers[0]), Concluded)


def test_a_ceremony_cut_off_after_any_write_goes_on_and_ends_the_same(
    new_circle: "NewCircle", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first trustee's machine loses its power at the n-th synchronisation of its disk, for every n."""
    circle = new_circle(2, 2)
    circle.begin()
    agreed = circle.compare()
    real, cuts = os.fsync, 0

    class PowerCutError(BaseException):
        pass

    for _ in range(60):
        cuts += 1
        left = [cuts]

        def cut(descriptor: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCutError
            real(descriptor)

        monkeypatch.setattr(os, "fsync", cut)
        try:
            progress = circle.desks[0].go_on(circle.numbers[0], agreed)
        except PowerCutError:
            continue
        finally:
            monkeypatch.setattr(os, "fsync", real)
        circle.desks[1].go_on(circle.numbers[1], agreed)
        if isinstance(progress, Concluded):
            break
        cuts = 0
    assert {type(each) for each in circle.round()} == {Concluded}


def test_a_key_is_never_overwritten_and_a_place_never_taken_twice(new_circle: "NewCircle", tmp_path: Path) -> None:
    circle = new_circle(2, 3)
    desk, number = circle.desks[0], Secret(b"1" * 24)
    desk.begin(circle.terms, 1, number)
    with pytest.raises(TrusteeHomeError):
        desk.begin(circle.terms, 2, number)
    with pytest.raises(ExchangeError):
        circle.desks[1].begin(circle.terms, 1, number)
    with pytest.raises(ExchangeError):
        circle.desks[1].begin(Terms(BELENIOS_2048, 3, 3), 2, number)
    for place in (0, -1, 4):
        with pytest.raises(ProgrammingError):
            circle.desks[1].begin(circle.terms, place, number)
    assert not circle.desks[1].home.has_key
    with pytest.raises(TrusteeHomeError):
        TrusteeHome(tmp_path / "nothing").open(Secret(b"1"))


@pytest.mark.parametrize("text", ["", "{}", '{"kind":"townhall.ceremony-terms.v1","group":"G","size":3,"threshold":2}'])
def test_terms_that_say_nothing_begin_nothing(new_circle: "NewCircle", text: str) -> None:
    circle = new_circle(2, 3)
    (circle.exchange.path / "ceremony.json").write_text(text)
    with pytest.raises(ExchangeError):
        circle.exchange.terms()


def test_a_link_or_a_huge_file_on_the_stick_is_not_read(new_circle: "NewCircle", tmp_path: Path) -> None:
    circle = new_circle(2, 3)
    secret = tmp_path / "elsewhere"
    secret.write_bytes(b"what is not on the stick")
    (circle.exchange.path / "1-certificate.json").symlink_to(secret)
    with (circle.exchange.path / "2-certificate.json").open("wb") as file:
        file.truncate(2**30)
    for place in (1, 2):
        with pytest.raises(ExchangeError):
            circle.exchange.message(Step.CERTIFICATE, place)


# Copies


def test_a_copy_is_read_back_and_restores_a_lost_trustee(new_circle: "NewCircle", tmp_path: Path) -> None:
    circle = new_circle(2, 2)
    circle.hold()
    safe = tmp_path / "safe"
    safe.mkdir()
    copy = back_up(circle.desks[0].home, safe)
    assert back_up(circle.desks[0].home, safe) == copy
    with pytest.raises(TrusteeHomeError):
        back_up(circle.desks[1].home, safe)
    found = TrusteeHome(tmp_path / "new machine")
    restore(found, copy)
    assert found.open(circle.numbers[0]) == circle.desks[0].home.open(circle.numbers[0])
    with pytest.raises(TrusteeHomeError):
        restore(found, copy)
    with pytest.raises(KeyLockedError):
        found.open(circle.numbers[1])


def test_nothing_secret_is_on_the_stick_and_the_key_is_its_owner_s_alone(new_circle: "NewCircle") -> None:
    circle = new_circle(2, 3)
    circle.hold()
    on_stick = b"".join(path.read_bytes() for path in circle.exchange.path.iterdir())
    for desk, number in zip(circle.desks, circle.numbers, strict=True):
        secrets = desk.home.open(number)
        assert secrets.share is not None
        for secret in (secrets.keys.seed, secrets.share, shown(number), shown(number).replace(" ", "")):
            assert secret.encode() not in on_stick
        key = desk.home.path / KEY_FILE
        assert key.stat().st_mode & 0o777 == 0o600
        assert desk.home.path.stat().st_mode & 0o777 == 0o700
        assert sorted(path.name for path in desk.home.path.iterdir()) == [KEY_FILE]


# The key number


def test_a_key_number_is_read_as_it_was_written_down() -> None:
    randomness = MixedRandomness([OperatingSystem()])
    numbers = {shown(new_number(randomness)) for _ in range(20)}
    assert len(numbers) == 20
    for written in numbers:
        assert len(written) == 29
        for typed in (written, written.replace(" ", ""), written.replace(" ", "-") + "\n"):
            buffer = bytearray(typed.encode())
            number = entered(buffer)
            assert number is not None
            assert shown(number) == written
            assert not any(buffer)
    for typed in ("", "1" * 23, "1" * 25, "x" * 24, "٣" * 24):
        assert entered(bytearray(typed.encode())) is None
