# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee at the window: what each touch leads to. What takes time is done by ``work``, once a screen says so."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from townhall_crypto.secret import Secret
from townhall_kiosk.errors import KioskError
from townhall_kiosk.trustee import sitting_states as at
from townhall_kiosk.trustee.ceremony import CeremonyDesk, CompareCeremony, Concluded, Progress
from townhall_kiosk.trustee.counting import count
from townhall_kiosk.trustee.decryption import DecryptionDesk, Examined, check_shuffled
from townhall_kiosk.trustee.drill import try_copy
from townhall_kiosk.trustee.errors import ExchangeError
from townhall_kiosk.trustee.home import KEY_FILE, back_up
from townhall_kiosk.trustee.key_number import entered, new_number
from townhall_kiosk.trustee.shuffling import shuffle
from townhall_kiosk.trustee.sitting_states import Purpose, State
from townhall_kiosk.trustee.wording import LANGUAGES, Wording, load_wording
from townhall_ui.screens import Chose, EnteredPin, Intent, Proceeded, Stopped, WentBack
from townhall_voting.errors import CeremonyRefusedError, KeyLockedError, TrusteesRefusedError, VotingError
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.ceremony import Terms

SIZES = ((2, 3), (3, 5))
"""Threshold and number of trustees that the window offers; others begin by command."""

_Work = Callable[[], State]


