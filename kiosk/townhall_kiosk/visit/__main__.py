# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Runs one visit; started by the keeper."""

import logging
import sys

from townhall_kiosk.visit.app import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="visit %(levelname)s %(name)s: %(message)s")
    sys.exit(main(sys.argv[1:]))
