# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does for staff at its screen: their card signs, the keeper decides and does; devices are tested here.

The visit decides nothing about who somebody is: it hands the keeper a certificate and a signature, and gets a token.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from townhall_crypto.card_signature import ECDSA_SHA384
from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk.card_problem import DISTURBED, CardProblem
from townhall_kiosk.document_check.desk import DocumentDesk
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import Cards, StaffOffice
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.acts import DeviceResult, DeviceTest, KeeperTest, Verdict
from townhall_kiosk.staff.messages import (
    Answer,
    FurtherPersonWanted,
    RollPoint,
    RollShareWanted,
    StaffActWanted,
    StaffChallengeWanted,
    StaffDone,
    StaffLetIn,
    StaffProof,
    StaffStatus,
    StaffTurnedAway,
    StateTrustGiven,
)
from townhall_kiosk.staff.proof import Purpose, StaffChallenge
from townhall_kiosk.staff.roster import StaffRole
from townhall_kiosk.staff.status import KioskStatus
from townhall_kiosk.staff.views import PinTrouble
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.messages import (
    AccessNumberNeeded,
    AccessNumberWrong,
    Agreed,
    CardContents,
    Failed,
    Failure,
    LastTryUnconfirmed,
    PinBlocked,
    PinLengthRefused,
    PinOutcome,
    PinRole,
    PinWrong,
    Signed,
)
from townhall_voting.health_tests import START_UP_BYTES


@dataclass(slots=True)
class CounterDesk:
    """What staff at the screen have there; ends with them. Apart from the desk of the person whom they help."""

    contents: CardContents | None = None
    token: bytes = field(default=b"", repr=False)
    role: StaffRole | None = None
    status: KioskStatus | None = None
    results: tuple[DeviceResult, ...] = ()
    document: DocumentDesk = field(default_factory=DocumentDesk)
    progress: tuple[int, int] | None = None

    def note(self, result: DeviceResult) -> None:
        """Keep a test's end; a test made again has one end, its last."""
        self.results = (*(each for each in self.results if each.test is not result.test), result)

    def clear(self) -> None:
        """Staff have left."""
        self.contents, self.token, self.role, self.status = None, b"", None, None
        self.results, self.progress = (), None
        self.document.clear()


