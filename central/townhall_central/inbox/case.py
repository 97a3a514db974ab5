# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A case as the agency sees it, and the stable reasons why one needs attention. Personal data: never logged."""

from enum import Enum
from typing import Literal

import msgspec


class Reason(Enum):
    """Why a clerk must look; the value is (stable code, what it means)."""

    ENVELOPE_DOUBTFUL = ("TH-CENT-101", "the envelope is not, as it stands, by a kiosk that this centre certified")
    DOES_NOT_OPEN = ("TH-CENT-102", "the sealed part does not open with this agency's key")
    OTHER_KIND = ("TH-CENT-103", "the sealed part is no service transaction")
    UNREADABLE = ("TH-CENT-104", "what was sealed is no transaction that this version reads")
    SERVICE_UNKNOWN = ("TH-CENT-105", "this agency has no such service")
    FORM_DIFFERS = ("TH-CENT-106", "the form is not the one that this agency published for the service")
    DOCUMENT_REFUSED = ("TH-CENT-107", "the document is not signed, whole and unchanged, by a certificate we trust")
    IDENTITY_REFUSED = ("TH-CENT-108", "the proof that the person's card was there does not hold")
    PERSON_DIFFERS = ("TH-CENT-109", "the signer, the card that was there and the person in the form are not one")
    ANSWERS_MISSING = ("TH-CENT-110", "the document does not hold its answers")
    ANSWERS_REFUSED = ("TH-CENT-111", "the form could not have produced these answers")
    CHECK_FAILED = ("TH-CENT-112", "a check ended in a way that has no name; nothing after it was looked at")
    CHECK_KILLS = ("TH-CENT-113", "the inbox died several times while it looked at this; it was set aside unexamined")

    REVOKED_BEFORE_SIGNING = ("TH-CENT-114", "the card was revoked before the time at which the kiosk says it signed")
    REVOKED_AFTER_SIGNING = (
        "TH-CENT-115",
        "the card was revoked after signing; look whether the time stamp is older",
    )
    NOT_ARCHIVED = ("TH-CENT-116", "the document cannot be made to prove itself for good")
    PAGE_DIFFERS = ("TH-CENT-117", "the page that was signed is not the one that belongs to these answers")
    REGISTER_DOUBTFUL = ("TH-CENT-118", "what is said to come from a register is not what its registrar signed")

    @property
    def code(self) -> str:
        """The stable code."""
        return self.value[0]

    @property
    def what(self) -> str:
        """What it means, for a clerk."""
        return self.value[1]


class ReasonLine(msgspec.Struct, frozen=True):
    """One reason; `detail` names places and kinds of problems, never an answer."""

    code: str
    what: str
    detail: str = ""


class Delivery(msgspec.Struct, frozen=True):
    """How it came: all but `received_at` and `log_index`, which are the centre's, are the kiosk's words."""

    envelope_id: str
    log_index: int
    received_at: str
    kiosk: str
    journal_id: str
    seq: int
    accepted_at_kiosk: str


class ServiceFacts(msgspec.Struct, frozen=True):
    """Which service and form, as the transaction says; `title` is the agency's own."""

    id: str
    title: str
    form_id: str
    form_version: str
    form_sha256: str
    language: str


class Signer(msgspec.Struct, frozen=True):
    """Who signed, by the validated certificate; `signed_at` is the kiosk's claim."""

    personal_code: str
    surname: str
    given_names: str
    country: str
    certificate_valid_until: str
    revocation_checked: bool
    signed_at: str


class Answer(msgspec.Struct, frozen=True):
    """One question and its answer as the form shows them; `source` says where a prefilled value came from."""

    question: str
    answer: str
    source: str = ""


class Correction(msgspec.Struct, frozen=True):
    """An answer that is not what its source states: for whoever keeps that register.

    ``stated`` is what the source states, empty where only the kiosk saw it; ``dated`` is the extract's day, or empty.
    """

    question: str
    answer: str
    source: str
    stated: str
    dated: str = ""


class Verdict(Enum):
    """What the signature of a case is worth, by all that is known now."""

    PROVISIONAL = "provisional"  # the issuer has not been heard yet
    ACCEPTED = "accepted"  # in force when the time stamp was made, and the document proves it by itself
    REVOKED_BEFORE_SIGNING = "revoked-before-signing"
    REVOKED_AFTER_SIGNING = "revoked-after-signing"
    REFUSED = "refused"


class Level(Enum):
    """How much of its proof a document holds (ETSI EN 319 142-1 §6)."""

    B = "B-B"
    T = "B-T"
    LT = "B-LT"
    LTA = "B-LTA"


class Assurance(msgspec.Struct, frozen=True, kw_only=True):
    """How far the proof of a signature has come; times by the services that said so."""

    level: Level = Level.B
    verdict: Verdict = Verdict.PROVISIONAL
    stamped_at: str | None = None
    revoked_at: str | None = None
    archive_until: str | None = None
    last_failure: str = ""


class KioskTrust(msgspec.Struct, frozen=True):
    """What the kiosk knew of the card, in its own words (docs/formats/transaction.md)."""

    outcome: str
    doubts: list[str]
    revocation_lists_of: str | None
    trust_list_of: str | None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a clerk gets to see of one transaction; what a failed check left unknown is null or empty."""

    state: Literal["ready", "needs attention"]
    reasons: list[ReasonLine]
    delivery: Delivery | None = None
    service: ServiceFacts | None = None
    signer: Signer | None = None
    answers: list[Answer] = []
    corrections: list[Correction] = []
    checks_passed: list[str] = []
    document_sha256: str | None = None
    kiosk_trust: KioskTrust | None = None


class ShownCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its number and every envelope that brought it (one, unless somebody sent it again)."""

    number: int
    envelopes: list[str]
    case: Case
    assurance: Assurance | None = None
