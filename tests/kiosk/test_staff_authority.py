# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may do what: proofs by real (simulated) cards, sessions that end, and acts that need several people."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import get_args

import pytest

from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.acts import RULES, Rule, StaffAct, act_digest, rule_of
from townhall_kiosk.staff.authority import (
    AGREE_WITHIN_S,
    CHALLENGE_S,
    IDLE_S,
    OVERALL_S,
    Authorised,
    Authority,
    FurtherPersonNeeded,
    Grounds,
)
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.proof import Purpose, StaffChallenge
from townhall_kiosk.staff.roster import Roster, StaffRole, fingerprint
from townhall_smartcard.identity import challenge_digest
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.pki import Role, Standing, TestPki

CLERK, ADMINISTRATOR = StaffRole.CLERK, StaffRole.ADMINISTRATOR
PLACE = "Tamme Library"
RETIRE = acts.RetireKiosk()
ALL_ACTS: dict[type[StaffAct], StaffAct] = {
    type(act): act
    for act in (
        acts.LookAtStatus(),
        acts.RunTest(acts.KeeperTest.CLOCK),
        acts.MakeReport("en", ()),
        acts.ExportToStick(),
        acts.ImportFromStick(),
        acts.RefreshCatalogue(),
        acts.RestartKiosk(),
        acts.TakeOutOfService(acts.ClosingReason.PAPER),
        acts.PutInService(),
        acts.Assist(acts.AssistStep.BEGAN),
        acts.CheckDocument(),
        acts.RetireKiosk(),
        acts.OpenPolls(),
        acts.PausePolls(),
        acts.ResumePolls(),
        acts.ClosePolls(),
    )
}


@dataclass(slots=True)
class Desk:
    """An authority, and the cards of people who may be on its list."""

    pki: TestPki
    clock: StandingClock = field(default_factory=StandingClock)
    lines: list[dict[str, object]] = field(default_factory=list)
    anchors: TrustAnchors | None = None
    authority: Authority = field(init=False)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.authority = Authority("kiosk-1", self._grounds, self.clock, self._random)

    def _grounds(self) -> Grounds:
        return Grounds(Roster.read(roster_bytes(*self.lines)), self.anchors or self.pki.trust_anchors, PLACE)

    def _random(self, count: int) -> bytes:
        return next(self._numbers).to_bytes(count, "big")

    def enlist(self, card: CertifiedKey, role: StaffRole, **facts: object) -> CertifiedKey:
        self.lines.append({**line(card.certificate, role.value, self.clock.now()), **facts})
        return card

    def sign(self, card: CertifiedKey, challenge: StaffChallenge) -> bytes:
        return card.sign_digest(challenge.digest())

    def come_in(self, card: CertifiedKey, visit: str = "v") -> bytes:
        challenge = self.authority.challenge(visit, Purpose.SESSION)
        token, _member = self.authority.open_session(visit, card.certificate, self.sign(card, challenge))
        return token

    def agree(self, card: CertifiedKey, visit: str = "v") -> Authorised | FurtherPersonNeeded:
        challenge = self.authority.challenge(visit, Purpose.AGREEMENT)
        return self.authority.agree(visit, card.certificate, self.sign(card, challenge))

    def later(self, seconds: float) -> None:
        self.clock.seconds += seconds


@pytest.fixture
def desk(pki: TestPki) -> Desk:
    return Desk(pki)


@pytest.fixture(scope="session")
def kadri(pki: TestPki) -> CertifiedKey:
    return pki.issue(KADRI, Role.AUTHENTICATION)


@pytest.fixture(scope="session")
def kadri_again(pki: TestPki) -> CertifiedKey:
    """Her second card."""
    return pki.issue(KADRI, Role.AUTHENTICATION)


@pytest.fixture(scope="session")
def juhan(pki: TestPki) -> CertifiedKey:
    return pki.issue(JUHAN, Role.AUTHENTICATION)


@pytest.fixture(scope="session")
def aino(pki: TestPki) -> CertifiedKey:
    return pki.issue(AINO, Role.AUTHENTICATION)


# The rule


def test_every_act_has_a_rule_and_an_example_here() -> None:
    assert set(RULES) == set(get_args(StaffAct)) == set(ALL_ACTS)


