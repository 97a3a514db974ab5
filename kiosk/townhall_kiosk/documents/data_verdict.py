# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a national card is worth whose keys are not used: by the lists of digests that its state signed.

Such data can be copied to another card, so whether this is one stays open. So does whether an address belongs to the
person: the state signed it in a list of its own, in which nobody is named.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from townhall_crypto.digest_list import DigestList, read_digest_list
from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.state_errors import ContentRefusal, ContentRefusedError
from townhall_crypto.trust import PersonalCode, SubjectName, TrustAnchors
from townhall_crypto.trust_revocation import ListTimes
from townhall_crypto.trust_verdict import weaker
from townhall_kiosk.documents.national_verdict import TRUST_LASTS, NationalVerdict, Part, has_ended, yes
from townhall_smartcard.emrtd.passive_verdict import Standing
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.national.contract import Evidence, EvidenceAbout, EvidenceForm, NationalContents
from townhall_smartcard.national.serbian_records import HEADER_BYTES

BRANCHES: Final = {"RS": "resursi"}
"""What stands in the name of the authority for those who personalise cards, by the country of the card."""
_CLAIMS: Final = 2  # the file of the document and that of the person
_REFUSED: Final = {
    CertificateRefusal.REVOKED: Part.REVOCATION,
    CertificateRefusal.EXPIRED: Part.VALIDITY,
    CertificateRefusal.NOT_YET_VALID: Part.VALIDITY,
}


def judge_data(country: str, contents: NationalContents, anchors: TrustAnchors, at: datetime) -> NationalVerdict:
    """Judge what a card states by what is known here, at this time; nobody is named whom the state did not sign."""
    parts = dict.fromkeys(Part, Standing.UNKNOWN)
    try:
        lists = [(each, read_digest_list(each.signature, BRANCHES[country], anchors, at)) for each in _asked(contents)]
    except CertificateRefusedError as exc:
        if (part := _REFUSED.get(exc.reason)) is not None:
            parts[part] = Standing.BAD
        return NationalVerdict(parts, None)
    except ContentRefusedError as exc:
        is_open = exc.reason is ContentRefusal.NOT_BOUND  # a form that this program does not check
        parts[Part.REGISTER] = Standing.UNKNOWN if is_open else Standing.BAD
        return NationalVerdict(parts, None)
    parts[Part.CHAIN] = Standing.GOOD
    parts[Part.REGISTER] = yes(_is_complete(contents) and all(_is_listed(each, known) for each, known in lists))
    if parts[Part.REGISTER] is Standing.BAD:
        return NationalVerdict(parts, None)
    stated = contents.stated
    parts[Part.COUNTRY] = _country({known.country for _, known in lists}, country)
    if stated.expiry_date is not None:
        parts[Part.VALIDITY] = yes(at.date() <= stated.expiry_date)
    if not stated.address:
        parts[Part.AGREEMENT] = Standing.GOOD
    parts[Part.REVOCATION] = Standing.UNKNOWN if has_ended(_weakest(lists), at) else Standing.GOOD
    is_fresh = anchors.signed_at is not None and timedelta() <= at - anchors.signed_at <= TRUST_LASTS
    parts[Part.FRESHNESS] = Standing.GOOD if is_fresh else Standing.UNKNOWN
    return NationalVerdict(parts, _subject(stated, country))


def _asked(contents: NationalContents) -> Iterator[Evidence]:
    return (each for each in contents.evidence if each.form is EvidenceForm.DIGEST_LIST)


def _is_complete(contents: NationalContents) -> bool:
    """Tell whether there is a list for all that the card claims."""
    about = [each.about for each in _asked(contents)]
    has_address = EvidenceAbout.ADDRESS in about or not contents.stated.address
    has_photo = EvidenceAbout.PHOTO in about or not contents.stated.untrusted_photo
    return about.count(EvidenceAbout.IDENTITY) == _CLAIMS and has_address and has_photo


def _is_listed(evidence: Evidence, known: DigestList) -> bool:
    """Tell whether a file is in its list: with the header that says which file it is, or without it."""
    return known.has(evidence.content) or known.has(evidence.content[HEADER_BYTES:])


def _country(found: set[str], country: str) -> Standing:
    """An authority whose name has no country may be of any."""
    if found - {country, ""}:
        return Standing.BAD
    return Standing.UNKNOWN if "" in found else Standing.GOOD


def _weakest(lists: list[tuple[Evidence, DigestList]]) -> ListTimes | None:
    times = lists[0][1].revocation
    for _, known in lists[1:]:
        times = weaker(times, known.revocation)
    return times


def _subject(stated: CardStatement, country: str) -> SubjectName:
    return SubjectName(PersonalCode(stated.personal_code), stated.surname, stated.given_names, country)
