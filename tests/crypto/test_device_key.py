# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The device key: a file that nobody else reads, signatures that mean one thing."""

import logging
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import namespaces
from townhall_crypto.device_key import DeviceKey, FileDeviceKey, verify_device_signature
from townhall_crypto.errors import (
    DeviceKeyExistsError,
    DeviceKeyExposedError,
    DeviceKeyLockedError,
    DeviceKeyMissingError,
    MalformedError,
    ProgrammingError,
    SignatureRefusedError,
)
from townhall_crypto.secret import Secret

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NAMESPACE = namespaces.ENVELOPE_SIGNATURE
MESSAGE = b"what the kiosk states"
PASSPHRASE = b"a long machine-made passphrase"
KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
SIGNATURE = KEY.sign(NAMESPACE, MESSAGE)


def public_der(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def write_key(path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    encryption = serialization.BestAvailableEncryption(PASSPHRASE)
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    path.chmod(0o600)


# --- signatures ------------------------------------------------------------------------------------------------------


def test_every_flipped_byte_of_a_signature_is_refused() -> None:
    for offset in range(len(SIGNATURE)):
        changed = bytearray(SIGNATURE)
        changed[offset] ^= 1
        with pytest.raises(SignatureRefusedError):
            verify_device_signature(KEY.public_der, NAMESPACE, MESSAGE, bytes(changed))


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_no_signature(untrusted_signature: bytes) -> None:
    with pytest.raises(SignatureRefusedError):
        verify_device_signature(KEY.public_der, NAMESPACE, MESSAGE, untrusted_signature)


def test_a_signature_in_another_spelling_is_refused() -> None:
    r, s = decode_dss_signature(SIGNATURE)
    padded_r = b"\x00" * 2 + r.to_bytes(32, "big")
    loose = b"\x02" + bytes([len(padded_r)]) + padded_r + SIGNATURE[-(2 + SIGNATURE[4 + SIGNATURE[3] + 1]) :]
    spellings = [
        b"\x30" + bytes([len(loose)]) + loose,
        SIGNATURE + b"\x00",
        b"\x30\x81" + SIGNATURE[1:],
        r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    ]
    for spelling in spellings:
        with pytest.raises(SignatureRefusedError):
            verify_device_signature(KEY.public_der, NAMESPACE, MESSAGE, spelling)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (0, 0), (P256_ORDER, 1), (1, P256_ORDER)])
def test_numbers_outside_of_the_group_are_no_signature(r: int, s: int) -> None:
    with pytest.raises(SignatureRefusedError):
        verify_device_signature(KEY.public_der, NAMESPACE, MESSAGE, encode_dss_signature(r, s))


def test_the_twin_of_a_signature_verifies_so_nothing_may_be_named_by_its_signature() -> None:
    r, s = decode_dss_signature(SIGNATURE)
    twin = encode_dss_signature(r, P256_ORDER - s)
    assert twin != SIGNATURE
    assert verify_device_signature(KEY.public_der, NAMESPACE, MESSAGE, twin) == MESSAGE


def test_a_signature_for_one_purpose_is_refused_for_every_other() -> None:
    for namespace in namespaces.DEVICE_SIGNATURES - {NAMESPACE}:
        with pytest.raises(SignatureRefusedError):
            verify_device_signature(KEY.public_der, namespace, MESSAGE, SIGNATURE)


def test_a_namespace_cannot_be_moved_into_the_message() -> None:
    with pytest.raises(SignatureRefusedError):
        verify_device_signature(KEY.public_der, namespaces.HTTP_SIGNATURE, NAMESPACE + MESSAGE, SIGNATURE)
    with pytest.raises(ProgrammingError):
        KEY.sign(namespaces.HTTP_SIGNATURE, NAMESPACE + MESSAGE)


def test_another_key_or_message_is_refused() -> None:
    other = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SignatureRefusedError):
        verify_device_signature(other.public_der, NAMESPACE, MESSAGE, SIGNATURE)
    with pytest.raises(SignatureRefusedError):
        verify_device_signature(KEY.public_der, NAMESPACE, MESSAGE + b".", SIGNATURE)


@pytest.mark.parametrize("namespace", [b"", b"townhall:", b"townhall:card-challenge:v1\x00", b"my own:v1\x00"])
def test_device_keys_sign_only_what_is_theirs_to_sign(namespace: bytes) -> None:
    with pytest.raises(ProgrammingError):
        KEY.sign(namespace, MESSAGE)
    if namespace:
        with pytest.raises(ProgrammingError):
            verify_device_signature(KEY.public_der, namespace, MESSAGE, SIGNATURE)


@pytest.mark.parametrize("namespace", sorted(namespaces.DEVICE_SIGNATURES))
def test_what_was_signed_is_returned_as_verified(namespace: bytes) -> None:
    message = b'"@method": PUT'
    signature = KEY.sign(namespace, message)
    assert verify_device_signature(KEY.public_der, namespace, message, signature) == message


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\x00" * 91,
        KEY.public_der[:-1],
        KEY.public_der + b"\x00",
        public_der(ec.generate_private_key(ec.SECP384R1()).public_key()),
        public_der(ed25519.Ed25519PrivateKey.generate().public_key()),
        KEY.public_der[:-64] + bytes(64),
    ],
    ids=["empty", "zeros", "cut", "longer", "p-384", "ed25519", "no-point"],
)
def test_what_is_no_p_256_key_verifies_nothing(wrong: bytes) -> None:
    with pytest.raises(MalformedError):
        verify_device_signature(wrong, NAMESPACE, MESSAGE, SIGNATURE)


