# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The definition of an election: who may vote on what, where, when, by which rules. Format: election-package.md."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum, unique
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from townhall_voting.eligibility.duplicates import RULE
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Contest, Id, Language, Texts

VERSION: Final = 1
MAX_BYTES: Final = 16 * 1024 * 1024

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
KioskName: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
"""As in places.json of the catalogue."""


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of time in which polls are open: from ``opens`` until just before ``closes``."""

    opens: Moment
    closes: Moment

    def holds(self, at: datetime) -> bool:
        """Tell whether polls are open at that time."""
        return self.opens <= at < self.closes


@unique
class Duplicates(Enum):
    """Which of a person's statements counts; the rule's steps stand in docs/formats/election-package.md."""

    EARLIEST = RULE


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rule file. ``minimum_tally``: fewer ballots than that are never decrypted by themselves."""

    duplicates: Duplicates
    minimum_tally: Annotated[int, msgspec.Meta(ge=2)]
    hours: Annotated[tuple[Hours, ...], msgspec.Meta(min_length=1)]


@unique
class DeviceRole(Enum):
    """What a device does in this election."""

    BOOTH = "booth"  # makes ballots, never learns who votes
    DESK = "desk"  # knows who votes, never what
    SINGLE = "single"  # does both: one kiosk in a library


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kiosk of the catalogue, what it does, and its device key (DER, SubjectPublicKeyInfo)."""

    kiosk: KioskName
    role: DeviceRole
    key: bytes


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A polling place. ``districts`` are those that it serves; none: all. ``hours`` of its own; none: the rules'."""

    id: Id
    name: Texts
    devices: Annotated[tuple[Device, ...], msgspec.Meta(min_length=1)]
    districts: tuple[Id, ...] = ()
    hours: tuple[Hours, ...] = ()


class BallotStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of contests, in the order in which they are asked. Each style is a Belenios election of its own."""

    id: Id
    contests: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]


class District(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where somebody lives, which decides what they vote on. Districts of one style are tallied together."""

    id: Id
    name: Texts
    style: Id


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole definition, as ``check_definition`` passed it. The first language is that of election.json."""

    version: Literal[1]
    id: Id
    mode: Mode
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)]
    title: Texts
    group: str
    not_before: Moment  # kiosks use the package from here on
    expires: Moment  # the first moment at which they use it no more; ballots are refused
    rules: Rules
    contests: Annotated[tuple[Contest, ...], msgspec.Meta(min_length=1, max_length=1000)]
    styles: Annotated[tuple[BallotStyle, ...], msgspec.Meta(min_length=1, max_length=5000)]
    districts: Annotated[tuple[District, ...], msgspec.Meta(min_length=1, max_length=5000)]
    places: Annotated[tuple[Place, ...], msgspec.Meta(min_length=1, max_length=2500)]
    description: Texts = {}
    ballot_log: Annotated[str, msgspec.Meta(max_length=400)] = ""  # verifier key of the box's public log; none: empty

    def contests_of(self, style: Id) -> tuple[Contest, ...]:
        """Return a style's contests, in its order; they are the questions of its election.json.

        Raises:
            KeyError: no such style.
        """
        contests: Mapping[str, Contest] = {contest.id: contest for contest in self.contests}
        wanted = {each.id: each for each in self.styles}[style]
        return tuple(contests[contest] for contest in wanted.contests)

    def style_of(self, district: Id) -> Id:
        """Return the style of a district; raises KeyError where there is no such district."""
        return {each.id: each.style for each in self.districts}[district]

    def place_of(self, kiosk: str) -> Place | None:
        """Return the place where a kiosk stands, or None where it has no part in this election."""
        return next((place for place in self.places if any(each.kiosk == kiosk for each in place.devices)), None)

    def device(self, kiosk: str) -> Device | None:
        """Return what a kiosk is in this election, if anything."""
        devices = (device for place in self.places for device in place.devices)
        return next((device for device in devices if device.kiosk == kiosk), None)

    def hours_of(self, place: Place) -> tuple[Hours, ...]:
        """Return when polls are open at a place."""
        return place.hours or self.rules.hours

    def is_current(self, at: datetime) -> bool:
        """Tell whether the package may be used at that time."""
        return self.not_before <= at < self.expires

    def to_bytes(self) -> bytes:
        """Return the definition's one spelling: compact JSON, members sorted."""
        return msgspec.json.encode(self, order="sorted")
