# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checkpoints against forged notes, and against a reader written here from the C2SP pages alone."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.checkpoint import (
    Checkpoint,
    DeviceNoteSigner,
    DeviceNoteVerifier,
    Ed25519NoteSigner,
    Ed25519NoteVerifier,
    NoteSigner,
    NoteVerifier,
    sign_checkpoint,
    verify_checkpoint,
)
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.errors import CheckpointRefusedError, MalformedError, ProgrammingError
from townhall_crypto.merkle import EMPTY_ROOT, leaf_hash

ORIGIN = "log.townhall.example/centre"
CENTRE_KEY = Ed25519PrivateKey.generate()
CENTRE = Ed25519NoteSigner(ORIGIN, CENTRE_KEY)
DEVICE_KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
DEVICE = DeviceNoteSigner(ORIGIN, DEVICE_KEY)
CHECKPOINT = Checkpoint(ORIGIN, 42, leaf_hash(b"root"))
NOTE = sign_checkpoint(CHECKPOINT, CENTRE)
TEXT, _, SIGNATURE_LINE = NOTE.rpartition("\n\n")
SIGNERS: list[tuple[NoteSigner, NoteVerifier]] = [(CENTRE, CENTRE.verifier), (DEVICE, DEVICE.verifier)]


def signed_text(text: str) -> str:
    """Return a note of any text with a good signature by the centre."""
    signature = base64.b64encode(CENTRE.key_id + CENTRE_KEY.sign(text.encode())).decode()
    return f"{text}\n— {ORIGIN} {signature}\n"


def line_by(name: str, key_id: bytes, signature: bytes) -> str:
    return f"— {name} {base64.b64encode(key_id + signature).decode()}\n"


@pytest.mark.parametrize(("signer", "verifier"), SIGNERS)
def test_no_changed_character_goes_unnoticed(signer: NoteSigner, verifier: NoteVerifier) -> None:
    note = sign_checkpoint(CHECKPOINT, signer)
    for offset, character in enumerate(note):
        for other in {chr(ord(character) ^ 1), "\n", " "} - {character}:
            with pytest.raises(CheckpointRefusedError):
                verify_checkpoint(note[:offset] + other + note[offset + 1 :], verifier)


@pytest.mark.parametrize(("signer", "verifier"), SIGNERS)
def test_no_cut_goes_unnoticed(signer: NoteSigner, verifier: NoteVerifier) -> None:
    note = sign_checkpoint(CHECKPOINT, signer)
    for length in range(len(note)):
        with pytest.raises(CheckpointRefusedError):
            verify_checkpoint(note[:length], verifier)
        with pytest.raises(CheckpointRefusedError):
            verify_checkpoint(note[length + 1 :], verifier)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ORIGIN}\n42\n", id="no root"),
        pytest.param(f"{ORIGIN}\n042\n{TEXT.splitlines()[2]}\n", id="a leading zero"),
        pytest.param(f"{ORIGIN}\n+42\n{TEXT.splitlines()[2]}\n", id="a plus"),
        pytest.param(f"{ORIGIN}\n-1\n{TEXT.splitlines()[2]}\n", id="a negative size"),
        pytest.param(f"{ORIGIN}\n4\u0662\n{TEXT.splitlines()[2]}\n", id="an Arabic digit"),
        pytest.param(f"{ORIGIN}\n{10**17}\n{TEXT.splitlines()[2]}\n", id="an endless size"),
        pytest.param(f"{ORIGIN}\n0\n{TEXT.splitlines()[2]}\n", id="an empty log with leaves"),
        pytest.param(f"{ORIGIN}\n42\nAAAA\n", id="a short root"),
        pytest.param(f"{ORIGIN}\n42\n{TEXT.splitlines()[2].rstrip('=')}\n", id="a root without padding"),
        pytest.param(f"{ORIGIN}\n42\n{TEXT.splitlines()[2]} \n", id="a space at the end"),
        pytest.param(f"{ORIGIN}\n42\n{'A' * 42}B=\n", id="a root with stray bits"),
        pytest.param(f"{ORIGIN}\n42\n{TEXT.splitlines()[2]}\nextension\n", id="an extension line"),
        pytest.param(f"{ORIGIN}\n42\n\n{TEXT.splitlines()[2]}\n", id="an empty line"),
        pytest.param(f"log.other.example\n42\n{TEXT.splitlines()[2]}\n", id="another log"),
        pytest.param(f"\n42\n{TEXT.splitlines()[2]}\n", id="no origin"),
        pytest.param("Something else that the key once signed\n", id="no checkpoint at all"),
    ],
)
def test_a_good_signature_over_another_text_is_refused(text: str) -> None:
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(signed_text(text), CENTRE.verifier)


