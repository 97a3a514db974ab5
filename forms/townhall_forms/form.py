# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A form that has been read and checked, ready to run any number of sessions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A checked form. Immutable: any number of sessions share it."""

    id: str
    version: str
    title: str
    languages: tuple[str, ...]
    default_language: str
    sha256: str


def load_form(xml: bytes) -> Form:
    """Read an ODK XForm.

    Raises:
        FormRefusedError: the form is broken, hostile, or needs something that this engine does not run.
    """
    raise NotImplementedError
