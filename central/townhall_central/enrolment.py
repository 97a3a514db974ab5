# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a kiosk becomes one of ours: an administrator's one-time code, the kiosk's proof, another one's approval."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from townhall_central import device_ca
from townhall_central.errors import EnrolmentStateError, SameAdministratorError, SetupError
from townhall_central.tables import CODE, ENROLMENT, KIOSK
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

CODE_LIFE_S = 15 * 60
"""By the centre's clock; a kiosk's clock has no say."""
MAX_WRONG_PROOFS = 10
_SECRET_BYTES = 16
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ADMINISTRATOR = re.compile(r"\S(.{0,62}\S)?")

Certify = Callable[[str, bytes], bytes]
"""(kiosk, public key DER) -> certificate DER, by the device CA."""


@dataclass(frozen=True, slots=True)
class Requested:
    """A request that the centre holds, and where it stands; `is_new` if this call made it."""

    is_new: bool
    state: wire.EnrolmentState


@dataclass(frozen=True, slots=True)
class Waiting:
    """An enrolment that waits for its approval."""

    id: str
    kiosk: str
    requested_at: int
    code_by: str


def create_code(connection: Connection, kiosk: str, *, by: str, root_sha256: bytes, now: int) -> wire.OneTimeCode:
    """Make the one open code for a kiosk's name; an earlier one is void from now on.

    Raises:
        SetupError: a name that no kiosk or administrator can have.
    """
    if not _NAME.fullmatch(kiosk):
        raise SetupError("a kiosk's name: 1 to 64 letters, digits, dots, dashes or underscores")
    check_administrator(by)
    connection.execute(update(CODE).where(CODE.c.kiosk == kiosk).values(secret=None))
    secret = secrets.token_bytes(_SECRET_BYTES)
    connection.execute(
        insert(CODE).values(
            kiosk=kiosk, secret=secret, created_by=by, created_at=now, expires_at=now + CODE_LIFE_S, wrong_proofs=0
        )
    )
    return wire.OneTimeCode(secret, root_sha256)


def request(connection: Connection, asked: wire.EnrolmentRequest, *, root: bytes, now: int) -> Requested | None:
    """Record a kiosk's request, once. None: code unknown, used, void or expired; proof wrong; or no key at all.

    Asking again with the same key is answered with where it stands: an answer that was lost costs no new code. The
    caller commits in every case, since a wrong proof is counted.
    """
    try:
        public_key = wire.decode_base64(asked.public_key)
    except MessageMalformedError:
        return None
    known = state(connection, wire.enrolment_id(public_key), root=root)
    if known is not None:
        return Requested(is_new=False, state=known)
    code = (
        connection.execute(select(CODE).where(CODE.c.kiosk == asked.kiosk, CODE.c.secret.is_not(None)))
        .mappings()
        .first()
    )
    if code is None or not device_ca.is_device_key(public_key):
        return None
    if now >= code["expires_at"]:
        _forget(connection, code["id"])
        return None
    if not wire.is_enrolment_proof(asked.proof, code["secret"], public_key):
        _count_wrong(connection, code)
        return None
    _forget(connection, code["id"])
    identifier = wire.enrolment_id(public_key)
    connection.execute(
        insert(ENROLMENT).values(
            id=identifier,
            code_id=code["id"],
            kiosk=asked.kiosk,
            public_key=public_key,
            requested_at=now,
            state="pending",
        )
    )
    return Requested(is_new=True, state=wire.EnrolmentState(id=identifier, state="pending"))


def state(connection: Connection, identifier: str, *, root: bytes) -> wire.EnrolmentState | None:
    """Return where a request stands, or None where there is none of that id."""
    row = connection.execute(select(ENROLMENT).where(ENROLMENT.c.id == identifier)).mappings().first()
    if row is None:
        return None
    if row["state"] != "approved":
        return wire.EnrolmentState(id=identifier, state="refused" if row["state"] == "refused" else "pending")
    answer = wire.EnrolmentAnswer(
        kiosk=row["kiosk"],
        device_certificate=wire.encode_base64(row["certificate"]),
        root=wire.encode_base64(root),
    )
    return wire.EnrolmentState(id=identifier, state="approved", answer=answer)


def waiting(connection: Connection) -> list[Waiting]:
    """Return what waits for approval, oldest first."""
    statement = (
        select(ENROLMENT.c.id, ENROLMENT.c.kiosk, ENROLMENT.c.requested_at, CODE.c.created_by)
        .join(CODE, CODE.c.id == ENROLMENT.c.code_id)
        .where(ENROLMENT.c.state == "pending")
        .order_by(ENROLMENT.c.requested_at, ENROLMENT.c.id)
    )
    return [Waiting(*row) for row in connection.execute(statement)]


def approve(connection: Connection, identifier: str, *, by: str, certify: Certify, now: int) -> str:
    """Certify the kiosk and let it in; returns its name. An earlier device of that name is replaced.

    Raises:
        EnrolmentStateError: no such request, or it was decided before.
        SameAdministratorError: `by` made the code.
    """
    row = _pending(connection, identifier)
    if check_administrator(by).casefold() == row["created_by"].casefold():
        raise SameAdministratorError("who made the one-time code may not approve the kiosk: ask another administrator")
    kiosk, public_key = row["kiosk"], row["public_key"]
    certificate = certify(kiosk, public_key)
    decision = {"state": "approved", "decided_by": by, "decided_at": now, "certificate": certificate}
    connection.execute(update(ENROLMENT).where(ENROLMENT.c.id == identifier).values(**decision))
    connection.execute(delete(KIOSK).where(KIOSK.c.name == kiosk))
    connection.execute(
        insert(KIOSK).values(name=kiosk, enrolment_id=identifier, public_key=public_key, certificate=certificate)
    )
    return str(kiosk)


def refuse(connection: Connection, identifier: str, *, by: str, now: int) -> str:
    """Refuse a request for good; returns the kiosk's name.

    Raises:
        EnrolmentStateError: no such request, or it was decided before.
    """
    row = _pending(connection, identifier)
    decision = {"state": "refused", "decided_by": check_administrator(by), "decided_at": now}
    connection.execute(update(ENROLMENT).where(ENROLMENT.c.id == identifier).values(**decision))
    return str(row["kiosk"])


def check_administrator(name: str) -> str:
    """Return an administrator's name, or raise SetupError for none."""
    if not _ADMINISTRATOR.fullmatch(name):
        raise SetupError("an administrator's name: 1 to 64 signs, without spaces around it")
    return name


def _pending(connection: Connection, identifier: str) -> RowMapping:
    statement = (
        select(ENROLMENT.c.kiosk, ENROLMENT.c.public_key, ENROLMENT.c.state, CODE.c.created_by)
        .join(CODE, CODE.c.id == ENROLMENT.c.code_id)
        .where(ENROLMENT.c.id == identifier)
    )
    row = connection.execute(statement).mappings().first()
    if row is None or row["state"] != "pending":
        raise EnrolmentStateError("no request of this id waits for a decision")
    return row


def _forget(connection: Connection, code_id: int) -> None:
    connection.execute(update(CODE).where(CODE.c.id == code_id).values(secret=None))


def _count_wrong(connection: Connection, code: RowMapping) -> None:
    wrong = code["wrong_proofs"] + 1
    connection.execute(update(CODE).where(CODE.c.id == code["id"]).values(wrong_proofs=wrong))
    if wrong >= MAX_WRONG_PROOFS:
        _forget(connection, code["id"])