def test_the_forger_of_these_tests_can_also_be_honest() -> None:
    assert verify_checkpoint(signed_text(f"{TEXT}\n"), CENTRE.verifier) == CHECKPOINT


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("", id="nothing"),
        pytest.param(TEXT, id="no signature"),
        pytest.param(f"{TEXT}\n\n", id="no signature line"),
        pytest.param(NOTE.replace("— ", "- "), id="a hyphen for the dash"),
        pytest.param(NOTE + "\n", id="an empty line at the end"),
        pytest.param(NOTE + "trailing\n", id="a line that is no signature"),
        pytest.param(NOTE.replace("\n", "\r\n"), id="other newlines"),
        pytest.param("\ufeff" + NOTE, id="a byte order mark"),
        pytest.param(NOTE.replace("42", "42\t"), id="a tab"),
        pytest.param(NOTE + "— \ud800 AAAAAAAA\n", id="half a surrogate pair"),
        pytest.param(NOTE + "— witness AAAA\n", id="a signature of nothing"),
        pytest.param(NOTE + "— witness\n", id="a name alone"),
        pytest.param(NOTE + "—  AAAAAAAA\n", id="no name"),
        pytest.param(NOTE + line_by("witness", b"1234", bytes(128 * 1024)), id="oversize"),
    ],
)
def test_other_shapes_of_a_note_are_refused(note: str) -> None:
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(note, CENTRE.verifier)


def test_a_note_by_another_key_of_the_same_name_is_refused() -> None:
    impostor = Ed25519NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(sign_checkpoint(CHECKPOINT, impostor), CENTRE.verifier)


def test_an_impostor_who_borrows_the_key_id_is_refused() -> None:
    forged = line_by(ORIGIN, CENTRE.key_id, Ed25519PrivateKey.generate().sign(CHECKPOINT.signed_bytes()))
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(f"{TEXT}\n\n{forged}", CENTRE.verifier)
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(NOTE + forged, CENTRE.verifier)


def test_the_same_key_under_another_name_is_another_signer() -> None:
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(NOTE, Ed25519NoteVerifier("log.other.example", CENTRE_KEY.public_key().public_bytes_raw()))


def test_the_other_sort_of_key_is_refused() -> None:
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(NOTE, DEVICE.verifier)
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(sign_checkpoint(CHECKPOINT, DEVICE), CENTRE.verifier)


def test_a_device_signature_over_the_bare_text_is_refused() -> None:
    bare = DEVICE_KEY._private_key.sign(CHECKPOINT.signed_bytes(), ec.ECDSA(SHA256()))
    with pytest.raises(CheckpointRefusedError):
        verify_checkpoint(f"{TEXT}\n\n{line_by(ORIGIN, DEVICE.key_id, bare)}", DEVICE.verifier)


def test_witnesses_that_we_do_not_know_are_ignored() -> None:
    witness = Ed25519NoteSigner("witness.example", Ed25519PrivateKey.generate())
    cosigned = NOTE + "".join(line_by(f"{witness.name}/{number}", witness.key_id, bytes(64)) for number in range(16))
    assert verify_checkpoint(cosigned, CENTRE.verifier) == CHECKPOINT


@pytest.mark.parametrize(("signer", "verifier"), SIGNERS)
def test_a_signed_checkpoint_is_returned_as_verified(signer: NoteSigner, verifier: NoteVerifier) -> None:
    assert verify_checkpoint(sign_checkpoint(CHECKPOINT, signer), verifier) == CHECKPOINT


