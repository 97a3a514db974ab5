# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every kind of screen: plain values, every text already in the person's language.

The window is given one of these and shows it; it holds no words, rules or state of the visit of its own.
"""

import enum
from dataclasses import dataclass, field

from townhall_ui.screens.ballot import CheckOrCastScreen, CodeScreen, ContestScreen, RankedScreen, StatementScreen
from townhall_ui.screens.frame import Choice, Frame, PageWords, Tone
from townhall_ui.screens.question import QuestionScreen


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
    TAKE_SLIP = "take-slip"


@dataclass(frozen=True, slots=True)
class MessageScreen:
    """A picture, a few sentences and at most two buttons: insert card, take card, stopped, failures, last try."""

    frame: Frame
    paragraphs: tuple[str, ...]
    picture: Picture = Picture.NONE
    tone: Tone = Tone.PLAIN
    other: Choice | None = None  # a second way on ("Print again"), beside ``frame.proceed``


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


@dataclass(frozen=True, slots=True)
class AccessNumberScreen:
    """Ask for a printed number, with a picture of what it is printed on; it shows, so that it can be compared."""

    frame: Frame
    words: PinWords
    introduction: str  # where on the card it is found
    digits: int
    notice: str = ""
    tone: Tone = Tone.PLAIN
    is_on_paper: bool = False  # the number of an admission, on a slip: no card is drawn, and its digits may be heard


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the review: what was asked, what was answered, and where the change button leads."""

    id: str
    question: str
    answer: str  # may have several lines
    change: str | None  # label of the change button; None where nothing can be changed
    note: str = ""  # what is left open, named with a sign: "You can choose 2 more"


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
    seconds: str | None = None  # how long something outside still waits, shown large and not heard


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
    number_heard: str = ""  # the number as it is said, where a voice would read it as another


@dataclass(frozen=True, slots=True)
class StillThereScreen:
    """A countdown; any touch or key goes on exactly where the person was."""

    frame: Frame
    paragraphs: tuple[str, ...]
    seconds: str | None  # shown large in the second half of the countdown


@dataclass(frozen=True, slots=True)
class WaysGroup:
    """One thing that can be had in several ways: size of text, contrast, speech, switches."""

    id: str
    label: str
    choices: tuple[Choice, ...]  # ``is_chosen`` marks the way it is now


@dataclass(frozen=True, slots=True)
class WaysScreen:
    """Ways to use the kiosk; a touch changes it at once and the screen stays."""

    frame: Frame
    groups: tuple[WaysGroup, ...]
    introduction: str = ""
    paging: PageWords | None = None


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One thing that staff want to know, and how it stands."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of somebody, unpacked elsewhere: three bytes a pixel (red, green, blue), row by row from the top."""

    width: int
    height: int
    rgb: bytes = field(repr=False)
    description: str


@dataclass(frozen=True, slots=True)
class StatusScreen:
    """For staff: how everything stands, and what can be done; or what a document says, and what that is worth."""

    frame: Frame
    rows: tuple[StatusRow, ...]
    actions: tuple[Choice, ...] = ()
    paging: PageWords | None = None
    introduction: str = ""
    tone: Tone = Tone.PLAIN  # of the introduction
    portrait: Portrait | None = None


Screen = (
    AttractScreen
    | MessageScreen
    | ChoiceScreen
    | PinScreen
    | AccessNumberScreen
    | QuestionScreen
    | ReviewScreen
    | DocumentScreen
    | WorkingScreen
    | ReceiptScreen
    | StillThereScreen
    | WaysScreen
    | StatusScreen
    | ContestScreen
    | RankedScreen
    | CheckOrCastScreen
    | CodeScreen
    | StatementScreen
)
