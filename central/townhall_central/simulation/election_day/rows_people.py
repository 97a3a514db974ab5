# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report's rows about people who vote twice, cards, clocks, copies and lines: what the day itself showed."""

from collections import Counter
from collections.abc import Iterator

from townhall_central.simulation.booth_desk import BoothAndDesk
from townhall_central.simulation.election_day.observed import Observed
from townhall_central.simulation.election_day.plan import CHOICES, Fault
from townhall_central.simulation.election_day.report import ThreatRow, row
from townhall_central.simulation.polling import Cast
from townhall_central.simulation.town_election import STYLE
from townhall_central.vote import acts
from townhall_central.vote.delivery import Alarm
from townhall_voting.board.lists import Rejection
from townhall_voting.board.log import BallotsEntry, LoggedBallot
from townhall_voting.eligibility.slip import SlipFacts, sign_slip
from townhall_voting.errors import SlipRefusedError


def people_rows(seen: Observed) -> Iterator[ThreatRow]:
    """Return the rows, each judged by what was found."""
    yield _double_voters(seen)
    yield _paper(seen)
    yield _shared(seen)
    yield _revoked(seen)
    yield _clocks(seen)
    yield _copies(seen)
    yield _bad_lines(seen)
    yield _order(seen)
    yield _chain_voting(seen)


def _double_voters(seen: Observed) -> ThreatRow:
    times = Counter(visit.voter for visit in seen.plan.visits)
    doubles = [voter for voter, count in times.items() if count > 1]
    counted = seen.counted_trackers
    votes = Counter(
        visit.voter
        for visit in seen.plan.visits
        if visit in seen.day.casts and seen.day.casts[visit].tracker in counted
    )
    return row(
        "Double voters on different offline kiosks",
        f"{len(doubles)} people voted at two posts that knew nothing of each other",
        {Rejection.DUPLICATE.value: seen.reasons[Rejection.DUPLICATE.value]},
        held=bool(doubles) and all(votes[voter] <= 1 for voter in doubles) and max(votes.values()) == 1,
    )


def _paper(seen: Observed) -> ThreatRow:
    voters = set(seen.plan.paper)
    trackers = seen.trackers(visit for visit in seen.plan.visits if visit.voter in voters)
    rejected = seen.rejected_as(Rejection.PAPER_VOTE.value)
    return row(
        "Voted on paper and at a kiosk",
        f"{len(voters)} people",
        {Rejection.PAPER_VOTE.value: len(rejected)},
        held=rejected <= trackers and not trackers & seen.counted_trackers,
    )


def _shared(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.SHARED)
    alarm = seen.alarms[Alarm.SHARED_BALLOT.value]
    return row(
        "Statements of two people over one ballot",
        f"{len(visits)} times, by a device",
        {Alarm.SHARED_BALLOT.value: alarm},
        held=alarm == 2 * len(visits) and seen.trackers(visits) == seen.rejected_as(Rejection.SHARED.value),
        rest_risk="a dishonest device can delay a vote so, not cast one",
    )


def _revoked(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.REVOKED)
    trackers = seen.trackers(visits)
    return row(
        "Stolen or revoked card",
        f"{len(visits)} people with cards that were revoked; the posts were offline",
        {"statement waits for officers: revoked": seen.decided["revoked"]},
        held=seen.decided["revoked"] == len(visits) and trackers == seen.rejected_as(Rejection.REVOKED.value),
    )


def _clocks(seen: Observed) -> ThreatRow:
    wrong = {number for number, post in enumerate(seen.plan.posts) if post.skew_s}
    visits = [visit for visit in seen.plan.visits if visit.post in wrong]
    waiting = seen.decided["outside-hours"]
    return row(
        "Clock moved",
        f"two kiosks 5 hours ahead and 4 hours behind, {len(visits)} visits",
        {"statement waits for officers: outside-hours": waiting},
        held=0 < waiting == len(visits),
        rest_risk="who votes twice, once where the clock is behind, keeps that vote: still one",
    )


def _copies(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.MALLEATED)
    alarm = seen.alarms[Alarm.BALLOT_REFUSED.value]
    return row(
        "Copied and altered ballot",
        f"{len(visits)} ballots with one digit changed, beside the honest ones",
        {Alarm.BALLOT_REFUSED.value: alarm},
        held=alarm == len(visits) and seen.trackers(visits) <= seen.counted_trackers,
    )


def _bad_lines(seen: Observed) -> ThreatRow:
    before = acts.status(seen.day.town.box).numbers
    lost, repeated, reordered = seen.day.lost, seen.day.repeated, seen.day.reordered
    return row(
        "Lost, repeated and reordered syncs",
        f"{lost} envelopes lost on their way and sent again, {repeated} sent twice, {reordered} out of order",
        {},
        held=before[STYLE] == len(seen.log.trackers(seen.rejected.election)) and min(lost, repeated, reordered) > 0,
    )


def _order(seen: Observed) -> ThreatRow:
    entries = [each for each in seen.log.entries if isinstance(each, BallotsEntry)]
    told = {*BallotsEntry.__struct_fields__, *LoggedBallot.__struct_fields__} - {
        "election",
        "ballots",
        "tracker",
        "ballot",
    }
    return row(
        "Linking by order or time",
        f"{len(entries)} lines of ballots in the public log searched for a device, a place and a time",
        {},
        held=bool(entries) and not told and all(list(each.ballots) == sorted(each.ballots) for each in entries),
        rest_risk="a batch of one device and hour is as large as it is: few votes on a quiet day stay few",
    )


def _chain_voting(seen: Observed) -> ThreatRow:
    """A slip carried out of the room and brought by another, one forged, one taken twice, one not cast yet."""
    post = next(post for post in seen.day.posts if post.pair is not None)
    pair = post.pair
    if pair is None:
        raise ValueError("the plan has no booth")
    cast = Cast(pair.booth.make_ballot(STYLE, CHOICES[0])[1], pair.booth.make_ballot(STYLE, CHOICES[0])[1])
    used = pair.admit()
    good = pair.print_slip(cast, STYLE, used)
    pair.admitted.discard(used)
    stranger = next(each for each in seen.day.posts if each.booth is not pair.booth)
    commitment = SlipFacts(
        type="commitment",
        mode=pair.booth.package.mode,
        election=pair.booth.package.elections[STYLE].fingerprint,
        ballot=cast.ballot,
        admission=pair.admit(),
        booth=pair.booth.kiosk.name,
    )
    slips = [
        good,
        pair.print_slip(cast, STYLE, "00000000" if used != "00000000" else "00000001"),
        sign_slip(commitment, pair.booth.kiosk.key),
        BoothAndDesk(stranger.booth, pair.desk).print_slip(cast, STYLE, pair.admit()),
    ]
    made = pair.desk.made
    refused = sum(_is_refused(seen, pair, slip) for slip in slips)
    return row(
        "Coercion, chain voting",
        "a slip brought a second time, a smuggled one, one still open, and one by another booth",
        {"the desk refuses the slip": refused},
        held=refused == len(slips) and pair.desk.made == made,
        rest_risk="a photo of the screen; the board knows who took part",
    )


def _is_refused(seen: Observed, pair: BoothAndDesk, slip: str) -> bool:
    try:
        pair.redeem(slip, seen.day.town.voters[0].card, STYLE, seen.day.now)
    except SlipRefusedError:
        return True
    return False
