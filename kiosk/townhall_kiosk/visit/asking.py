# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which questions of a form are put to the person: those that there is something to do about."""

from townhall_forms.questions import Question, QuestionKind
from townhall_forms.session import FormSession


def asked_questions(form: FormSession) -> tuple[Question, ...]:
    """Return the questions that apply now and are the person's to answer or to read, in order.

    What the card stated or the form computed is not asked; the review shows it.
    """
    return tuple(each for each in form.questions() if each.kind is QuestionKind.NOTE or not each.is_read_only)
