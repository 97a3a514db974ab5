# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a step of checking a document asks the visit's runner to do."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CheckDocument:
    """Read and judge the document in whichever reader but that of staff."""

    staff_reader: str
    typed: str | None = field(default=None, repr=False)
    """Its zone; None: the one on the desk."""


@dataclass(frozen=True, slots=True)
class ForgetDocument:
    """Drop all that is on the desk of it."""


Effect = CheckDocument | ForgetDocument
