# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's check of answers: could this form have produced them?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from townhall_forms.form import Form
from townhall_forms.questions import AnsweredLine


@dataclass(frozen=True, slots=True)
class RevalidatedInstance:
    """Answers that the form could have produced."""

    answers: tuple[AnsweredLine, ...]
    instance: bytes


def revalidate(
    form: Form, untrusted_instance: bytes, prefill: Mapping[str, str] | None, now: datetime, *, language: str = ""
) -> RevalidatedInstance:
    """Run the form's logic over an instance.

    Raises:
        InstanceRefusedError: the form could not have produced it.
    """
    raise NotImplementedError
