# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The screens of a trustee's window, one a state; every word comes from the catalogues."""

from dataclasses import fields
from typing import Final, assert_never

from townhall_kiosk.trustee import sitting_states as at
from townhall_kiosk.trustee.compared import digit_lines, word_lines
from townhall_kiosk.trustee.errors import (
    ExchangeError,
    ForeignShuffleError,
    RecordUnfitError,
    SecondShuffleError,
    SecondTallyError,
    ShuffleRefusedError,
    ShufflesMissingError,
    TallyTooSmallError,
    TrusteeHomeError,
)
from townhall_kiosk.trustee.exchange import Step
from townhall_kiosk.trustee.key_number import DIGITS, shown
from townhall_kiosk.trustee.sitting import SIZES, Sitting
from townhall_kiosk.trustee.wording import LANGUAGES, Wording, load_wording
from townhall_ui.screens import (
    CheckOrCastScreen,
    Choice,
    ChoiceScreen,
    Direction,
    Frame,
    MessageScreen,
    PageWords,
    Picture,
    PinScreen,
    PinWords,
    Screen,
    SpokenWords,
    StatusRow,
    StatusScreen,
    Tone,
    WorkingScreen,
)
from townhall_voting.election import HomomorphicQuestion
from townhall_voting.errors import (
    CeremonyRefusedError,
    KeyRefusedError,
    RandomnessError,
    TooFewSharesError,
    TrusteesRefusedError,
)
from townhall_voting.hashing import HexHash

_PUT_IN_LATER: Final = {name: f"{{{name}}}" for name in ("n", "m", "sign", "button", "seconds", "group")}
KNOWN_TROUBLES: Final = frozenset(
    each.code
    for each in (
        *(ExchangeError, TrusteeHomeError, RecordUnfitError, TallyTooSmallError, SecondTallyError),
        *(ShufflesMissingError, ShuffleRefusedError, SecondShuffleError, ForeignShuffleError),
        *(RandomnessError, TrusteesRefusedError, TooFewSharesError, KeyRefusedError, CeremonyRefusedError),
    )
)
"""Failures that the window explains in words; of others it shows the code."""


def present(sitting: Sitting) -> Screen:  # noqa: C901, PLR0911, PLR0912  # one line a state
    """Return the screen of the state that the sitting is in."""
    words, state = sitting.wording, sitting.state
    match state:
        case at.Menu():
            return _menu(sitting)
        case at.LanguageAsked():
            return _languages(words)
        case at.SizeAsked():
            return _sizes(words)
        case at.PlaceAsked():
            return _places(sitting, state)
        case at.NumberShown():
            return _number(words, state)
        case at.NumberAsked():
            return _asked(words, state)
        case at.Working():
            return _working(words, state)
        case at.CeremonyCompared():
            return _compared(words, words.say("compare.heading"), (words.say("compare.what"),), state.hash)
        case at.TallyCompared():
            return _tally(words, state)
        case at.CeremonyEnded():
            return _ended(words, state)
        case at.Awaiting():
            return _awaiting(words, state)
        case at.VotesCounted():
            return _counted(words, state)
        case at.Failed():
            return _failed(words, state)
        case at.Placed() | at.Differs() | at.CopyOpens() | at.Shuffled() | at.TallyDecrypted():
            return _told(words, state)
        case _:
            assert_never(state)


def _frame(words: Wording, heading: str, *, proceed: str | None = None, back: bool = False, code: str = "") -> Frame:
    names = (field.name for field in fields(SpokenWords))
    spoken = {name: words.common(f"spoken.{name.replace('_', '-')}", **_PUT_IN_LATER) for name in names}
    return Frame(
        language=words.language,
        direction=Direction.RIGHT_TO_LEFT if words.common.is_right_to_left else Direction.LEFT_TO_RIGHT,
        heading=heading,
        status=words.say("status"),
        back=words.common("button.back") if back else None,
        stop=words.say("leave.button"),
        proceed=proceed,
        code=code,
        spoken=SpokenWords(**spoken),
    )


def _pages(words: Wording) -> PageWords:
    of = words.common("page.of", page="{page}", pages="{pages}")
    return PageWords(words.common("page.previous"), words.common("page.next"), of)


