# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What two instances of one form differ in, beside what no two sessions have in common."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from townhall_forms.form import Form

_POSITION: Final = re.compile(r"\[[0-9]+\]")
_OWN: Final = "*"
"""Stands for a value of the clock, of chance or of the device, which each session has for itself."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One node that is not the same; None where an engine has no such node."""

    path: str  # without positions
    ours: str | None
    theirs: str | None


def differences(form: Form, ours: bytes, theirs: str) -> list[Difference]:
    """Return where two instances differ, in our order, and what is theirs alone at the end."""
    mine, other = _values(form, ours), _values(form, theirs.encode())
    return [
        Difference(_POSITION.sub("", ref), mine.get(ref), other.get(ref))
        for ref in (*mine, *(each for each in other if each not in mine))
        if mine.get(ref) != other.get(ref)
    ]


def _values(form: Form, instance: bytes) -> Mapping[str, str]:
    root = etree.fromstring(instance)
    return {ref: _OWN if _is_own(form, ref) else text for ref, text in _leaves(root, f"/{_local(root)}")}


def _is_own(form: Form, ref: str) -> bool:
    path = _POSITION.sub("", ref)
    return path in form.volatile or path in form.preloads or path.endswith("/meta/instanceID")


def _leaves(element: etree._Element, ref: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield f"{ref}/@{etree.QName(name).localname}", str(value)
    children = [child for child in element if isinstance(child.tag, str)]
    if not children and "[" in ref:  # not the root, which holds no value
        yield ref, element.text or ""
    counts: Counter[str] = Counter()
    for child in children:
        counts[_local(child)] += 1
        yield from _leaves(child, f"{ref}/{_local(child)}[{counts[_local(child)]}]")


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
