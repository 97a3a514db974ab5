# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes docs/formats/vectors/{sealed-payload,envelope,log}.json.

Run it by hand, and only when a format gets a new version: published vectors do not change. HPKE draws its own
randomness, so the wraps differ from run to run; all else follows from the seeds below. ``test_format_vectors.py``
reproduces every byte that can be reproduced.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from townhall_crypto import namespaces
from townhall_crypto.checkpoint import Checkpoint, DeviceNoteVerifier, Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import NO_PREVIOUS, Created, Envelope, OuterHeader, sealed_sha256
from townhall_crypto.inner_header import split_sealed
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import seal
from townhall_crypto.suites import Suite

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors"
KEY_BYTES = {Suite.HYBRID: 96, Suite.CLASSIC: 32}


def seeded(label: str, size_bytes: int) -> bytes:
    return hashlib.shake_256(f"Townhall test vector: {label}".encode()).digest(size_bytes)


def recipient(label: str, suite: Suite) -> RecipientPrivateKey:
    return RecipientPrivateKey.from_bytes(seeded(f"recipient {label}", KEY_BYTES[suite]), suite)


def sealed_vector(name: str, suite: Suite, kind: str, payload: bytes, labels: list[str]) -> dict[str, object]:
    keys = [recipient(label, suite) for label in labels]
    drawn = [seeded(f"secret of {name}", 32), seeded(f"salt of {name}", 16)]
    remaining = iter(drawn)
    sealed = seal(
        payload,
        kind=kind,
        recipients=[key.public for key in keys],
        allow=frozenset({suite}),
        randomness=lambda _size: next(remaining),
    )
    return {
        "name": name,
        "suite": suite.value,
        "kind": kind,
        "payload": payload.hex(),
        "recipients": [
            {"private": key.to_bytes().hex(), "public": key.public.public.hex(), "key_id": key.public.key_id}
            for key in keys
        ],
        "secret": drawn[0].hex(),
        "salt": drawn[1].hex(),
        "header": split_sealed(sealed).header_bytes.decode(),
        "sealed_sha256": sealed_sha256(sealed),
        "sealed": base64.b64encode(sealed).decode(),
    }


def refused_seals() -> list[dict[str, object]]:
    """Return changes to the first vector, each with the code that it is refused with."""
    changes: list[tuple[str, int, str, str]] = [
        ("another format", 0, "01", "TH-CRYP-011"),
        ("an endless header", 27, "10", "TH-CRYP-011"),
        ("another length of the header", 28, "01", "TH-CRYP-012"),
        ("a header that is no JSON", 29, "01", "TH-CRYP-012"),
        ("a wrap changed", -4096 - 16 - 1, "01", "TH-CRYP-015"),
        ("the body changed", -4096 - 16, "80", "TH-CRYP-015"),
        ("the tag changed", -1, "01", "TH-CRYP-015"),
    ]
    return [{"name": name, "offset": offset, "xor": xor, "code": code} for name, offset, xor, code in changes]


def write_sealed() -> list[bytes]:
    vectors = [
        sealed_vector("one recipient", Suite.HYBRID, "transaction", b"I move to 5 Harbour Street.", ["1"]),
        sealed_vector("two recipients", Suite.HYBRID, "transaction", "Öösel sõidan töölt ära.".encode(), ["1", "2"]),
        sealed_vector("nothing", Suite.HYBRID, "test", b"", ["1"]),
        sealed_vector("the last of a size class", Suite.HYBRID, "test", b"x" * 4092, ["2"]),
        sealed_vector("the first of the next", Suite.HYBRID, "test", b"x" * 4093, ["2"]),
        sealed_vector("classic suite", Suite.CLASSIC, "test", b"for programs without X-Wing", ["3"]),
    ]
    write("sealed-payload.json", {"format": "townhall-sealed-payload/v1", "opens": vectors, "refused": refused_seals()})
    return [base64.b64decode(str(vector["sealed"])) for vector in vectors]


def device_key() -> FileDeviceKey:
    scalar = int.from_bytes(seeded("device key", 32), "big")
    return FileDeviceKey(ec.derive_private_key(scalar, ec.SECP256R1()))


