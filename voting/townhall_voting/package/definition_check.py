# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a definition must satisfy beyond its shape: each finding names the place in the file and the reason."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from townhall_crypto.checkpoint import Ed25519NoteVerifier
from townhall_crypto.errors import CryptoError
from townhall_voting.board.log import log_name
from townhall_voting.errors import DefinitionRefusedError, MalformedError
from townhall_voting.package.contests import Contest, Texts
from townhall_voting.package.definition import MAX_BYTES, Definition, DeviceRole, Hours, Place
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048

Finding: TypeAlias = tuple[str, str]
"""A place, as in ``contests[2].maximum``, and what is wrong there."""


def read_definition(untrusted: bytes) -> Definition:
    """Return the definition whose one spelling ``untrusted`` is.

    Raises:
        MalformedError: no definition, or spelt in another way.
        DefinitionRefusedError: it contradicts itself.
    """
    if len(untrusted) > MAX_BYTES:
        raise MalformedError("a definition that is too long")
    try:
        definition = msgspec.json.decode(untrusted, type=Definition)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"definition: {error}") from error
    if definition.to_bytes() != untrusted:
        raise MalformedError("a definition in another spelling than its one")
    return check_definition(definition)


def check_definition(definition: Definition) -> Definition:
    """Return ``definition`` if nothing in it contradicts the rest.

    Raises:
        DefinitionRefusedError: the first contradiction.
    """
    for place, reason in _findings(definition):
        raise DefinitionRefusedError(place, reason)
    return definition


def _findings(definition: Definition) -> Iterator[Finding]:
    yield from _repeated("languages", definition.languages)
    yield from _texts(definition)
    yield from _group(definition)
    for number, contest in enumerate(definition.contests):
        yield from _contest(f"contests[{number}]", contest)
    yield from _references(definition)
    yield from _places(definition)
    yield from _times(definition)
    yield from _ballot_log(definition)


def _ballot_log(definition: Definition) -> Iterator[Finding]:
    if not definition.ballot_log:
        return
    name = log_name(definition.id, definition.mode)
    try:
        if Ed25519NoteVerifier.from_vkey(definition.ballot_log).name != name:
            yield "ballot_log", f"the key of another log than {name}"
    except CryptoError as error:
        yield "ballot_log", str(error)


def _texts(definition: Definition) -> Iterator[Finding]:
    """Every text that is there must be there in every language."""
    languages = set(definition.languages)

    def check(place: str, texts: Texts, *, is_required: bool) -> Iterator[Finding]:
        missing = sorted(languages - texts.keys())
        if missing and (texts or is_required):
            yield place, f"no text in {', '.join(missing)}"
        for stray in sorted(texts.keys() - languages):
            yield f"{place}.{stray}", "not a language of this election"

    yield from check("title", definition.title, is_required=True)
    yield from check("description", definition.description, is_required=False)
    for number, contest in enumerate(definition.contests):
        yield from check(f"contests[{number}].title", contest.title, is_required=True)
        yield from check(f"contests[{number}].instruction", contest.instruction, is_required=False)
        for at, candidate in enumerate(contest.candidates):
            where = f"contests[{number}].candidates[{at}]"
            yield from check(f"{where}.name", candidate.name, is_required=True)
            yield from check(f"{where}.second_line", candidate.second_line, is_required=False)
    for number, district in enumerate(definition.districts):
        yield from check(f"districts[{number}].name", district.name, is_required=True)
    for number, each in enumerate(definition.places):
        yield from check(f"places[{number}].name", each.name, is_required=True)


def _group(definition: Definition) -> Iterator[Finding]:
    if definition.group not in {BELENIOS_2048.name, RFC_3526_2048.name}:
        yield "group", "not a group that is known here"
    elif definition.group != RFC_3526_2048.name and any(contest.is_ranked for contest in definition.contests):
        yield "group", f"ranked contests need {RFC_3526_2048.name}"


