# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does with a ballot before anybody's card: begin, mark, make, commit on paper, open, forget the seed.

At a booth, where no card comes at all, also: cast it, and say so on paper.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from townhall_crypto.secret import Secret
from townhall_kiosk import events as on
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import PollsOffice, Printer
from townhall_kiosk.states import Paper
from townhall_kiosk.visit.ballot_desk import BLANK, BallotDesk, MadeBallot, Marks
from townhall_kiosk.visit.closing_work import paper_of
from townhall_kiosk.visit.election import BallotStyle, VisitElection
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.visit.voting_paper import VotingPaper
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import messages
from townhall_voting.ballot_making import Choices, sign_ballot
from townhall_voting.check_code import check_code
from townhall_voting.credential import new_voting_key
from townhall_voting.eligibility.admission import is_admission
from townhall_voting.nonces import SEED_BYTES, Randomness, SeedNonces
from townhall_voting.package.contests import Contest, order_for_visit
from townhall_voting.package.definition import DeviceRole

_RANKED_LAST: Final = 255


@dataclass(slots=True)
class BallotWork:
    """Works on the ballot of the desk. ``randomness`` is the mixed source of seeds, keys and lots."""

    desk: BallotDesk
    around: Surroundings
    office: PollsOffice
    printer: Printer
    paper: VotingPaper
    randomness: Randomness

    async def begin(self) -> on.Event:
        """Ask whether anybody may vote now; then an empty ballot, or the question which one it is."""
        answer = await self.office.ask_polls(messages.BallotWanted())
        if not isinstance(answer, messages.PollsDone):
            raise VisitError(type(answer).__name__)
        if answer.code:
            return happened.VotingRefused(answer.code)
        if self._election.role is DeviceRole.BOOTH:
            return happened.AdmissionNeeded()
        return self._begin_any()

    def take_admission(self, job: make.TakeAdmission) -> on.Event:
        """At a booth: keep the number for the slip, and begin the ballot; a booth cannot tell whose it is.

        What its check digit tells to be mistyped goes no further: it could be somebody else's number.
        """
        number = job.number.decode()
        job.number[:] = bytes(len(job.number))
        if not is_admission(number):
            return happened.AdmissionRefused()
        self.desk.admission = number
        return self._begin_any()

    def _begin_any(self) -> on.Event:
        style = self._election.only_style
        if style is None:
            return happened.BallotBegun(needs_district=True)
        return self._begin(style)

    def choose_district(self, job: make.ChooseDistrict) -> on.Event:
        """Begin the ballot of a district."""
        style = self._election.style_of(job.district)
        if style is None:
            raise VisitError("no such district here")
        return self._begin(style)

    def _begin(self, style: BallotStyle) -> on.Event:
        admission = self.desk.admission
        self.desk.clear()
        self.desk.admission = admission
        self.desk.style = style
        self.desk.marks = [Marks(order_for_visit(contest, self.randomness)) for contest in style.contests]
        return happened.BallotBegun(needs_district=False)

    def mark(self, effect: make.Mark | make.Rank) -> None:
        """Keep marks as the window has them, if the contest allows them; nothing else is ever kept."""
        contest = self._style.contests[effect.contest]
        ranking = effect.ranking if isinstance(effect, make.Rank) else tuple((each,) for each in effect.marks)
        if contest.is_ranked is isinstance(effect, make.Rank) and _is_allowed(contest, ranking):
            self.desk.marks[effect.contest].ranking = ranking

    def leave_contest(self, job: make.LeaveContest) -> on.Event:
        """Tell whether a contest may stay as it is, and which follows."""
        contests = self._style.contests
        if needs_more(contests[job.contest], self.desk.marks[job.contest]):
            return happened.ContestRefused(job.contest)
        following = job.contest + 1
        return happened.ContestAccepted(job.contest, following if following < len(contests) else None)

    async def make(self) -> on.Event:
        """Draw key and seed, make the ballot, have its slip signed, and print that."""
        style = self._style
        election = style.maker.election
        choices = choices_of(style.contests, self.desk.marks)
        key = new_voting_key(election.group, self.randomness)
        seed = Secret(self.randomness.read(SEED_BYTES))
        nonces = SeedNonces(seed, election.group, election.fingerprint, key.public)
        try:
            unsigned = await asyncio.to_thread(style.maker.prepare, choices, key.public, nonces)
        finally:
            nonces.wipe()
        self.desk.made = MadeBallot(unsigned, key, seed, choices)
        wanted = messages.SlipWanted(election.fingerprint, unsigned.hash, self.desk.admission)
        answer = await self.office.ask_polls(wanted)
        match answer:
            case messages.SlipSigned(text=text):
                self.desk.made.slip = text
            case messages.PollsDone(code=code):
                return on.Fault(code)
            case _:
                raise VisitError(type(answer).__name__)
        return await self.print_slip()

    async def print_slip(self) -> on.Event:
        """Print the slip of the ballot that is made."""
        return happened.SlipPrinted(await self._print(self._made.slip))

    async def cast_at_booth(self) -> on.Event:
        """Sign the ballot, forget the voting key, have it stored and its cast slip signed, and print that."""
        made = self._made
        if made.key is None or made.seed is not None:
            raise VisitError("a ballot that was cast, or could still be opened")
        group = self._style.maker.election.group
        ballot = sign_ballot(group, made.unsigned, made.key, self.randomness)
        made.key = None
        answer = await self.office.ask_polls(messages.BallotCast(ballot))
        match answer:
            case messages.PollsDone(code=code):
                return happened.VoterRefused(code)
            case messages.SlipSigned(text=text):
                made.cast_slip = text
            case _:
                raise VisitError(type(answer).__name__)
        return await self.print_cast_slip()

    async def print_cast_slip(self) -> on.Event:
        """Print the slip that says that the ballot is cast."""
        if not self._made.cast_slip:
            raise VisitError("this ballot is not cast")
        return happened.CastSlipPrinted(await self._print(self._made.cast_slip))

    async def _print(self, slip: str) -> Paper:
        pdf = await self.paper.slip(slip)
        return Paper.FAILED if pdf is None else paper_of(await self.printer.print(pdf))

    async def open(self) -> on.Event:
        """Have it made durable that the ballot is void; only then does the desk hold what opens it."""
        made = self._made
        if made.seed is None or made.choices is None:
            raise VisitError("this ballot can be opened no more")
        code = check_code(self._style.maker.election, made.seed, made.unsigned, made.choices)
        answer = await self.office.ask_polls(messages.BallotOpened(code))
        if not isinstance(answer, messages.PollsDone):
            raise VisitError(type(answer).__name__)
        if answer.code:
            return on.Fault(answer.code)
        self.desk.opened = code
        made.key = None  # whatever happens: it can be signed no more
        made.forget_seed()
        return happened.BallotOpened()

    def forget_seed(self) -> None:
        """Forget seed, randomness and marks, before anybody's card is looked at."""
        self._made.forget_seed()
        self.desk.forget_marks()

    @property
    def _election(self) -> VisitElection:
        if self.around.election is None:
            raise VisitError("no election")
        return self.around.election

    @property
    def _style(self) -> BallotStyle:
        if self.desk.style is None:
            raise VisitError("no ballot was begun")
        return self.desk.style

    @property
    def _made(self) -> MadeBallot:
        if self.desk.made is None:
            raise VisitError("no ballot was made")
        return self.desk.made


