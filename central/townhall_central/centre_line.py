# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line of an inbox or a board to its centre: signed requests, short answers. The only file here that knows HTTP."""

import secrets
import time
from types import TracebackType
from typing import Self

import httpx2
import msgspec

from townhall_central.agencies import InboxPage
from townhall_central.agency_keys import SigningKey
from townhall_central.errors import CentreRefusedError, CentreUnreachableError
from townhall_crypto.envelope import MAX_ENVELOPE_BYTES
from townhall_sync import wire
from townhall_sync.ballot_log import BallotLogPart
from townhall_sync.http_signatures import SignableRequest, sign_request

_TIMEOUT_S = 30.0


class CentreLine:
    """Asks one centre for what came for one agency."""

    def __init__(self, base_url: str, key_id: str, key: SigningKey) -> None:
        self._key_id = key_id
        self._key = key
        # What the environment says about proxies is no setting of ours.
        self._client = httpx2.Client(base_url=base_url, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

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
        self._exchange(
            self._client.build_request("PUT", f"/v1/ballot-logs/{self._key_id}", content=body, headers=headers), 0
        )

    def _get(self, target: str, limit: int) -> bytes:
        return self._exchange(self._client.build_request("GET", target), limit)

    def _exchange(self, request: httpx2.Request, limit: int) -> bytes:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        signable = SignableRequest(request.method, request.headers["host"], path, query, request.content)
        nonce, now = secrets.token_urlsafe(16), int(time.time())
        request.headers.update(sign_request(signable, self._key, key_id=self._key_id, created=now, nonce=nonce))
        try:
            response = self._client.send(request, stream=True)
            try:
                return self._read(response, limit)
            finally:
                response.close()
        except httpx2.HTTPError as exc:
            raise CentreUnreachableError("the centre does not answer") from exc

    def _read(self, response: httpx2.Response, limit: int) -> bytes:
        if response.status_code >= 500 or response.status_code in {408, 429}:
            raise CentreUnreachableError(f"the centre answered {response.status_code}")
        if response.status_code not in {200, 204}:
            raise CentreRefusedError(f"the centre answered {response.status_code}")
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise CentreRefusedError("the centre sent more than it ever does")
        return bytes(body)