def test_only_an_act_that_cannot_be_undone_needs_two_people() -> None:
    two = {act: rule for act, rule in RULES.items() if rule.persons > 1}
    assert two == {
        acts.RetireKiosk: Rule(ADMINISTRATOR, 2),
        acts.OpenPolls: Rule(StaffRole.OFFICER, 2),
        acts.ClosePolls: Rule(StaffRole.OFFICER, 2),
    }


def test_an_act_s_digest_holds_all_its_facts() -> None:
    digests = [act_digest(acts.TakeOutOfService(reason)) for reason in acts.ClosingReason]
    digests += [act_digest(act) for act in (acts.PutInService(), acts.Assist(acts.AssistStep.BEGAN))]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("act", ALL_ACTS.values(), ids=lambda act: type(act).__name__)
@pytest.mark.parametrize("role", StaffRole)
def test_an_act_is_done_by_the_roles_and_persons_of_its_rule(  # the whole table, person by person
    desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey, act: StaffAct, role: StaffRole
) -> None:
    desk.enlist(kadri, role)
    desk.enlist(juhan, role)
    token, rule = desk.come_in(kadri), rule_of(act)
    if not role.includes(rule.role):
        with pytest.raises(StaffRefusedError):
            desk.authority.authorise("v", token, act)
        return
    outcome = desk.authority.authorise("v", token, act)
    if rule.persons == 2:
        assert outcome == FurtherPersonNeeded(act, 1)
        outcome = desk.agree(juhan)
    assert isinstance(outcome, Authorised)
    assert outcome.act == act
    assert len({member.person for member in outcome.members}) == rule.persons


# Coming in


def test_who_is_on_the_list_comes_in(desk: Desk, kadri: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, CLERK))
    assert isinstance(desk.authority.authorise("v", token, acts.LookAtStatus()), Authorised)


def test_a_citizen_s_card_does_not_come_in(desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey) -> None:
    desk.enlist(kadri, ADMINISTRATOR)
    with pytest.raises(StaffRefusedError, match="list"):
        desk.come_in(juhan)


def test_who_is_on_the_list_of_another_place_or_time_does_not_come_in(desk: Desk, kadri: CertifiedKey) -> None:
    now = desk.clock.now()
    desk.enlist(kadri, CLERK, places=["Other Library"])
    desk.enlist(kadri, CLERK, expires=now.isoformat())
    desk.enlist(kadri, CLERK, not_before=(now + timedelta(seconds=1)).isoformat())
    with pytest.raises(StaffRefusedError, match="list"):
        desk.come_in(kadri)


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.EXPIRED, Standing.FUTURE])
def test_a_card_that_is_not_good_does_not_come_in_whatever_the_list_says(desk: Desk, standing: Standing) -> None:
    card = desk.pki.issue(JUHAN, Role.AUTHENTICATION, standing)
    desk.enlist(card, ADMINISTRATOR)
    with pytest.raises(StaffRefusedError, match=standing.name.replace("FUTURE", "NOT_YET_VALID")):
        desk.come_in(card)


def test_a_card_of_other_authorities_does_not_come_in(desk: Desk) -> None:
    with pytest.raises(StaffRefusedError, match="UNTRUSTED"):
        desk.come_in(desk.enlist(TestPki().issue(KADRI, Role.AUTHENTICATION), ADMINISTRATOR))


def test_the_signature_certificate_of_a_listed_card_does_not_come_in(desk: Desk) -> None:
    with pytest.raises(StaffRefusedError, match="WRONG_USAGE"):
        desk.come_in(desk.enlist(desk.pki.issue(KADRI, Role.SIGNATURE), ADMINISTRATOR))


def test_without_revocation_lists_staff_come_in_to_bring_them(desk: Desk, kadri: CertifiedKey) -> None:
    desk.anchors = TrustAnchors(desk.pki.anchors_der, desk.pki.intermediates_der)
    assert desk.come_in(desk.enlist(kadri, CLERK))


# A taken-over visit


def test_a_taken_over_visit_without_a_staff_card_can_do_no_staff_act(desk: Desk, kadri: CertifiedKey) -> None:
    """It has the certificate (every card shows it), everything that it ever signed as a citizen, and any token."""
    desk.enlist(kadri, ADMINISTRATOR)
    for act in ALL_ACTS.values():
        for token in (b"", bytes(32), b"x" * 32):
            with pytest.raises(StaffRefusedError):
                desk.authority.authorise("v", token, act)
    challenge = desk.authority.challenge("v", Purpose.SESSION)
    citizen = kadri.sign_digest(challenge_digest(bytes.fromhex(challenge.nonce)))
    for signature in (b"", bytes(96), citizen):
        desk.authority.challenge("v", Purpose.SESSION)
        with pytest.raises(StaffRefusedError, match="sign"):
            desk.authority.open_session("v", kadri.certificate, signature)


