# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all screens have: the frame around them, choices, and the words that are heard but not seen."""

import enum
from dataclasses import dataclass


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
class SpokenWords:
    """Words that are heard and never seen; one that is empty is left out.

    Roles follow the name ("Continue, button"), states follow the role ("Rent, choice, chosen").
    """

    heading: str = ""  # role: "heading"
    button: str = ""  # role: "button"
    key: str = ""  # role of a key on the glass: "key"
    choice: str = ""  # role: "choice"
    field: str = ""  # role of a field to type in: "text field"
    pin: str = ""  # role of the field of a PIN: "hidden field"
    chosen: str = ""  # state: "chosen"
    not_chosen: str = ""  # state: "not chosen"
    asleep: str = ""  # state: "cannot be used now"
    empty: str = ""  # state of a field: "empty"
    position: str = ""  # with {n} and {m}: "{n} of {m}"
    digit: str = ""  # with {n} and {m}: "digit {n} of {m}", for a PIN of known length
    capital: str = ""  # with {sign}: "capital {sign}"
    space: str = ""  # echo of the space: "space"
    deleted: str = ""  # with {sign}: "{sign} deleted"
    go_on: str = ""  # with {button}: "To go on: {button}"
    seconds: str = ""  # with {seconds}: "{seconds} seconds"
    band: str = ""  # group for scanning: "buttons at the top"
    content: str = ""  # group: "this page"
    keys: str = ""  # group: "keys"
    row: str = ""  # group, with {n}: "row {n}"
    foot: str = ""  # group: "buttons at the bottom"
    leave: str = ""  # with {group}: "leave {group}"


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
    help: str | None = None  # calls a member of staff
    ways: str | None = None  # leads to the ways to use the kiosk
    mode: str = ""  # who else is at work here ("Clerk is helping"); colours the frame as well
    spoken: SpokenWords = SpokenWords()
    heard: str = ""  # said after the screen's own text, and shown to nobody: what eyes find without words


@dataclass(frozen=True, slots=True)
class PageWords:
    """What the buttons say that turn the pages of a long list."""

    previous_page: str
    next_page: str
    page_of: str  # with {page} and {pages}; {first}, {last} and {total} are what is shown of how many


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose from."""

    id: str
    label: str
    hint: str = ""
    is_chosen: bool = False
    is_available: bool = True  # a choice that is not available says why in its hint
    language: str = ""  # the label's own language where it differs from the screen's (names of languages)
