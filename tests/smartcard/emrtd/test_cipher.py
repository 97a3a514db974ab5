# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys, blocks and checksums against the worked examples of ICAO 9303-11 and BSI TR-03110."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.emrtd.cipher import Cipher, KeyUse, SessionKeys, pad, unpad
from townhall_smartcard.errors import CardUnreadableError

every_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.name)


def test_3des_keys_have_odd_parity_and_are_those_of_the_example(icao: Callable[[str], dict[str, str]]) -> None:
    example = icao("bac")
    keys = SessionKeys.derive(Cipher.TRIPLE_DES, bytes.fromhex(example["k_seed"]))
    assert (keys.encryption.hex(), keys.checksum.hex()) == (example["k_enc"].lower(), example["k_mac"].lower())


def test_3des_encrypts_and_checks_as_in_the_example(icao: Callable[[str], dict[str, str]]) -> None:
    example = icao("bac")
    key, secret = bytes.fromhex(example["k_enc"]), bytes.fromhex(example["s"])
    assert Cipher.TRIPLE_DES.encrypt(key, bytes(8), secret).hex() == example["e_ifd"].lower()
    assert Cipher.TRIPLE_DES.decrypt(key, bytes(8), bytes.fromhex(example["e_ifd"])) == secret
    key, message = bytes.fromhex(example["k_mac"]), pad(bytes.fromhex(example["e_ifd"]), 8)
    assert Cipher.TRIPLE_DES.checksum(key, bytes(message)).hex() == example["m_ifd"].lower()


def test_the_password_key_opens_the_nonce_of_both_examples(
    icao: Callable[[str], dict[str, str]], bsi: dict[str, str]
) -> None:
    example = icao("pace-ecdh-gm-aes128")
    for password, encrypted, nonce in (
        (bytes.fromhex(example["k"]), example["nonce_encrypted"], example["nonce"]),
        (b"123456", bsi["nonce_enc"], bsi["nonce"]),
    ):
        key = Cipher.AES_128.derive(password, KeyUse.PASSWORD)
        assert Cipher.AES_128.decrypt(key, bytes(16), bytes.fromhex(encrypted)) == bytes.fromhex(nonce)


def test_aes_session_keys_are_those_of_both_examples(
    icao: Callable[[str], dict[str, str]], bsi: dict[str, str]
) -> None:
    example = icao("pace-ecdh-gm-aes128")
    for secret, encryption, checksum in (
        (example["shared_k"], example["ks_enc"], example["ks_mac"]),
        (bsi["shared_secret_k"], bsi["k_enc"], bsi["k_mac"]),
    ):
        keys = SessionKeys.derive(Cipher.AES_128, bytes.fromhex(secret))
        assert (keys.encryption, keys.checksum) == (bytes.fromhex(encryption), bytes.fromhex(checksum))


@every_cipher
def test_keys_are_as_long_as_the_cipher_takes_and_differ_by_use(cipher: Cipher) -> None:
    keys = {cipher.derive(b"secret", use) for use in KeyUse}
    assert len(keys) == len(KeyUse)
    assert {len(key) for key in keys} == {cipher.key_bytes}


@every_cipher
@given(message=st.binary(max_size=100))
def test_what_was_padded_and_encrypted_comes_back(cipher: Cipher, message: bytes) -> None:
    key, first = cipher.derive(b"secret", KeyUse.ENCRYPTION), bytes(cipher.block_bytes)
    encrypted = cipher.encrypt(key, first, pad(message, cipher.block_bytes))
    assert unpad(cipher.decrypt(key, first, encrypted)) == message
    assert len(message) < len(encrypted) <= len(message) + cipher.block_bytes


@pytest.mark.parametrize("torn", [b"", bytes(7), bytes(15), bytes(17)])
@every_cipher
def test_torn_blocks_are_refused(cipher: Cipher, torn: bytes) -> None:
    with pytest.raises(CardUnreadableError):
        cipher.decrypt(cipher.derive(b"secret", KeyUse.ENCRYPTION), bytes(cipher.block_bytes), torn)


@pytest.mark.parametrize("unpadded", [b"", bytes(16), b"\x01" * 16, b"\x80\x01"])
def test_what_has_no_padding_is_refused(unpadded: bytes) -> None:
    with pytest.raises(CardUnreadableError):
        unpad(unpadded)


def test_no_key_shows() -> None:
    assert repr(SessionKeys.derive(Cipher.AES_256, b"secret")) == f"SessionKeys(cipher={Cipher.AES_256!r})"
