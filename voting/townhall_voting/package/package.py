# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The election package: every file of an election under one manifest that two officers signed; built and verified here.

Format: docs/formats/election-package.md, section 3. Nothing of a package is looked at before its signatures hold.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec

from townhall_crypto import canonical
from townhall_crypto.errors import NotCanonicalError
from townhall_voting.election import Election
from townhall_voting.errors import MalformedError, PackageRefusal, PackageRefusedError, RefusedError
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import Definition
from townhall_voting.package.definition_check import read_definition
from townhall_voting.package.derivation import derive_elections
from townhall_voting.package.officers import Grounds, check_officers, read_signatures
from townhall_voting.package.roll import Roll
from townhall_voting.package.roll_key import WrappedRollKey, read_wrapped
from townhall_voting.schnorr_group import named_group
from townhall_voting.trustees.trustee_list import Trustees, parse_trustees

MANIFEST: Final = "manifest.json"
SIGNATURES: Final = "signatures.json"
DEFINITION: Final = "definition.json"
TRUSTEES: Final = "trustees.json"
ROLL: Final = "roll.bin"
ROLL_KEY: Final = "roll-key.json"

Content: TypeAlias = bytes | memoryview
"""A file's bytes; the roll may be a mapped file."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """manifest.json: canonical JSON."""

    version: Literal[1]
    type: Literal["election-package"]
    mode: Mode
    election: Id
    fingerprints: dict[Id, Fingerprint]
    """Of each ballot style's election.json."""
    files: dict[str, HexHash]
    """SHA-256 of every file but this one and the signatures."""

    def to_bytes(self) -> bytes:
        """Return the manifest's one spelling."""
        return canonical.encode(msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True)
class ElectionPackage:
    """A package that two officers signed, everything in it checked. ``sha256`` of the manifest is its name."""

    sha256: HexHash
    definition: Definition
    elections: Mapping[Id, Election]
    trustees: Trustees
    roll: Roll
    roll_version: HexHash
    wrapped_roll_key: WrappedRollKey
    officers: tuple[bytes, ...]
    """Authentication certificates (DER) of those who signed."""

    @property
    def mode(self) -> Mode:
        """Test or official."""
        return self.definition.mode

    def style_of(self, fingerprint: Fingerprint) -> Id | None:
        """Return the ballot style of an election's fingerprint, or None for another package's."""
        return next((style for style, each in self.elections.items() if each.fingerprint == fingerprint), None)


def election_file(style: Id) -> str:
    """Return the name of a ballot style's election.json in the package."""
    return f"election-{style}.json"


def package_folder(definition: Definition) -> str:
    """Return a package's folder among the catalogue's targets: a test never lies where the official one does."""
    return f"{definition.id}.{definition.mode.value}"


def build_package(
    definition: Definition, trustees: bytes, roll: bytes, wrapped_roll_key: WrappedRollKey
) -> Mapping[str, bytes]:
    """Return the files of a package that nobody signed yet; ``trustees`` are the bytes of trustees.json.

    Raises:
        TrusteesRefusedError, ElectionRefusedError, MembershipError, GroupRefusedError: what would be refused later.
    """
    elections = _elections(definition, parse_trustees(named_group(definition.group), trustees))
    files = {
        DEFINITION: definition.to_bytes(),
        TRUSTEES: trustees,
        ROLL: roll,
        ROLL_KEY: wrapped_roll_key.to_bytes(),
        **{election_file(style): election.data for style, election in elections.items()},
    }
    manifest = Manifest(
        1,
        "election-package",
        definition.mode,
        definition.id,
        {style: election.fingerprint for style, election in elections.items()},
        {name: _sha256(content) for name, content in files.items()},
    )
    return MappingProxyType({**files, MANIFEST: manifest.to_bytes()})


def verify_package(files: Mapping[str, Content], grounds: Grounds) -> ElectionPackage:
    """Return the package of these files, by name, if two officers signed exactly them and nothing contradicts the rest.

    Whether ``grounds.at`` lies within the package's own window is left to the caller (``definition.is_current``).

    Raises:
        PackageRefusedError: with the reason.
        TrustMaterialError: the anchors cannot be read.
    """
    try:
        manifest_bytes = bytes(files[MANIFEST])
        manifest = _read_manifest(manifest_bytes)
        officers = check_officers(manifest_bytes, read_signatures(bytes(files[SIGNATURES])), grounds)
        _check_files(files, manifest)
        return _open(files, manifest, manifest_bytes, officers)
    except KeyError as error:
        raise PackageRefusedError(PackageRefusal.INCOMPLETE, str(error.args[0])) from error
    except MalformedError as error:
        raise PackageRefusedError(PackageRefusal.MALFORMED, str(error)) from error
    except PackageRefusedError:
        raise
    except RefusedError as error:  # the definition, the trustees or their key
        raise PackageRefusedError(PackageRefusal.OTHER_ELECTION, f"{error.code}: {error}") from error


def _open(
    files: Mapping[str, Content], manifest: Manifest, manifest_bytes: bytes, officers: tuple[bytes, ...]
) -> ElectionPackage:
    definition = read_definition(bytes(files[DEFINITION]))
    if definition.mode is not manifest.mode:
        raise PackageRefusedError(PackageRefusal.OTHER_MODE)
    trustees = parse_trustees(named_group(definition.group), bytes(files[TRUSTEES]))
    elections = _elections(definition, trustees)
    fingerprints = {style: election.fingerprint for style, election in elections.items()}
    expected = {election_file(style): election.data for style, election in elections.items()}
    others = {DEFINITION, TRUSTEES, ROLL, ROLL_KEY}
    if manifest.election != definition.id or manifest.fingerprints != fingerprints:
        raise PackageRefusedError(PackageRefusal.OTHER_ELECTION)
    if manifest.files.keys() != expected.keys() | others:
        raise PackageRefusedError(PackageRefusal.INCOMPLETE)
    if any(files[name] != content for name, content in expected.items()):
        raise PackageRefusedError(PackageRefusal.OTHER_ELECTION)
    return ElectionPackage(
        sha256=_sha256(manifest_bytes),
        definition=definition,
        elections=elections,
        trustees=trustees,
        roll=Roll.over(memoryview(files[ROLL]), definition),
        roll_version=manifest.files[ROLL],
        wrapped_roll_key=read_wrapped(bytes(files[ROLL_KEY])),
        officers=officers,
    )


def _read_manifest(untrusted: bytes) -> Manifest:
    try:
        return msgspec.convert(canonical.decode(untrusted), Manifest)
    except (NotCanonicalError, msgspec.ValidationError) as error:
        raise MalformedError(f"{MANIFEST}: {error}") from error


def _check_files(files: Mapping[str, Content], manifest: Manifest) -> None:
    """Exactly the manifest's files, with exactly their bytes."""
    strays = files.keys() ^ (manifest.files.keys() | {MANIFEST, SIGNATURES})
    if strays:
        raise PackageRefusedError(PackageRefusal.INCOMPLETE, ", ".join(sorted(strays)))
    for name, sha256 in manifest.files.items():
        if _sha256(files[name]) != sha256:
            raise PackageRefusedError(PackageRefusal.OTHER_BYTES, name)


def _elections(definition: Definition, trustees: Trustees) -> Mapping[Id, Election]:
    return derive_elections(definition, trustees.data, trustees.public_key(named_group(definition.group)))


def _sha256(content: Content) -> HexHash:
    return HexHash(hashlib.sha256(content).hexdigest())
