# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of the kiosk: whole in every language, all of them used, and none outside the catalogues."""

import ast
import dataclasses
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from babel.messages.catalog import Message
from babel.plural import PluralRule
from tests.kiosk.apart_town import in_role

import townhall_kiosk
from townhall_forms.questions import RefusalReason
from townhall_forms.record import PageFacts
from townhall_forms.service import LifeEvent, Service
from townhall_kiosk import states as at
from townhall_kiosk.document_check.views import DocumentShown
from townhall_kiosk.documents import words as documents
from townhall_kiosk.documents.national_verdict import NationalOutcome, NationalVerdict, Part
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.finding import states as find
from townhall_kiosk.finding.shelves import SHELVES
from townhall_kiosk.simulation.checked_documents import every_kind
from townhall_kiosk.simulation.every_state import STATES, VIEWS
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.simulation.pseudo_texts import PseudoTexts
from townhall_kiosk.simulation.staff import RESULTS, STATUSES, UNWELL, WELL, line, roster_bytes
from townhall_kiosk.staff import views
from townhall_kiosk.staff.acts import ClosingReason
from townhall_kiosk.staff.errors import ClosedByStaffError
from townhall_kiosk.staff.lines import result_lines, status_lines
from townhall_kiosk.staff.roster import Roster, StaffRole
from townhall_kiosk.texts import Texts, load_catalog, load_texts
from townhall_kiosk.visit import voting_paper
from townhall_kiosk.visit.closing_work import receipt_model
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.form_work import FormWork
from townhall_kiosk.visit.presenters import present
from townhall_kiosk.visit.surroundings import Hearing, Surroundings
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.polls import PollsRecord, PollsState
from townhall_kiosk.voting.polls_report import PollsReportFacts, report_lines
from townhall_smartcard.emrtd.passive_verdict import Check, Finding, Outcome, PassiveVerdict, Reason, Standing
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_sync.catalogue_municipality import Fee, LocalFacts, Municipality, Office
from townhall_voting.eligibility.slip import SlipFacts
from townhall_voting.mode import Mode
from townhall_voting.package.definition import DeviceRole

LANGUAGES = ("en", "et", "fr", "ar")
SOURCE = Path(townhall_kiosk.__file__).parent
ELSEWHERE = "Town Hall, from 8 to 16"
LATIN_KEYS = {"key.symbols", "key.other-script"}
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=timezone(timedelta(hours=2)))


class ListeningTexts(Texts):
    """Texts that remember which of them were asked for."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.asked: set[str] = set()

    def __call__(self, text_id: str, **facts: str | int) -> str:
        self.asked.add(text_id)
        return super().__call__(text_id, **facts)

    def pattern(self, text_id: str) -> str:
        self.asked.add(text_id)
        return super().pattern(text_id)

    def counted(self, text_id: str, count: int, **facts: str | int) -> str:
        self.asked.add(text_id)
        return super().counted(text_id, count, **facts)


def catalogue(language: str) -> Mapping[str, Message]:
    messages = {}
    for message in load_catalog(language):
        text_id = message.id if isinstance(message.id, str) else message.id[0]
        if text_id:
            messages[text_id] = message
    return messages


def strings_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def literals() -> Iterator[str]:
    """Ids that stand in the source as ``text("...")``, ``around.text("...")`` or ``text.counted("...")``."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            function, value = node.func, node.args[0].value
            name = function.id if isinstance(function, ast.Name) else None
            attribute = function.attr if isinstance(function, ast.Attribute) else None
            if (name == "text" or attribute in {"text", "counted"}) and isinstance(value, str):
                yield value


@pytest.fixture
def full_desk(make_desk: Callable[[str], Desk]) -> Desk:
    return make_desk("en")


def a_slip(desk: Desk) -> SlipFacts:
    facts = desk.ballot.receipt_facts
    assert facts is not None
    return SlipFacts(
        type="commitment", mode=Mode.TEST, election=facts.election, ballot=facts.ballot, admission="", booth="kiosk-1"
    )


