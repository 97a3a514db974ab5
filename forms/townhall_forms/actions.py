# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Actions of a form: values that are set when an event happens (ODK XForms, events and actions)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions, Rule
from townhall_forms.markup import ODK, XFORMS, attribute, name_of
from townhall_forms.nodes import Node
from townhall_forms.paths import existing_path


class Event(enum.Enum):
    """What actions answer to."""

    FIRST_LOAD = "odk-instance-first-load"
    NEW_REPEAT = "odk-new-repeat"
    VALUE_CHANGED = "xforms-value-changed"


@dataclass(frozen=True, slots=True)
class Action:
    """Sets ``target`` when one of ``events`` happens at ``source``, the path of a control or repeat (or nothing)."""

    events: frozenset[Event]
    source: str
    target: str
    value: Rule | str  # a rule is evaluated at the target; `setgeopoint` gives nothing, as where no place is known


_ALIASES: Mapping[str, Event] = {"xforms-ready": Event.FIRST_LOAD}
_ELEMENTS = frozenset({(XFORMS, "setvalue"), (ODK, "setgeopoint")})
# Sound from the room is not recorded: `applicable` names it.
RECORDING = (ODK, "recordaudio")


def is_action(element: etree._Element) -> bool:
    """Say whether an element is an action that forms may hold."""
    return name_of(element) in _ELEMENTS


class ActionReader:
    """Reads the actions of one form; ``paths`` are the binds' by id."""

    def __init__(self, nodes: Mapping[str, Node], paths: Mapping[str, str], expressions: Expressions) -> None:
        self._nodes = nodes
        self._paths = paths
        self._expressions = expressions
        self.actions: list[Action] = []

    def read(self, element: etree._Element, source: str = "") -> None:
        """Read one action.

        Raises:
            FormRefusedError: it sets no node of the instance.
        """
        bind = attribute(element, "bind")
        written = self._paths.get(bind, "") if bind else attribute(element, "ref")
        if not written:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "an action without a target", source or "model")
        target = existing_path(written, self._nodes, name_of(element)[1], source)
        expression = attribute(element, "value")
        value: Rule | str = (element.text or "").strip()
        if name_of(element)[1] == "setgeopoint":
            value = ""
        elif expression:
            value = self._expressions.rule(expression, target)
        self.actions.append(Action(_events(element), source, target, value))


def _events(element: etree._Element) -> frozenset[Event]:
    named = attribute(element, "event").split()
    known = {event.value: event for event in Event}
    return frozenset(event for name in named if (event := known.get(name) or _ALIASES.get(name)) is not None)
