# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""JSON that somebody else wrote, read as one kind of thing: whatever is wrong with it is one refusal, and no crash."""

from typing import TypeVar

import msgspec

from townhall_voting.errors import MalformedError

_Kind = TypeVar("_Kind")


def read_json(untrusted: bytes | str | msgspec.Raw, kind: type[_Kind]) -> _Kind:
    """Return the value of type ``kind`` that ``untrusted`` spells; in which of several spellings is not asked.

    Raises:
        MalformedError: it spells none: no JSON, another form, no UTF-8 inside, or nested without end.
    """
    try:
        return msgspec.json.decode(untrusted, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("not JSON of its kind") from error