def voting_papers(around: Surroundings, desk: Desk) -> list[object]:
    """Make the models of the slip, the receipt of a vote, and the reports of the polls."""
    facts = desk.ballot.receipt_facts
    assert facts is not None
    slip = a_slip(desk)
    cast = msgspec.structs.replace(slip, type="cast", admission="123456786")
    made: list[object] = [voting_paper.slip_model("SLIP", each, around, NOW.date()) for each in (slip, cast)]
    assert desk.ballot.given is not None
    made.append(voting_paper.admission_model(desk.ballot.given, around, NOW.date()))
    made.append(voting_paper.receipt_model("RECEIPT", facts, around))
    for state in PollsState:
        moment = int(NOW.timestamp())
        record = PollsRecord(facts.journal, Mode.TEST, state, opened=moment, closed=moment)
        report = PollsReportFacts(record, "e", "place", "kiosk-1", NOW.isoformat())
        made.append(report_lines(report, around.text, NOW))
    return made


NATIONAL_SHAPES: list[dict[Part, Standing]] = [
    {},
    {Part.FRESHNESS: Standing.UNKNOWN},
    {Part.CHAIN: Standing.UNKNOWN},
    *({part: Standing.BAD} for part in (Part.VALIDITY, Part.REVOCATION, Part.AGREEMENT, Part.CHIP)),
]


def words_of_documents(around: Surroundings) -> list[object]:
    """Make what a verdict on a document says, of every outcome, part, standing and reason."""
    bad = Finding(Standing.BAD, tuple(Reason))
    good, unknown = Finding(Standing.GOOD), Finding(Standing.UNKNOWN)
    shapes: list[dict[Check, Finding]] = [{}, {Check.FRESHNESS: unknown}, {Check.CHAIN: unknown}]
    shapes += [{check: Finding(Standing.BAD)} for check in (Check.DATA, Check.REVOCATION, Check.CHAIN)]
    shapes += [{Check.SIGNATURE: bad}]
    verdicts = [PassiveVerdict({**dict.fromkeys(Check, good), **each}) for each in shapes]
    assert {each.outcome for each in verdicts} == set(Outcome)
    made: list[object] = [documents.sentence(each, chip, around.text) for each in verdicts for chip in ChipVerdict]
    made += [documents.part_lines(each, chip, around.text) for each in verdicts for chip in ChipVerdict]
    nationals = [NationalVerdict({**dict.fromkeys(Part, Standing.GOOD), **each}, None) for each in NATIONAL_SHAPES]
    assert {each.outcome for each in nationals} == set(NationalOutcome)
    return made + [documents.national_lines(each, around.text) for each in nationals]


def words_of_the_election(around: Surroundings, desk: Desk) -> set[str]:
    """Everything that the election itself says, and what the device signed."""
    election, facts, statement = around.election, desk.ballot.receipt_facts, desk.ballot.statement
    assert election is not None
    assert facts is not None
    assert statement is not None
    definition = election.here.definition
    texts = [definition.title, *(district.name for district in definition.districts)]
    texts += [place.name for place in definition.places]
    for contest in definition.contests:
        texts += [contest.title, contest.instruction, *(each.name for each in contest.candidates)]
        texts += [each.second_line for each in contest.candidates]
        texts += [{"": f"{each.number} {each.name['en']}"} for each in contest.candidates]
    tracker = " ".join(facts.tracker[at : at + 8] for at in range(0, len(facts.tracker), 8))
    own = {text for each in texts for text in each.values()}
    own |= {facts.uuid, facts.device, facts.board_words}
    return own | {election.sentence(statement), facts.words, facts.ballot, facts.tracker, facts.journal, tracker}


def apart(around: Surroundings) -> Iterator[Surroundings]:
    """Give the same place as that of a booth, and of a desk whose people have ballots of several styles."""
    assert around.election is not None
    yield in_role(replace(around), DeviceRole.BOOTH)
    desk = in_role(replace(around), DeviceRole.DESK)
    assert desk.election is not None
    (style,) = desk.election.styles.values()
    desk.election = replace(desk.election, styles={"town": style, "other": style})
    yield desk


