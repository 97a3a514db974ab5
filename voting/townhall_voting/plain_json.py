# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""JSON that every reader reads alike: nothing twice in an object, small whole numbers, whole characters, not too deep.

Where programs by different people must agree on what a file says, what they read differently is refused at the start.
Section 7 of docs/formats/ballot-seed.md.
"""

import json
import re
from typing import Final

from townhall_voting.errors import MalformedError

MAX_DEPTH: Final = 16
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")


def check_plain(data: bytes) -> None:
    """Check that ``data`` is such JSON; what it says is read by others.

    Raises:
        MalformedError: it is not.
    """
    try:
        text = data.decode()
        _require_depth(text)
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=_number, parse_float=_number, parse_constant=_number
        )
        json.dumps(value, ensure_ascii=False).encode()  # half characters have no UTF-8
    except ValueError as error:
        raise MalformedError("JSON that not every reader reads alike") from error


def _require_depth(text: str) -> None:
    """Count brackets outside of strings before anything is built of them."""
    depth, in_string, is_escaped = 0, False, False
    for character in text:
        if in_string:
            in_string = is_escaped or character != '"'
            is_escaped = character == "\\" and not is_escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError("too deep")
        elif character in "]}":
            depth -= 1


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _number(spelled: str) -> int:
    if not _NUMBER.fullmatch(spelled):
        raise ValueError("a number that is not small and whole")
    return int(spelled)
