# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What ``townhall trust`` prints: every authority, every list, everything refused and why; as a table or as JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from townhall_crypto.signature_key import describe
from townhall_crypto.state_certificate import StateCertificate, name_of
from townhall_crypto.state_trust import LoadedList, Refused, StateTrust


def as_table(trust: StateTrust) -> str:
    """Return the lines for a person."""
    authorities = sorted(trust.authorities, key=_order)
    countries = {each.country for each in authorities}
    lines = [f"{len(authorities)} authorities of {len(countries)} countries, {len(trust.refused)} refused"]
    lines += [f"signed     {trust.signed_at:%Y-%m-%d %H:%M} UTC" if trust.signed_at else "signed     nobody knows when"]
    lines += [_of_list("list", each) for each in trust.master_lists]
    lines += [_of_list("revoked", each) for each in trust.crls]
    lines += [_of_authority(each) for each in authorities]
    lines += list(_of_refused(trust.refused))
    return "\n".join(lines) + "\n"


def as_json(trust: StateTrust) -> bytes:
    """Return one JSON object for programs."""
    return msgspec.json.encode(
        {
            "signed": _iso(trust.signed_at),
            "authorities": [_authority_facts(each, trust) for each in sorted(trust.authorities, key=_order)],
            "master_lists": [_list_facts(each) for each in trust.master_lists],
            "revocation_lists": [_list_facts(each) for each in trust.crls],
            "refused": [
                {"source": each.source, "about": each.about, "reason": each.reason.name, "detail": each.detail}
                for each in trust.refused
            ],
        }
    )


def _order(authority: StateCertificate) -> tuple[str, datetime, bytes]:
    return authority.country, authority.not_before, authority.der


def _of_list(kind: str, loaded: LoadedList) -> str:
    signed = f"{loaded.signed_at:%Y-%m-%d}" if loaded.signed_at else "undated"
    until = f", until {loaded.until:%Y-%m-%d}" if loaded.until else ""
    return f"{kind:<10} {loaded.country}  {signed}{until}  {loaded.entries} entries  {loaded.source}"


def _of_authority(authority: StateCertificate) -> str:
    years = f"{authority.not_before:%Y-%m-%d} to {authority.not_after:%Y-%m-%d}"
    link = "" if authority.is_self_issued else "  (link)"
    return f"authority  {authority.country}  {years}  {describe(authority.key):<16} {name_of(authority.der)}{link}"


def _of_refused(refused: tuple[Refused, ...]) -> Iterator[str]:
    for each in refused:
        detail = f" ({each.detail})" if each.detail else ""
        about = f"  {each.about}" if each.about else ""
        yield f"refused    {each.source}{about}: {each.reason.value}{detail}"


def _authority_facts(authority: StateCertificate, trust: StateTrust) -> dict[str, object]:
    return {
        "country": authority.country,
        "name": name_of(authority.der),
        "key": describe(authority.key),
        "serial_number": str(authority.parsed.serial_number),
        "not_before": _iso(authority.not_before),
        "not_after": _iso(authority.not_after),
        "sources": list(trust.sources.get(authority.der, ())),
    }


def _list_facts(loaded: LoadedList) -> dict[str, object]:
    return {
        "source": loaded.source,
        "country": loaded.country,
        "signed": _iso(loaded.signed_at),
        "until": _iso(loaded.until),
        "entries": loaded.entries,
    }


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