@dataclass(slots=True)
class StaffWork:
    """Asks one card process at a time; ``say`` speaks a sentence and tells whether anything can speak here."""

    desk: CounterDesk
    around: Surroundings
    office: StaffOffice
    say: Callable[[str], bool]
    on_progress: Callable[[], None]
    cards: Cards | None = None

    async def read_card(self, job: do.ReadStaffCard) -> on.Event:
        """Read the card; whose it is does not matter yet, only whether its certificate is on the list here and now."""
        outcome = await self._cards().read(job.reader)
        if not isinstance(outcome, CardContents):
            return on.StaffTurnedAway(_code(outcome))
        self.desk.contents = outcome
        is_listed = self.around.is_staff(outcome.authentication_certificate)
        return on.StaffCardKnown(outcome.tries[PinRole.AUTHENTICATION].left, is_listed)

    async def prove(self, job: do.ProveStaff) -> on.Event:
        """Have the keeper's challenge signed with PIN 1, and hand it over."""
        purpose = Purpose.AGREEMENT if job.act is not None else Purpose.SESSION
        try:
            challenge = await self.office.ask_office(StaffChallengeWanted(purpose))
            if not isinstance(challenge, StaffChallenge):
                return self._event(challenge, acts.LookAtStatus())
            contents = self.desk.contents
            if contents is None:
                raise VisitError("a PIN was used before the card was read")
            if contents.algorithms[PinRole.AUTHENTICATION] != ECDSA_SHA384:
                return _trouble(Failed(contents.request, Failure.CARD_UNSUPPORTED))
            outcome = await self._cards().authenticate(
                job.reader, bytearray(job.pin), challenge.digest(), last_try_confirmed=job.last_try_confirmed
            )
            if not isinstance(outcome, Signed):
                return _trouble(outcome)
            agreed = await self._share(job, contents.authentication_certificate)
        finally:
            job.pin[:] = bytes(len(job.pin))
        given = () if agreed is None else (agreed.shared_x, agreed.challenges)
        proof = StaffProof(purpose, contents.authentication_certificate, outcome.signature, *given)
        return self._event(await self.office.ask_office(proof, self._progressed), job.act or acts.LookAtStatus())

    async def _share(self, job: do.ProveStaff, certificate: bytes) -> Agreed | None:
        """Have an election officer's card agree on its share of the roll key, by the PIN that it just took.

        As the polls open, its generator is asked too: of a voter's card nothing is there when a ballot is made.
        """
        answer = await self.office.ask_office(RollShareWanted(certificate))
        if not isinstance(answer, RollPoint) or not answer.point:
            return None
        agreed = await self._cards().agree(job.reader, job.pin, answer.point, challenge_bytes=START_UP_BYTES)
        return agreed if isinstance(agreed, Agreed) else None

    async def act(self, job: do.DoStaffAct) -> on.Event:
        """Have the keeper do one act; then ask how the kiosk stands, for the screen that follows."""
        act = job.act
        if isinstance(act, acts.MakeReport):
            act = acts.MakeReport(self.around.language, self.desk.results)
        if isinstance(act, acts.OpenPolls | acts.ClosePolls):
            act = type(act)(self.around.language)
        answer = await self.office.ask_office(StaffActWanted(self.desk.token, act), self._progressed)
        event = self._event(answer, job.act)
        self.desk.progress = None
        if isinstance(event, on.StaffActDone) and not isinstance(act, acts.LookAtStatus | acts.Assist):
            self._event(await self.office.ask_office(StaffActWanted(self.desk.token, acts.LookAtStatus())), act)
        return event

    async def test(self, job: do.RunDeviceTest) -> on.Event:
        """Test one device; what a person must see or hear has passed here once it was shown or said."""
        match job.test:
            case DeviceTest.READER:
                return on.DeviceTested(await self._test_reader(job.reader))
            case DeviceTest.SPEECH:
                is_said = self.say(self.around.text("staff.speech-sentence"))
                return on.DeviceTested(DeviceResult(job.test, Verdict.PASSED if is_said else Verdict.FAILED))
            case DeviceTest.SCREEN:
                raise VisitError("the screen is tested by touch")
            case _:
                wanted = StaffActWanted(self.desk.token, acts.RunTest(KeeperTest(job.test.value)))
                answer = await self.office.ask_office(wanted)
        if not isinstance(answer, StaffDone):
            return self._event(answer, acts.LookAtStatus())
        return on.DeviceTested(_result(job.test, answer.code))

    async def _test_reader(self, reader: str) -> DeviceResult:
        outcome = await self._cards().read(reader)
        return _result(DeviceTest.READER, "" if isinstance(outcome, CardContents) else _code(outcome))

    def _event(self, answer: Answer, act: acts.StaffAct) -> on.Event:
        match answer:
            case StaffLetIn(token=token, role=role):
                self.desk.token, self.desk.role = token, role
                return on.StaffLetIn()
            case StaffTurnedAway(code=code):
                return on.StaffTurnedAway(code)
            case FurtherPersonWanted():
                return on.FurtherPersonNeeded(act)
            case StaffStatus(status=status):
                self.desk.status = status
                return on.StaffActDone(act)
            case StaffDone(code=code):
                return on.StaffActDone(act, code)
            case StaffChallenge() | RollPoint() | StateTrustGiven():
                raise VisitError("an answer that nobody asked for")

    def _progressed(self, done: int, total: int) -> None:
        self.desk.progress = (done, total)
        self.on_progress()

    def _cards(self) -> Cards:
        if self.cards is None:
            raise VisitError("no card process")
        return self.cards


def _result(test: DeviceTest, code: str) -> DeviceResult:
    return DeviceResult(test, Verdict.FAILED if code else Verdict.PASSED, code)


def _code(outcome: Failed | AccessNumberNeeded | AccessNumberWrong) -> str:
    if not isinstance(outcome, Failed):  # staff are served where they put a card in, not where they hold it to a reader
        return CardProblem.UNSUPPORTED.code
    return CardProblem.of(outcome.failure).code


def _trouble(outcome: PinOutcome) -> on.Event:
    match outcome:
        case PinWrong(tries_left=left):
            return on.StaffPinRefused(PinTrouble.WRONG, left)
        case PinBlocked():
            return on.StaffPinRefused(PinTrouble.BLOCKED, 0)
        case PinLengthRefused():
            return on.StaffPinRefused(PinTrouble.LENGTH, 0)
        case LastTryUnconfirmed():
            return on.StaffPinRefused(PinTrouble.LAST_TRY, 1)
        case Failed(failure=failure) if failure in DISTURBED:
            return on.StaffPinRefused(PinTrouble.INTERRUPTED, 0)
        case Failed():
            return on.StaffTurnedAway(_code(outcome))
        case _:
            raise VisitError(type(outcome).__name__)
