# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole centre in memory, for tests and training: keeps the protocol, and can be broken in every way that matters.

It implements ``CentralService`` and ``EnrolmentService`` and passes the same contract tests as the real centre over
HTTP. A test breaks the centre through ``faults`` and ``restore``, never the network::

    centre = CentralServiceSimulator(clock)
    centre.add_kiosk("kiosk-1", key.public_der)
    centre.faults.lose_replies = 2          # stores, and the answer gets lost, twice
    centre.faults.forge = Forgery.SIGNATURE # from now on
    centre.restore(size=3)                  # yesterday's backup: everything after the third envelope is gone
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.checkpoint import Checkpoint, Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.envelope import Envelope, verify_envelope
from townhall_crypto.errors import MalformedError, RefusedError
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_crypto.sealed import read_inner_header
from townhall_sync.central_service import (
    Answered,
    EnrolmentOutcome,
    PutOutcome,
    RateLimited,
    Refusal,
    Refused,
    Stored,
    Unreachable,
)
from townhall_sync.receipt import CentreKeys
from townhall_sync.simulated_authority import SimulatedAuthority
from townhall_sync.simulated_faults import Faults, forge
from townhall_sync.wire import (
    CheckpointReply,
    ConsistencyReply,
    EnrolmentAnswer,
    EnrolmentRequest,
    EnrolmentState,
    OneTimeCode,
    PutReply,
    ReceiptBody,
    RootDocument,
    SignedReceipt,
    central_leaf,
    decode_base64,
    encode_base64,
    enrolment_id,
    is_enrolment_proof,
    sign_checkpoint_reply,
    sign_receipt,
)

UNREADABLE = Refused("TH-CENT-002", Refusal.POISON)
UNKNOWN_KIOSK = Refused("TH-CENT-012", Refusal.NOT_ENROLLED)
NOT_YOURS = Refused("TH-CENT-014", Refusal.NOT_ENROLLED)
CODE_REFUSED = Refused("TH-CENT-015", Refusal.NOT_ENROLLED)
LINK_CONTRADICTED = Refused("TH-CENT-021", Refusal.FORKED)
SEQUENCE_TAKEN = Refused("TH-CENT-022", Refusal.FORKED)
OTHER_BYTES = Refused("TH-CENT-023", Refusal.FORKED)
NOT_BY_THE_KIOSK = "TH-CENT-061"
NOT_SEALED = "TH-CENT-062"
NO_KNOWN_RECIPIENT = "TH-CENT-063"


@dataclass(frozen=True, slots=True)
class _Stored:
    content: bytes
    header: tuple[str, str, int, str]
    """kiosk, journal id, seq, previous id"""
    receipt: SignedReceipt


