# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line of an inbox or a board to its centre: signed requests, short answers."""

import secrets
import time
from types import TracebackType
from typing import Self

import httpx2
import msgspec

from townhall_central.agencies import InboxPage
from townhall_central.agency_keys import SigningKey
from townhall_central.bounded_http import Asked, BoundedHttp
from townhall_central.errors import CentreRefusedError, CentreUnreachableError
from townhall_crypto.envelope import MAX_ENVELOPE_BYTES
from townhall_sync import wire
from townhall_sync.ballot_log import BallotLogPart
from townhall_sync.http_signatures import SignableRequest, sign_request

_WITHIN_S = 600.0  # for the largest envelope on a slow line


class CentreLine:
    """Asks one centre for what came for one agency."""

    def __init__(self, base_url: str, key_id: str, key: SigningKey) -> None:
        self._key_id = key_id
        self._key = key
        self._line = BoundedHttp(Asked("the centre", CentreUnreachableError, CentreRefusedError, _WITHIN_S), base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def page(self, after: int) -> InboxPage:
        """Return the next envelopes after a log index.

        Raises:
            CentreUnreachableError: no answer, or not now.
            CentreRefusedError: a refusal, or an answer that no centre gives.
        """
        body = self._get(f"/v1/inbox/{self._key_id}?after={after}", wire.MAX_MESSAGE_BYTES * 4)
        try:
            return msgspec.json.decode(body, type=InboxPage)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise CentreRefusedError("the centre sent no page") from exc

    def envelope(self, envelope_id: str) -> bytes:
        """Return one envelope as the centre has it, unverified; raises as `page` does."""
        return self._get(f"/v1/inbox/{self._key_id}/{envelope_id}", MAX_ENVELOPE_BYTES)

    def put_ballot_log(self, part: BallotLogPart) -> None:
        """Give the ballot box's public log to the centre, for kiosks; raises as `page` does."""
        body, headers = wire.to_json(part), {"Content-Type": "application/json"}
        self._exchange(self._line.request("PUT", f"/v1/ballot-logs/{self._key_id}", body, headers), 0)

    def _get(self, target: str, limit: int) -> bytes:
        return self._exchange(self._line.request("GET", target), limit)

    def _exchange(self, request: httpx2.Request, limit: int) -> bytes:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        signable = SignableRequest(request.method, request.headers["host"], path, query, request.content)
        nonce, now = secrets.token_urlsafe(16), int(time.time())
        request.headers.update(sign_request(signable, self._key, key_id=self._key_id, created=now, nonce=nonce))
        answer = self._line.exchange(request, limit)
        if answer.status >= 500 or answer.status in {408, 429}:
            raise CentreUnreachableError(f"the centre answered {answer.status}")
        if answer.status not in {200, 204}:
            raise CentreRefusedError(f"the centre answered {answer.status}")
        return answer.body