@dataclass(slots=True)
class Sitting:
    """One window's life. ``copies`` is where the second stick is, None where there is none; ``tell`` shows progress."""

    ceremony: CeremonyDesk
    decryption: DecryptionDesk
    copies: Path | None
    wording: Wording
    state: State = field(default_factory=at.Menu)
    is_over: bool = False
    tell: Callable[[], None] = lambda: None
    _pending: _Work | None = None

    @property
    def has_work(self) -> bool:
        """Whether ``work`` is to be called once the screen is shown."""
        return self._pending is not None

    def work(self) -> None:
        """Do what waits; whatever goes wrong with it is the next state."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        try:
            self._enter(pending())
        except (CeremonyRefusedError, TrusteesRefusedError) as error:
            owner = error.trustee if isinstance(error, CeremonyRefusedError) else error.owner
            self._enter(at.Failed(error.code, owner))
        except (KioskError, VotingError) as error:
            self._enter(at.Failed(error.code))

    def take(self, intent: Intent) -> None:
        """Take what the trustee did; intents that mean nothing here change nothing."""
        match self.state, intent:
            case at.Working(), _:
                if isinstance(intent, EnteredPin):
                    intent.pin[:] = bytes(len(intent.pin))
            case _, Stopped():
                self._enter(at.Menu())
                self.is_over = True
            case _, WentBack():
                self._enter(at.Menu())
            case at.NumberAsked() as asked, EnteredPin(pin):
                self._number_entered(asked, entered(pin))
            case _, EnteredPin(pin):
                pin[:] = bytes(len(pin))
            case _, Proceeded():
                self._proceed()
            case _, Chose(choice):
                self._choose(choice)
            case _:
                pass

    def _enter(self, state: State) -> None:
        """Go to a state; key numbers of the one that is left are wiped, unless the next one has them."""
        kept = _numbers(state)
        for number in _numbers(self.state):
            if not any(number is each for each in kept):
                number.wipe()
        self.state = state

    def _later(self, work: _Work) -> None:
        """Show that something takes a moment; the numbers that the work needs are its own to wipe."""
        self.state = at.Working()
        self._pending = work

    def _proceed(self) -> None:
        match self.state:
            case at.NumberShown() as shown:
                self._enter(at.NumberAsked(Purpose.TYPE_BACK, shown=shown))
            case at.Menu():
                pass
            case _:
                self._enter(at.Menu())

    def _choose(self, choice: str) -> None:
        match self.state:
            case at.Menu():
                self._choose_act(choice)
            case at.LanguageAsked() if choice in LANGUAGES:
                self.wording = load_wording(choice)
                self._enter(at.Menu())
            case at.SizeAsked():
                threshold, size = SIZES[int(choice)]
                self._enter(at.PlaceAsked(Terms(BELENIOS_2048, size, threshold)))
            case at.PlaceAsked(terms):
                self._enter(at.NumberShown(terms, int(choice), new_number(self.ceremony.randomness)))
            case at.CeremonyCompared(seen, number) if choice == "same":
                self._later(lambda: self._with(number, lambda: self._progressed(self.ceremony.go_on(number, seen))))
            case at.TallyCompared(examined, purpose) if choice == "same":
                self._enter(at.NumberAsked(purpose, examined=examined))
            case at.CeremonyCompared() | at.TallyCompared() if choice == "differs":
                self._enter(at.Differs())
            case _:
                pass

    def _choose_act(self, act: str) -> None:
        match act:
            case "language":
                self._enter(at.LanguageAsked())
            case "place":
                self._later(self._ask_place)
            case "shuffle":
                self._later(lambda: at.TallyCompared(self._examine(), Purpose.SHUFFLE))
            case "look":
                self._later(self._look)
            case "count":
                self._later(self._count)
            case "go-on" | "copy" | "drill":
                self._enter(at.NumberAsked(Purpose(act)))
            case _:
                pass

    def _number_entered(self, asked: at.NumberAsked, number: Secret | None) -> None:
        shown = asked.shown
        if shown is not None:
            if number != shown.number:
                self._enter(replace(shown, was_wrong=True))
            else:
                self._later(lambda: self._with(shown.number, lambda: self._begin(shown)))
            if number is not None:
                number.wipe()
        elif number is None:
            self._enter(replace(asked, was_wrong=True))
        else:
            self._later(lambda: self._open_with(asked, number))

    def _open_with(self, asked: at.NumberAsked, number: Secret) -> State:
        try:
            return self._use(asked, number)
        except KeyLockedError:
            number.wipe()
            return replace(asked, was_wrong=True)
        except (KioskError, VotingError):
            number.wipe()
            raise

    def _use(self, asked: at.NumberAsked, number: Secret) -> State:
        if asked.purpose is Purpose.GO_ON:
            progress = self.ceremony.go_on(number)
            if isinstance(progress, CompareCeremony):
                return at.CeremonyCompared(progress.hash, number)
            return self._with(number, lambda: self._progressed(progress))
        if asked.examined is not None:
            examined, to_do = asked.examined, self._shuffle if asked.purpose is Purpose.SHUFFLE else self._decrypt
            return self._with(number, lambda: to_do(examined, number))
        return self._with(number, lambda: at.CopyOpens(self._try(number, is_new=asked.purpose is Purpose.COPY)))

    @staticmethod
    def _with(number: Secret, work: _Work) -> State:
        """Do ``work`` and wipe the number, unless it must be asked for again."""
        try:
            return work()
        finally:
            number.wipe()

    def _ask_place(self) -> State:
        terms = self.ceremony.exchange.terms()
        return at.SizeAsked() if terms is None else at.PlaceAsked(terms)

    def _begin(self, shown: at.NumberShown) -> State:
        self.ceremony.begin(shown.terms, shown.place, shown.number)
        return at.Placed(shown.place)

    @staticmethod
    def _progressed(progress: Progress) -> State:
        match progress:
            case Concluded(seen, owner):
                return at.CeremonyEnded(seen, owner)
            case CompareCeremony():
                return at.Differs()  # the certificates changed between looking and agreeing
            case missing:
                return at.Awaiting(missing)

    def _try(self, number: Secret, *, is_new: bool) -> int:
        folder = self.copies or Path()
        copy = back_up(self.ceremony.home, folder) if is_new else folder / KEY_FILE
        return try_copy(copy, self.ceremony.exchange, number)

    def _look(self) -> State:
        examined = self._examine()
        check_shuffled(examined.record.waiting)
        return at.TallyCompared(examined, Purpose.DECRYPT)

    def _shuffle(self, examined: Examined, number: Secret) -> State:
        desk = self.decryption
        done = shuffle(desk, desk.exchange.record(), examined, examined.hash, number)
        return at.Shuffled(done.owner, done.missing)

    def _decrypt(self, examined: Examined, number: Secret) -> State:
        return at.TallyDecrypted(self.decryption.decrypt(examined, examined.hash, number))

    def _examine(self) -> Examined:
        record = self.decryption.exchange.record()
        try:
            size = max(record.stat().st_size, 1)
        except OSError as error:
            raise ExchangeError("the record cannot be read") from error

        def watch(done: int) -> None:
            percent = min(100, 100 * done // size)
            if self.state != at.Working(percent):
                self.state = at.Working(percent)
                self.tell()

        return self.decryption.examine(record, watch)

    def _count(self) -> State:
        examined = self._examine()
        desk = self.decryption
        return at.VotesCounted(examined, count(desk.home, desk.exchange, desk.exchange.record(), examined))


def _numbers(state: State) -> tuple[Secret, ...]:
    match state:
        case at.NumberShown(number=number) | at.CeremonyCompared(number=number):
            return (number,)
        case at.NumberAsked(shown=at.NumberShown(number=number)):
            return (number,)
        case _:
            return ()
