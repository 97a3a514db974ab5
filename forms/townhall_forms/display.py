# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a session shows of a form: questions, labels, messages, answers in words, in the session's language."""

from townhall_forms.answering import TRIGGERED, kind_of
from townhall_forms.controls import Control, ControlKind, Group, RepeatedItems
from townhall_forms.nodes import Node
from townhall_forms.questions import FormChoice, Question, QuestionKind
from townhall_forms.shown import shown_choices, shown_value
from townhall_forms.state import FormState
from townhall_forms.texts import Text, show, show_media


class Display:
    """The shown side of one state."""

    def __init__(self, state: FormState) -> None:
        self._state = state

    def question(self, ref: str, control: Control, node: Node) -> Question:
        """Return one question as it stands now."""
        kind = self.kind(control, node)
        place = (self._state.form.translations, self._state.environment, node)
        return Question(
            ref=ref,
            label=self.show(control.label, node),
            hint=self.show(control.hint, node),
            kind=kind,
            value=node.text,
            choices=self.choices(control, node),
            is_required=self._state.is_required(ref),
            is_read_only=kind is QuestionKind.NOTE or self._state.is_read_only(ref),
            source=self._state.sources.get(node, ""),
            repeat=self._repeat_of(node),
            page=self._page_of(control.group, node),
            bounds=control.bounds,
            media=show_media(control.label, *place) + show_media(control.hint, *place),
            media_type=control.media_type,
            appearance=control.appearance,
        )

    def kind(self, control: Control, node: Node) -> QuestionKind:
        """Return how a question is answered now."""
        if control.kind is ControlKind.TRIGGER and self._state.is_fixed(node):
            return QuestionKind.NOTE
        bind = self._state.bind_of(node)
        is_note = bind.readonly is not None and bind.readonly.is_always_true and not bind.prefill
        if control.kind is ControlKind.INPUT and is_note and not node.text:
            return QuestionKind.NOTE
        return kind_of(control, bind.data_type)

    def is_note(self, control: Control, node: Node) -> bool:
        """Say whether there is nothing to answer."""
        return self.kind(control, node) is QuestionKind.NOTE

    def choices(self, control: Control, node: Node) -> tuple[FormChoice, ...]:
        """Return the choices of a question, labelled; none for other questions."""
        if control.kind is ControlKind.TRIGGER:
            # A trigger is one thing to confirm: its own label is the only choice.
            return (FormChoice(TRIGGERED, self.show(control.label, node)),)
        return self._state.offers.choices(control, node) if control.is_choice else ()

    def shown(self, control: Control, node: Node, text: str) -> str:
        """Return ``text``, what a node holds or held, as people read it."""
        choices = self.choices(control, node)
        if choices:
            return shown_choices(text, choices, self._state.environment.language)
        return shown_value(self._state.bind_of(node).data_type, text, self._state.environment.language)

    def group_label(self, group: Group | None, node: Node) -> str:
        """Return the label of the innermost labelled group around a question."""
        while group is not None:
            label = self.show(group.label, (group.path and node.instance_of(group.path)) or node)
            if label:
                return label
            group = group.outer
        return ""

    def repeat_label(self, item: RepeatedItems, node: Node) -> str:
        """Return the label of a repeat: that of the group around it."""
        return self.group_label(item.group, node)

    def _repeat_of(self, node: Node) -> str:
        around: Node | None = node
        while around is not None and not around.birth:
            around = around.parent
        return "" if around is None else self._state.tree.refs[around]

    def _page_of(self, group: Group | None, node: Node) -> str:
        while group is not None:
            if "field-list" in group.appearance:
                return f"{group.number} {self._repeat_of(node)}"
            group = group.outer
        return ""

    def show(self, text: Text | None, node: Node) -> str:
        """Return a text."""
        return show(text, self._state.form.translations, self._state.environment, node)

    def required_message(self, node: Node) -> str:
        """Return the form's words for a missing answer, or nothing."""
        return self.show(self._state.bind_of(node).required_message, node)

    def constraint_message(self, node: Node) -> str:
        """Return the form's words for an answer that is not allowed, or nothing."""
        return self.show(self._state.bind_of(node).constraint_message, node)
