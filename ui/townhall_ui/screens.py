# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a screen shows: plain values, every text already in the person's language.

The window is given one of these and shows it; it holds no words, rules or state of the visit of its own.
"""

import enum
from dataclasses import dataclass, field


class Direction(enum.Enum):
    """Which side a line of text starts on."""

    LEFT_TO_RIGHT = "ltr"
    RIGHT_TO_LEFT = "rtl"


class Tone(enum.Enum):
    """How a notice is meant; shown as word, shape and colour together."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every screen has around its content; a label that is ``None`` means: no such button."""

    language: str  # BCP 47
    direction: Direction
    heading: str
    status: str = ""  # the line at the top: place, online or offline
    step: str = ""  # "Step 2 of 6", or empty
    back: str | None = None
    stop: str | None = None
    proceed: str | None = None  # one verb and its object: "Sign the form"
    code: str = ""  # failure code in small print


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose from."""

    id: str
    label: str
    hint: str = ""
    is_chosen: bool = False
    is_available: bool = True  # a choice that is not available says why in its hint
    language: str = ""  # the label's own language where it differs from the screen's (names of languages)


@dataclass(frozen=True, slots=True)
class AttractScreen:
    """Nobody is here: what can be done, in all languages."""

    frame: Frame
    invitations: tuple[Choice, ...]  # one a language: label "Touch to start", hint what can be done; id is the language
    place: str


class Picture(enum.Enum):
    """A drawing beside the text."""

    NONE = "none"
    INSERT_CARD = "insert-card"
    TAKE_CARD = "take-card"
    DONE = "done"
    STOPPED = "stopped"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class MessageScreen:
    """A picture, a few sentences and at most two buttons: insert card, take card, stopped, failures, last try."""

    frame: Frame
    paragraphs: tuple[str, ...]
    picture: Picture = Picture.NONE
    tone: Tone = Tone.PLAIN
    other: Choice | None = None  # a second way on ("Print again"), beside ``frame.proceed``


@dataclass(frozen=True, slots=True)
class PageWords:
    """What the buttons say that turn the pages of a long list."""

    previous_page: str
    next_page: str
    page_of: str  # with {page} and {pages}


@dataclass(frozen=True, slots=True)
class ChoiceScreen:
    """Choose one of a few big things: language, service, reader. A touch chooses and goes on."""

    frame: Frame
    choices: tuple[Choice, ...]
    introduction: str = ""
    paging: PageWords | None = None  # without words, pages are turned by arrows and told as "2 / 5"


@dataclass(frozen=True, slots=True)
class PinWords:
    """What the PIN pad says."""

    clear: str
    delete: str
    entered: str  # with {count}: "Digits entered: {count}"


@dataclass(frozen=True, slots=True)
class PinScreen:
    """Ask for one PIN on a fixed pad; the digits are never shown."""

    frame: Frame
    words: PinWords
    introduction: str
    minimum: int
    maximum: int
    notice: str = ""  # tries left, wrong before, privacy
    tone: Tone = Tone.PLAIN


class EntryKind(enum.Enum):
    """How an answer is entered."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    CHOOSE_ONE = "choose-one"
    CHOOSE_MANY = "choose-many"
    NOTE = "note"  # nothing to enter


@dataclass(frozen=True, slots=True)
class KeyboardWords:
    """Names of the keys that carry no letter, for the eye and for the screen reader."""

    space: str
    delete: str
    shift: str
    more_letters: str
    symbols: str
    letters: str


@dataclass(frozen=True, slots=True)
class DateWords:
    """Labels of the three fields of a date."""

    day: str
    month: str
    year: str


@dataclass(frozen=True, slots=True)
class QuestionScreen:
    """One question of a form; the heading is the question."""

    frame: Frame
    kind: EntryKind
    value: str  # ISO date, plain number, choice id, ids parted by spaces, or text
    keyboard: KeyboardWords
    date: DateWords
    hint: str = ""
    source: str = ""  # where a filled-in value comes from: "From your card"
    problem: str = ""  # what is wrong and how to mend it
    choices: tuple[Choice, ...] = ()
    is_read_only: bool = False
    paging: PageWords | None = None  # for choices that need several pages


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the review: what was asked, what was answered, and where the change button leads."""

    id: str
    question: str
    answer: str
    change: str | None  # label of the change button; None where nothing can be changed


@dataclass(frozen=True, slots=True)
class ReviewScreen:
    """All answers before signing; pages instead of scrolling."""

    frame: Frame
    answers: tuple[Answer, ...]
    introduction: str
    previous_page: str
    next_page: str
    page_of: str  # with {page} and {pages}


@dataclass(frozen=True, slots=True)
class DocumentScreen:
    """Exactly what will be signed, as pictures of its pages made from the same bytes."""

    frame: Frame
    pages: tuple[bytes, ...]  # PNG
    text: str  # the document's text for the screen reader
    introduction: str
    previous_page: str
    next_page: str
    page_of: str


@dataclass(frozen=True, slots=True)
class WorkingScreen:
    """Something takes a moment: what happens, and how far it is."""

    frame: Frame
    steps: tuple[str, ...]
    current: int  # index into steps
    note: str = ""  # "Do not take your card"


@dataclass(frozen=True, slots=True)
class ReceiptScreen:
    """Done: number, QR code and what happens next."""

    frame: Frame
    number: str
    qr: bytes  # PNG
    qr_description: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]  # label and value
    print: Choice | None = None


@dataclass(frozen=True, slots=True)
class StillThereScreen:
    """A countdown; any touch or key goes on exactly where the person was."""

    frame: Frame
    paragraphs: tuple[str, ...]
    seconds: str | None  # shown large in the second half of the countdown


Screen = (
    AttractScreen
    | MessageScreen
    | ChoiceScreen
    | PinScreen
    | QuestionScreen
    | ReviewScreen
    | DocumentScreen
    | WorkingScreen
    | ReceiptScreen
    | StillThereScreen
)


# What the person did. The window hands each to one callback.


@dataclass(frozen=True, slots=True)
class Proceeded:
    """The primary button."""


@dataclass(frozen=True, slots=True)
class WentBack:
    """The back button."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop button."""


@dataclass(frozen=True, slots=True)
class Chose:
    """A choice of an ``AttractScreen`` or ``ChoiceScreen``, ``MessageScreen.other``, ``ReceiptScreen.print``."""

    id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The primary button of a ``QuestionScreen``; ``value`` in the form that the screen's ``value`` has."""

    value: str


@dataclass(frozen=True, slots=True)
class AskedToChange:
    """The change button of one line of a ``ReviewScreen``."""

    id: str


@dataclass(frozen=True, slots=True)
class EnteredPin:
    """The primary button of a ``PinScreen``. The receiver wipes ``pin``; its repr never shows it."""

    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Active:
    """Any touch or key: somebody is there."""


Intent = Proceeded | WentBack | Stopped | Chose | Answered | AskedToChange | EnteredPin | Active
