# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``python -m townhall_checker``: the command without an installation, on Python's standard library alone."""

import sys

from townhall_checker.cli import main

sys.exit(main())
