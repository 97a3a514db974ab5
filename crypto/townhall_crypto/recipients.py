# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Recipients' keys: what payloads are sealed to, and what opens them in an agency's inbox."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from townhall_crypto import namespaces, suites
from townhall_crypto.errors import MalformedError
from townhall_crypto.secret import Secret
from townhall_crypto.suites import Suite


@dataclass(frozen=True, slots=True)
class RecipientPublicKey:
    """A public key that payloads can be sealed to; kiosks hold nothing else of a recipient.

    ``public`` is raw: 1,216 bytes (ML-KEM-768, then X25519) for ``HYBRID``, 32 bytes for ``CLASSIC``. ``key_id`` is the
    lower-case hex of SHA-256 over namespace, suite byte and ``public``; the constructor holds it to that.

    Raises:
        MalformedError: the bytes are no public key of the suite, or the id is not theirs.
    """

    suite: Suite
    key_id: str
    public: bytes = field(repr=False)

    def __post_init__(self) -> None:
        suites.load_public(self.suite, self.public)
        if self.key_id != _key_id(self.suite, self.public):
            raise MalformedError("a key id that is not the hash of its key")

    @classmethod
    def from_bytes(cls, untrusted_public: bytes, suite: Suite = Suite.HYBRID) -> Self:
        """Return the key of raw public bytes.

        Raises:
            MalformedError: the bytes are no public key of the suite.
        """
        return cls(suite, _key_id(suite, untrusted_public), untrusted_public)

    def to_bytes(self) -> bytes:
        """Return the raw public bytes."""
        return self.public


class RecipientPrivateKey:
    """A private key that opens sealed payloads; it lives in an agency's inbox and nowhere else."""

    __slots__ = ("_hpke_key", "_private", "public")

    public: RecipientPublicKey
    """The public half: what payloads are sealed to."""

    def __init__(self, suite: Suite, private: Secret) -> None:
        """Take over ``private``, raw private bytes.

        Raises:
            MalformedError: wrong length for the suite.
        """
        self._private = private
        self._hpke_key = suites.load_private(suite, private)
        self.public = RecipientPublicKey.from_bytes(suites.public_bytes(suite, private), suite)

    @classmethod
    def from_bytes(cls, private: bytes, suite: Suite = Suite.HYBRID) -> Self:
        """Return the key of raw private bytes: ML-KEM seed (64) and X25519 key (32), or the latter for ``CLASSIC``.

        Raises:
            MalformedError: wrong length for the suite.
        """
        return cls(suite, Secret(private))

    def to_bytes(self) -> bytes:
        """Return the raw private bytes, for the inbox's own encrypted store. They are a secret in plain sight."""
        return bytes(self._private.reveal())

    @property
    def suite(self) -> Suite:
        """The suite that the key belongs to."""
        return self.public.suite

    def unwrap(self, untrusted_wrap: bytes, info: bytes) -> Secret:
        """Return the secret wrapped for this key.

        Raises:
            SealBrokenError: it was wrapped for another key or ``info``, or changed since.
        """
        return suites.unwrap(self.suite, untrusted_wrap, self._hpke_key, info)

    def __repr__(self) -> str:
        return f"<RecipientPrivateKey {self.public.key_id}>"


def generate_recipient_key(suite: Suite = Suite.HYBRID) -> RecipientPrivateKey:
    """Return a fresh private key from the operating system's randomness."""
    return RecipientPrivateKey(suite, suites.generate_private(suite))


def _key_id(suite: Suite, public: bytes) -> str:
    return hashlib.sha256(namespaces.RECIPIENT_KEY_ID + bytes([suite.value]) + public).hexdigest()
