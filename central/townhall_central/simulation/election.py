# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election package signed by simulated officers in one go: for the demo, tests and training."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from townhall_central.repository.signing_keys import write_whole
from townhall_crypto.secret import Secret
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import Definition
from townhall_voting.package.officers import OfficerSignature, Signatures, signing_digest
from townhall_voting.package.package import MANIFEST, SIGNATURES, build_package, package_folder
from townhall_voting.package.roll import KEY_BYTES, RollKeys, Voter, build_roll
from townhall_voting.package.roll_key import wrap_roll_key


def write_package(
    elections: Path,
    definition: Definition,
    *,
    trustees: bytes,
    voters: Iterable[tuple[Voter, Id]],
    officers: Sequence[CardKeys],
) -> Path:
    """Write a signed package into ``elections`` of a directory of content; returns its folder.

    The officers sign it, and any two of them hold the roll key. ``trustees`` are the bytes of trustees.json.
    """
    with Secret.random(KEY_BYTES) as roll_key:
        roll = build_roll(voters, definition, RollKeys.derive(roll_key, definition))
        wrapped = wrap_roll_key(roll_key, [each.authentication.certificate for each in officers], definition)
    files = build_package(definition, trustees, roll, wrapped)
    signatures = Signatures(1, tuple(_sign(each, files[MANIFEST]) for each in officers))
    folder = elections / package_folder(definition)
    for name, content in {**files, SIGNATURES: signatures.to_bytes()}.items():
        write_whole(folder / name, content)
    return folder


def _sign(officer: CardKeys, manifest: bytes) -> OfficerSignature:
    return OfficerSignature(
        officer.authentication.certificate,
        officer.signature.certificate,
        officer.signature.sign_digest(signing_digest(manifest)),
    )