def run_everything(around: Surroundings, desk: Desk) -> list[object]:
    """Make every screen, both papers' models and the form's own refusals."""
    made: list[object] = []
    around.elsewhere = ELSEWHERE
    around.services = (*around.services, replace(around.services[0], id="online", needs_line=True))
    for is_up, hearing in zip((True, False, False), Hearing, strict=True):
        around.line_is_up, around.hearing, around.is_help_coming = is_up, hearing, is_up
        around.ways = around.ways.changed("switches", "one")
        made += [present(state, desk, around) for state in STATES]
    made += [present(state, desk, device) for state in STATES for device in apart(around)]
    _booth, at_desk = apart(around)
    with_slip = replace(desk, ballot=replace(desk.ballot, slip=a_slip(desk)))
    made.append(present(vote.WaitingForVoter(), with_slip, at_desk))
    around.has_reader = False
    made.append(present(at.WaitingForCard(), desk, around))
    assert desk.receipt is not None
    made.append(receipt_model(desk.receipt, around))
    work = FormWork(desk, around, StandingClock(NOW), Path())
    made += [work._own_words(reason) for reason in RefusalReason]
    answer_all(desk)
    made.append(work._model(PageFacts("Tamme Library", NOW)))
    made.append(around.text("document.signature-field", name="x"))  # card_work asks for it where a card signs
    made += [status_lines(status, around.text) for status in STATUSES]
    made.append(result_lines(RESULTS, around.text))
    desk.counter.role, desk.counter.progress = StaffRole.ADMINISTRATOR, (1, 2)
    for desk.counter.status in (WELL, UNWELL):
        made += [present(at.AtCounter(view, "A"), desk, around) for view in VIEWS]
    for around.closing_reason in (each.value for each in ClosingReason):
        made.append(present(at.OutOfService(ClosedByStaffError.code, card_is_in=False), desk, around))
    for desk.counter.document.found in every_kind():
        made.append(present(at.AtCounter(DocumentShown(), "A"), desk, around))
    desk.counter.role = StaffRole.OFFICER
    for state in PollsState:
        desk.counter.status = msgspec.structs.replace(WELL, polls=state.value)
        made.append(present(at.AtCounter(views.Menu(), "A"), desk, around))
    made += voting_papers(around, desk)
    made += words_of_documents(around)
    made.append(around.text("staff.speech-sentence"))
    around.roster = Roster.read(roster_bytes(line(b"", "clerk", around.now())))
    made.append(present(at.ChoosingService("A"), desk, around))
    made += screens_of_many_services(desk, around)
    return made


def screens_of_many_services(desk: Desk, around: Surroundings) -> list[object]:
    """One service for each life event, and one for none."""
    (service, *_others) = around.services
    shelves = ((event,) for event in LifeEvent)
    services = (replace(service, id=f"s{number}", life_events=events) for number, events in enumerate((*shelves, ())))
    around.services = tuple(services)
    facts = LocalFacts(Fee("5.00", "EUR"), {around.language: "9"}, Office({around.language: "Desk"}, "Kopli 3"))
    free = LocalFacts(Fee("0.00", "EUR"))
    around.municipality = Municipality(1, {}, {"s0": free, service.id: facts})
    return [
        present(find.AboutService("A"), desk, around),
        present(at.ChoosingService("A"), desk, around),
        *(present(at.ChoosingService("A", name), desk, around) for name in SHELVES),
    ]


def answer_all(desk: Desk) -> None:
    values = {
        "street": "Tamme",
        "house": "1",
        "postcode": "50403",
        "town": "Tartu",
        "from_date": "2026-11-22",
        "previous_place": "none",
        "movers": "nobody",
        "tenure": "owner",
        "declaration": "yes",
    }
    assert desk.form is not None
    for question in desk.form.questions():
        name = question.ref.rsplit("/", 1)[-1]
        if name in values:
            desk.form.answer(question.ref, values[name])
    assert not desk.form.problems()


