# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ballots in single-kiosk mode, from the first mark to the slip: what is marked, ranked, reviewed and printed."""

import msgspec
from tests.kiosk.voting_town import (
    VotingTown,
    cast,
    mark,
    stored,
    to_decision,
    to_first_contest,
    to_review,
)

from townhall_kiosk import states as at
from townhall_kiosk.errors import PaperOutError
from townhall_kiosk.simulation.election import SimulatedPolls
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.ballot_desk import BLANK, BallotDesk
from townhall_kiosk.visit.presenters.voting import CAST, VOTE
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    OtherDistrictError,
)
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens
from townhall_voting.ballot_making import Choices
from townhall_voting.eligibility.slip import read_slip
from townhall_voting.package.contests import Counting
from townhall_voting.package.definition import BallotStyle, Definition
from townhall_voting.schnorr_group import RFC_3526_2048


def test_without_a_slip_nobody_is_asked_to_check_or_cast(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        visit.printer.trouble = PaperOutError.code
        await to_review(visit)
        visit.press(screens.Proceeded())
        failed = await visit.until(vote.SlipFailed)
        assert failed.paper is at.Paper.NO_PAPER
        made = visit.desk.ballot.made
        visit.printer.trouble = ""
        visit.press(screens.Proceeded())
        await visit.until(vote.CheckOrCast)
        assert visit.desk.ballot.made is made, "the same ballot: a second one would be a way to choose slips"

    voting.play(scene)


def test_the_slip_names_the_ballot_and_nobody(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        made = visit.desk.ballot.made
        assert made is not None
        facts = read_slip(made.slip)
        assert (facts.ballot, facts.type, facts.admission) == (made.unsigned.hash, "commitment", "")
        (sheet,) = visit.printer.sheets
        assert sheet.startswith(b"%PDF")
        assert isinstance(visit.screen, screens.CheckOrCastScreen)
        assert visit.screen.slip == facts.words
        assert visit.screen.frame.proceed is None
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)


def test_nothing_is_marked_at_first_and_the_window_is_not_believed(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        screen = visit.screen
        assert isinstance(screen, screens.ContestScreen)
        assert screen.marks == ()
        for wrong in (("kask", "saar"), ("nobody",), ("kask", "kask"), (BLANK, "kask")):
            await mark(visit, *wrong)
            assert visit.desk.ballot.marks[0].chosen == ()
        visit.press(screens.Ranked((("kask",),)))
        await visit.settle()
        assert visit.desk.ballot.marks[0].chosen == ()

    voting.play(scene)


def test_too_few_marks_are_said_and_the_blank_vote_is_a_whole_answer(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        visit.press(screens.Proceeded())
        await visit.settle()
        assert visit.state == vote.Marking(0, has_notice=True)
        assert isinstance(visit.screen, screens.ContestScreen)
        assert visit.screen.notice
        await mark(visit, BLANK)
        assert visit.state == vote.Marking(0)
        visit.press(screens.Proceeded())
        await visit.settle()
        assert visit.state == vote.Marking(1)

    voting.play(scene)


def test_the_review_names_what_is_left_open_and_a_change_comes_back_to_it(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_review(visit, ((BLANK,), ("lepp",)))
        screen = visit.screen
        assert isinstance(screen, screens.ReviewScreen)
        assert [answer.note for answer in screen.answers] == ["", "You can choose 2 more"]
        assert screen.answers[0].answer == "Blank vote"
        visit.press(screens.AskedToChange("mayor"))
        await visit.settle()
        assert visit.state == vote.Marking(0, is_changing=True)
        await mark(visit)
        visit.press(screens.WentBack())
        await visit.settle()
        assert visit.state == vote.Marking(0, is_changing=True, has_notice=True)
        await mark(visit, "tamm")
        visit.press(screens.WentBack())
        await visit.until(vote.ReviewingBallot)
        assert "Liis Tamm" in repr(visit.screen)

    voting.play(scene)


def test_going_back_keeps_the_marks_until_the_vote_is_left(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await mark(visit, "kask")
        visit.press(screens.Proceeded())
        await visit.settle()
        visit.press(screens.WentBack())
        await visit.settle()
        assert isinstance(visit.screen, screens.ContestScreen)
        assert visit.screen.marks == ("kask",)
        visit.press(screens.WentBack())
        await visit.until(vote.VotingOffered)
        assert visit.desk.ballot == BallotDesk()

    voting.play(scene)


def test_candidates_stand_in_the_package_s_order_and_where_it_says_so_begin_by_lot(voting: VotingTown) -> None:
    firsts = set()

    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        assert isinstance(visit.screen, screens.ContestScreen)
        order = [each.id for each in visit.screen.candidates]
        firsts.add(order[0])
        turned = ["tamm", "kask", "saar"]
        assert order in [turned[at:] + turned[:at] for at in range(3)]
        await mark(visit, "kask")
        visit.press(screens.Proceeded())
        await visit.settle()
        assert isinstance(visit.screen, screens.ContestScreen)
        assert [each.id for each in visit.screen.candidates][:2] == ["lepp", "pihlak"]

    voting.play(*[scene] * 25)
    assert len(firsts) == 3


def ranked(definition: Definition) -> Definition:
    council = msgspec.structs.replace(definition.contests[1], counting=Counting.STV, minimum=1)
    return msgspec.structs.replace(definition, contests=(definition.contests[0], council), group=RFC_3526_2048.name)


def test_a_ranked_contest_is_recorded_by_ranks(voting: VotingTown, card: EstonianCard) -> None:
    voting.adapt = ranked

    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await mark(visit, "tamm")
        visit.press(screens.Proceeded())
        await visit.settle()
        assert isinstance(visit.screen, screens.RankedScreen)
        visit.press(screens.Ranked((("toom",), ("lepp",))))
        await visit.settle()
        visit.press(screens.Proceeded())
        await visit.until(vote.ReviewingBallot)
        visit.press(screens.Proceeded())
        await visit.until(vote.CheckOrCast)
        await cast(visit, card)
        (ballot,) = polls.members(Part.BALLOTS)
        assert polls.election.choices(ballot) == Choices(((0, 1, 0, 0), (2, 0, 0, 0, 1, 0, 0)))

    voting.play(scene)


def two_styles(definition: Definition) -> Definition:
    hill = msgspec.structs.replace(definition.districts[1], style="hill-only")
    styles = (*definition.styles, BallotStyle("hill-only", ("council",)))
    return msgspec.structs.replace(definition, styles=styles, districts=(definition.districts[0], hill))


def test_where_districts_vote_on_different_things_the_roll_decides_in_the_end(
    voting: VotingTown, card: EstonianCard, other_card: EstonianCard
) -> None:
    voting.adapt = two_styles

    async def of_hill(visit: SimulatedVisit) -> None:
        visit.press(screens.Chose("en"))
        await visit.until(vote.VotingOffered)
        visit.press(screens.Chose(VOTE))
        await visit.until(vote.ChoosingDistrict)
        visit.press(screens.Chose("hill"))
        await visit.until(vote.Marking)
        await to_decision(visit, (("lepp",),))

    async def wrong(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await of_hill(visit)
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        visit.insert(card)
        assert (await visit.until(vote.VoterTurnedAway)).code == OtherDistrictError.code

    async def right(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await of_hill(visit)
        await cast(visit, other_card)

    assert stored(voting.play(wrong, right)) == (1, 1, 1, 0)
