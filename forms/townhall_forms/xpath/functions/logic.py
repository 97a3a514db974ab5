# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Boolean functions, and those that choose between values."""

import math
from collections.abc import Mapping

from townhall_forms.xpath.errors import UnsupportedXPathError, XPathValueError
from townhall_forms.xpath.functions.signature import Arguments, Function, number, of_strings, text
from townhall_forms.xpath.patterns import compile_pattern
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import Value, to_boolean, to_number

_MAX_SUBJECT = 2_000
_NO_BOUND = -1.0


def check_pattern(pattern: str) -> None:
    """Check a regular expression when a form is read, so that it cannot fail in front of a person.

    Raises:
        UnsupportedXPathError: it is none that runs here.
        XPathLimitError: it is too long.
    """
    try:
        compile_pattern(pattern)
    except XPathValueError as exc:
        raise UnsupportedXPathError(str(exc)) from exc


def _regex(subject: str, pattern: str) -> bool:
    # "'[0-9]+' becomes /[0-9]+/" (ODK XForms): a test of any part, not a match of the whole.
    if len(subject) > _MAX_SUBJECT:
        return False
    return compile_pattern(pattern).is_in(subject)


def _if(scope: Scope, arguments: Arguments) -> Value:
    condition, then, otherwise = arguments
    return then(scope) if to_boolean(condition(scope)) else otherwise(scope)


def _coalesce(scope: Scope, arguments: Arguments) -> Value:
    for argument in arguments:
        found = text(scope, argument)
        if found:
            return found
    return ""


def _once(scope: Scope, arguments: Arguments) -> Value:
    held = scope.current.string_value()
    return held or text(scope, arguments[0])


def _is_checked(scope: Scope, value: Value) -> bool:
    if isinstance(value, bool):
        return value
    as_number = to_number(value, scope.environment.zone)
    return as_number > 0 or to_boolean_text(value)


def to_boolean_text(value: Value) -> bool:
    """Say whether a value is the text of a true boolean."""
    return value == "true"


def _within(total: float, low: float, high: float) -> bool:
    is_enough = low == _NO_BOUND or total >= low
    return is_enough and (high == _NO_BOUND or total <= high) and not math.isnan(total)


def _checklist(scope: Scope, arguments: Arguments) -> Value:
    total = sum(1.0 for argument in arguments[2:] if _is_checked(scope, argument(scope)))
    return _within(total, number(scope, arguments[0]), number(scope, arguments[1]))


def _weighted_checklist(scope: Scope, arguments: Arguments) -> Value:
    pairs = zip(arguments[2::2], arguments[3::2], strict=False)
    total = sum(number(scope, weight) for checked, weight in pairs if _is_checked(scope, checked(scope)))
    return _within(total, number(scope, arguments[0]), number(scope, arguments[1]))


LOGIC: Mapping[str, Function] = {
    "true": Function(lambda _scope, _arguments: True, 0, 0),
    "false": Function(lambda _scope, _arguments: False, 0, 0),
    "not": Function(lambda scope, arguments: not to_boolean(arguments[0](scope)), 1, 1),
    "boolean": Function(lambda scope, arguments: to_boolean(arguments[0](scope)), 1, 1),
    "boolean-from-string": of_strings(lambda subject: subject in {"true", "1"}, 1, 1),
    "if": Function(_if, 3, 3),
    "coalesce": Function(_coalesce, 2, 2),
    "once": Function(_once, 1, 1),
    "regex": of_strings(_regex, 2, 2),
    "checklist": Function(_checklist, 3),
    "weighted-checklist": Function(_weighted_checklist, 4),
}