def deterministic_signature(namespace: bytes, message: bytes) -> bytes:
    """Return the signature that RFC 6979 fixes; production signs with fresh randomness."""
    return device_key()._private_key.sign(namespace + message, ec.ECDSA(SHA256(), deterministic_signing=True))


def write_envelopes(sealed_payloads: list[bytes]) -> list[str]:
    vectors: list[dict[str, object]] = []
    ids = [NO_PREVIOUS]
    for seq, sealed in enumerate(sealed_payloads[:2], start=1):
        header = OuterHeader(
            kiosk="kiosk-7",
            journal_id="0f6b2c1d9e8a4b57",
            boot="5f0c9a52-8f3a-4c61-9a0e-6f0a3f6f6a11",
            seq=seq,
            prev_hash=ids[-1],
            created=Created(1_795_320_000 + seq, 12_345_678_901_234_567 + seq, 1_795_300_000),
            sealed_sha256=sealed_sha256(sealed),
        )
        signature = deterministic_signature(namespaces.ENVELOPE_SIGNATURE, header.signed_bytes())
        ids.append(header.envelope_id)
        vectors.append(
            {
                "header": header.signed_bytes().decode(),
                "envelope_id": header.envelope_id,
                "signature": signature.hex(),
                "envelope": base64.b64encode(Envelope(header, signature, sealed).to_bytes()).decode(),
            }
        )
    write(
        "envelope.json",
        {
            "format": "townhall-envelope/v1",
            "device_private": seeded("device key", 32).hex(),
            "device_public_der": device_key().public_der.hex(),
            "verifies": vectors,
            "refused": [
                {"name": "another format", "offset": 0, "xor": "01", "code": "TH-CRYP-011"},
                {"name": "a header that is no JSON", "offset": 21, "xor": "01", "code": "TH-CRYP-012"},
                {"name": "another sealed payload", "offset": -1, "xor": "01", "code": "TH-CRYP-016"},
            ],
        },
    )
    return ids[1:]


def write_log(envelope_ids: list[str]) -> None:
    every_id = [*envelope_ids, *(seeded(f"envelope {number}", 32).hex() for number in range(3, 8))]
    tree = MerkleTree.from_leaf_hashes(
        leaf_hash(namespaces.CENTRAL_LOG_LEAF + bytes.fromhex(each)) for each in every_id
    )
    centre = Ed25519NoteSigner(
        "log.townhall.example/centre", Ed25519PrivateKey.from_private_bytes(seeded("centre's log key", 32))
    )
    kiosk = DeviceNoteVerifier("log.townhall.example/kiosk-7", device_key().public_der)
    root = tree.root()
    of_kiosk = Checkpoint(kiosk.name, tree.size, root)
    signature = deterministic_signature(namespaces.CHECKPOINT_SIGNATURE, of_kiosk.signed_bytes())
    encoded = base64.b64encode(kiosk.key_id + signature).decode()
    write(
        "log.json",
        {
            "envelope_ids": every_id,
            "leaf_hashes": [tree.leaf(index).hex() for index in range(tree.size)],
            "roots": [tree.root(size).hex() for size in range(tree.size + 1)],
            "inclusion": {"index": 1, "size": 7, "proof": [each.hex() for each in tree.inclusion_proof(1, 7)]},
            "consistency": {"first": 3, "second": 7, "proof": [each.hex() for each in tree.consistency_proof(3, 7)]},
            "centre": {
                "private": seeded("centre's log key", 32).hex(),
                "vkey": centre.verifier.vkey,
                "note": sign_checkpoint(Checkpoint(centre.name, tree.size, root), centre),
            },
            "kiosk": {
                "device_private": seeded("device key", 32).hex(),
                "device_public_der": device_key().public_der.hex(),
                "key_id": kiosk.key_id.hex(),
                "note": f"{of_kiosk.signed_bytes().decode()}\n— {kiosk.name} {encoded}\n",
            },
        },
    )


def write(name: str, content: dict[str, object]) -> None:
    (FOLDER / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if "--overwrite-published-vectors" not in sys.argv:
        sys.exit("published vectors do not change; say --overwrite-published-vectors if these have a new version")
    write_log(write_envelopes(write_sealed()))