def test_a_token_of_one_visit_is_worth_nothing_in_another(desk: Desk, kadri: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR), "v")
    for visit in ("w", "", "V"):
        with pytest.raises(StaffRefusedError):
            desk.authority.authorise(visit, token, acts.LookAtStatus())


@pytest.mark.parametrize("changed", ["kiosk", "visit", "purpose", "act", "nonce"])
def test_a_signature_for_anything_else_is_no_proof(desk: Desk, kadri: CertifiedKey, changed: str) -> None:
    desk.enlist(kadri, ADMINISTRATOR)
    real = desk.authority.challenge("v", Purpose.SESSION)
    facts = {
        "kiosk": real.kiosk,
        "visit": real.visit,
        "purpose": real.purpose,
        "act": real.act,
        "nonce": real.nonce,
        changed: Purpose.AGREEMENT if changed == "purpose" else "f" * 64,
    }
    other = StaffChallenge(**facts)  # type: ignore[arg-type]  # one field's own type is enough for the test
    with pytest.raises(StaffRefusedError, match="sign"):
        desk.authority.open_session("v", kadri.certificate, desk.sign(kadri, other))


def test_a_challenge_serves_once(desk: Desk, kadri: CertifiedKey) -> None:
    desk.enlist(kadri, CLERK)
    signature = desk.sign(kadri, desk.authority.challenge("v", Purpose.SESSION))
    desk.authority.open_session("v", kadri.certificate, signature)
    with pytest.raises(StaffRefusedError, match="challenge"):
        desk.authority.open_session("v", kadri.certificate, signature)


def test_a_refused_proof_uses_the_challenge_up(desk: Desk, kadri: CertifiedKey) -> None:
    desk.enlist(kadri, CLERK)
    signature = desk.sign(kadri, desk.authority.challenge("v", Purpose.SESSION))
    with pytest.raises(StaffRefusedError):
        desk.authority.open_session("v", kadri.certificate, bytes(96))
    with pytest.raises(StaffRefusedError, match="challenge"):
        desk.authority.open_session("v", kadri.certificate, signature)


@pytest.mark.parametrize(("after_s", "is_in"), [(CHALLENGE_S, True), (CHALLENGE_S + 1, False)])
def test_a_challenge_grows_old(desk: Desk, kadri: CertifiedKey, after_s: int, *, is_in: bool) -> None:
    desk.enlist(kadri, CLERK)
    signature = desk.sign(kadri, desk.authority.challenge("v", Purpose.SESSION))
    desk.later(after_s)
    if is_in:
        assert desk.authority.open_session("v", kadri.certificate, signature)
    else:
        with pytest.raises(StaffRefusedError, match="old"):
            desk.authority.open_session("v", kadri.certificate, signature)


# A session ends


def test_a_session_ends_after_ten_idle_minutes(desk: Desk, kadri: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, CLERK))
    for _ in range(3):
        desk.later(IDLE_S)
        desk.authority.authorise("v", token, acts.LookAtStatus())
    desk.later(IDLE_S + 1)
    for _ in range(2):
        with pytest.raises(StaffRefusedError):
            desk.authority.authorise("v", token, acts.LookAtStatus())


def test_a_session_ends_after_twelve_hours_however_busy(desk: Desk, kadri: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, CLERK))
    for _ in range(OVERALL_S // IDLE_S):
        desk.later(IDLE_S)
        desk.authority.authorise("v", token, acts.LookAtStatus())
    desk.later(1)
    with pytest.raises(StaffRefusedError):
        desk.authority.authorise("v", token, acts.LookAtStatus())


def test_setting_the_clock_neither_ends_nor_extends_a_session(desk: Desk, kadri: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, CLERK))
    desk.clock.wall_offset -= 5 * IDLE_S
    desk.authority.authorise("v", token, acts.LookAtStatus())
    desk.later(IDLE_S + 1)
    with pytest.raises(StaffRefusedError):
        desk.authority.authorise("v", token, acts.LookAtStatus())


