# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the NIST Common Data Formats share: names of things, texts by language, identifiers, dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

import msgspec

from townhall_voting.mode import Mode
from townhall_voting.package.contests import Contest, Counting, Texts
from townhall_voting.package.definition import Definition

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"

SCOPE: Final = "scope"
"""The unit that the whole election is about."""
OURS: Final = "townhall:"
"""Begins the kinds of identifiers in which facts travel that the formats have no member for."""
VENDOR: Final = "Townhall"


@dataclass(frozen=True, slots=True)
class Issue:
    """Who issues a file, and when it was made."""

    issuer: str
    at: datetime

    @property
    def moment(self) -> str:
        """The time as these formats take it: to the second, in UTC."""
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One format: the name that its types begin with."""

    name: str

    def thing(self, kind: str, **members: Json) -> dict[str, Json]:
        """Return an object of a type of this format; members whose value is empty are left out."""
        given = {name: value for name, value in members.items() if value not in ("", [], {})}
        return {"@type": f"{self.name}.{kind}", **given}

    def named(self, kind: str, identifier: str, **members: Json) -> dict[str, Json]:
        """Return an object that others refer to."""
        return {"@id": identifier, **self.thing(kind, **members)}

    def texts(self, texts: Texts) -> dict[str, Json]:
        """Return a text in all its languages, or nothing where there is none."""
        if not texts:
            return {}
        strings: list[Json] = [
            self.thing("LanguageString", Content=content, Language=language) for language, content in texts.items()
        ]
        return self.thing("InternationalizedText", Text=strings)

    def identifiers(self, facts: Mapping[str, str]) -> list[Json]:
        """Return facts of ours as identifiers."""
        return [
            self.thing("ExternalIdentifier", Type="other", OtherType=OURS + name, Value=value)
            for name, value in facts.items()
            if value
        ]


def to_bytes(document: Mapping[str, Json]) -> bytes:
    """Return a document as a file; people read it too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def contest_id(contest: Contest) -> str:
    """Return a contest's name in these formats."""
    return f"contest-{contest.id}"


def candidate_id(contest: Contest, candidate: str) -> str:
    """Return a candidate's name; the same one may stand in two contests."""
    return f"candidate-{contest.id}-{candidate}"


def option_id(contest: Contest, candidate: str) -> str:
    """Return the name of the choice of a candidate."""
    return f"option-{contest.id}-{candidate}"


def district_id(district: str) -> str:
    """Return a district's name."""
    return f"district-{district}"


def place_id(place: str) -> str:
    """Return a polling place's name."""
    return f"place-{place}"


def style_id(style: str) -> str:
    """Return the name of the unit of all districts with one ballot style."""
    return f"style-{style}"


def vote_variation(contest: Contest) -> dict[str, Json]:
    """Return how the contest is voted, in these formats' words."""
    match contest.counting:
        case Counting.PLURALITY:
            return {"VoteVariation": "plurality" if contest.maximum == 1 else "n-of-m"}
        case Counting.STV:
            return {"VoteVariation": "rcv"}
        case Counting.SCHULZE:
            return {"VoteVariation": "other", "OtherVoteVariation": Counting.SCHULZE.value}


def dates(definition: Definition) -> dict[str, Json]:
    """Return the first and the last day of voting."""
    hours = definition.rules.hours
    return {"StartDate": f"{hours[0].opens:%Y-%m-%d}", "EndDate": f"{hours[-1].closes:%Y-%m-%d}"}


def test_mark(definition: Definition) -> dict[str, Json]:
    """Return that a file is of a test, or that it is not."""
    return {"IsTest": True, "TestType": "test mode"} if definition.mode is Mode.TEST else {"IsTest": False}
