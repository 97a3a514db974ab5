# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a document's chip is asked for, in which order: what was signed, the person, the picture, whether it is a copy.

Only files that EF.SOD has a hash of are read: no other could be believed. Fingerprints and irises are not asked for.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from townhall_crypto.signed_content import open_content
from townhall_crypto.state_errors import ContentRefusedError
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.emrtd.card_access import pace_infos
from townhall_smartcard.emrtd.lds.files import LdsFile, content_of
from townhall_smartcard.emrtd.lds.security_object import SECURITY_INFOS, open_sod, parse_security_object
from townhall_smartcard.emrtd.passive_authentication import ReadDocument
from townhall_smartcard.emrtd.security_infos import ChipAuthenticationInfo, SecurityInfo, parse_security_infos
from townhall_smartcard.emrtd.session import ChipVerdict, EmrtdSession
from townhall_smartcard.errors import CardUnreadableError, DataGroupUnreadableError, UnexpectedStatusError

_WITH_KEYS: Final = frozenset({LdsFile.DG14.number, LdsFile.DG15.number})
_OF_THE_PERSON: Final = (LdsFile.DG1, LdsFile.DG11, LdsFile.DG12)


class MeteredConnection:
    """A card connection that counts commands, and the time that the card takes for them."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection: Final = connection
        self.commands = 0
        self.seconds = 0.0

    def transmit(self, command: RawCommand) -> bytes:
        """Send one command; see ``CardConnection``."""
        started = perf_counter()
        try:
            return self._connection.transmit(command)
        finally:
            self.commands += 1
            self.seconds += perf_counter() - started


@dataclass(frozen=True, slots=True)
class ChipRead:
    """What was read, as it came, and whether the chip proved that it is the one that was signed.

    ``chip`` counts only where Passive Authentication says that the files with its keys are the state's.
    """

    document: ReadDocument
    chip: ChipVerdict
    mapping: ChipVerdict = ChipVerdict.NOT_OFFERED
    """What chip authentication mapping proved, with the keys of ``untrusted_card_security``."""
    untrusted_card_security: bytes = field(default=b"", repr=False)
    is_access_confirmed: bool | None = None
    """Whether the chip offered what the state signed that it offers; None: it shows nothing signed about that."""
    closed: tuple[int, ...] = ()
    """Data groups that the chip did not show."""
    marks: Mapping[str, float] = field(default_factory=dict, compare=False)
    """When each step was done, by its name, in seconds of the clock that was given."""


def read_document(session: EmrtdSession, now: Callable[[], float] = perf_counter) -> ChipRead:
    """Read an open chip.

    Raises:
        CardUnreadableError: the chip breaks off, or has no EF.SOD.
    """
    sod = session.read_file(LdsFile.SOD)
    if sod is None:
        raise DataGroupUnreadableError(LdsFile.SOD.name)
    marks = {"signature": now()}
    listed = _listed(sod)
    groups: dict[int, bytes] = {}
    closed: list[int] = []
    _read(session, _OF_THE_PERSON, listed, groups, closed)
    marks["data"] = now()
    _read(session, (LdsFile.DG2,), listed, groups, closed)
    marks["picture"] = now()
    _read(session, (LdsFile.DG14,), listed, groups, closed)
    if not any(isinstance(each, ChipAuthenticationInfo) for each in _infos(groups)):
        _read(session, (LdsFile.DG15,), listed, groups, closed)
    # Last of all: a copy cannot go on under the keys that it could not agree on.
    chip = session.authenticate_chip(_infos(groups))
    if chip is ChipVerdict.NOT_OFFERED:
        chip = _challenged(session, groups)
    if chip is ChipVerdict.NOT_OFFERED and not _WITH_KEYS.isdisjoint(closed):
        chip = ChipVerdict.NOT_PROVED  # the state signed keys that this chip would not show: so a copy hides
    marks["chip"] = now()
    security = _card_security(session, chip)
    return ChipRead(
        document=ReadDocument(sod, groups),
        chip=chip,
        mapping=session.check_mapping(_infos_of(security)),
        untrusted_card_security=security,
        is_access_confirmed=_is_confirmed(session, groups),
        closed=tuple(closed),
        marks=marks,
    )


def _listed(sod: bytes) -> frozenset[int]:
    """Return the groups that EF.SOD speaks of; of one that cannot be read, those that everybody has."""
    try:
        return frozenset(parse_security_object(open_sod(sod).untrusted_content).hashes)
    except (ContentRefusedError, DataGroupUnreadableError):
        return frozenset({1, 2})


def _read(
    session: EmrtdSession,
    wanted: tuple[LdsFile, ...],
    listed: frozenset[int],
    groups: dict[int, bytes],
    closed: list[int],
) -> None:
    for file in wanted:
        if file.number not in listed:
            continue
        try:
            content = session.read_file(file)
        except UnexpectedStatusError:
            content = None
        if content is None:
            closed.append(file.number)
        else:
            groups[file.number] = content


def _infos(groups: Mapping[int, bytes]) -> tuple[SecurityInfo, ...]:
    """Return the security information of DG14, nothing where it is not there or cannot be read."""
    with suppress(CardUnreadableError, KeyError):
        return parse_security_infos(content_of(groups[LdsFile.DG14.number], LdsFile.DG14))
    return ()


def _infos_of(untrusted_card_security: bytes) -> tuple[SecurityInfo, ...]:
    with suppress(CardUnreadableError, ContentRefusedError):
        return parse_security_infos(open_content(untrusted_card_security, SECURITY_INFOS).untrusted_content)
    return ()


def _card_security(session: EmrtdSession, chip: ChipVerdict) -> bytes:
    """Return EF.CardSecurity where only the mapping can say whether the chip is a copy."""
    is_wanted = chip is ChipVerdict.NOT_OFFERED and session.check_mapping(()) is not ChipVerdict.NOT_OFFERED
    return (session.read_card_security() or b"") if is_wanted else b""


def _is_confirmed(session: EmrtdSession, groups: Mapping[int, bytes]) -> bool | None:
    signed = pace_infos(_infos(groups))
    return session.is_access_confirmed(signed) if signed else None


def _challenged(session: EmrtdSession, groups: Mapping[int, bytes]) -> ChipVerdict:
    try:
        key = content_of(groups[LdsFile.DG15.number], LdsFile.DG15)
    except (DataGroupUnreadableError, KeyError):
        return ChipVerdict.NOT_OFFERED
    return session.challenge_chip(key, _infos(groups))
