# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where another engine does otherwise, and why ours stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from townhall_oracle.compare import Difference


@dataclass(frozen=True, slots=True)
class Declared:
    """One difference that is no fault of ours."""

    engine: str
    form: str  # pattern of the name below the folder
    path: str  # pattern of the node's path
    reason: str
    is_meant: Callable[[Difference], bool] = lambda _difference: True

    def covers(self, engine: str, form: str, difference: Difference) -> bool:
        """Tell whether this is the difference that is meant."""
        return (
            engine == self.engine
            and fnmatchcase(form, self.form)
            and fnmatchcase(difference.path, self.path)
            and self.is_meant(difference)
        )


def _is_dropped(difference: Difference) -> bool:
    return (
        difference.ours is not None and difference.theirs is not None and len(difference.ours) < len(difference.theirs)
    )


def _is_pruned(difference: Difference) -> bool:
    return difference.ours is None


def _is_same_number(difference: Difference) -> bool:
    try:
        ours, theirs = float(difference.ours or ""), float(difference.theirs or "")
    except ValueError:
        return False
    return abs(ours - theirs) <= abs(ours) / 100_000


def _is_same_but_for_white_space(difference: Difference) -> bool:
    return (difference.ours or "").split() == (difference.theirs or "").split()


def _is_no_number(difference: Difference) -> bool:
    return (difference.ours, difference.theirs) == ("", "NaN")


def _is_spelt_otherwise(difference: Difference) -> bool:
    """Whether a date stands before a time of day, or places have fewer zeros."""
    ours, theirs = difference.ours or "", difference.theirs or ""
    return theirs.startswith(f"{ours}T") or ours.replace(".0", "") == theirs.replace(".0", "")


def _is_same_but_for_spaces(difference: Difference) -> bool:
    return (difference.ours or "").replace("; ", ";") == difference.theirs


_XFORMS, _RXEVAL = "xforms-engine", "rxeval"

DECLARED: Final = (
    Declared(
        _XFORMS,
        "*",
        "*/meta/instanceID",
        "It adds an instanceID where a form declares none. A submission has the nodes that its form has (ODK XForms, "
        "instance); our envelope has an identity of its own.",
        _is_pruned,
    ),
    Declared(
        _XFORMS,
        "*",
        "*",
        "It parts places of a line by ';', JavaRosa and the specification's examples by '; '.",
        _is_same_but_for_spaces,
    ),
    Declared(
        _XFORMS,
        "*variadic-distance.xml",
        "*",
        "It rounds distances and areas to two decimals; the specification does not, nor does JavaRosa.",
        _is_same_number,
    ),
    Declared(
        _XFORMS,
        "*",
        "*",
        "A choice that is offered no more stays in its instance; ours drops it, as JavaRosa does, and so the centre "
        "finds no answer that nobody could have given.",
        _is_dropped,
    ),
    *(
        Declared(
            _XFORMS,
            form,
            path,
            "Where the count of a repeat is emptied, it keeps the instances that were there, which follow from the "
            "order of answers; ours has none then, as the centre must find the same from the answers alone.",
        )
        for form, path in (("*bench9.xml", "/bench9/rep/*"), ("*13-repeat-count.xml", "/root/rep/*"))
    ),
    Declared(
        _XFORMS,
        "*07-jr-test-*",
        "/data/repeat/*",
        "An absolute path into the own repeat means the own instance, as JavaRosa has it, whose test this form is; it "
        "takes the first.",
    ),
    Declared(
        _XFORMS,
        "*xl_date_ambiguous*",
        "/data/current_date",
        "It forgets what a form begins with where that is no value of its type; ours says that there is a problem.",
    ),
    Declared(
        _XFORMS,
        "*attribute_columns_test.xlsx",
        "*/repeat_test/@testAttribute",
        "It drops attributes of a repeat; a submission has the nodes that its form has.",
    ),
    Declared(
        _XFORMS,
        "*calculate-now.xml",
        "/data/now*",
        "It leaves the time of day in what date() gives; a date has none (ODK XForms, date()), as JavaRosa has it.",
    ),
    Declared(
        _RXEVAL,
        "*",
        "*",
        "It writes nodes that are not relevant; a submission leaves them out (ODK XForms, relevant).",
        _is_pruned,
    ),
    Declared(
        _RXEVAL,
        "*",
        "*",
        "A choice that is offered no more stays in its instance; ours drops it.",
        _is_dropped,
    ),
    Declared(_RXEVAL, "*", "*", "It keeps white space around values.", _is_same_but_for_white_space),
    Declared(_RXEVAL, "*", "*", "It writes NaN; other engines leave the node empty.", _is_no_number),
    Declared(
        _RXEVAL,
        "*",
        "*",
        "It keeps what a form begins with as its author wrote it; other engines write it as its type wants it.",
        _is_spelt_otherwise,
    ),
)


_OPENED: Final = {
    (_RXEVAL, "bad-range-form.xml"): "It looks at no controls.",
    (_RXEVAL, "xpath-unknown-function.xml"): "It finds out when it evaluates.",
}


def reason_to_refuse(engine: str, form: str) -> str | None:
    """Return why ours refuses a form that another engine opens, None where nobody has said."""
    return _OPENED.get((engine, form.rpartition("/")[2]))


def reason(engine: str, form: str, difference: Difference) -> str | None:
    """Return why a difference is none of our faults, None where nobody has said."""
    return next((each.reason for each in DECLARED if each.covers(engine, form, difference)), None)
