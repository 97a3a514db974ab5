# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``public_creds.json``: the public voting keys that may sign a ballot, each once, with their weights."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from townhall_voting.errors import MalformedError, MembershipError
from townhall_voting.group import Element, Group
from townhall_voting.untrusted_json import read_json

MAX_WEIGHT: Final = 1 << 36
"""As much as a decryption can find."""
_SPELLED: Final = re.compile(r"(?P<key>[0-9]+)(?:,(?P<weight>(?:[1-9][0-9]{0,10})?)(?:,[^,]{1,200})?)?")


@dataclass(frozen=True, slots=True)
class PublicCredential:
    """The public part of a voting key, and how many times its ballot counts.

    The tool adds whom the key belongs to, a name or number: it is ignored, and ours never writes it.
    """

    key: Element
    weight: int = 1


def write_credentials(credentials: Iterable[PublicCredential]) -> bytes:
    """Return the file, sorted by number: another order could tell who came when.

    Raises:
        MalformedError: a voting key twice, or a weight out of range.
    """
    ordered = sorted(credentials, key=lambda each: each.key)
    _check_unique([each.key for each in ordered])
    if any(not 1 <= each.weight <= MAX_WEIGHT for each in ordered):
        raise MalformedError("a weight out of range")
    return msgspec.json.encode([_spelled(each) for each in ordered])


def parse_credentials(group: Group, data: bytes) -> tuple[PublicCredential, ...]:
    """Return the voting keys in the file's order, each checked to be an element (an exponentiation each).

    Raises:
        MalformedError: not the file's one spelling, or a voting key twice.
        MembershipError: a number that is no element, or 1.
    """
    credentials = parse_unchecked_credentials(group, data)
    if not all(group.is_element(each.key) for each in credentials):
        raise MembershipError("a voting key outside the group")
    return credentials


def parse_unchecked_credentials(group: Group, data: bytes) -> tuple[PublicCredential, ...]:
    """As ``parse_credentials``, without the membership checks."""
    spelled = read_json(data, list[str])
    credentials = tuple(_parse(group, each) for each in spelled)
    if data != msgspec.json.encode(spelled):
        raise MalformedError("another spelling")
    _check_unique([each.key for each in credentials])
    return credentials


def is_sorted(credentials: Iterable[PublicCredential]) -> bool:
    """Whether the keys stand in the order of their numbers."""
    keys = [each.key for each in credentials]
    return keys == sorted(keys)


def _parse(group: Group, spelled: str) -> PublicCredential:
    match = _SPELLED.fullmatch(spelled)
    if match is None:
        raise MalformedError("not a voting key with its weight")
    credential = PublicCredential(group.unchecked_element(match["key"]), int(match["weight"] or 1))
    if credential.key == group.identity:
        raise MembershipError("a voting key that signs nothing")
    if credential.weight > MAX_WEIGHT:
        raise MalformedError("a weight out of range")
    return credential


def _spelled(credential: PublicCredential) -> str:
    key = str(int(credential.key))
    return key if credential.weight == 1 else f"{key},{credential.weight}"


def _check_unique(keys: list[Element]) -> None:
    if len(set(keys)) != len(keys):
        raise MalformedError("a voting key twice")
