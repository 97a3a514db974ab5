# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Training: a PC/SC service of its own with a virtual reader, and cards that a typed word puts in and takes out."""

import argparse
import sys
from pathlib import Path

from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.training import HELP, TrainingDesk, write_trust
from townhall_smartcard.simulation.vpcd import VirtualReader


def main() -> int:
    """Serve until the input ends or says quit."""
    parser = argparse.ArgumentParser(prog="townhall_smartcard.simulation", description=__doc__)
    parser.add_argument("--trust", type=Path, metavar="FOLDER", help="write the cards' authorities here for a kiosk")
    arguments = parser.parse_args()
    pki = TestPki()
    if arguments.trust is not None:
        write_trust(pki, arguments.trust)
    with PrivatePcscd() as service, VirtualReader(None, "127.0.0.1", service.ports[0]) as reader:
        desk = TrainingDesk(pki, reader)
        _say(f"PCSCLITE_CSOCK_NAME={service.socket_path}\n{HELP}")
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            _say(desk.do(line))
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