def _contest(place: str, contest: Contest) -> Iterator[Finding]:
    count = len(contest.candidates)
    if not contest.minimum <= contest.maximum:
        yield f"{place}.maximum", "less than the minimum"
    if contest.maximum > count:
        yield f"{place}.maximum", f"more than the {count} candidates"
    if contest.seats > count:
        yield f"{place}.seats", f"more than the {count} candidates"
    if contest.is_ranked and contest.blank:
        yield f"{place}.blank", "in a ranked contest, ranking nobody is blank already"
    yield from _repeated(f"{place}.candidates", [candidate.id for candidate in contest.candidates])
    numbers = [candidate.number for candidate in contest.candidates if candidate.number]
    yield from _repeated(f"{place}.candidates", numbers)
    for language in contest.title:
        shown = [(each.name[language], each.second_line.get(language, ""), each.number) for each in contest.candidates]
        if len(set(shown)) != len(shown):
            yield f"{place}.candidates", f"two that nobody can tell apart in {language}: add a second line or a number"


def _references(definition: Definition) -> Iterator[Finding]:
    contests = [contest.id for contest in definition.contests]
    styles = [style.id for style in definition.styles]
    yield from _repeated("contests", contests)
    yield from _repeated("styles", styles)
    yield from _repeated("districts", [district.id for district in definition.districts])
    for number, style in enumerate(definition.styles):
        yield from _unknown(f"styles[{number}].contests", style.contests, contests, "contest")
        yield from _repeated(f"styles[{number}].contests", style.contests)
    for number, district in enumerate(definition.districts):
        yield from _unknown(f"districts[{number}].style", [district.style], styles, "ballot style")
    used = {contest for style in definition.styles for contest in style.contests}
    for number, contest in enumerate(contests):
        if contest not in used:
            yield f"contests[{number}]", "on no ballot style: nobody would be asked"
    for number, style in enumerate(definition.styles):
        if style.id not in {district.style for district in definition.districts}:
            yield f"styles[{number}]", "the style of no district: nobody would get it"


def _places(definition: Definition) -> Iterator[Finding]:
    districts = [district.id for district in definition.districts]
    yield from _repeated("places", [place.id for place in definition.places])
    kiosks = [device.kiosk for place in definition.places for device in place.devices]
    yield from _repeated("places", kiosks)
    yield from _repeated_keys(definition)
    for number, place in enumerate(definition.places):
        yield from _halves(f"places[{number}].devices", place)
        yield from _unknown(f"places[{number}].districts", place.districts, districts, "district")
    for number, district in enumerate(districts):
        if not any(not place.districts or district in place.districts for place in definition.places):
            yield f"districts[{number}]", "served by no place"


def _halves(where: str, place: Place) -> Iterator[Finding]:
    """A booth's slips are signed for at a desk of its own place, and nowhere else."""
    roles = {device.role for device in place.devices}
    if DeviceRole.BOOTH in roles and DeviceRole.DESK not in roles:
        yield where, "a booth without a desk: nobody could sign for its ballots"
    if DeviceRole.DESK in roles and DeviceRole.BOOTH not in roles:
        yield where, "a desk without a booth: nobody could make a ballot"


def _repeated_keys(definition: Definition) -> Iterator[Finding]:
    """One key for two devices would let one sign as the other."""
    seen: set[bytes] = set()
    for number, place in enumerate(definition.places):
        for at, device in enumerate(place.devices):
            if not _is_device_key(device.key):
                yield f"places[{number}].devices[{at}].key", "no public key on P-256 (SubjectPublicKeyInfo, DER)"
            if device.key in seen:
                yield f"places[{number}].devices[{at}].key", "the key of another device"
            seen.add(device.key)


def _is_device_key(der: bytes) -> bool:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


def _times(definition: Definition) -> Iterator[Finding]:
    if definition.not_before >= definition.expires:
        yield "expires", "not after not_before"
    yield from _hours("rules.hours", definition.rules.hours, definition)
    for number, place in enumerate(definition.places):
        yield from _hours(f"places[{number}].hours", place.hours, definition)


def _hours(place: str, hours: Sequence[Hours], definition: Definition) -> Iterator[Finding]:
    for number, each in enumerate(hours):
        if each.opens >= each.closes:
            yield f"{place}[{number}]", "closes before it opens"
        if each.opens < definition.not_before or each.closes > definition.expires:
            yield f"{place}[{number}]", "outside not_before and expires"
    for number, (one, other) in enumerate(pairwise(hours)):
        if other.opens < one.closes:
            yield f"{place}[{number + 1}]", "begins before the one above it ends"


def _repeated(place: str, names: Sequence[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield f"{place}[{number}]", f"{name} stands there twice"
        seen.add(name)


def _unknown(place: str, names: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield place, f"there is no {kind} {name}"
