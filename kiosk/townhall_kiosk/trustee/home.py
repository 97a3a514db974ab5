# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustee's own folder: the sealed key, and what of elections was shuffled and decrypted with it.

::

    trustee.key                    the secrets, sealed by the key number (docs/formats/trustee-key.md)
    decrypted/<uuid>.json          the one tally of an election that this trustee decrypts
    shuffled/<uuid>.json           the one shuffle of an election that this trustee made, as the record has it
    record.bel                     the copy of a record that is being looked at

It lies on the trustee's own medium, never on the stick that goes round.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee import durable
from townhall_kiosk.trustee.errors import SecondShuffleError, SecondTallyError, TrusteeHomeError
from townhall_voting.nonces import Randomness
from townhall_voting.ranked.shuffle_wire import MAX_BYTES as MAX_SHUFFLE_BYTES
from townhall_voting.trustees.key_file import TrusteeSecrets, seal, unseal

KEY_FILE: Final = "trustee.key"
_KIND: Final = "townhall.decrypted-tally.v1"


class Decrypted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tally that a trustee decrypts: election, hash of the encrypted tally, hash of the ciphertexts themselves.

    The last two differ where ranked ballots were shuffled.
    """

    election: str
    tally: str
    ciphertexts: str
    kind: str = _KIND


@dataclass(frozen=True, slots=True)
class TrusteeHome:
    """One such folder."""

    path: Path

    @property
    def record_copy(self) -> Path:
        """Where a record is copied to before it is verified: a stick may answer differently when read again."""
        return self.path / "record.bel"

    @property
    def has_key(self) -> bool:
        """Whether a key is here."""
        return (self.path / KEY_FILE).exists()

    def create(self, secrets: TrusteeSecrets, number: Secret, randomness: Randomness) -> None:
        """Keep a fresh trustee's secrets.

        Raises:
            TrusteeHomeError: a key is here already, or the folder cannot be written.
            RandomnessError: the source of randomness failed.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.write_new(self.path / KEY_FILE, seal(secrets, number, randomness))
        except FileExistsError as error:
            raise TrusteeHomeError("a trustee's key is here already") from error
        except OSError as error:
            raise TrusteeHomeError("the trustee's folder cannot be written") from error

    def open(self, number: Secret) -> TrusteeSecrets:
        """Return the secrets.

        Raises:
            TrusteeHomeError: no key is here, or it cannot be read.
            KeyLockedError, KeyRefusedError: as ``unseal``.
        """
        return unseal(self.key_bytes(), number)

    def key_bytes(self) -> bytes:
        """Return the sealed key, which is also its own backup.

        Raises:
            TrusteeHomeError: no key is here, or it cannot be read.
        """
        return read_key(self.path / KEY_FILE)

    def save(self, secrets: TrusteeSecrets, number: Secret, randomness: Randomness) -> None:
        """Keep the secrets as they are now; a power cut leaves the old ones or these.

        Raises:
            TrusteeHomeError: the folder cannot be written.
            RandomnessError: the source of randomness failed.
        """
        try:
            durable.replace(self.path / KEY_FILE, seal(secrets, number, randomness))
        except OSError as error:
            raise TrusteeHomeError("the trustee's folder cannot be written") from error

    def bind_tally(self, uuid: str, tally: Decrypted) -> None:
        """Decide, durably and for ever, that this is the one tally of election ``uuid`` that this trustee decrypts.

        Called before anything of it is computed. The same tally again is let through: whoever was interrupted goes on.

        Raises:
            SecondTallyError: another one was bound.
            TrusteeHomeError: it cannot be written, or what is there cannot be read: nothing may be decrypted.
        """
        path = self.path / "decrypted" / f"{uuid}.json"
        try:
            self._note(path, msgspec.json.encode(tally))
        except FileExistsError as error:
            if self._bound(path) != tally:
                raise SecondTallyError from error

    def keep_shuffle(self, uuid: str, data: bytes) -> None:
        """Keep, durably and for ever, that ``data`` is the one shuffle that this trustee makes of election ``uuid``.

        Called before anybody else sees it. It is as public as the record; what it was made with is never written.

        Raises:
            SecondShuffleError: another one was made meanwhile.
            TrusteeHomeError: it cannot be written.
        """
        try:
            self._note(self._shuffle_path(uuid), data)
        except FileExistsError as error:
            raise SecondShuffleError from error

    def own_shuffle(self, uuid: str) -> bytes | None:
        """Return the shuffle that this trustee made of election ``uuid``, None where there is none.

        Raises:
            TrusteeHomeError: it cannot be read.
        """
        try:
            return durable.read(self._shuffle_path(uuid), MAX_SHUFFLE_BYTES)
        except OSError as error:
            raise TrusteeHomeError("the trustee's own shuffle cannot be read") from error

    def _shuffle_path(self, uuid: str) -> Path:
        return self.path / "shuffled" / f"{uuid}.json"

    def _note(self, path: Path, content: bytes) -> None:
        """Create a file that is never replaced; raises FileExistsError or TrusteeHomeError."""
        try:
            with durable.alone(self.path):
                if not path.parent.exists():
                    durable.make_folder(path.parent)
                durable.write_new(path, content)
        except FileExistsError:
            raise
        except OSError as error:
            raise TrusteeHomeError("the trustee's folder cannot be written") from error

    def _bound(self, path: Path) -> Decrypted:
        try:
            return msgspec.json.decode(durable.read(path) or b"", type=Decrypted)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise TrusteeHomeError("which tally was decrypted cannot be read") from error


def back_up(home: TrusteeHome, folder: Path) -> Path:
    """Copy the sealed key to another medium and return the copy, which was read back.

    Raises:
        TrusteeHomeError: no key, a file in the way, or the medium cannot be written.
    """
    data, copy = home.key_bytes(), folder / KEY_FILE
    try:
        durable.write_new(copy, data)
    except FileExistsError as error:
        if read_key(copy) != data:
            raise TrusteeHomeError("another trustee's key, or an older copy, is there already") from error
    except OSError as error:
        raise TrusteeHomeError("the copy cannot be written") from error
    if read_key(copy) != data:
        raise TrusteeHomeError("the copy cannot be read back")
    return copy


def restore(home: TrusteeHome, copy: Path) -> None:
    """Put a copy of the sealed key into an empty home.

    Raises:
        TrusteeHomeError: a key is here already, there is no copy, or the folder cannot be written.
    """
    data = read_key(copy)
    try:
        home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.write_new(home.path / KEY_FILE, data)
    except FileExistsError as error:
        raise TrusteeHomeError("a trustee's key is here already") from error
    except OSError as error:
        raise TrusteeHomeError("the trustee's folder cannot be written") from error


def read_key(path: Path) -> bytes:
    """Return a sealed key or a copy of one.

    Raises:
        TrusteeHomeError: there is none, or it cannot be read.
    """
    try:
        data = durable.read(path)
    except OSError as error:
        raise TrusteeHomeError("the trustee's key cannot be read") from error
    if data is None:
        raise TrusteeHomeError("no trustee's key is here")
    return data
