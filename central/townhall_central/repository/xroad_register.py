# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A register behind a security server of X-Road (Message Protocol for REST, PR-REST 1.0).

The request goes to our own security server, which signs, logs and carries it: ``POST /r1/{service}/persons`` with the
person in the body, since addresses stand in every log.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Annotated, Final, Self

import msgspec

from townhall_central.bounded_http import Asked, BoundedHttp, HttpAnswer
from townhall_central.errors import RegisterSourceError
from townhall_forms.registers.statement import Person

_MAX_ANSWER_BYTES: Final = 128 * 1024
_PART: Final = r"[A-Za-z0-9._-]{1,64}"  # what needs no escape in an identifier (PR-REST 4.8)
_SUBSYSTEM: Final = re.compile(rf"{_PART}/{_PART}/{_PART}/{_PART}")
_SERVICE: Final = re.compile(rf"{_PART}/{_PART}/{_PART}/{_PART}/{_PART}")
_WORD: Final = re.compile(r"[!-~][ -~]{0,199}")


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    values: Annotated[dict[str, str], msgspec.Meta(max_length=100)]


@dataclass(frozen=True, slots=True)
class XRoadParties:
    """Who asks whom, by whose order and why: it stands in the headers of every request, and in both sides' logs."""

    server: str  # address of our own security server
    client: str  # X-Road-Client: instance/class/member/subsystem
    service: str  # instance/class/member/subsystem/service
    user: str  # X-Road-UserId: who ordered it, "EE" and a personal code
    issue: str  # X-Road-Issue: the file or decision that allows it

    def __post_init__(self) -> None:
        """Raise RegisterSourceError for identifiers that X-Road does not know."""
        if not _SUBSYSTEM.fullmatch(self.client) or not _SERVICE.fullmatch(self.service):
            raise RegisterSourceError("a client has four parts, a service five, with slashes between")
        if not all(map(_WORD.fullmatch, (self.user, self.issue))):
            raise RegisterSourceError("who asks and why: one line of plain signs each")


class XRoadRegister:
    """Implements ``RegisterSource``; use it as a context manager."""

    def __init__(self, parties: XRoadParties) -> None:
        """Ask nothing yet."""
        self._parties = parties
        self._line = BoundedHttp(Asked("the security server", RegisterSourceError, RegisterSourceError))

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line."""
        self._line.__exit__(kind, error, trace)

    def look_up(self, person: Person) -> Mapping[str, str] | None:
        """Return what the register states about a person; see ``RegisterSource``."""
        parties, number = self._parties, str(uuid.uuid4())
        headers = {
            "X-Road-Client": parties.client,
            "X-Road-Id": number,
            "X-Road-UserId": parties.user,
            "X-Road-Issue": parties.issue,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        body = msgspec.json.encode({"country": person.country, "personal_code": person.personal_code})
        url = f"{parties.server.rstrip('/')}/r1/{parties.service}/persons"
        answer = self._line.exchange(self._line.request("POST", url, body, headers), _MAX_ANSWER_BYTES)
        return _read(answer, parties.service, number)


def _read(response: HttpAnswer, service: str, number: str) -> Mapping[str, str] | None:
    if "X-Road-Error" in response.headers:  # by a security server, not by the register (PR-REST 4.7)
        raise RegisterSourceError(f"X-Road did not carry it: {response.status}")
    if (response.headers.get("X-Road-Id"), response.headers.get("X-Road-Service")) != (number, service):
        raise RegisterSourceError("an answer to another request, or by another service")
    if response.status == HTTPStatus.NOT_FOUND:
        return None
    if response.status != HTTPStatus.OK:
        raise RegisterSourceError(f"the register answered {response.status}")
    try:
        return msgspec.json.decode(response.body, type=_Answer).values
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise RegisterSourceError("the register answered something else than values") from None
