# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in the window.

::

    UiError                       TH-UI-000
    ├── InstallationError         the installation must be mended
    │   └── FontUnreadableError   TH-UI-001
    └── ProgrammingError          our own code must be mended
        └── ScreenMalformedError  TH-UI-002
"""


class UiError(Exception):
    """The window failed in a way that has no name of its own."""

    code = "TH-UI-000"


class InstallationError(UiError):
    """Something that belongs to the installation is missing or broken."""


class FontUnreadableError(InstallationError):
    """A font file is missing, or is no font; carries its name, never a folder."""

    code = "TH-UI-001"


class ProgrammingError(UiError):
    """A caller broke the contract of a function."""


class ScreenMalformedError(ProgrammingError):
    """A screen model contradicts itself: a step that is not there, a picture that is none."""

    code = "TH-UI-002"
