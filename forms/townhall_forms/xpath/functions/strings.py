# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""String functions, functions on lists of selected choices, and texts of the form."""

import math
import uuid
from collections.abc import Mapping

from townhall_forms.xpath.errors import XPathLimitError
from townhall_forms.xpath.functions.numbers import round_half_up
from townhall_forms.xpath.functions.signature import (
    Arguments,
    Function,
    node_set,
    number,
    of_strings,
    text,
    texts,
)
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import Value

_SPACE = " \t\r\n"  # XPath's idea of white space; Python's is wider
_MAX_UUID = 100


def _split(listed: str) -> list[str]:
    return [part for part in listed.translate(str.maketrans(_SPACE, " " * 4)).split(" ") if part]


def _normalize_space(scope: Scope, arguments: Arguments) -> Value:
    return " ".join(_split(text(scope, arguments[0]) if arguments else scope.node.string_value()))


def _substring(scope: Scope, arguments: Arguments) -> Value:
    """Cut by positions that may be fractions or infinite (XPath 1.0 §4.2)."""
    subject = text(scope, arguments[0])
    start = round_half_up(number(scope, arguments[1]))
    end = math.inf if len(arguments) == 2 else start + round_half_up(number(scope, arguments[2]))
    return "".join(letter for place, letter in enumerate(subject, 1) if start <= place < end)


def _substr(scope: Scope, arguments: Arguments) -> Value:
    """Cut from a start, counted from 0, to before an end; negative ones count from the end."""
    subject = text(scope, arguments[0])
    start = number(scope, arguments[1])
    end = number(scope, arguments[2]) if len(arguments) == 3 else float(len(subject))
    if math.isnan(start) or math.isnan(end):
        return ""
    return subject[_slice_end(start, len(subject)) : _slice_end(end, len(subject))]


def _slice_end(place: float, length: int) -> int:
    whole = int(max(min(place, length), -length))
    return whole if whole >= 0 else whole + length


def _translate(subject: str, source: str, target: str) -> str:
    table: dict[int, str | None] = {}
    for place, letter in enumerate(source):
        table.setdefault(ord(letter), target[place] if place < len(target) else None)
    return subject.translate(table)


def _join(scope: Scope, arguments: Arguments) -> Value:
    return text(scope, arguments[0]).join(texts(scope, arguments[1:]))


def _selected_at(scope: Scope, arguments: Arguments) -> Value:
    chosen = _split(text(scope, arguments[0]))
    place = number(scope, arguments[1])
    if math.isnan(place) or not 0 <= place < len(chosen):
        return ""
    return chosen[int(place)]


def _uuid(scope: Scope, arguments: Arguments) -> Value:
    if not arguments:
        return str(uuid.UUID(bytes=scope.environment.randomness(16), version=4))
    length = number(scope, arguments[0])
    if math.isnan(length):
        return ""
    if not 0 <= length <= _MAX_UUID:
        raise XPathLimitError("uuid() of more than a hundred characters")
    return scope.environment.randomness(int(length)).hex()[: int(length)]


def _choice_name(scope: Scope, arguments: Arguments) -> Value:
    # The second argument is a path written as a string; both orders of the specification's history put the value first.
    return scope.environment.choice_names(text(scope, arguments[0]), text(scope, arguments[1]), scope.current)


def _name(scope: Scope, arguments: Arguments) -> str:
    nodes = node_set(scope, arguments[0]) if arguments else [scope.node]
    return nodes[0].local if nodes else ""


STRINGS: Mapping[str, Function] = {
    "string": Function(lambda scope, given: text(scope, given[0]) if given else scope.node.string_value(), 0, 1),
    "concat": Function(lambda scope, given: "".join(texts(scope, given)), 1),
    "join": Function(_join, 1),
    "string-length": Function(
        lambda scope, given: float(len(text(scope, given[0]) if given else scope.node.string_value())), 0, 1
    ),
    "substring": Function(_substring, 2, 3),
    "substr": Function(_substr, 2, 3),
    "substring-before": of_strings(
        lambda subject, part: subject.partition(part)[0] if part and part in subject else "", 2, 2
    ),
    "substring-after": of_strings(lambda subject, part: subject.partition(part)[2] if part else subject, 2, 2),
    "contains": of_strings(lambda subject, part: part in subject, 2, 2),
    "starts-with": of_strings(str.startswith, 2, 2),
    "ends-with": of_strings(str.endswith, 2, 2),
    "translate": of_strings(_translate, 3, 3),
    "normalize-space": Function(_normalize_space, 0, 1),
    "uuid": Function(_uuid, 0, 1),
    "selected": of_strings(lambda listed, value: value.strip(_SPACE) in _split(listed), 2, 2),
    "selected-at": Function(_selected_at, 2, 2),
    "count-selected": of_strings(lambda listed: float(len(_split(listed))), 1, 1),
    "jr:itext": Function(lambda scope, given: scope.environment.texts(text(scope, given[0]), scope.current), 1, 1),
    "jr:choice-name": Function(_choice_name, 2, 2),
    "local-name": Function(_name, 0, 1),
    "name": Function(_name, 0, 1),
}
