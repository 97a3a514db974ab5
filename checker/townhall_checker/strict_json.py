# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""JSON without its loose ends: no member twice, no number that is not small and whole, no half characters."""

import json
import re

_MAXIMUM_DEPTH = 16
_NUMBER = re.compile("0|[1-9][0-9]{0,14}")


def read_json(content: bytes) -> object:
    """Return what UTF-8 bytes say.

    Raises:
        ValueError: no JSON, or one of its loose ends.
    """
    try:
        parsed: object = json.loads(
            content.decode(),
            object_pairs_hook=_without_duplicates,
            parse_int=_small_number,
            parse_float=_small_number,
            parse_constant=_small_number,
        )
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc
    _require_plain(parsed, _MAXIMUM_DEPTH)
    return parsed


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _small_number(spelled: str) -> int:
    if not _NUMBER.fullmatch(spelled):
        raise ValueError("a number that is not small and whole")
    return int(spelled)


def _require_plain(value: object, depth: int) -> None:
    """Refuse what is nested too deep, and half characters, which JSON can spell and UTF-8 cannot."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict | list):
        if not depth:
            raise ValueError("nested too deep")
        for each in (*value, *value.values()) if isinstance(value, dict) else value:
            _require_plain(each, depth - 1)
