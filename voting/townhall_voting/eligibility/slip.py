# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a booth prints: the slip that commits to a ballot, and the word that the ballot can be opened no more.

Format: docs/formats/voting-slip.md. The desk takes a ballot's hash from a cast slip alone; the booth signs one after it
has forgotten the seed; for one ballot a booth makes that signature or the code that opens it, never both.
"""

from typing import Final, Literal

import msgspec

from townhall_crypto import canonical, namespaces
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CryptoError
from townhall_crypto.signed_text import read_text, sign_text, verify_text
from townhall_voting.eligibility.admission import is_admission
from townhall_voting.errors import SlipRefusedError
from townhall_voting.hashing import Fingerprint, hash_bytes, is_fingerprint
from townhall_voting.mode import Mode
from townhall_voting.words import words

COMMITMENT_PREFIX: Final = "TOWNHALL-SLIP-1:"
CAST_PREFIX: Final = "TOWNHALL-CAST-1:"
_MAX_NAME: Final = 200


class SlipFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a booth signs; canonical JSON. No time and no place: only the desk's admission number ties it to a visit."""

    version: Literal[1] = 1
    type: Literal["commitment", "cast"]
    mode: Mode
    election: Fingerprint
    ballot: Fingerprint
    """h: the hash of the ballot before its signature."""
    admission: str
    """Random number that the desk gave out, with its check digit; empty where booth and desk are one device."""
    booth: str
    """Name of the device."""

    def to_bytes(self) -> bytes:
        """Return the one spelling of these facts."""
        return canonical.encode(msgspec.to_builtins(self))

    @property
    def words(self) -> str:
        """The ballot's hash in short words: how a person tells their slip from others."""
        return words(hash_bytes(self.ballot))


def sign_slip(facts: SlipFacts, key: DeviceKey) -> str:
    """Return the text of the slip's QR, signed by the booth."""
    prefix, namespace = _KINDS[facts.type]
    return sign_text(prefix, namespace, facts.to_bytes(), key)


def read_slip(untrusted: str) -> SlipFacts:
    """Return what a slip claims, unverified: to know which booth's key to ask.

    Raises:
        SlipRefusedError: not the text of a slip in its one spelling.
    """
    kind: Literal["commitment", "cast"] = "cast" if untrusted.strip().startswith(CAST_PREFIX) else "commitment"
    try:
        body, _signature = read_text(untrusted, _KINDS[kind][0])
        return _parse(body, kind)
    except (CryptoError, msgspec.ValidationError) as error:
        raise SlipRefusedError("not the text of a slip") from error


def verify_slip(untrusted: str, kind: Literal["commitment", "cast"], booth_public_der: bytes) -> SlipFacts:
    """Return the facts of a slip of this kind that the booth of this key signed.

    Raises:
        SlipRefusedError: another kind, malformed, or not by this booth.
    """
    prefix, namespace = _KINDS[kind]
    try:
        return _parse(verify_text(untrusted, prefix, namespace, booth_public_der), kind)
    except (CryptoError, msgspec.ValidationError) as error:
        raise SlipRefusedError("not a slip by this booth") from error


def _parse(body: bytes, kind: Literal["commitment", "cast"]) -> SlipFacts:
    facts = msgspec.convert(canonical.decode(body), SlipFacts)
    if (
        facts.type != kind
        or not is_fingerprint(facts.election)
        or not is_fingerprint(facts.ballot)
        or not (facts.admission == "" or is_admission(facts.admission))
        or not 0 < len(facts.booth) <= _MAX_NAME
    ):
        raise SlipRefusedError("not the facts of a slip")
    return facts


_KINDS: Final = {
    "commitment": (COMMITMENT_PREFIX, namespaces.VOTING_SLIP),
    "cast": (CAST_PREFIX, namespaces.VOTING_CAST),
}
