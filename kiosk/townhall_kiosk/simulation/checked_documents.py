# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents of a simulated state as staff see them once they are checked: for tests of screens. No chip is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_kiosk.document_check.desk import CheckedDocument
from townhall_kiosk.document_check.work import examine
from townhall_smartcard.emrtd.access import AccessProtocol
from townhall_smartcard.emrtd.document import ChipRead
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.passive_authentication import ReadDocument
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.picture.messages import PictureRefusal, Pixels
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.states import Standing


@cache
def authority() -> Standing:
    """Return the one authority of the simulated state."""
    return states.authority(CurveStateKey("secp256r1"))


@cache
def signer() -> Standing:
    """Return who signs its documents."""
    return states.document_signer(authority(), CurveStateKey("secp256r1"))


def trust_files() -> StateTrustFiles:
    """Return what an administrator publishes who trusts that state."""
    now = datetime.now(UTC)
    return StateTrustFiles({"ut.der": authority().der}, {}, {"ut.crl": states.revocation_list(authority())}, now)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the chip says, what is printed, and what is odd about it."""

    holder: Holder = field(default_factory=Holder)
    printed: Holder | None = None  # None: the same
    own_name: str = ""
    chip: ChipVerdict = ChipVerdict.PROVED
    is_access_confirmed: bool | None = True
    closed: tuple[int, ...] = ()
    has_zone: bool = True
    is_trusted: bool = True
    face: Pixels | PictureRefusal | None = None


WISHES: tuple[Wish, ...] = (
    Wish(),
    Wish(own_name="Эрикссон<<Анна Мариа", holder=Holder(optional="X1")),
    Wish(own_name="Ericsson<<Annika", chip=ChipVerdict.NOT_OFFERED),
    Wish(own_name="エリクソン<<アンナ", is_access_confirmed=False, closed=(15,)),
    Wish(printed=replace(Holder(), surname="ERIKSON", sex="M", optional="Z")),
    Wish(holder=replace(Holder(), expiry="200101"), chip=ChipVerdict.NOT_PROVED),
    Wish(has_zone=False),
    Wish(is_trusted=False, face=Pixels(2, 3, bytes(18))),
    *(Wish(face=why) for why in PictureRefusal),
)


def checked(wish: Wish) -> CheckedDocument:
    """Return a document as the work leaves it on the desk."""
    zone = lds_files.td1(wish.holder)
    groups = {1: lds_files.dg1(zone if wish.has_zone else "?" * 90)}
    if wish.own_name:
        groups[11] = lds_files.details(LdsFile.DG11, {0x5F0E: wish.own_name.encode(), 0x5F10: b"47101010033"})
    read = ChipRead(
        document=ReadDocument(states.security_object(signer(), groups), groups),
        chip=wish.chip,
        is_access_confirmed=wish.is_access_confirmed,
        closed=wish.closed,
    )
    now = datetime.now(UTC)
    trust = load_state_trust(trust_files(), now) if wish.is_trusted else StateTrust((), {})
    printed = parse_mrz(lds_files.td1(wish.printed or wish.holder))
    found = examine(DocumentRead(AccessProtocol.PACE, read, 40, 0.5, {}), printed, trust, now)
    return replace(found, face=wish.face)


def every_kind() -> Iterator[CheckedDocument]:
    """Return one of each kind that a screen could show differently."""
    return map(checked, WISHES)
