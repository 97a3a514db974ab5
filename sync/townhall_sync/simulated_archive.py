# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the simulated centre has stored: its envelopes, its log, and the receipts that it gave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.checkpoint import Checkpoint, NoteSigner, sign_checkpoint
from townhall_crypto.envelope import Envelope, OuterHeader, verify_envelope
from townhall_crypto.errors import RefusedError
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_crypto.sealed import read_inner_header
from townhall_sync.batch import NamedEnvelope
from townhall_sync.central_service import Refusal, Refused, Stored
from townhall_sync.wire import PutReply, ReceiptBody, SignedReceipt, central_leaf, sign_receipt

LINK_CONTRADICTED = Refused("TH-CENT-021", Refusal.FORKED)
SEQUENCE_TAKEN = Refused("TH-CENT-022", Refusal.FORKED)
OTHER_BYTES = Refused("TH-CENT-023", Refusal.FORKED)
NOT_BY_THE_KIOSK = "TH-CENT-061"
NOT_SEALED = "TH-CENT-062"
NO_KNOWN_RECIPIENT = "TH-CENT-063"


@dataclass(frozen=True, slots=True)
class Admitted:
    """An envelope of a known kiosk, under its right id; ``public_key`` is that kiosk's."""

    sent: NamedEnvelope
    header: OuterHeader
    public_key: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    content: bytes
    header: OuterHeader
    receipt: SignedReceipt


class SimulatedArchive:
    """Envelopes by id, in the order of the log ``tree``."""

    def __init__(self, signer: NoteSigner, receipt_key: Ed25519PrivateKey, wall: Callable[[], int]) -> None:
        """Sign checkpoints as ``signer`` and receipts with ``receipt_key``, dated by ``wall``."""
        self.recipients: set[str] | None = None
        self.tree = MerkleTree()
        self._signer = signer
        self._receipt_key = receipt_key
        self._wall = wall
        self._kept: dict[str, _Kept] = {}

    @property
    def contents(self) -> dict[str, bytes]:
        """Every envelope as it came."""
        return {envelope_id: kept.content for envelope_id, kept in self._kept.items()}

    @property
    def statuses(self) -> dict[str, str]:
        """``accepted`` or ``quarantined``."""
        return {envelope_id: kept.receipt.body.status for envelope_id, kept in self._kept.items()}

    def go_back_to(self, size: int) -> None:
        """Be as when the log had ``size`` leaves."""
        self._kept = dict(list(self._kept.items())[:size])
        self.tree = MerkleTree.from_leaf_hashes(self.tree.leaf(index) for index in range(size))

    def checkpoint(self) -> str:
        """Return the newest checkpoint, signed."""
        return sign_checkpoint(Checkpoint(self._signer.name, self.tree.size, self.tree.root()), self._signer)

    def store(self, admitted: Sequence[Admitted]) -> list[Stored | Refused]:
        """Store what is new, all under one checkpoint, and answer for each, in order."""
        met: list[Refused | None] = []
        new: dict[str, Admitted] = {}
        for each in admitted:
            refused = self._refused(each, new)
            if refused is None and each.sent.id not in self._kept:
                new[each.sent.id] = each
            met.append(refused)
        first = self.tree.size
        for envelope_id in new:
            self.tree.append(leaf_hash(central_leaf(envelope_id)))
        for index, each in enumerate(new.values(), first):
            self._kept[each.sent.id] = _Kept(each.sent.content, each.header, self._receipt(each, index))
        return [refused or self._reply(each) for each, refused in zip(admitted, met, strict=True)]

    def _refused(self, admitted: Admitted, new: dict[str, Admitted]) -> Refused | None:
        kept = self._kept.get(admitted.sent.id)
        if kept is not None:
            return None if kept.content == admitted.sent.content else OTHER_BYTES
        header = admitted.header
        headers = [*(each.header for each in self._kept.values()), *(each.header for each in new.values())]
        of_journal = [each for each in headers if (each.kiosk, each.journal_id) == (header.kiosk, header.journal_id)]
        by_seq = {each.seq: each for each in of_journal}
        if header.seq in by_seq:
            return SEQUENCE_TAKEN
        before, after = by_seq.get(header.seq - 1), by_seq.get(header.seq + 1)
        if before is not None and before.envelope_id != header.prev_hash:
            return LINK_CONTRADICTED
        return LINK_CONTRADICTED if after is not None and after.prev_hash != admitted.sent.id else None

    def _receipt(self, admitted: Admitted, index: int) -> SignedReceipt:
        header = admitted.header
        reason = self._reason(admitted)
        body = ReceiptBody(
            id=admitted.sent.id,
            kiosk=header.kiosk,
            journal_id=header.journal_id,
            seq=header.seq,
            status="quarantined" if reason else "accepted",
            reason=reason,
            server_time=self._wall(),
            index=index,
            checkpoint=self.checkpoint(),
            inclusion_proof=tuple(node.hex() for node in self.tree.inclusion_proof(index)),
        )
        return sign_receipt(body, self._receipt_key)

    def _reply(self, admitted: Admitted) -> Stored:
        header = admitted.header
        headers = [kept.header for kept in self._kept.values()]
        have = {each.seq for each in headers if (each.kiosk, each.journal_id) == (header.kiosk, header.journal_id)}
        lowest_missing = next(seq for seq in range(1, len(have) + 2) if seq not in have)
        receipt = self._kept[admitted.sent.id].receipt
        return Stored(PutReply(receipt=receipt, lowest_missing_seq=lowest_missing))

    def _reason(self, admitted: Admitted) -> str:
        """Return why an agency could not use an envelope; empty if it can."""
        try:
            envelope: Envelope = verify_envelope(admitted.sent.content, admitted.public_key)
        except RefusedError:
            return NOT_BY_THE_KIOSK
        try:
            recipients = read_inner_header(envelope.sealed).recipients
        except RefusedError:
            return NOT_SEALED
        is_known = self.recipients is None or not self.recipients.isdisjoint(recipients)
        return "" if is_known else NO_KNOWN_RECIPIENT