class CentralServiceSimulator:
    """The centre. ``keys`` and ``root_json`` are what its kiosks know of it; ``envelopes`` is what it has, in order."""

    def __init__(self, wall: Callable[[], int], *, origin: str = "centre.example/log") -> None:
        """``wall`` is the centre's clock, in unix seconds."""
        self.faults = Faults()
        self.caller: str | None = None
        """The kiosk that is calling; None for whichever made the envelope."""
        self._wall = wall
        self._receipt_key, self._log_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self._signer = Ed25519NoteSigner(origin, self._log_key)
        self._authority = SimulatedAuthority()
        self.root_json = RootDocument(
            receipt_key=encode_base64(self._receipt_key.public_key().public_bytes_raw()),
            log_key=encode_base64(self._log_key.public_key().public_bytes_raw()),
            log_origin=origin,
            device_ca=encode_base64(self._authority.certificate_der),
        ).to_bytes()
        self.keys = CentreKeys.from_root(self.root_json)
        self.recipients: set[str] | None = None
        """Key ids of the agencies that it knows; None for every one."""
        self._kiosks: dict[str, bytes] = {}
        self._codes: dict[str, OneTimeCode] = {}
        self._enrolments: dict[str, tuple[EnrolmentRequest, EnrolmentState]] = {}
        self._stored: dict[str, _Stored] = {}
        self._tree = MerkleTree()

    # What the staff of the centre can do.

    @property
    def envelopes(self) -> dict[str, bytes]:
        """What the centre has, by id, in the order of its log."""
        return {envelope_id: stored.content for envelope_id, stored in self._stored.items()}

    @property
    def outcomes(self) -> dict[str, str]:
        """``accepted`` or ``quarantined``, by id."""
        return {envelope_id: stored.receipt.body.status for envelope_id, stored in self._stored.items()}

    def add_kiosk(self, kiosk: str, public_der: bytes) -> None:
        """Know a kiosk as enrolled."""
        self._kiosks[kiosk] = public_der

    def restore(self, size: int) -> None:
        """Go back to the backup of when the log had ``size`` leaves."""
        self._stored = dict(list(self._stored.items())[:size])
        self._tree = MerkleTree.from_leaf_hashes(self._tree.leaf(index) for index in range(size))

    def make_code(self, kiosk: str, secret: bytes) -> OneTimeCode:
        """Make a one-time code for a kiosk's name from 16 random bytes."""
        code = OneTimeCode(secret, hashlib.sha256(self.root_json).digest())
        self._codes[kiosk] = code
        return code

    def approve(self, request_id: str) -> None:
        """Let a kiosk in that asked for enrolment."""
        request, _state = self._enrolments[request_id]
        public_key = decode_base64(request.public_key)
        answer = EnrolmentAnswer(
            kiosk=request.kiosk,
            device_certificate=encode_base64(self._authority.issue(request.kiosk, public_key)),
            root=encode_base64(self.root_json),
        )
        self.add_kiosk(request.kiosk, public_key)
        self._enrolments[request_id] = (request, EnrolmentState(id=request_id, state="approved", answer=answer))

    def refuse(self, request_id: str) -> None:
        """Refuse a kiosk that asked for enrolment."""
        request, _state = self._enrolments[request_id]
        self._enrolments[request_id] = (request, EnrolmentState(id=request_id, state="refused"))

    # What kiosks can ask (CentralService).

    async def put_envelope(self, envelope_id: str, envelope: bytes) -> PutOutcome:
        """Take one envelope."""
        faults = self.faults
        if faults.rate_limit_s is not None:
            return RateLimited(faults.rate_limit_s)
        if faults.lose_requests:
            faults.lose_requests -= 1
            return Unreachable("request lost")
        if envelope_id in faults.stumble:
            return Unreachable("status 500")
        outcome = self._put(envelope_id, envelope)
        if faults.repeat_requests:
            outcome = self._put(envelope_id, envelope)
        if faults.lose_replies:
            faults.lose_replies -= 1
            return Unreachable("reply lost")
        return Stored(forge(outcome.reply, faults.forge, self._receipt_key)) if isinstance(outcome, Stored) else outcome

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Answer with the newest checkpoint."""
        if self._is_lost():
            return None
        stale = self.faults.stale_checkpoint
        return stale or sign_checkpoint_reply(self._checkpoint(), nonce, self._wall(), self._receipt_key)

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Answer with a consistency proof."""
        if self._is_lost() or not 0 < first <= second <= self._tree.size:
            return None
        proof = self._tree.consistency_proof(first, second)
        return ConsistencyReply(first=first, second=second, proof=tuple(node.hex() for node in proof))

    # What kiosks can ask before they are enrolled (EnrolmentService).

    async def ask_enrolment(self, request: EnrolmentRequest) -> EnrolmentOutcome:
        """Take a request that proves a one-time code; the code is used up."""
        if self._is_lost():
            return Unreachable("request lost")
        public_key = decode_base64(request.public_key)
        name = enrolment_id(public_key)
        if name not in self._enrolments:
            code = self._codes.get(request.kiosk)
            if code is None or not is_enrolment_proof(request.proof, code.secret, public_key):
                return CODE_REFUSED
            del self._codes[request.kiosk]
            self._enrolments[name] = (request, EnrolmentState(id=name, state="pending"))
        return Answered(self._enrolments[name][1])

    async def enrolment(self, enrolment_id: str) -> EnrolmentOutcome:
        """Tell how a request stands."""
        if self._is_lost():
            return Unreachable("request lost")
        known = self._enrolments.get(enrolment_id)
        return Refused("TH-CENT-004", Refusal.POISON) if known is None else Answered(known[1])

    def _is_lost(self) -> bool:
        if self.faults.lose_requests:
            self.faults.lose_requests -= 1
            return True
        return False

    def _put(self, envelope_id: str, untrusted: bytes) -> PutOutcome:
        try:
            header = Envelope.from_bytes(untrusted).header
        except MalformedError:
            return UNREADABLE
        if envelope_id in self.faults.poison or header.envelope_id != envelope_id:
            return UNREADABLE
        public_key = self._kiosks.get(self.caller or header.kiosk)
        if public_key is None or self.caller not in {None, header.kiosk}:
            return UNKNOWN_KIOSK if public_key is None else NOT_YOURS
        place = (header.kiosk, header.journal_id, header.seq, header.prev_hash)
        known = self._stored.get(envelope_id)
        if known is not None:
            return self._reply(known) if known.content == untrusted else OTHER_BYTES
        conflict = self._conflict(envelope_id, place)
        if conflict is not None:
            return conflict
        return self._reply(self._store(envelope_id, untrusted, place, self._reason(untrusted, public_key)))

    def _conflict(self, envelope_id: str, place: tuple[str, str, int, str]) -> Refused | None:
        kiosk, journal_id, seq, previous = place
        neighbours = {
            stored.header[2]: (other_id, stored.header[3])
            for other_id, stored in self._stored.items()
            if stored.header[:2] == (kiosk, journal_id) and abs(stored.header[2] - seq) <= 1
        }
        if seq in neighbours:
            return SEQUENCE_TAKEN
        if seq - 1 in neighbours and neighbours[seq - 1][0] != previous:
            return LINK_CONTRADICTED
        if seq + 1 in neighbours and neighbours[seq + 1][1] != envelope_id:
            return LINK_CONTRADICTED
        return None

    def _store(self, envelope_id: str, content: bytes, place: tuple[str, str, int, str], reason: str) -> _Stored:
        index = self._tree.append(leaf_hash(central_leaf(envelope_id)))
        body = ReceiptBody(
            id=envelope_id,
            kiosk=place[0],
            journal_id=place[1],
            seq=place[2],
            status="quarantined" if reason else "accepted",
            reason=reason,
            server_time=self._wall(),
            index=index,
            checkpoint=self._checkpoint(),
            inclusion_proof=tuple(node.hex() for node in self._tree.inclusion_proof(index)),
        )
        stored = self._stored[envelope_id] = _Stored(content, place, sign_receipt(body, self._receipt_key))
        return stored

    def _reply(self, stored: _Stored) -> Stored:
        journal = stored.header[:2]
        have = {other.header[2] for other in self._stored.values() if other.header[:2] == journal}
        lowest_missing = next(seq for seq in range(1, len(have) + 2) if seq not in have)
        return Stored(PutReply(receipt=stored.receipt, lowest_missing_seq=lowest_missing))

    def _checkpoint(self) -> str:
        return sign_checkpoint(Checkpoint(self._signer.name, self._tree.size, self._tree.root()), self._signer)

    def _reason(self, untrusted: bytes, public_key: bytes) -> str:
        """Return why an agency could not use an envelope; empty if it can."""
        try:
            envelope = verify_envelope(untrusted, public_key)
        except RefusedError:
            return NOT_BY_THE_KIOSK
        try:
            recipients = read_inner_header(envelope.sealed).recipients
        except RefusedError:
            return NOT_SEALED
        is_known = self.recipients is None or not self.recipients.isdisjoint(recipients)
        return "" if is_known else NO_KNOWN_RECIPIENT
