# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Number functions; what mathematics does not define gives NaN, as in XPath, and never an exception."""

import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal

from townhall_forms.xpath.functions.signature import Arguments, Function, node_set, number, of_numbers, texts
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import Value, to_number

_RANDOM_BYTES = 7
_RANDOM_BITS = 53  # what a float holds exactly
_MAX_DECIMALS = 30
_EXACT = Context(prec=400)  # the largest float has 309 digits before the point


def _guarded(calculate: Callable[..., float]) -> Callable[..., float]:
    def run(*numbers: float) -> float:
        try:
            return float(calculate(*numbers))
        except (ValueError, ZeroDivisionError):
            return math.nan
        except OverflowError:
            return math.inf

    return run


def _whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    return lambda given: given if math.isnan(given) or math.isinf(given) else float(rounding(given))


def round_half_up(given: float) -> float:
    """Round to the nearest whole number, halves towards positive infinity (XPath 1.0 §4.4)."""
    if math.isnan(given) or math.isinf(given):
        return given
    return float(math.floor(given + 0.5))


def _round(given: float, decimals: float = 0.0) -> float:
    """Round; with decimals, on the decimal digits people see, halves away from zero."""
    if not decimals or math.isnan(decimals) or math.isnan(given) or math.isinf(given):
        return round_half_up(given)
    places = int(max(min(decimals, _MAX_DECIMALS), -_MAX_DECIMALS))
    scaled = Decimal(repr(given)).scaleb(places, _EXACT).quantize(Decimal(1), ROUND_HALF_UP, _EXACT)
    return float(scaled.scaleb(-places, _EXACT))


def _power(base: float, exponent: float) -> float:
    return math.pow(base, exponent)


def _logarithm(given: float) -> float:
    return -math.inf if given == 0 else math.log(given)


def _logarithm10(given: float) -> float:
    return -math.inf if given == 0 else math.log10(given)


def _random(scope: Scope, _arguments: Arguments) -> Value:
    drawn = int.from_bytes(scope.environment.randomness(_RANDOM_BYTES), "big") >> (8 * _RANDOM_BYTES - _RANDOM_BITS)
    return drawn / (1 << _RANDOM_BITS)


def _extreme(choose: Callable[[list[float]], float]) -> Callable[[Scope, Arguments], Value]:
    def run(scope: Scope, arguments: Arguments) -> Value:
        numbers = [to_number(found, scope.environment.zone) for found in texts(scope, arguments)]
        if not numbers or any(math.isnan(each) for each in numbers):
            return math.nan
        return choose(numbers)

    return run


def _sum(scope: Scope, arguments: Arguments) -> Value:
    zone = scope.environment.zone
    return float(sum(to_number(node.string_value(), zone) for node in node_set(scope, arguments[0])))


def _number(scope: Scope, arguments: Arguments) -> Value:
    if arguments:
        return number(scope, arguments[0])
    return to_number(scope.node.string_value(), scope.environment.zone)


NUMBERS: Mapping[str, Function] = {
    "number": Function(_number, 0, 1),
    "int": of_numbers(_whole(math.trunc), 1, 1),
    "round": of_numbers(_round, 1, 2),
    "floor": of_numbers(_whole(math.floor), 1, 1),
    "ceiling": of_numbers(_whole(math.ceil), 1, 1),
    "abs": of_numbers(abs, 1, 1),
    "pow": of_numbers(_guarded(_power), 2, 2),
    "log": of_numbers(_guarded(_logarithm), 1, 1),
    "log10": of_numbers(_guarded(_logarithm10), 1, 1),
    "sin": of_numbers(_guarded(math.sin), 1, 1),
    "cos": of_numbers(_guarded(math.cos), 1, 1),
    "tan": of_numbers(_guarded(math.tan), 1, 1),
    "asin": of_numbers(_guarded(math.asin), 1, 1),
    "acos": of_numbers(_guarded(math.acos), 1, 1),
    "atan": of_numbers(_guarded(math.atan), 1, 1),
    "atan2": of_numbers(_guarded(math.atan2), 2, 2),
    "sqrt": of_numbers(_guarded(math.sqrt), 1, 1),
    "exp": of_numbers(_guarded(math.exp), 1, 1),
    "exp10": of_numbers(_guarded(lambda given: math.pow(10, given)), 1, 1),
    "pi": Function(lambda _scope, _arguments: math.pi, 0, 0),
    "random": Function(_random, 0, 0),
    "min": Function(_extreme(min), 1),
    "max": Function(_extreme(max), 1),
    "sum": Function(_sum, 1, 1),
}