@given(st.integers(min_value=1, max_value=2**53 - 1), st.binary(min_size=32, max_size=32))
def test_every_size_and_root_goes_both_ways(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert verify_checkpoint(sign_checkpoint(checkpoint, CENTRE), CENTRE.verifier) == checkpoint


def test_an_empty_log_has_a_checkpoint() -> None:
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert verify_checkpoint(sign_checkpoint(checkpoint, DEVICE), DEVICE.verifier) == checkpoint


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, bytes(32)),
        ("a b", 1, bytes(32)),
        ("a+b", 1, bytes(32)),
        ("a\nb", 1, bytes(32)),
        ("l\u00f6g", 1, bytes(32)),
        ("a" * 256, 1, bytes(32)),
        (ORIGIN, -1, bytes(32)),
        (ORIGIN, 2**53, bytes(32)),
        (ORIGIN, 1, bytes(31)),
        (ORIGIN, 0, bytes(32)),
    ],
)
def test_impossible_checkpoints_are_the_callers_fault(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(ProgrammingError):
        Checkpoint(origin, size, root)


def test_a_signer_signs_for_its_own_log_alone() -> None:
    with pytest.raises(ProgrammingError):
        sign_checkpoint(Checkpoint("log.other.example", 1, bytes(32)), CENTRE)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a" * 256])
def test_impossible_names_are_no_verifiers(name: str) -> None:
    with pytest.raises(MalformedError):
        Ed25519NoteVerifier(name, bytes(32))
    with pytest.raises(MalformedError):
        DeviceNoteVerifier(name, DEVICE_KEY.public_der)


def test_impossible_keys_are_no_verifiers() -> None:
    with pytest.raises(MalformedError):
        Ed25519NoteVerifier(ORIGIN, bytes(31))
    with pytest.raises(MalformedError):
        DeviceNoteVerifier(ORIGIN, b"no key")


# --- a reader written from c2sp.org/signed-note and c2sp.org/tlog-checkpoint -----------------------------------------


def read_by_the_book(note: bytes, name: str, typed_key: bytes, namespace: bytes = b"") -> tuple[str, int, bytes]:
    text, signatures = note[: note.rindex(b"\n\n") + 1], note[note.rindex(b"\n\n") + 2 :]
    wanted_id = hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:4]
    for line in signatures.decode().splitlines():
        dash, line_name, encoded = line.split(" ")
        decoded = base64.b64decode(encoded)
        if (dash, line_name, decoded[:4]) == ("\u2014", name, wanted_id):
            if typed_key[0] == 1:
                Ed25519PublicKey.from_public_bytes(typed_key[1:]).verify(decoded[4:], text)
            else:
                key = load_der_public_key(typed_key[1 + len(b"townhall-device-p256-v1") :])
                assert isinstance(key, ec.EllipticCurvePublicKey)
                key.verify(decoded[4:], namespace + text, ec.ECDSA(SHA256()))
            origin, size, root = text.decode().splitlines()
            return origin, int(size), base64.b64decode(root)
    raise InvalidSignature


def test_a_reader_by_the_book_reads_the_centres_note() -> None:
    typed_key = b"\x01" + CENTRE_KEY.public_key().public_bytes_raw()
    assert read_by_the_book(NOTE.encode(), ORIGIN, typed_key) == (ORIGIN, 42, CHECKPOINT.root)


def test_a_reader_by_the_book_and_our_page_reads_a_kiosks_note() -> None:
    typed_key = b"\xfftownhall-device-p256-v1" + DEVICE_KEY.public_der
    note = sign_checkpoint(CHECKPOINT, DEVICE).encode()
    read = read_by_the_book(note, ORIGIN, typed_key, b"townhall:checkpoint-signature:v1\x00")
    assert read == (ORIGIN, 42, CHECKPOINT.root)


def test_the_verifier_key_is_spelled_as_other_programs_read_it() -> None:
    name, key_id, encoded = CENTRE.verifier.vkey.split("+", 2)
    assert (name, bytes.fromhex(key_id)) == (ORIGIN, CENTRE.key_id)
    assert base64.b64decode(encoded) == b"\x01" + CENTRE_KEY.public_key().public_bytes_raw()


def test_the_example_note_of_the_specification_has_the_shape_that_we_read() -> None:
    # c2sp.org/tlog-checkpoint prints this note without its key; a reader finds name and key id and then knows no key.
    example = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    assert Checkpoint.from_text(example.rpartition("\n\n")[0].encode() + b"\n").size == 20852163
    with pytest.raises(CheckpointRefusedError) as refusal:
        verify_checkpoint(example, CENTRE.verifier)
    assert refusal.value.__cause__ is None, "well-formed, only not signed by this key"
