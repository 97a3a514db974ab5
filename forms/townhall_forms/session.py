# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One person's way through a form."""

from collections.abc import Mapping
from datetime import datetime

from townhall_forms.form import Form
from townhall_forms.questions import Accepted, AnsweredLine, AnswerRefused, Problem, Question


class FormSession:
    """Skeleton."""

    def __init__(self, form: Form, *, language: str, now: datetime, prefill: Mapping[str, str]) -> None:
        raise NotImplementedError

    def set_language(self, language: str) -> None:
        raise NotImplementedError

    def questions(self) -> tuple[Question, ...]:
        raise NotImplementedError

    def answer(self, ref: str, value: str) -> Accepted | AnswerRefused:
        raise NotImplementedError

    def problems(self) -> tuple[Problem, ...]:
        raise NotImplementedError

    def answers(self) -> tuple[AnsweredLine, ...]:
        raise NotImplementedError

    def finish(self) -> bytes:
        raise NotImplementedError
