# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The recovery drill: whether a sealed copy opens and is the key of one of the trustees; it is put nowhere."""

from pathlib import Path

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee.errors import ExchangeError
from townhall_kiosk.trustee.exchange import Exchange
from townhall_kiosk.trustee.home import read_key
from townhall_voting.errors import KeyRefusedError
from townhall_voting.trustees.ceremony_outcome import check_share
from townhall_voting.trustees.key_file import unseal
from townhall_voting.trustees.private_keys import open_share
from townhall_voting.trustees.threshold import ThresholdTrustees
from townhall_voting.trustees.trustee_list import parse_trustees


def try_copy(copy: Path, exchange: Exchange, number: Secret) -> int:
    """Return the place in the ceremony, from 1, of the trustee whose whole key is in ``copy``.

    Raises:
        TrusteeHomeError: there is no copy.
        ExchangeError: the folder has no trustees.json yet.
        KeyLockedError, KeyRefusedError: the number does not open it, or it is none of these trustees' keys.
        TrusteesRefusedError: trustees.json does not hold.
    """
    secrets = unseal(read_key(copy), number)
    data = exchange.read("trustees.json")
    if data is None:
        raise ExchangeError("there is no trustees.json yet")
    (trustees,) = parse_trustees(secrets.terms.group, data).groups
    if secrets.share is None or not isinstance(trustees, ThresholdTrustees):
        raise KeyRefusedError("a copy from before the ceremony ended")
    return check_share(trustees, secrets.keys, open_share(secrets.keys, secrets.share))
