# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``places/<municipality>.json`` of the catalogue: what one municipality adds to the services that all share.

A service is the same form everywhere; fee, hours and office differ. The format is docs/formats/catalogue.md.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Final, TypeAlias

import msgspec

from townhall_sync.errors import MessageMalformedError

MAX_MUNICIPALITY_BYTES: Final = 4 * 1024 * 1024

_Language = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)")]
_Service = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,59}$(?!\n)")]
_Words = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
ByLanguage: TypeAlias = dict[_Language, _Words]


class Fee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the service costs here; ``words`` say what for, or who pays less."""

    amount: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,6})\.[0-9]{2}$(?!\n)")]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$(?!\n)")]  # ISO 4217
    words: ByLanguage = {}


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is in charge here."""

    names: ByLanguage
    address: _Words  # as it stands on the door


class LocalFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one municipality says of one service."""

    fee: Fee | None = None
    hours: ByLanguage = {}  # when people are served
    office: Office | None = None

    def texts(self) -> Iterator[Mapping[str, str]]:
        """Return everything that people read in their language."""
        yield from (self.hours, self.fee.words if self.fee else {}, self.office.names if self.office else {})


class Municipality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: int
    names: ByLanguage
    services: dict[_Service, LocalFacts]


def municipality_path(name: str) -> str:
    """Return the path of a municipality's file among the targets."""
    return f"places/{name}.json"


def decode_municipality(content: bytes) -> Municipality:
    """Read the file as far as it can be judged by itself.

    Raises:
        MessageMalformedError: it is not as it must be.
    """
    if len(content) > MAX_MUNICIPALITY_BYTES:
        raise MessageMalformedError(f"longer than {MAX_MUNICIPALITY_BYTES} bytes")
    try:
        municipality = msgspec.json.decode(content, type=Municipality)
    except msgspec.MsgspecError as exc:
        raise MessageMalformedError(str(exc)) from exc
    if municipality.version != 1:
        raise MessageMalformedError("another version")
    return municipality


def read_municipality(content: bytes, *, languages: Collection[str], services: Collection[str]) -> Municipality:
    """Read the file; it must speak all ``languages`` and name none but the known ``services``.

    Raises:
        MessageMalformedError: it is not as it must be.
    """
    municipality = decode_municipality(content)
    if strays := sorted(municipality.services.keys() - set(services)):
        raise MessageMalformedError(f"services that are not there: {strays}")
    if not set(languages) <= municipality.names.keys():
        raise MessageMalformedError("names miss a language")
    for service, facts in municipality.services.items():
        if any(texts and not set(languages) <= texts.keys() for texts in facts.texts()):
            raise MessageMalformedError(f"{service} misses a language")
    return municipality
