# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong between two processes of one kiosk.

::

    ProcessError
    ├── ChannelClosedError    the other side is gone: end, or start it anew
    ├── ChannelMisuseError    bytes that no process of ours sends: treat the other side as hostile
    └── SandboxError          this machine cannot lock a process: nobody may be served on it
"""


class ProcessError(Exception):
    """Base of this part's errors."""

    code = "TH-PROC-000"


class ChannelClosedError(ProcessError):
    """The other process closed its end, ended or was killed."""

    code = "TH-PROC-001"


class ChannelMisuseError(ProcessError):
    """A frame was too long, or held no message of the expected types."""

    code = "TH-PROC-002"


class SandboxError(ProcessError):
    """The kernel or libseccomp refused to lock this process."""

    code = "TH-PROC-003"