def _is_allowed(contest: Contest, ranking: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the window may say so: known ids, none twice, not more than the contest allows, blank alone."""
    chosen = [each for rank in ranking for each in rank]
    if chosen == [BLANK]:
        return contest.blank
    known = {candidate.id for candidate in contest.candidates}
    return len(set(chosen)) == len(chosen) <= contest.maximum and set(chosen) <= known and all(ranking)


def needs_more(contest: Contest, marks: Marks) -> bool:
    """Tell whether a contest has fewer marks than it needs; the blank vote is a whole answer."""
    return marks.chosen != (BLANK,) and len(marks.chosen) < contest.minimum


def choices_of(contests: tuple[Contest, ...], marks: list[Marks]) -> Choices:
    """Return the marks as the record spells them: bits with blank first, or for each candidate its rank (0: none)."""
    return Choices(tuple(_choices(contest, each) for contest, each in zip(contests, marks, strict=True)))


def _choices(contest: Contest, marks: Marks) -> tuple[int, ...]:
    if contest.is_ranked:
        ranks = {each: rank for rank, ids in enumerate(marks.ranking, 1) for each in ids}
        return tuple(min(ranks.get(candidate.id, 0), _RANKED_LAST) for candidate in contest.candidates)
    bits = tuple(int(candidate.id in marks.chosen) for candidate in contest.candidates)
    return (int(marks.chosen == (BLANK,)), *bits) if contest.blank else bits
