# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Basic Access Control as a chip does it (ICAO 9303-11 §4.3), for the simulated cards."""

from typing import Final

from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.bac import KEY_BYTES, NONCE_BYTES, SEED_BYTES, BacSession, sealed, session, unsealed
from townhall_smartcard.emrtd.cipher import Cipher, SessionKeys
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.status import StatusWord


class ChipBac:
    """One run after the other, with one key."""

    def __init__(self, secret: bytes, randomness: Randomness) -> None:
        """Take the secret of the MRZ password."""
        self._keys: Final = SessionKeys.derive(Cipher.TRIPLE_DES, secret[:SEED_BYTES])
        self._randomness: Final = randomness
        self._challenge: bytes | None = None
        self._session: BacSession | None = None

    def reset(self) -> None:
        """Forget a run that was begun."""
        self._challenge = self._session = None

    def give_challenge(self) -> Answer:
        """GET CHALLENGE."""
        self._challenge = self._randomness(NONCE_BYTES)
        return Answer(data=self._challenge)

    def authenticate(self, command: Command) -> Answer:
        """EXTERNAL AUTHENTICATE: good for the last challenge, once."""
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        try:
            message = unsealed(self._keys, command.data)
        except CardUnreadableError:
            return Answer(StatusWord.VERIFICATION_FAILED)
        nonce, theirs = message[:NONCE_BYTES], message[2 * NONCE_BYTES :]
        if message[NONCE_BYTES : 2 * NONCE_BYTES] != challenge:
            return Answer(StatusWord.VERIFICATION_FAILED)
        own = self._randomness(KEY_BYTES)
        self._session = session(own, theirs, challenge, nonce)
        return Answer(data=sealed(self._keys, challenge + nonce + own))

    def take_session(self) -> BacSession | None:
        """Return what the step just done led to, once."""
        session_, self._session = self._session, None
        return session_
