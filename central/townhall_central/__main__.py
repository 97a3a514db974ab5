# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m townhall_central` is `townhall-central`."""

import sys

from townhall_central.cli import main

sys.exit(main())
