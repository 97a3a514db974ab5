# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is checked when a journal is opened: the log against its signed head, and every table against the log.

1. SQLite's own structure (``sqlite_store``).
2. The log's entries are those of the Merkle root in the head, which the device key signed; they follow one another.
3. Each envelope's header and signature hash to what the log says, its ``prev_hash`` names the one before, and the
   device signatures of the last ones verify.
4. Payloads, outbox, receipts and the centre's checkpoint are exactly those that the log leads to.

So a flipped bit anywhere is noticed here, or lies where nothing is read from.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, NoReturn

import msgspec

from townhall_crypto import namespaces
from townhall_crypto.checkpoint import Checkpoint, DeviceNoteVerifier, verify_checkpoint
from townhall_crypto.device_key import verify_device_signature
from townhall_crypto.envelope import NO_PREVIOUS, OuterHeader
from townhall_crypto.errors import CheckpointRefusedError, MalformedError, SignatureRefusedError
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_sync.audit import Entry, leaf_data
from townhall_sync.errors import JournalCorruptError, JournalForeignError
from townhall_sync.journal_rows import EnvelopeRow
from townhall_sync.ledger import Ledger
from townhall_sync.sqlite_store import JournalStore

TAIL: Final = 64
"""So many of the last envelopes have their device signatures verified at opening, and all that are queued."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose journal it must be."""

    kiosk: str
    public_der: bytes

    @property
    def key_sha256(self) -> str:
        """SHA-256 of the public key."""
        return hashlib.sha256(self.public_der).hexdigest()


def log_origin(kiosk: str, journal_id: str) -> str:
    """Return the name of a kiosk's log in checkpoints."""
    return f"townhall-kiosk/{kiosk}/{journal_id}"


def read_tree(store: JournalStore) -> MerkleTree:
    """Return the tree of the stored log."""
    return MerkleTree.from_leaf_hashes(leaf_hash(leaf_data(entry)) for _index, entry in store.entries())


def verify_journal(store: JournalStore, owner: Owner) -> tuple[Ledger, MerkleTree]:
    """Return the state of a journal whose every part was checked.

    Raises:
        JournalForeignError: it is of another kiosk or key.
        JournalCorruptError: some part is not what was written.
    """
    ledger, tree = _read_log(store)
    _check_owner(ledger, owner)
    _check_head(store, ledger, tree, owner)
    _check_envelopes(store, ledger, owner)
    _check_payloads(store, ledger)
    _check_delivery(store, ledger)
    return ledger, tree


def check_note(note: bytes, ledger: Ledger, tree: MerkleTree, public_der: bytes) -> Checkpoint:
    """Return a checkpoint of this journal's log, signed by its device and true.

    Raises:
        JournalCorruptError: it is not.
    """
    verifier = DeviceNoteVerifier(log_origin(ledger.kiosk, ledger.journal_id), public_der)
    try:
        checkpoint = verify_checkpoint(note.decode(), verifier)
    except (CheckpointRefusedError, UnicodeDecodeError) as exc:
        raise JournalCorruptError("a checkpoint does not verify") from exc
    if checkpoint.size > tree.size or tree.root(checkpoint.size) != checkpoint.root:
        raise JournalCorruptError("a checkpoint contradicts the log")
    return checkpoint


def _read_log(store: JournalStore) -> tuple[Ledger, MerkleTree]:
    tree = MerkleTree()
    ledger: Ledger | None = None
    decoder = msgspec.json.Decoder(Entry)
    for index, stored in store.entries():
        if index != tree.size:
            _corrupt("the log has a gap")
        tree.append(leaf_hash(leaf_data(stored)))
        try:
            entry = decoder.decode(stored)
            if ledger is None:
                ledger = Ledger.begin(entry)
            else:
                ledger.apply(entry)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, ValueError, TypeError) as exc:
            raise JournalCorruptError(f"the log's entry {index} does not follow") from exc
    if ledger is None:
        _corrupt("the log is gone")
    return ledger, tree


def _check_owner(ledger: Ledger, owner: Owner) -> None:
    if (ledger.kiosk, ledger.key_sha256) != (owner.kiosk, owner.key_sha256):
        raise JournalForeignError("of another kiosk or key")


def _check_head(store: JournalStore, ledger: Ledger, tree: MerkleTree, owner: Owner) -> None:
    note = store.head()
    if note is None or check_note(note, ledger, tree, owner.public_der).size != tree.size:
        _corrupt("the head is not the log's")


def _check_envelopes(store: JournalStore, ledger: Ledger, owner: Owner) -> None:
    previous, seq = NO_PREVIOUS, 0
    for seq, row in enumerate(store.envelopes(), start=1):
        if row.seq != seq or seq >= ledger.next_seq:
            _corrupt("an envelope too many, or missing")
        previous = _check_envelope(row, ledger, previous)
        if seq in ledger.queued or seq + TAIL >= ledger.next_seq:
            _check_signature(row, owner)
    if seq + 1 != ledger.next_seq:
        _corrupt("an envelope is missing")


def _check_envelope(row: EnvelopeRow, ledger: Ledger, previous: str) -> str:
    """Return the id of an envelope that is the one in the log and names the one before it."""
    expected = ledger.committed(row.seq)
    envelope_id = hashlib.sha256(namespaces.ENVELOPE_ID + row.header).digest()
    if envelope_id != expected.envelope_id or hashlib.sha256(row.signature).digest() != expected.signature_sha256:
        _corrupt(f"envelope {row.seq} is not the one in the log")
    # The header is what its id says, so its one canonical spelling may be searched instead of parsed.
    if f'"prev_hash":"{previous}"'.encode() not in row.header:
        _corrupt(f"envelope {row.seq} does not follow the one before")
    return envelope_id.hex()


def _check_signature(row: EnvelopeRow, owner: Owner) -> None:
    try:
        OuterHeader.from_bytes(row.header)
        verify_device_signature(owner.public_der, namespaces.ENVELOPE_SIGNATURE, row.header, row.signature)
    except (MalformedError, SignatureRefusedError) as exc:
        raise JournalCorruptError(f"envelope {row.seq} is not signed by this device") from exc


def _check_payloads(store: JournalStore, ledger: Ledger) -> None:
    kept = set()
    for row in store.payloads():
        if not 1 <= row.seq < ledger.next_seq:
            _corrupt("a payload too many")
        if hashlib.sha256(row.sealed).digest() != ledger.committed(row.seq).sealed_sha256:
            _corrupt(f"payload {row.seq} is not the one in the log")
        kept.add(row.seq)
    if kept != set(range(1, ledger.next_seq)) - ledger.freed:
        _corrupt("a payload is missing, or was to be freed")


def _check_delivery(store: JournalStore, ledger: Ledger) -> None:
    if {row.seq: row.is_isolated for row in store.outbox()} != ledger.queued:
        _corrupt("the outbox is not the log's")
    receipts = {seq: hashlib.sha256(signed).hexdigest() for seq, signed in store.receipts()}
    if receipts != {seq: delivered.receipt_sha256 for seq, delivered in ledger.delivered.items()}:
        _corrupt("the receipts are not the log's")
    note = store.centre()
    if (None if note is None else hashlib.sha256(note).hexdigest()) != ledger.centre_note_sha256:
        _corrupt("the centre's checkpoint is not the log's")


def _corrupt(what: str) -> NoReturn:
    raise JournalCorruptError(what)
