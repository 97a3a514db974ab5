# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which variant of PACE to use, among those that EF.CardAccess offers (ICAO 9303-11 §4.2)."""

from collections.abc import Iterable
from typing import Final

from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping, SecurityInfo, parse_security_infos

_PREFERENCE: Final = (
    PaceMapping.DH_INTEGRATED,
    PaceMapping.DH_GENERIC,
    PaceMapping.ECDH_INTEGRATED,
    PaceMapping.ECDH_GENERIC,
    PaceMapping.ECDH_CHIP_AUTHENTICATION,  # saves Chip Authentication afterwards (appendix J.1)
)


def pace_infos(infos: Iterable[SecurityInfo]) -> tuple[PaceInfo, ...]:
    """Return the variants of PACE among all security information."""
    return tuple(each for each in infos if isinstance(each, PaceInfo))


def parse_card_access(untrusted: bytes) -> tuple[PaceInfo, ...]:
    """Return the variants of PACE that a file offers, in the card's order.

    Raises:
        CardUnreadableError: as ``parse_security_infos``.
    """
    return pace_infos(parse_security_infos(untrusted))


def chosen(offers: Iterable[PaceInfo]) -> PaceInfo | None:
    """Return the variant to use; None if none is served.

    The strongest cipher, then curves before residues, then the longest group, then the mapping that saves work.
    """

    def strength(offer: PaceInfo) -> tuple[int, bool, int, int]:
        bits = offer.group.prime.bit_length() if offer.group is not None else 0
        return offer.cipher.arc, offer.mapping.is_elliptic, bits, _PREFERENCE.index(offer.mapping)

    return max((each for each in offers if each.is_served), key=strength, default=None)


def is_confirmed(read: Iterable[SecurityInfo], signed: Iterable[SecurityInfo]) -> bool:
    """Tell whether what nobody signed (EF.CardAccess) offers the same as what the state signed (§4.2 step 3).

    ``signed`` comes from EF.DG14 or EF.CardSecurity, after Passive Authentication. An empty ``read`` stands for a
    file that was not there, which whoever wants Basic Access Control to be used would make of it.
    """
    return set(pace_infos(read)) == set(pace_infos(signed))
