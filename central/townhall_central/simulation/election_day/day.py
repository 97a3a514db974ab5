# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The day itself: people vote at posts, lines fail, boards pick up, officers decide, trustees count."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from townhall_central.errors import VoteStateError
from townhall_central.simulation.booth_desk import BoothAndDesk
from townhall_central.simulation.election_day.plan import CHOICES, ROUNDS, DayPlan, Fault, Making, Post, Visit
from townhall_central.simulation.polling import Cast, PollingDevice
from townhall_central.simulation.town import SimulatedTown
from townhall_central.simulation.town_election import STYLE, TownPlan, people
from townhall_central.vote import acts
from townhall_central.vote.closing import ClosedElection
from townhall_crypto.envelope import Envelope
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.pki import Role, Standing
from townhall_voting.record.completion import Counted

LOST: Final = 0.2
REPEATED: Final = 0.15
STOLEN_POST: Final = 0
"""The post whose disk somebody copies in the middle of the day."""
DECRYPTING: Final = (1, 3)
"""The trustees who come to the count; the second has lost its key."""
_STRANGERS_SEED: Final = 77
_COUNT_AFTER_S: Final = 2 * 3600


@dataclass
class PollingPost:
    """A post of the plan with its devices; of a kiosk that does both, both are the same."""

    plan: Post
    booth: PollingDevice
    desk: PollingDevice
    pair: BoothAndDesk | None

    def cast(self, card: CertifiedKey, making: Making, at: int) -> Cast:
        """Have a person vote as this post does it."""
        if self.pair is None:
            return self.booth.cast(card, STYLE, CHOICES[making.made], at)
        return self.pair.cast(card, STYLE, CHOICES[making.made], at)

    @property
    def devices(self) -> list[PollingDevice]:
        """Its devices, each once."""
        return [self.booth] if self.pair is None else [self.booth, self.desk]


