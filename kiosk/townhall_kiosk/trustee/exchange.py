# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The folder that goes round among trustees, on a stick: everybody's messages, and nothing secret.

::

    ceremony.json                  the terms: group, number of trustees, threshold
    <i>-certificate.json           step 1 of trustee i (from 1)
    <i>-commit.json                its commitment
    <i>-reveal.json                step 3: what it deals
    <i>-key.json                   step 5: its public key
    trustees.json                  the outcome
    definition.json                the election's definition, from its package
    <uuid>.bel                     the record to decrypt
    log.jsonl, checkpoint          what the ballot box published during the vote,
    <uuid>.rejected.json           and which ballots it rejected
    <uuid>.shuffled.<i>.json       trustee i's signature over the shuffle that the record has in that name
    <uuid>.share.<i>.json          trustee i's part of the decryption
    <uuid>.side-car.<i>.json       its strong proofs

Whoever carries the stick is trusted with nothing: messages are signed, and what they lead to is compared aloud.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeAlias

import msgspec

from townhall_kiosk.trustee import durable
from townhall_kiosk.trustee.errors import ExchangeError
from townhall_voting.errors import GroupRefusedError, ProgrammingError
from townhall_voting.schnorr_group import named_group
from townhall_voting.trustees.ceremony import Terms
from townhall_voting.trustees.side_car import file_name as side_car_name

_KIND = "townhall.ceremony-terms.v1"


class Step(Enum):
    """The messages that every trustee puts into the folder, in their order."""

    CERTIFICATE = "certificate"
    COMMIT = "commit"
    REVEAL = "reveal"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Missing:
    """Trustees whose message of a step is not there yet."""

    step: Step
    places: tuple[int, ...]


Gathered: TypeAlias = tuple[bytes, ...] | Missing


class _TermsWire(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    group: str
    size: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One such folder."""

    path: Path

    def terms(self) -> Terms | None:
        """Return the terms of the ceremony in this folder, None where none has begun.

        Raises:
            ExchangeError: they cannot be read.
        """
        data = self.read("ceremony.json")
        if data is None:
            return None
        try:
            wire = msgspec.json.decode(data, type=_TermsWire)
            terms = Terms(named_group(wire.group), wire.size, wire.threshold)
        except (msgspec.MsgspecError, UnicodeDecodeError, GroupRefusedError, ProgrammingError) as error:
            raise ExchangeError("ceremony.json says no terms of a ceremony") from error
        if wire.kind != _KIND:
            raise ExchangeError("ceremony.json says no terms of a ceremony")
        return terms

    def put_terms(self, terms: Terms) -> None:
        """Begin a ceremony, or find that it has begun on these terms.

        Raises:
            ExchangeError: on others.
        """
        wire = _TermsWire(_KIND, terms.group.name, terms.size, terms.threshold)
        self.put("ceremony.json", msgspec.json.encode(wire))

    def message(self, step: Step, place: int) -> bytes | None:
        """Return a trustee's message, None where it is not there yet."""
        return self.read(f"{place}-{step.value}.json")

    def has_message(self, step: Step, place: int) -> bool:
        """Whether there is something where a trustee's message belongs."""
        return (self.path / f"{place}-{step.value}.json").exists()

    def put_message(self, step: Step, place: int, data: bytes) -> None:
        """Put the own message; one that is there is never replaced.

        Raises:
            ExchangeError: another one is there.
        """
        self.put(f"{place}-{step.value}.json", data)

    def gather(self, step: Step, size: int) -> Gathered:
        """Return every trustee's message of a step, by place, or whose are missing."""
        messages = [self.message(step, place) for place in range(1, size + 1)]
        missing = tuple(place for place, each in enumerate(messages, start=1) if each is None)
        if missing:
            return Missing(step, missing)
        return tuple(each for each in messages if each is not None)

    def record(self, name: str | None = None) -> Path:
        """Return the record of that name in the folder; without a name, the only one.

        Raises:
            ExchangeError: there is none, or more than one and no name.
        """
        found = sorted(each for each in self.path.glob("*.bel") if name in {None, each.name})
        if len(found) != 1:
            raise ExchangeError("there is no such record" if not found else "there are several records: name one")
        return found[0]

    def shuffle_signature(self, uuid: str, owner: int) -> bytes | None:
        """Return a trustee's signature over their shuffle, None where there is none."""
        return self.read(_shuffle_signature_name(uuid, owner))

    def replace_shuffle_signature(self, uuid: str, owner: int, signature: bytes) -> None:
        """Put the own signature, in the place of an earlier one.

        Raises:
            ExchangeError: the folder cannot be written.
        """
        try:
            durable.replace(self.path / _shuffle_signature_name(uuid, owner), signature, mode=0o644)
        except OSError as error:
            raise ExchangeError("the folder cannot be written") from error

    def share(self, uuid: str, owner: int) -> tuple[bytes | None, bytes | None]:
        """Return a trustee's share and its side-car, as far as they are there."""
        return self.read(f"{uuid}.share.{owner}.json"), self.read(side_car_name(uuid, owner))

    def replace_share(self, uuid: str, owner: int, share: bytes, side_car: bytes) -> None:
        """Put the own share and side-car, in the place of earlier ones: both are made together.

        Raises:
            ExchangeError: the folder cannot be written.
        """
        try:
            durable.replace(self.path / side_car_name(uuid, owner), side_car, mode=0o644)
            durable.replace(self.path / f"{uuid}.share.{owner}.json", share, mode=0o644)
        except OSError as error:
            raise ExchangeError("the folder cannot be written") from error

    def read(self, name: str) -> bytes | None:
        """Return a file of the folder, None where there is none.

        Raises:
            ExchangeError: it cannot be read.
        """
        try:
            return durable.read(self.path / name)
        except OSError as error:
            raise ExchangeError(f"{name} cannot be read") from error

    def put(self, name: str, data: bytes) -> None:
        """Put a file, or find it there with the same bytes.

        Raises:
            ExchangeError: another file of that name is there, or the folder cannot be written.
        """
        try:
            durable.write_new(self.path / name, data, mode=0o644)
        except FileExistsError as error:
            if self.read(name) != data:
                raise ExchangeError(f"another {name} is there already") from error
        except OSError as error:
            raise ExchangeError("the folder cannot be written") from error


def _shuffle_signature_name(uuid: str, owner: int) -> str:
    return f"{uuid}.shuffled.{owner}.json"
