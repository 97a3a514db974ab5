# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lets schemathesis speak as an enrolled kiosk and as an agency, so that it gets past the door.

Every third request goes out as generated: unsigned, or signed by nobody in particular.
"""

import itertools
import os
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import schemathesis
from hypothesis import strategies as st

from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk
from townhall_crypto.envelope import Envelope
from townhall_crypto.recipients import RecipientPublicKey
from townhall_sync import wire
from townhall_sync.batch import BATCH_MEDIA_TYPE, NamedEnvelope, encode
from townhall_sync.http_signatures import SignableRequest, sign_request

_SIGNED = {"Content-Digest", "Signature-Input", "Signature"}
# Any: which kind of schema an operation is of, which the hooks do not care about.
Case: TypeAlias = schemathesis.Case[Any]
SECRET = 4711
NAME = "kiosk-1"

_key = MemoryDeviceKey(SECRET)
_recipient = RecipientPublicKey.from_bytes(bytes.fromhex(os.environ["TOWNHALL_TEST_RECIPIENT"]))
_kiosk = SimulatedKiosk(NAME, _key, b"", [_recipient], 1_800_000_000)
_envelopes = [each.to_bytes() for each in _kiosk.chain(12)]
_batches = [
    encode([NamedEnvelope(Envelope.from_bytes(each).header.envelope_id, each) for each in _envelopes[start:stop]])
    for start, stop in ((0, 3), (2, 12), (5, 6))
]
_turn = itertools.count()

schemathesis.openapi.media_type(wire.ENVELOPE_MEDIA_TYPE, st.sampled_from(_envelopes))
schemathesis.openapi.media_type(BATCH_MEDIA_TYPE, st.sampled_from(_batches))


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: Case, _kwargs: dict[str, object]) -> None:
    if next(_turn) % 3 == 0 or not _SIGNED.issubset(case.headers):
        return  # a case about a missing header keeps it missing
    if case.method == "PUT" and isinstance(case.body, bytes) and case.body in _envelopes:
        identifier = Envelope.from_bytes(case.body).header.envelope_id
        case.path_parameters["envelope_id"] = identifier
        _sign(case, f"/v1/envelopes/{identifier}", "", case.body, NAME)
    elif case.method == "POST" and isinstance(case.body, bytes) and case.path == "/v1/envelopes":
        _sign(case, "/v1/envelopes", "", case.body, NAME)
    elif case.path.startswith("/v1/inbox/") and not case.query:
        case.path_parameters["key_id"] = _recipient.key_id
        path = case.path.format(**case.path_parameters)
        _sign(case, path, "", b"", _recipient.key_id)


def _sign(case: Case, path: str, query: str, body: bytes, key_id: str) -> None:
    authority = urlsplit(case.operation.base_url or "").netloc
    request = SignableRequest(case.method, authority, path, query, body)
    case.headers.update(sign_request(request, _key, key_id=key_id, created=1, nonce="n"))
