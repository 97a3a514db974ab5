# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit process like any other, with a puppet at its window; ``--person`` names the person's socket."""

import logging
import sys
from pathlib import Path

from townhall_kiosk.demo.puppet import Puppet
from townhall_kiosk.visit.app import main
from townhall_ui.window import Window


def _sit_down(window: Window) -> None:
    Puppet(window, Path(sys.argv[2]))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="visit %(levelname)s %(name)s: %(message)s")
    sys.exit(main(sys.argv[3:], on_window=_sit_down))
