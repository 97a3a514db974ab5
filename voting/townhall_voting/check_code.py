# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The text of the QR by which a person has a ballot checked; showing it makes the ballot void.

Section 6 of docs/formats/ballot-seed.md. Base45 is RFC 9285: what a QR packs best. Here is the box's reading of it, for
the published list of opened ballots; what a person checks by is another program (`checker/`).
"""

from typing import Final

from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import BallotMaker, Choices, UnsignedBallot
from townhall_voting.election import Election, HomomorphicQuestion
from townhall_voting.eligibility.batches import MAX_CODE
from townhall_voting.errors import ChoicesRefusedError, OpeningRefusedError
from townhall_voting.group import Element
from townhall_voting.hashing import Fingerprint, hash_bytes
from townhall_voting.nonces import SeedNonces

PREFIX: Final = "THB1:"
_VERSION: Final = 1
_ELEMENT_BYTES: Final = 256
_HASH_BYTES: Final = 32
_BASE45: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def check_code(election: Election, seed: Secret, ballot: UnsignedBallot, choices: Choices) -> str:
    """Return the text that opens ``ballot``: to be shown for a ballot that is void from then on, never for another."""
    opened = b"".join(
        (
            bytes([_VERSION]),
            hash_bytes(election.fingerprint),
            bytes(seed.reveal()),
            hash_bytes(ballot.hash),
            int(ballot.credential).to_bytes(_ELEMENT_BYTES, "big"),
            bytes(number for chosen in choices for number in chosen),
        )
    )
    return PREFIX + base45(opened)


def check_opening(maker: BallotMaker, ballot: Fingerprint, untrusted_code: str) -> Choices:
    """Return the choices of ``ballot``, if the code opens exactly that ballot of the maker's election.

    Raises:
        OpeningRefusedError: it does not.
    """
    election = maker.election
    opened = _from_base45(untrusted_code)
    head = bytes([_VERSION]) + hash_bytes(election.fingerprint)
    key_at = len(head) + 2 * _HASH_BYTES
    counts = _counts(election)
    if not opened.startswith(head) or len(opened) != key_at + _ELEMENT_BYTES + sum(counts):
        raise OpeningRefusedError("a code of another election or length")
    seed = Secret(opened[len(head) : len(head) + _HASH_BYTES])
    credential = Element(int.from_bytes(opened[key_at : key_at + _ELEMENT_BYTES], "big"))
    numbers = iter(opened[key_at + _ELEMENT_BYTES :])
    choices = Choices(tuple(tuple(next(numbers) for _ in range(count)) for count in counts))
    if opened[len(head) + _HASH_BYTES : key_at] != hash_bytes(ballot) or not election.group.is_element(credential):
        raise OpeningRefusedError("a code of another ballot, or of no voting key")
    try:
        made = maker.prepare(choices, credential, SeedNonces(seed, election.group, election.fingerprint, credential))
    except ChoicesRefusedError as error:
        raise OpeningRefusedError("choices that the election does not allow") from error
    if made.hash != ballot:
        raise OpeningRefusedError("the seed and the choices make another ballot")
    return choices


def _counts(election: Election) -> list[int]:
    """Return how many numbers answer each question."""
    return [
        question.ciphertext_count if isinstance(question, HomomorphicQuestion) else len(question.answers)
        for question in election.questions
    ]


def _from_base45(text: str) -> bytes:
    encoded = text.removeprefix(PREFIX)
    if encoded == text or len(text) > MAX_CODE or any(character not in _BASE45 for character in encoded):
        raise OpeningRefusedError("not the text of a check")
    data = bytearray()
    for start in range(0, len(encoded), 3):
        digits = [_BASE45.index(character) for character in encoded[start : start + 3]]
        number = sum(digit * len(_BASE45) ** place for place, digit in enumerate(digits))
        if len(digits) == 1 or number >= 1 << 8 * (len(digits) - 1):
            raise OpeningRefusedError("not base45")
        data += number.to_bytes(len(digits) - 1, "big")
    return bytes(data)


def base45(data: bytes) -> str:
    """Return ``data`` in the 45 characters of a QR's alphanumeric mode (RFC 9285, section 4)."""
    text = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, len(_BASE45))
            text.append(_BASE45[digit])
    return "".join(text)
