# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in the kiosk itself, by who can mend it.

::

    KioskError
    ├── ConfigurationError     staff: a file of the kiosk's home is missing or wrong
    ├── ReceiptRefusedError    auditor: this text is no receipt of this device
    ├── PrintError             staff: no paper, no printer
    ├── ClockBackError         staff: the machine's clock is behind what the centre has signed
    └── VisitError             nobody: the visit ends and nothing was sent
"""


class KioskError(Exception):
    """Base of this part's errors."""

    code = "TH-KIOS-000"


class ConfigurationError(KioskError):
    """The kiosk's home lacks something, or holds something that cannot be read."""

    code = "TH-KIOS-001"


class ReceiptRefusedError(KioskError):
    """The text is not a receipt, or not one that this device signed."""

    code = "TH-KIOS-002"


class PrintError(KioskError):
    """The receipt could not be put on paper."""

    code = "TH-KIOS-003"


class VisitError(KioskError):
    """A step of the visit failed; nothing was sent."""

    code = "TH-KIOS-004"


class ClockBackError(KioskError):
    """The clock shows an earlier time than one the centre has signed: no date of a new visit would be right."""

    code = "TH-KIOS-007"
