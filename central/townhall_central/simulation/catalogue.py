# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A signed catalogue in one go, with keys that live as long as the process: for the demo, tests and training.

The repository is made by the same code as `townhall-admin`, with all signatures that it takes.
`python -m townhall_central.simulation.catalogue CONTENT DIRECTORY` exports one for what lies in CONTENT.
"""

import shutil
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec
from securesystemslib.signer import CryptoSigner

from townhall_central.repository import authoring, publishing, signatures
from townhall_central.repository.content import WantedGroup, WantedPlaces, read_content
from townhall_central.repository.release import release
from townhall_central.repository.roles import KeySet
from townhall_central.repository.signing_keys import write_whole
from townhall_central.repository.working_copy import WorkingCopy
from townhall_central.settings import system_clock
from townhall_sync.catalogue_places import KioskPlace

_PEOPLE = 3
_THRESHOLD = 2


def make_signers(count: int = _PEOPLE) -> list[CryptoSigner]:
    """Return fresh keys."""
    return [CryptoSigner.generate_ed25519() for _ in range(count)]


def keys_of(signers: Sequence[CryptoSigner]) -> KeySet:
    """Return their public halves, of which two must sign."""
    return KeySet(tuple(signer.public_key for signer in signers), _THRESHOLD)


class SimulatedAdministrators:
    """Three people with their keys, and a repository in `directory` that begins at `now`."""

    def __init__(self, directory: Path, now: int) -> None:
        """Make the repository and sign root and targets."""
        self.copy = WorkingCopy(directory)
        self.now = now
        self.root, self.targets = make_signers(), make_signers()
        self.online = CryptoSigner.generate_ed25519()
        authoring.create(self.copy, keys_of(self.root), keys_of(self.targets), self.online.public_key, now)
        self.sign()

    def sign(self) -> None:
        """Let two people sign whatever waits for them."""
        signers = [*self.root[:_THRESHOLD], *self.targets[:_THRESHOLD]]
        if {each.role for each in signatures.standings(self.copy)} - {"crls"}:
            signatures.sign(self.copy, signers)

    def publish(self, content: Path, to: Collection[str] | None = None) -> None:
        """Publish a directory for some groups or all."""
        read = read_content(content, self.now)
        publishing.publish(self.copy, read, read.places.groups if to is None else to, self.now)
        self.release()

    def advance(self, content: Path, to: Collection[str]) -> None:
        """Let more groups have what the first ones got."""
        publishing.advance(self.copy, read_content(content, self.now), to, self.now)
        self.release()

    def release(self) -> None:
        """Sign what waits and let it out with a new timestamp."""
        self.sign()
        release(self.copy, self.online, self.now)

    def export(self, directory: Path) -> Path:
        """Copy what kiosks see; returns the directory."""
        authoring.export(self.copy, directory)
        return directory

    @property
    def bootstrap(self) -> bytes:
        """The first root."""
        return self.copy.versioned("root", 1).read_bytes()


def write_content(  # noqa: PLR0913  # what a directory of content holds, by name
    directory: Path,
    *,
    services: Path,
    recipients: Mapping[str, bytes],
    anchors: Sequence[bytes],
    intermediates: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
    groups: Mapping[str, Sequence[str]],
    kiosks: Mapping[str, KioskPlace],
    languages: Sequence[str] = ("en", "ar"),
) -> Path:
    """Write a directory that can be published; returns it.

    Of the folder `services` it gets those that `groups` name; `recipients` are agencies' keys.
    """
    for service in {name for names in groups.values() for name in names}:
        shutil.copytree(services / service, directory / "services" / service)
    for agency, key in recipients.items():
        write_whole(directory / "recipients" / agency / "1.key", key)
    for folder, suffix, contents in (
        ("anchors", "der", anchors),
        ("intermediates", "der", intermediates),
        ("crls", "crl", crls),
    ):
        for number, content in enumerate(contents):
            write_whole(directory / "trust" / folder / f"{number}.{suffix}", content)
    wanted = {name: WantedGroup(tuple(ids)) for name, ids in groups.items()}
    places = WantedPlaces(1, tuple(languages), wanted, dict(kiosks))
    write_whole(directory / "places" / "places.json", msgspec.json.encode(places))
    return directory


def main() -> None:
    """Export a repository for a directory of content."""
    content, directory = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        administrators = SimulatedAdministrators(Path(folder), system_clock())
        administrators.publish(content)
        administrators.export(directory)


if __name__ == "__main__":
    main()