def test_a_public_key_has_one_spelling() -> None:
    compressed = KEY._private_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    algorithm = KEY.public_der[2 : 2 + 21]
    body = algorithm + b"\x03\x22\x00" + compressed
    with pytest.raises(MalformedError):
        verify_device_signature(b"\x30" + bytes([len(body)]) + body, NAMESPACE, MESSAGE, SIGNATURE)


# --- the file --------------------------------------------------------------------------------------------------------


def test_creating_a_key_never_overwrites_one(tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    first = FileDeviceKey.create(path, Secret(PASSPHRASE))
    before = path.read_bytes()
    with pytest.raises(DeviceKeyExistsError):
        FileDeviceKey.create(path, Secret(PASSPHRASE))
    assert path.read_bytes() == before
    assert FileDeviceKey.load(path, Secret(PASSPHRASE)).public_der == first.public_der
    assert list(tmp_path.iterdir()) == [path]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DeviceKeyExistsError):
        FileDeviceKey.create(path, Secret(PASSPHRASE))
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileDeviceKey.create(tmp_path / "none" / "device.pem", Secret(PASSPHRASE))
    assert not list(tmp_path.iterdir())


def test_the_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    before = os.umask(0)
    try:
        FileDeviceKey.create(path, Secret(PASSPHRASE))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_nlink == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601])
def test_a_file_that_others_have_rights_on_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "device.pem"
    FileDeviceKey.create(path, Secret(PASSPHRASE))
    path.chmod(mode)
    with pytest.raises(DeviceKeyExposedError):
        FileDeviceKey.load(path, Secret(PASSPHRASE))


def test_a_link_a_folder_and_a_pipe_are_no_key_file(tmp_path: Path) -> None:
    FileDeviceKey.create(tmp_path / "device.pem", Secret(PASSPHRASE))
    link, folder, pipe = tmp_path / "link", tmp_path / "folder", tmp_path / "pipe"
    link.symlink_to(tmp_path / "device.pem")
    folder.mkdir(mode=0o700)
    os.mkfifo(pipe, 0o600)
    for path in (link, folder, pipe):
        with pytest.raises(DeviceKeyExposedError):
            FileDeviceKey.load(path, Secret(PASSPHRASE))


def test_a_missing_file_is_told_from_a_locked_one(tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    with pytest.raises(DeviceKeyMissingError):
        FileDeviceKey.load(path, Secret(PASSPHRASE))
    FileDeviceKey.create(path, Secret(PASSPHRASE))
    with pytest.raises(DeviceKeyLockedError) as refusal:
        FileDeviceKey.load(path, Secret(b"wrong"))
    assert "wrong" not in repr(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", b"\x00" * 10_000])
def test_a_damaged_file_is_a_locked_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "device.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DeviceKeyLockedError):
        FileDeviceKey.load(path, Secret(PASSPHRASE))


def test_a_file_with_another_sort_of_key_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "ed25519.pem", ed25519.Ed25519PrivateKey.generate())
    write_key(tmp_path / "p384.pem", ec.generate_private_key(ec.SECP384R1()))
    for path in tmp_path.iterdir():
        with pytest.raises(DeviceKeyLockedError):
            FileDeviceKey.load(path, Secret(PASSPHRASE))


def test_an_unencrypted_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    path.chmod(0o600)
    with pytest.raises(DeviceKeyLockedError):
        FileDeviceKey.load(path, Secret(PASSPHRASE))


def test_the_file_holds_no_plain_private_key(tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    key = FileDeviceKey.create(path, Secret(PASSPHRASE))
    number = key._private_key.private_numbers().private_value.to_bytes(32, "big")
    der = subprocess.run(
        ["openssl", "asn1parse", "-in", path, "-noout", "-out", "/dev/stdout"], check=True, capture_output=True
    ).stdout
    assert path.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert number not in der


def test_openssl_opens_the_file_and_accepts_the_signature(tmp_path: Path) -> None:
    path, public, signed, signature = (tmp_path / name for name in ("device.pem", "public.pem", "signed", "signature"))
    key = FileDeviceKey.create(path, Secret(PASSPHRASE))
    passing_in = ["-passin", f"pass:{PASSPHRASE.decode()}"]
    subprocess.run(["openssl", "pkey", "-in", path, *passing_in, "-pubout", "-out", public], check=True)
    signed.write_bytes(NAMESPACE + MESSAGE)
    signature.write_bytes(key.sign(NAMESPACE, MESSAGE))
    verdict = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, signed],
        check=True,
        capture_output=True,
        text=True,
    )
    assert verdict.stdout == "Verified OK\n"


def test_a_file_key_is_loud_about_being_for_development(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "device.pem"
    created = FileDeviceKey.create(path, Secret(PASSPHRASE))
    loaded = FileDeviceKey.load(path, Secret(PASSPHRASE))
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert all("development" in record.getMessage() for record in warnings)
    assert created.is_development
    assert "development" in repr(loaded)
    assert str(tmp_path) not in caplog.text


def test_a_file_key_fits_the_port(tmp_path: Path) -> None:
    key: DeviceKey = FileDeviceKey.create(tmp_path / "device.pem", Secret(PASSPHRASE))
    assert verify_device_signature(key.public_der, NAMESPACE, MESSAGE, key.sign(NAMESPACE, MESSAGE)) == MESSAGE
