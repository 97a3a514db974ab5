# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole centre in a directory, with shortcuts past HTTP and past the administrators."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from townhall_central import device_ca, enrolment, ingest, keys
from townhall_central.database import Database
from townhall_central.keys import CentreKeys
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk, enrolment_request
from townhall_crypto.envelope import Envelope
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.secret import Secret
from townhall_sync import wire
from townhall_sync.batch import NamedEnvelope

ORIGIN = "centre.example.org/log"
PASSPHRASE = b"of a simulated centre"


@dataclass(frozen=True, slots=True)
class SimulatedCentre:
    """A centre as a worker opens it; `now` is its clock."""

    path: Path
    keys: CentreKeys
    database: Database
    now: int

    @classmethod
    def create(cls, path: Path, now: int, database_url: str = "") -> Self:
        """Make a centre in an empty or missing directory; its database is there too, or at an empty PostgreSQL's."""
        passphrase = Secret(PASSPHRASE)
        keys.create_directory(path, origin=ORIGIN, passphrase=passphrase, now=lambda: now, database_url=database_url)
        return cls(path, keys.load_keys(path), keys.open_database(path), now)

    def put(self, kiosk: SimulatedKiosk, envelope: Envelope) -> ingest.Outcome:
        """Judge and store an envelope as the route does."""
        return self.put_all(kiosk, [envelope])[0]

    def put_all(self, kiosk: SimulatedKiosk, envelopes: Sequence[Envelope]) -> tuple[ingest.Outcome, ...]:
        """Judge and store a batch as the route does."""
        sent = [NamedEnvelope(each.header.envelope_id, each.to_bytes()) for each in envelopes]
        return ingest.put_all(self.database, sent, kiosk.caller, keys=self.keys, now=self.now)

    def code(self, kiosk: str, by: str = "Ann") -> wire.OneTimeCode:
        """Make a one-time code."""
        root_sha256 = hashlib.sha256(self.keys.root_bytes).digest()
        with self.database.write() as connection:
            return enrolment.create_code(connection, kiosk, by=by, root_sha256=root_sha256, now=self.now)

    def ask(self, request: wire.EnrolmentRequest, now: int | None = None) -> enrolment.Requested | None:
        """Ask for an enrolment as the route does."""
        moment = self.now if now is None else now
        with self.database.write() as connection:
            return enrolment.request(connection, request, root=self.keys.root_bytes, now=moment)

    def approve(self, identifier: str, by: str = "Bob") -> str:
        """Approve an enrolment."""
        with self.database.write() as connection:
            return enrolment.approve(connection, identifier, by=by, certify=self.certify(), now=self.now)

    def enrol(
        self, name: str, recipients: Sequence[RecipientPublicKey], *, key: MemoryDeviceKey | None = None
    ) -> SimulatedKiosk:
        """Return an enrolled kiosk that seals to these recipients."""
        key = key or MemoryDeviceKey()
        requested = self.ask(enrolment_request(name, key, self.code(name).secret))
        if requested is None:
            raise ValueError("the centre refused its own code")
        self.approve(requested.state.id)
        with self.database.read() as connection:
            caller = ingest.find_caller(connection, name)
        if caller is None:
            raise ValueError("the centre forgot its kiosk")
        return SimulatedKiosk(name, key, caller.certificate, recipients, self.now - 3600)

    def certify(self, passphrase: bytes = PASSPHRASE) -> enrolment.Certify:
        """Open the device CA."""
        pem = (self.path / keys.DEVICE_CA_FILE).read_bytes()
        return device_ca.certifier(pem, Secret(passphrase), wire.decode_base64(self.keys.root.device_ca), self.now)
