# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong around staff, by who can mend it.

::

    KioskError
    ├── RosterRefusedError     publisher: the list of staff is not as docs/formats/staff.md says
    ├── StaffRefusedError      staff: this person may not do this here and now
    ├── ControlRefusedError    operator: the keeper cannot be asked, or does not listen to this user
    ├── KeeperRunsError        operator: another keeper has this home
    ├── ClosedByStaffError     staff: the kiosk was taken out of service, and can be put back
    ├── KioskRetiredError      nobody: the kiosk was retired for good
    ├── MediumError            staff: the stick is missing, full or cannot be read
    ├── NotDeliveredError      staff: what waits here must reach the centre first
    └── DocumentClosedError    staff: the zone was mistyped, or is of another document
"""

from townhall_kiosk.errors import KioskError


class RosterRefusedError(KioskError):
    """The list of staff cannot be read, contradicts its format, or is of a version to come."""

    code = "TH-KIOS-020"


class StaffRefusedError(KioskError):
    """The person is not on the list here and now, has not the role, or proved nothing."""

    code = "TH-KIOS-021"


class ControlRefusedError(KioskError):
    """No keeper answers at the socket, or it does not answer this user."""

    code = "TH-KIOS-022"


class KeeperRunsError(KioskError):
    """Another keeper listens in this home already."""

    code = "TH-KIOS-023"


class ClosedByStaffError(KioskError):
    """Staff took the kiosk out of service."""

    code = "TH-KIOS-024"


class KioskRetiredError(KioskError):
    """Two administrators retired this kiosk: its key is gone, and it serves nobody any more."""

    code = "TH-KIOS-025"


class MediumError(KioskError):
    """What was to be written to or read from a stick could not be."""

    code = "TH-KIOS-026"


class NotDeliveredError(KioskError):
    """An act that would lose what the centre does not have yet."""

    code = "TH-KIOS-027"


class DocumentClosedError(KioskError):
    """A document's chip does not open with the zone that was typed."""

    code = "TH-KIOS-083"