@dataclass
class ElectionDay:
    """A day that happens once: ``vote``, then ``decide``, then ``count``."""

    folder: Path
    plan: DayPlan
    now: int
    new_url: Callable[[], str] = str
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each phase took; no part of the report."""
    seen_by_people: int = 0
    """Opened ballots that showed the person other choices than theirs."""
    casts: dict[Visit, Cast] = field(default_factory=dict)
    stolen: list[bytes] = field(default_factory=list, repr=False)
    """What lay on the copied disk."""
    checkpoints: list[str] = field(default_factory=list)
    """The public log's checkpoint after each round, as somebody kept it."""
    without: list[str] = field(default_factory=list)
    sent: list[tuple[PollingDevice, Envelope]] = field(default_factory=list, repr=False)
    """Everything that reached the centre, in the order in which it did."""
    waits: int = 0
    """How often settling was refused because a device is silent."""
    lost: int = 0
    repeated: int = 0
    reordered: int = 0

    def __post_init__(self) -> None:
        size = self.plan.size
        with self.timed("founding"):
            plan = TownPlan(self.now, devices=size.singles, pairs=size.pairs, voters=size.voters)
            self.town = SimulatedTown.create(self.folder, plan, self.new_url)
            strange = people(sum(visit.fault is Fault.STRANGER for visit in self.plan.visits), seed=_STRANGERS_SEED)
            self._strangers = iter([self.town.pki.issue(person, Role.SIGNATURE) for person in strange])
        self.opened = self.now - 3600
        self.posts = [self._post(post) for post in self.plan.posts]
        self._line = self.plan.line()
        self._pending: list[tuple[PollingDevice, Envelope]] = []

    def vote(self) -> None:
        """Have everybody vote, and devices send what they have, over a line that loses, repeats and reorders."""
        for number in range(ROUNDS):
            with self.timed("voting"):
                for visit in self.plan.visits:
                    if visit.round == number:
                        self._happen(visit)
            if number == ROUNDS // 2:
                self._steal()
            is_last = number == ROUNDS - 1
            with self.timed("sending"):
                self._send(is_last=is_last)
            self.town.renew_lists()
            with self.timed("picking up"):
                self.town.pick_up()
            self.checkpoints.append(acts.public_log(self.town.box).files["checkpoint"].decode())

    def decide(self) -> Counter[str]:
        """Have officers decide: void where the card was revoked, count where only the clock was wrong."""
        paper = "".join(f"EE {self.town.voters[voter].person.personal_code}\n" for voter in self.plan.paper)
        acts.note_paper_voters(self.town.board, paper)
        reasons: Counter[str] = Counter()
        with self.timed("deciding"):
            for shown in list(acts.open_statements(self.town.board)):
                reasons[shown.reason] += 1
                is_clock = shown.reason == "outside-hours"
                why = "the device's clock was wrong by whole hours" if is_clock else "reported stolen"
                acts.decide(self.town.board, shown.statement, acts.Decision(is_clock, "Ann", "Bob", why))
        return reasons

    def count(self) -> tuple[ClosedElection, Counted]:
        """Settle, close, and have two of three trustees decrypt."""
        self._settle_too_early()
        with self.timed("settling"):
            settled = self.town.settle(without=self._incomplete, after_s=_COUNT_AFTER_S)
        with self.timed("closing"):
            (closed,) = self.town.close(settled.accepted, without=self._incomplete)
        record = self.town.public / closed.record
        with self.timed("decrypting"):
            counted = acts.count(record, [self.town.trustees.decrypt(record, owner) for owner in DECRYPTING])
        return closed, counted

    @property
    def _incomplete(self) -> list[str]:
        """The devices whose end, or rest, never comes: officers name them."""
        lost = {Fault.STATEMENT_LOST, Fault.BALLOT_LOST}
        posts = [self.plan.posts[visit.post] for visit in self.plan.visits if visit.fault in lost]
        return [*self.without, *(name for post in posts for name in (post.statement_device, post.ballot_device))]

    def _settle_too_early(self) -> None:
        """Neither board goes on while a device is silent that officers have not named."""
        try:
            self.town.settle(after_s=_COUNT_AFTER_S)
        except VoteStateError:
            self.waits += 1

    def alarms(self) -> Counter[str]:
        """Return how often each alarm stands at the two boards."""
        told = [*acts.status(self.town.board).alarms, *acts.status(self.town.box).alarms]
        return Counter(each["alarm"] for each in told)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add what a block takes to the phase's seconds."""
        begun = time.perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - begun

    def _post(self, post: Post) -> PollingPost:
        booth, desk = self.town.device(post.ballot_device), self.town.device(post.statement_device)
        booth.skew_s = desk.skew_s = post.skew_s
        if post.is_destroyed:
            self.without.append(post.statement_device)
        return PollingPost(post, booth, desk, BoothAndDesk(booth, desk) if post.is_pair else None)

    def _happen(self, visit: Visit) -> None:
        post = self.posts[visit.post]
        for number, making in enumerate(visit.opened):
            # A cheating booth may open the ballot as what the person wanted, or as what it is: the one the box
            # finds out, the other the person.
            lies = making.is_swapped and (visit.voter + number) % 2 == 0
            shown = making.wanted if lies else making.made
            post.booth.check(STYLE, CHOICES[making.made], CHOICES[shown])
            self.seen_by_people += shown != making.wanted
        card = self.town.voters[visit.voter].card
        at = self.opened + visit.at_s
        if visit.fault is Fault.NONE:
            self.casts[visit] = post.cast(card, visit.cast, at)
        else:
            self._go_wrong(visit, post, card, at)

    def _go_wrong(self, visit: Visit, post: PollingPost, card: CertifiedKey, at: int) -> None:  # noqa: C901 - a table of what goes wrong
        booth, desk, choices = post.booth, post.desk, CHOICES[visit.cast.made]
        match visit.fault:
            case Fault.NONE:
                pass
            case Fault.UNREDEEMED:
                self.casts[visit] = booth.keep_ballot(STYLE, choices)
            case Fault.BALLOT_LOST:
                self.casts[visit] = post.cast(card, visit.cast, at)
                booth.ballots.pop()
            case Fault.BALLOT_REPLACED:
                self.casts[visit] = post.cast(card, visit.cast, at)
                booth.ballots.pop()
                booth.ballots.append(booth.make_ballot(STYLE, CHOICES[(visit.cast.made + 1) % len(CHOICES)])[0])
            case Fault.STATEMENT_LOST:
                self.casts[visit] = post.cast(card, visit.cast, at)
                desk.statements.pop()
            case Fault.REVOKED:
                revoked = self.town.pki.issue(self.town.voters[visit.voter].person, Role.SIGNATURE, Standing.REVOKED)
                self.casts[visit] = post.cast(revoked, visit.cast, at)
            case Fault.STRANGER:
                self.casts[visit] = post.cast(next(self._strangers), visit.cast, at)
            case Fault.CHECKED_CAST:
                opened = booth.check(STYLE, choices)
                desk.state(card, STYLE, opened.ballot, at)
            case Fault.SHARED:
                self.casts[visit] = cast = post.cast(card, visit.cast, at)
                desk.state(self.town.voters[visit.other].card, STYLE, cast.ballot, at + 1)
            case Fault.SECOND_PIN:
                false = booth.keep_ballot(STYLE, CHOICES[(visit.cast.made + 1) % len(CHOICES)])
                desk.state(card, STYLE, false.ballot, at)
                self.casts[visit] = post.cast(card, visit.cast, at + 1)
            case Fault.MALLEATED:
                self.casts[visit] = post.cast(card, visit.cast, at)
                booth.ballots.append(altered(booth.ballots[-1]))

    def _steal(self) -> None:
        """Copy the disk of a post: what waits there, and the envelopes that have not left."""
        for device in self.posts[STOLEN_POST].devices:
            self.stolen += [*device.statements, *device.ballots]
        self.stolen += [envelope.to_bytes() for device, envelope in self._pending if device in self._stolen_devices]

    @property
    def _stolen_devices(self) -> list[PollingDevice]:
        return self.posts[STOLEN_POST].devices

    def _send(self, *, is_last: bool) -> None:
        for post in self.posts:
            for device in post.devices:
                if not (is_last and post.plan.is_destroyed):
                    if is_last:
                        device.close(self.opened + 2 * 3600)
                    self._pending += [(device, envelope) for envelope in device.envelopes()]
        before = list(self._pending)
        self._line.shuffle(self._pending)
        self.reordered += sum(one is not other for one, other in zip(before, self._pending, strict=True))
        kept = []
        for device, envelope in self._pending:
            is_sure = is_last or device.kiosk.name in self.without
            if not is_sure and self._line.random() < LOST:
                kept.append((device, envelope))
                continue
            times = 2 if self._line.random() < REPEATED else 1
            self.repeated += times - 1
            self.town.put(device, [envelope] * times)
            self.sent.append((device, envelope))
        self._pending = kept
        self.lost += len(kept)
        for device, envelope in self._line.sample(self.sent, min(5, len(self.sent))):
            self.town.put(device, [envelope])


def altered(ballot: bytes) -> bytes:
    """Return a ballot with one digit of a number changed: a copy that should pass for another."""
    at = ballot.index(b'"alpha":"') + len(b'"alpha":"') + 5
    digit = b"1" if ballot[at : at + 1] != b"1" else b"2"
    return ballot[:at] + digit + ballot[at + 1 :]
