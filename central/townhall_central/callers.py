# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is calling: checks RFC 9421 signatures of requests against the keys that the centre knows."""

from starlette.requests import Request

from townhall_central.errors import DigestMismatchError, SignatureRefusedError
from townhall_sync.errors import RequestSignatureError
from townhall_sync.http_signatures import SignableRequest, content_digest, read_key_id, verify_request


def claimed_key_id(request: Request) -> str:
    """Return the key id that a request claims, unverified; raises SignatureRefusedError where it claims none."""
    try:
        return read_key_id(request.headers)
    except RequestSignatureError as exc:
        raise SignatureRefusedError from exc


def verify(request: Request, body: bytes, public_key_der: bytes) -> None:
    """Check that the owner of the key signed this request with this body.

    Raises:
        DigestMismatchError: the body is not the one that the request's Content-Digest speaks of.
        SignatureRefusedError: anything else.
    """
    path, query = request.scope["raw_path"], request.scope["query_string"]
    signable = SignableRequest(
        method=request.method,
        authority=request.headers.get("host", ""),
        path=path.decode("ascii", "replace"),
        query=query.decode("ascii", "replace"),
        body=body,
    )
    try:
        verify_request(signable, request.headers, public_key_der)
    except RequestSignatureError as exc:
        # Told apart only now: hashing megabytes once more is for the few that fail.
        if request.headers.get("content-digest") != content_digest(body):
            raise DigestMismatchError from exc
        raise SignatureRefusedError from exc