def test_a_closed_session_and_one_that_another_replaced_have_ended(desk: Desk, kadri: CertifiedKey) -> None:
    first = desk.come_in(desk.enlist(kadri, CLERK))
    second = desk.come_in(kadri)
    with pytest.raises(StaffRefusedError):
        desk.authority.authorise("v", first, acts.LookAtStatus())
    desk.authority.close("v")
    with pytest.raises(StaffRefusedError):
        desk.authority.authorise("v", second, acts.LookAtStatus())


def test_who_is_taken_off_the_list_is_out_at_the_next_act(desk: Desk, kadri: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, CLERK))
    desk.lines.clear()
    with pytest.raises(StaffRefusedError, match="changed"):
        desk.authority.authorise("v", token, acts.LookAtStatus())


# Two persons


def test_two_administrators_agree(desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    desk.enlist(juhan, ADMINISTRATOR)
    assert desk.authority.authorise("v", token, RETIRE) == FurtherPersonNeeded(RETIRE, 1)
    done = desk.agree(juhan)
    assert isinstance(done, Authorised)
    assert [fingerprint(each.certificate) for each in done.members] == [
        fingerprint(card.certificate) for card in (kadri, juhan)
    ]


def test_one_person_with_two_cards_is_one_person(
    desk: Desk, kadri: CertifiedKey, kadri_again: CertifiedKey, juhan: CertifiedKey
) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    for card in (kadri_again, juhan):
        desk.enlist(card, ADMINISTRATOR)
    desk.authority.authorise("v", token, RETIRE)
    for card in (kadri, kadri_again):
        with pytest.raises(StaffRefusedError, match="twice"):
            desk.agree(card)
    assert isinstance(desk.agree(juhan), Authorised), "the act waits on for somebody else"


def test_the_second_person_needs_the_role_too(desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    desk.enlist(juhan, CLERK)
    desk.authority.authorise("v", token, RETIRE)
    with pytest.raises(StaffRefusedError, match="role"):
        desk.agree(juhan)


@pytest.mark.parametrize(("after_s", "agreed"), [(AGREE_WITHIN_S, True), (AGREE_WITHIN_S + 1, False)])
def test_both_agree_within_five_minutes(
    desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey, after_s: int, *, agreed: bool
) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    desk.enlist(juhan, ADMINISTRATOR)
    desk.authority.authorise("v", token, RETIRE)
    desk.later(after_s)
    if agreed:
        assert isinstance(desk.agree(juhan), Authorised)
    else:
        with pytest.raises(StaffRefusedError, match="long"):
            desk.agree(juhan)


def test_an_agreement_serves_once(desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    desk.enlist(juhan, ADMINISTRATOR)
    desk.authority.authorise("v", token, RETIRE)
    desk.agree(juhan)
    with pytest.raises(StaffRefusedError, match="waits"):
        desk.agree(juhan)


def test_nobody_agrees_to_an_act_that_nobody_began(desk: Desk, kadri: CertifiedKey) -> None:
    desk.enlist(kadri, ADMINISTRATOR)
    with pytest.raises(StaffRefusedError, match="waits"):
        desk.agree(kadri)


def test_another_act_in_between_takes_the_first_back(desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    desk.enlist(juhan, ADMINISTRATOR)
    desk.authority.authorise("v", token, RETIRE)
    desk.authority.authorise("v", token, acts.LookAtStatus())
    with pytest.raises(StaffRefusedError, match="waits"):
        desk.agree(juhan)


def test_a_proof_to_come_in_is_no_agreement(desk: Desk, kadri: CertifiedKey, juhan: CertifiedKey) -> None:
    token = desk.come_in(desk.enlist(kadri, ADMINISTRATOR))
    desk.enlist(juhan, ADMINISTRATOR)
    desk.authority.authorise("v", token, RETIRE)
    signature = desk.sign(juhan, desk.authority.challenge("v", Purpose.SESSION))
    with pytest.raises(StaffRefusedError, match="challenge"):
        desk.authority.agree("v", juhan.certificate, signature)


def test_neither_token_nor_person_is_shown_by_repr(desk: Desk, kadri: CertifiedKey, aino: CertifiedKey) -> None:
    desk.come_in(desk.enlist(kadri, CLERK))
    challenge = desk.authority.challenge("v", Purpose.SESSION)
    desk.enlist(aino, CLERK)
    _token, member = desk.authority.open_session("v", aino.certificate, desk.sign(aino, challenge))
    assert AINO.personal_code not in repr(member)
    assert AINO.personal_code not in repr(desk.authority)