def _menu(sitting: Sitting) -> ChoiceScreen:
    say = sitting.wording.say
    choices = tuple(
        Choice(act, say(f"menu.{act}"), hint=say(f"hint.{why}") if why else "", is_available=not why)
        for act, why in _acts(sitting)
    )
    return ChoiceScreen(_frame(sitting.wording, say("menu.heading")), choices, paging=_pages(sitting.wording))


def _acts(sitting: Sitting) -> tuple[tuple[str, str], ...]:
    """Return what there is to do, each with why it cannot be done now."""
    has_key = sitting.ceremony.home.has_key
    folder = sitting.ceremony.exchange.path
    has_record = any(folder.glob("*.bel"))
    no_copies = "no-copies" if sitting.copies is None else ""
    no_key = "" if has_key else "no-key"
    no_trustees = "" if (folder / "trustees.json").exists() else "no-trustees"
    return (
        ("place", "has-key" if has_key else ""),
        ("go-on", no_key),
        ("copy", no_key or no_trustees or no_copies),
        ("drill", no_trustees or no_copies),
        ("shuffle", no_key or ("" if has_record else "no-record")),
        ("look", no_key or ("" if has_record else "no-record")),
        ("count", "" if has_record else "no-record"),
        ("language", ""),
    )


def _languages(words: Wording) -> ChoiceScreen:
    choices = tuple(
        Choice(each, load_wording(each).common("language.endonym"), is_chosen=each == words.language, language=each)
        for each in LANGUAGES
    )
    return ChoiceScreen(_frame(words, words.common("language.heading"), back=True), choices, paging=_pages(words))


def _sizes(words: Wording) -> ChoiceScreen:
    say = words.say
    choices = tuple(
        Choice(str(index), say("size.choice", threshold=threshold, size=size), say("size.hint", spare=size - threshold))
        for index, (threshold, size) in enumerate(SIZES)
    )
    return ChoiceScreen(_frame(words, say("size.heading"), back=True), choices, paging=_pages(words))


def _places(sitting: Sitting, state: at.PlaceAsked) -> ChoiceScreen:
    words = sitting.wording
    choices = []
    for place in range(1, state.terms.size + 1):
        is_taken = sitting.ceremony.exchange.has_message(Step.CERTIFICATE, place)
        hint = words.say("place.taken") if is_taken else ""
        choices.append(Choice(str(place), words.say("place.choice", n=place), hint, is_available=not is_taken))
    return ChoiceScreen(_frame(words, words.say("place.heading"), back=True), tuple(choices), paging=_pages(words))


def _number(words: Wording, state: at.NumberShown) -> MessageScreen:
    say = words.say
    first = say("number.again") if state.was_wrong else say("number.how")
    frame = _frame(words, shown(state.number), proceed=say("number.button"), back=True)
    return MessageScreen(frame, (first, say("number.once")), tone=Tone.WARNING)


def _asked(words: Wording, state: at.NumberAsked) -> PinScreen:
    say, common = words.say, words.common
    pad = PinWords(common("pin.clear"), common("pin.delete"), common("pin.entered", count="{count}"))
    notice = say("ask.wrong") if state.was_wrong else say("ask.unseen")
    return PinScreen(
        _frame(words, say("ask.heading"), proceed=say("ask.button"), back=True),
        pad,
        say(f"ask.{state.purpose.value}"),
        DIGITS,
        DIGITS,
        notice=notice,
        tone=Tone.WARNING if state.was_wrong else Tone.PLAIN,
    )


def _working(words: Wording, state: at.Working) -> WorkingScreen:
    say = words.say
    step = say("working.key") if state.percent is None else say("working.verify", percent=state.percent)
    return WorkingScreen(_frame(words, say("working.heading")), (step,), 0)


def _compared(words: Wording, heading: str, paragraphs: tuple[str, ...], seen: HexHash) -> CheckOrCastScreen:
    ways = (
        Choice("same", words.say("compare.same"), words.say("compare.same.hint")),
        Choice("differs", words.say("compare.differs"), words.say("compare.differs.hint")),
    )
    return CheckOrCastScreen(
        _frame(words, heading, back=True), paragraphs, words.say("compare.label"), "\n".join(word_lines(seen)), ways
    )


