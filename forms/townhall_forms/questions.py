# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a form shows of itself: questions, choices, answered lines, and outcomes of answering."""

import enum
from dataclasses import dataclass

from townhall_forms.controls import Bounds


class QuestionKind(enum.Enum):
    """How a question is answered."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date-time"
    RANGE = "range"
    RANK = "rank"
    PLACE = "place"  # a point on the earth: "latitude longitude altitude accuracy"
    LINE = "line"  # places parted by semicolons
    AREA = "area"  # the same, the last being the first
    FILE = "file"  # the name of a picture or paper that the visit holds
    CHOOSE_ONE = "choose-one"
    CHOOSE_MANY = "choose-many"
    NOTE = "note"  # nothing to answer


@dataclass(frozen=True, slots=True)
class FormChoice:
    """One choice of a question; ``label`` is in the session's language."""

    value: str
    label: str
    media: tuple[tuple[str, str], ...] = ()  # (form, address), such as ("image", "jr://images/dog.png")


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it stands now, every text in the session's language.

    ``value`` is an ISO date, time or moment, a plain number, a choice's value, choices' values parted by single spaces
    (of a rank: all of them, in order), places as above, a file's name, or text.
    """

    ref: str  # path of its node, stable within a session
    label: str
    hint: str
    kind: QuestionKind
    value: str
    choices: tuple[FormChoice, ...] = ()
    is_required: bool = False
    is_read_only: bool = False
    source: str = ""  # where a prefilled value comes from: "eid:surname", or empty
    repeat: str = ""  # ref of the innermost instance of a repeat around it
    page: str = ""  # of questions that the form wants on one page, something that they share
    bounds: Bounds | None = None  # of a range
    media: tuple[tuple[str, str], ...] = ()  # of the label, as in ``FormChoice``
    media_type: str = ""  # of a file, such as "image/*"
    appearance: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RepeatState:
    """One repeat as it stands now."""

    ref: str  # path of the repeated node, with the positions of repeats around it
    label: str
    instances: tuple[str, ...]  # refs
    can_change: bool  # whether the person may add and remove


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """One question and its answer as people read it: for the review and the document."""

    ref: str
    label: str
    shown: str  # localised; empty where nothing was answered
    source: str = ""  # as in ``Question``
    corrects: str = ""  # key of the source that states something else, or empty
    stated: str = ""  # what that source states, localised
    group: str = ""  # label of the innermost labelled group around it, or empty


class RefusalReason(enum.Enum):
    """Why an answer is not taken."""

    REQUIRED = "required"
    TYPE = "type"  # also: not one of the choices, or too long
    CONSTRAINT = "constraint"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer was taken and everything that depends on it is up to date."""


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """The answer was not taken; what stood before still stands."""

    reason: RefusalReason
    message: str  # the form's own words in the session's language; empty where the form has none


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps the form from being finished."""

    ref: str
    reason: RefusalReason
    message: str  # as in ``AnswerRefused``