# The catalogues by themselves


def test_all_languages_have_the_same_texts() -> None:
    english, *others = (set(catalogue(language)) for language in LANGUAGES)
    assert all(other == english for other in others)


def test_every_language_that_has_a_catalogue_is_tested() -> None:
    assert {folder.name for folder in (SOURCE / "locale").iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_marked_as_doubtful(language: str) -> None:
    for text_id, message in catalogue(language).items():
        assert not message.fuzzy, text_id
        assert all(text.strip() == text and text for text in strings_of(message)), text_id


def test_every_translation_has_the_placeholders_of_the_english_text() -> None:
    english = catalogue("en")
    for language in LANGUAGES:
        for text_id, message in catalogue(language).items():
            wanted = placeholders(strings_of(english[text_id])[-1])
            for text in strings_of(message):
                # A language may say "one second" without the number, never another fact.
                is_counted = isinstance(message.string, tuple)
                assert placeholders(text) <= wanted if is_counted else placeholders(text) == wanted, (language, text_id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_counted_texts_have_every_plural_form_of_their_language(language: str) -> None:
    catalog = load_catalog(language)
    counted = [message for message in catalogue(language).values() if isinstance(message.string, tuple)]
    assert counted
    assert all(len(strings_of(message)) == catalog.num_plurals for message in counted)
    forms = {catalog.num_plurals for _ in counted}
    rule: PluralRule = catalog.locale.plural_form if catalog.locale else PluralRule({})
    assert forms == {len(rule.tags | {"other"})}, "as many as Unicode's plural rules know for this language"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_numbers_share_a_plural_form_as_unicode_says(language: str) -> None:
    catalog = load_catalog(language)
    assert catalog.locale is not None
    texts = Texts(language)
    tags: dict[str, str] = {}
    for count in range(121):
        shape = texts.counted("still-there.seconds", count).replace(str(count), "#")
        tag = catalog.locale.plural_form(count)
        assert tags.setdefault(tag, shape) == shape, count


SHUNNED = {
    "en": r"\b(please|errors?|invalid|oops|sorry)\b",
    "et": r"\b(palun|viga|vead|vigane|kahjuks|vabandust)\b",
    "fr": r"\b(veuillez|s.il vous plaît|erreurs?|invalide|non valide|désolés?)\b",
    "ar": r"(من فضلك|الرجاء|يرجى|غير صالح|عذرًا|للأسف)",
}
"""What says neither what happened nor what to do."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_please_error_or_invalid(language: str) -> None:
    for text_id, message in catalogue(language).items():
        for text in strings_of(message):
            assert not re.search(SHUNNED[language], text, re.IGNORECASE), text_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_are_short(language: str) -> None:
    for text_id, message in catalogue(language).items():
        if text_id.startswith("button.") or text_id.endswith(".button"):
            words = strings_of(message)[0].split()
            # Articles and prepositions are words of their own in French.
            assert len([word for word in words if len(word) > 2 or word.isdecimal()]) <= 3, text_id


def test_arabic_texts_are_written_in_arabic() -> None:
    for text_id, message in catalogue("ar").items():
        if text_id not in LATIN_KEYS:  # they stand on keys with Latin letters or digits
            assert all(re.search("[\u0600-\u06ff]", text) for text in strings_of(message)), text_id


# Catalogues and code


def test_every_text_that_is_asked_for_exists_and_every_text_that_exists_is_asked_for(
    make_around: Callable[[str], Surroundings], full_desk: Desk
) -> None:
    around = make_around("en")
    listening = ListeningTexts("en")
    around.texts = {"en": listening}
    run_everything(around, full_desk)
    asked = listening.asked | set(literals())
    assert asked == set(catalogue("en"))


def test_every_id_in_the_source_exists() -> None:
    found = set(literals())
    assert len(found) > 60
    assert found <= set(catalogue("en"))


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string inside a value, with the field that it is in."""
    if isinstance(value, str):
        yield path, value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from leaves(value.__getattribute__(field.name), field.name)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from leaves(each, path)


# ids, facts of the visit, and how to mend an answer, which the form says
NO_WORDS = {
    "problem",
    "id",
    "code",
    "number",
    "value",
    "language",
    "created",
    "place",
    "issuer",
    "refused",
    "marks",
    "ranking",
}


def test_every_word_on_every_screen_and_paper_comes_from_a_catalogue(
    make_around: Callable[[str], Surroundings], full_desk: Desk, services: tuple[Service, ...]
) -> None:
    around = make_around("en")
    around.texts = {"en": PseudoTexts()}
    desk = full_desk
    assert desk.form is not None
    assert desk.receipt is not None
    own = {text for each in services for text in (*each.titles.values(), *each.summaries.values())}
    own |= {around.place, ELSEWHERE, desk.receipt.facts.number, *words_of_the_election(around, desk)}
    own |= {problem.message for problem in desk.form.problems()}
    made = run_everything(around, desk)
    for question in desk.form.questions():
        own |= {question.label, question.hint, question.value, *(choice.label for choice in question.choices)}
    for answer in desk.form.answers():
        own |= {answer.label, answer.shown}
    for text in ("Text of the document", "48403159914", "KADRI-LIIS ÕISPUU", desk.receipt.signature.hex()):
        own.add(text)
    own |= {desk.receipt.facts.envelope, desk.receipt.facts.checkpoint}
    stray = {
        (field, text)
        for screen in made
        for field, text in leaves(screen)
        if field not in NO_WORDS and re.search("[A-Za-z]{2}", text) and PseudoTexts.MARK not in text and text not in own
    }
    dates = {(field, text) for field, text in stray if "2026" in text}
    assert stray - dates == set()


def test_a_longer_language_from_right_to_left_is_only_a_catalogue_away(
    make_around: Callable[[str], Surroundings], full_desk: Desk
) -> None:
    around = make_around("en")
    around.texts = {"en": PseudoTexts()}
    screen = present(at.WaitingForCard(), full_desk, around)
    assert screen.frame.direction.value == "rtl"
    assert len(screen.frame.heading) >= 1.4 * len(Texts("en")("insert-card.heading"))


# The class


def test_facts_are_filled_in() -> None:
    assert Texts("en")("form.step", current=2, total=6) == "Question 2 of 6"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_is_not_there_is_told(language: str) -> None:
    texts = Texts(language)
    with pytest.raises(ConfigurationError):
        texts("no.such.text")
    with pytest.raises(ConfigurationError):
        texts.counted("no.such.text", 1)


@pytest.mark.parametrize("language", ["xx", "de", "", "../en"])
def test_a_language_that_is_not_there_is_told(language: str) -> None:
    with pytest.raises(ConfigurationError):
        load_texts(("en", language))


def test_numbers_are_counted_in_words_of_the_language() -> None:
    english, arabic = Texts("en"), Texts("ar")
    assert [english.counted("pin.tries-left", count) for count in (1, 2)] == ["1 try left.", "2 tries left."]
    assert len({arabic.counted("pin.tries-left", count) for count in (0, 1, 2, 3, 11, 100)}) == 6


def test_dates_are_written_as_people_of_the_language_write_them() -> None:
    english, arabic = Texts("en").date_time(NOW), Texts("ar").date_time(NOW)
    assert "November 22, 2026" in english
    assert "2:05" in english
    assert "نوفمبر" in arabic
    assert "{" not in english + arabic


def test_directions_follow_the_language() -> None:
    assert {language for language, texts in load_texts(LANGUAGES).items() if texts.is_right_to_left} == {"ar"}


def test_the_first_language_is_the_default() -> None:
    assert list(load_texts(("ar", "en"))) == ["ar", "en"]
