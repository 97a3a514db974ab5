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
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_crypto.envelope import Envelope
from townhall_crypto.errors import MalformedError
from townhall_sync.batch import NamedEnvelope, decode, encode
from townhall_sync.central_service import (
    Answered,
    BatchAnswered,
    BatchOutcome,
    EnrolmentOutcome,
    PutOutcome,
    RateLimited,
    Refusal,
    Refused,
    Stored,
    Unreachable,
)
from townhall_sync.receipt import CentreKeys
from townhall_sync.simulated_archive import Admitted, SimulatedArchive
from townhall_sync.simulated_authority import SimulatedAuthority
from townhall_sync.simulated_faults import Faults, forge
from townhall_sync.wire import (
    CheckpointReply,
    ConsistencyReply,
    EnrolmentAnswer,
    EnrolmentRequest,
    EnrolmentState,
    OneTimeCode,
    RestorationBody,
    Restorations,
    RootDocument,
    SignedRestoration,
    decode_base64,
    encode_base64,
    enrolment_id,
    is_enrolment_proof,
    sign_checkpoint_reply,
)

UNREADABLE = Refused("TH-CENT-002", Refusal.POISON)
UNKNOWN_KIOSK = Refused("TH-CENT-012", Refusal.NOT_ENROLLED)
NOT_YOURS = Refused("TH-CENT-014", Refusal.NOT_ENROLLED)
CODE_REFUSED = Refused("TH-CENT-015", Refusal.NOT_ENROLLED)
NOT_FOUND = Refused("TH-CENT-004", Refusal.POISON)


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
        self._kiosks: dict[str, bytes] = {}
        self._codes: dict[str, OneTimeCode] = {}
        self._enrolments: dict[str, tuple[EnrolmentRequest, EnrolmentState]] = {}
        self._archive = SimulatedArchive(self._signer, self._receipt_key, wall)
        self.requests: list[int] = []
        """How many envelopes came with each request, lost ones included."""
        self.stated_restorations: list[SignedRestoration] = []

    # What the staff of the centre can do.

    @property
    def envelopes(self) -> dict[str, bytes]:
        """What the centre has, by id, in the order of its log."""
        return self._archive.contents

    @property
    def outcomes(self) -> dict[str, str]:
        """``accepted`` or ``quarantined``, by id."""
        return self._archive.statuses

    @property
    def recipients(self) -> set[str] | None:
        """Key ids of the agencies that it knows; None for every one."""
        return self._archive.recipients

    @recipients.setter
    def recipients(self, key_ids: set[str] | None) -> None:
        self._archive.recipients = key_ids

    def add_kiosk(self, kiosk: str, public_der: bytes) -> None:
        """Know a kiosk as enrolled."""
        self._kiosks[kiosk] = public_der

    def restore(self, size: int, *, is_stated: bool = True) -> None:
        """Go back to the backup of when the log had ``size`` leaves; an administrator states so, or does not."""
        self._archive.go_back_to(size)
        if is_stated:
            root = self._archive.tree.root().hex()
            body = RestorationBody(log_origin=self._signer.name, size=size, root=root, restored_at=self._wall())
            self.stated_restorations.append(self._authority.restored(body))

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
        outcome = self._take([NamedEnvelope(envelope_id, envelope)])
        return outcome.outcomes[0] if isinstance(outcome, BatchAnswered) else outcome

    async def put_envelopes(self, envelopes: Sequence[NamedEnvelope]) -> BatchOutcome:
        """Take several; the centre's own limits hold."""
        if self.faults.knows_no_batches:
            return NOT_FOUND
        return self._take(decode(encode(envelopes)))

    def _take(self, sent: Sequence[NamedEnvelope]) -> BatchOutcome:
        faults = self.faults
        self.requests.append(len(sent))
        if faults.rate_limit_s is not None:
            return RateLimited(faults.rate_limit_s)
        if faults.lose_requests:
            faults.lose_requests -= 1
            return Unreachable("request lost")
        if any(each.id in faults.stumble for each in sent):
            return Unreachable("status 500")
        if self.caller is not None and self.caller not in self._kiosks:
            return UNKNOWN_KIOSK
        outcomes = self._put(sent)
        if faults.repeat_requests:
            outcomes = self._put(sent)
        if faults.lose_replies:
            faults.lose_replies -= 1
            return Unreachable("reply lost")
        return BatchAnswered(tuple(self._told(outcome) for outcome in outcomes))

    def _told(self, outcome: Stored | Refused) -> Stored | Refused:
        if isinstance(outcome, Refused):
            return outcome
        return Stored(forge(outcome.reply, self.faults.forge, self._receipt_key))

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Answer with the newest checkpoint."""
        if self._is_lost():
            return None
        stale = self.faults.stale_checkpoint
        return stale or sign_checkpoint_reply(self._archive.checkpoint(), nonce, self._wall(), self._receipt_key)

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Answer with a consistency proof."""
        if self._is_lost() or not 0 < first <= second <= self._archive.tree.size:
            return None
        proof = self._archive.tree.consistency_proof(first, second)
        return ConsistencyReply(first=first, second=second, proof=tuple(node.hex() for node in proof))

    async def restorations(self) -> Restorations | None:
        """Answer with the statements of restored backups."""
        return None if self._is_lost() else Restorations(restorations=tuple(self.stated_restorations))

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
        return NOT_FOUND if known is None else Answered(known[1])

    def _is_lost(self) -> bool:
        if self.faults.lose_requests:
            self.faults.lose_requests -= 1
            return True
        return False

    def _put(self, sent: Sequence[NamedEnvelope]) -> list[Stored | Refused]:
        met = [self._admitted(each) for each in sent]
        stored = iter(self._archive.store([each for each in met if isinstance(each, Admitted)]))
        return [each if isinstance(each, Refused) else next(stored) for each in met]

    def _admitted(self, sent: NamedEnvelope) -> Admitted | Refused:
        try:
            header = Envelope.from_bytes(sent.content).header
        except MalformedError:
            return UNREADABLE
        if sent.id in self.faults.poison or header.envelope_id != sent.id:
            return UNREADABLE
        public_key = self._kiosks.get(self.caller or header.kiosk)
        if public_key is None or self.caller not in {None, header.kiosk}:
            return UNKNOWN_KIOSK if public_key is None else NOT_YOURS
        return Admitted(sent, header, public_key)
