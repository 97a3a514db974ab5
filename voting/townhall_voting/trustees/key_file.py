# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee's secrets in one file that a passphrase seals (docs/formats/trustee-key.md)."""

import hmac
from dataclasses import dataclass, field
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from msgspec import UNSET, UnsetType

from townhall_crypto.secret import Secret
from townhall_voting.errors import KeyLockedError, KeyRefusedError, MalformedError, ProgrammingError
from townhall_voting.nonces import Randomness
from townhall_voting.schnorr_group import named_group
from townhall_voting.trustees.ceremony import Terms, decode
from townhall_voting.trustees.ceremony_dealing import Dealing
from townhall_voting.trustees.private_keys import CeremonyKeys, read_ceremony_keys

_KIND: Final = "townhall.trustee-key.v1"
_SALT_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_SCRYPT_COST: Final = 2**15  # 32 MiB; what is typed in has 80 random bits of its own


@dataclass(frozen=True, slots=True)
class TrusteeSecrets:
    """What a trustee keeps: keys from the start, ``dealing`` until it was shown, ``share`` (as .dkey) at the end."""

    terms: Terms
    index: int
    keys: CeremonyKeys = field(repr=False)
    dealing: Dealing | None = field(default=None, repr=False)
    share: str | None = field(default=None, repr=False)


class _DealingWire(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    blind: str


class _SecretsWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    group: str
    size: int
    threshold: int
    index: int
    seed: str
    dealing: _DealingWire | UnsetType = UNSET
    share: str | UnsetType = UNSET


class _FileWire(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    salt: str
    nonce: str
    commitment: str
    data: str


def seal(secrets: TrusteeSecrets, passphrase: Secret, randomness: Randomness) -> bytes:
    """Return the file's bytes. Takes a tenth of a second and 32 MiB, on purpose.

    Raises:
        ProgrammingError: an empty passphrase.
        RandomnessError: the source of randomness failed.
    """
    salt, nonce = randomness.read(_SALT_BYTES), randomness.read(_NONCE_BYTES)
    key, commitment = _derive(passphrase, salt)
    header = _FileWire(_KIND, salt.hex(), nonce.hex(), commitment.hex(), "")
    data = AESGCM(key).encrypt(nonce, msgspec.json.encode(_secrets_wire(secrets)), msgspec.json.encode(header))
    header.data = data.hex()
    return msgspec.json.encode(header)


def unseal(data: bytes, passphrase: Secret) -> TrusteeSecrets:
    """Return the secrets that ``seal`` put into a file.

    Raises:
        KeyLockedError: another passphrase.
        KeyRefusedError: no such file, or a changed one.
        ProgrammingError: an empty passphrase.
    """
    try:
        header = decode(data, _FileWire)
        salt, nonce, sealed = (bytes.fromhex(text) for text in (header.salt, header.nonce, header.data))
        untrusted_commitment = bytes.fromhex(header.commitment)
    except (MalformedError, ValueError):
        raise KeyRefusedError("no file of a trustee's key") from None
    if header.kind != _KIND or len(salt) != _SALT_BYTES or len(nonce) != _NONCE_BYTES:
        raise KeyRefusedError("no file of a trustee's key")
    key, commitment = _derive(passphrase, salt)
    if not hmac.compare_digest(commitment, untrusted_commitment):
        raise KeyLockedError
    header.data = ""
    try:
        return _parse(AESGCM(key).decrypt(nonce, sealed, msgspec.json.encode(header)))
    except (InvalidTag, MalformedError):
        raise KeyRefusedError("a changed file of a trustee's key") from None


def _derive(passphrase: Secret, salt: bytes) -> tuple[bytes, bytes]:
    """Return the key and a commitment to it: AES-GCM alone does not tell a wrong key from a changed file."""
    if not passphrase.reveal():
        raise ProgrammingError("an empty passphrase")
    derived = Scrypt(salt, 2 * _KEY_BYTES, n=_SCRYPT_COST, r=8, p=1).derive(bytes(passphrase.reveal()))
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def _secrets_wire(secrets: TrusteeSecrets) -> _SecretsWire:
    terms, dealing = secrets.terms, secrets.dealing
    return _SecretsWire(
        terms.group.name,
        terms.size,
        terms.threshold,
        secrets.index,
        secrets.keys.seed,
        UNSET if dealing is None else _DealingWire(dealing.text, dealing.blind),
        UNSET if secrets.share is None else secrets.share,
    )


def _parse(plain: bytes) -> TrusteeSecrets:
    wire = decode(plain, _SecretsWire)
    group = named_group(wire.group)
    return TrusteeSecrets(
        Terms(group, wire.size, wire.threshold),
        wire.index,
        read_ceremony_keys(group, wire.seed.encode()),
        Dealing(wire.dealing.text, wire.dealing.blind) if isinstance(wire.dealing, _DealingWire) else None,
        None if isinstance(wire.share, UnsetType) else wire.share,
    )
