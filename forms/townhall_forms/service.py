# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service that a town offers: a folder with a form, its names in every language, and its addressee."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from townhall_forms.form import Form


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    id: str
    titles: Mapping[str, str]  # by BCP 47 language
    summaries: Mapping[str, str]
    recipient: str  # the agency's name in the recipient key list
    form: Form
    form_xml: bytes


def load_services(directory: Path) -> tuple[Service, ...]:
    """Load every service folder of ``directory``, sorted by id.

    Raises:
        ServiceRefusedError: a folder is incomplete or contradicts itself.
    """
    raise NotImplementedError