def _tally(words: Wording, state: at.TallyCompared) -> CheckOrCastScreen:
    examined, say = state.examined, words.say
    election = examined.record.election.name
    facts = say("tally.what", election=election, ballots=examined.record.tally.num_tallied, least=examined.minimum)
    log = say("tally.log") if examined.record.is_published else say("tally.no-log")
    paragraphs = (f"{facts} {log}", "\n".join(digit_lines(examined.hash)))
    return _compared(words, say("tally.heading"), paragraphs, examined.hash)


def _ended(words: Wording, state: at.CeremonyEnded) -> MessageScreen:
    say = words.say
    frame = _frame(words, say("ended.heading"), proceed=say("done.button"))
    return MessageScreen(
        frame,
        (say("ended.what", trustee=say("trustee", n=state.owner)), "\n".join(word_lines(state.hash))),
        tone=Tone.GOOD,
    )


def _awaiting(words: Wording, state: at.Awaiting) -> MessageScreen:
    say = words.say
    missing = ", ".join(say("trustee", n=place) for place in state.missing.places)
    frame = _frame(words, say("awaiting.heading"), proceed=say("done.button"))
    return MessageScreen(frame, (say("awaiting.what", trustees=missing), say("awaiting.then")))


def _counted(words: Wording, state: at.VotesCounted) -> StatusScreen:
    say = words.say
    rows = [StatusRow(say("counted.shares"), _trustees(words, state.counted.used), Tone.GOOD)]
    rows += [
        StatusRow(say("counted.left-out"), say("trustee", n=each.owner), Tone.WARNING) for each in state.counted.refused
    ]
    for question, result in zip(state.examined.record.election.questions, state.counted.result.questions, strict=True):
        if not isinstance(question, HomomorphicQuestion):
            rows.append(StatusRow(question.text, say("counted.ranked", ballots=len(result))))
            continue
        blank = (say("counted.blank"),) if question.is_blank_allowed else ()
        rows += [
            StatusRow(f"{question.text}: {answer}", str(votes))
            for answer, votes in zip((*blank, *question.answers), result, strict=True)
        ]
    frame = _frame(words, say("counted.heading"), back=True)
    return StatusScreen(frame, tuple(rows), paging=_pages(words))


def _trustees(words: Wording, owners: tuple[int, ...]) -> str:
    return ", ".join(words.say("trustee", n=owner) for owner in owners)


def _failed(words: Wording, state: at.Failed) -> MessageScreen:
    say = words.say
    told = [say(f"trouble.{state.code}") if state.code in KNOWN_TROUBLES else say("trouble.other")]
    if state.trustee is not None:
        told.append(say("trouble.whose", trustee=say("trustee", n=state.trustee)))
    frame = _frame(words, say("failed.heading"), proceed=say("done.button"), code=state.code)
    return MessageScreen(frame, tuple(told), Picture.STOPPED, Tone.PROBLEM)


def _told(
    words: Wording, state: at.Placed | at.Differs | at.CopyOpens | at.Shuffled | at.TallyDecrypted
) -> MessageScreen:
    say = words.say
    match state:
        case at.Placed(place):
            told = (say("placed.heading", trustee=say("trustee", n=place)), say("placed.what"), Tone.GOOD)
        case at.Differs():
            told = (say("differs.heading"), say("differs.what"), Tone.PROBLEM)
        case at.CopyOpens(place):
            told = (say("copied.heading"), say("copied.what", trustee=say("trustee", n=place)), Tone.GOOD)
        case at.Shuffled(owner, missing):
            then = say("shuffled.more", missing=missing) if missing else say("shuffled.over")
            what = f"{say('shuffled.what', trustee=say('trustee', n=owner))} {then}"
            told = (say("shuffled.heading"), what, Tone.GOOD)
        case at.TallyDecrypted(owner):
            told = (say("decrypted.heading"), say("decrypted.what", trustee=say("trustee", n=owner)), Tone.GOOD)
    heading, what, tone = told
    return MessageScreen(_frame(words, heading, proceed=say("done.button")), (what,), tone=tone)
