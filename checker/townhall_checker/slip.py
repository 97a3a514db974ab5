# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person brings from the slip: h in full, its first words, or the text of the slip's own QR."""

import base64
import re
from dataclasses import dataclass

from townhall_checker.election import Election, b64
from townhall_checker.errors import CastSlipError, SlipDiffersError, SlipUnreadableError
from townhall_checker.strict_json import read_json

_H = re.compile("[A-Za-z0-9+/]{43}")
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
_WORD_COUNT = 4
_WORD = f"[{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}]"
_WORDS = re.compile(f"{_WORD}(?:-?{_WORD}){{{_WORD_COUNT - 1}}}")
_QR = re.compile("TOWNHALL-(SLIP|CAST)-1:([A-Z2-7]+)")
_MAXIMUM_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Slip:
    """What the slip says of h: all of it, its first words, or nothing because nobody typed it."""

    h: str = ""
    words: str = ""


def read_slip(untrusted: str, election: Election) -> Slip:
    """Read what was typed or scanned; white space does not matter.

    The booth's signature in a slip's QR is the desk's to check: who has ``election.json`` alone knows no booth's key.

    Raises:
        SlipUnreadableError: nothing that stands on a slip.
        SlipDiffersError: a slip of another election.
        CastSlipError: the slip of a ballot that was cast.
    """
    typed = re.sub("[\t\n\r ]", "", untrusted)
    if not typed:
        return Slip()
    if _H.fullmatch(typed):
        return Slip(h=typed)
    if len(typed) <= _MAXIMUM_CHARACTERS and (scanned := _QR.fullmatch(typed)):
        return _scanned(scanned[1], scanned[2], election)
    if typed.isascii() and _WORDS.fullmatch(typed.lower()):
        return Slip(words=typed.lower().replace("-", ""))
    raise SlipUnreadableError


def require_same(slip: Slip, digest: bytes) -> None:
    """Return if what the slip says of h is so.

    Raises:
        SlipDiffersError: the slip is of another ballot.
    """
    if slip.h not in ("", b64(digest)) or slip.words not in ("", words_of(digest)):
        raise SlipDiffersError


def words_of(digest: bytes) -> str:
    """Return the first words of a hash: proquints, five letters for sixteen bits, written together."""
    return "".join(_word(int.from_bytes(digest[at : at + 2], "big")) for at in range(0, 2 * _WORD_COUNT, 2))


def _word(number: int) -> str:
    spelled = ""
    for shift, letters in zip((12, 10, 6, 4, 0), (_CONSONANTS, _VOWELS) * 2 + (_CONSONANTS,), strict=True):
        spelled += letters[number >> shift & len(letters) - 1]
    return spelled


def _scanned(kind: str, encoded: str, election: Election) -> Slip:
    try:
        packed = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
        facts = read_json(packed[2 : 2 + int.from_bytes(packed[:2], "big")])
    except ValueError as exc:
        raise SlipUnreadableError from exc
    if not isinstance(facts, dict):
        raise SlipUnreadableError
    h, is_cast = facts.get("ballot"), kind == "CAST"
    if facts.get("type") != ("cast" if is_cast else "commitment") or not isinstance(h, str) or not _H.fullmatch(h):
        raise SlipUnreadableError
    if is_cast:
        raise CastSlipError
    if facts.get("election") != election.fingerprint:
        raise SlipDiffersError
    return Slip(h=h)
