# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a step of a search asks the visit's runner to do."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FindServices:
    """Look for services and put what is found on the desk."""

    words: str = field(repr=False)


Effect = FindServices
Job = FindServices
