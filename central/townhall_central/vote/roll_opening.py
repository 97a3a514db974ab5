# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two officers open the roll for the eligibility board, card after card: no file and no one person holds its key."""

from collections.abc import Sequence
from pathlib import Path

from townhall_central.console import complain
from townhall_central.errors import VoteStateError
from townhall_central.officer_card import Reader, share_with_card
from townhall_central.vote.home import BoardHome, store_roll_key
from townhall_voting.package.roll_key import Share, ShareRequest, request_share, unwrap_roll_key

OFFICERS = 2


def open_roll(home: BoardHome, readers: Sequence[Reader], pin_files: Sequence[Path | None]) -> None:
    """Ask two different officers' cards for their shares, and keep what they open in the board's directory.

    ``readers`` and ``pin_files`` are of the first and of the second officer.

    Raises:
        OfficerCardError: a card is missing, of no such officer, of the same officer again, or refuses.
        VoteStateError: too few readers or files are named.
        RollKeyRefusedError: the shares open nothing.
        DirectoryError: the board has its roll key already.
    """
    if len(readers) != OFFICERS or len(pin_files) != OFFICERS:
        raise VoteStateError("two officers open the roll: name a reader and a PIN file for each, or for neither")
    wrapped, definition = home.package.wrapped_roll_key, home.package.definition
    shares: list[Share] = []

    def request_for(certificate: bytes) -> ShareRequest | None:
        holder = wrapped.holder_of(certificate)
        is_new = holder is not None and holder not in {share.holder for share in shares}
        return request_share(wrapped, holder, definition) if holder is not None and is_new else None

    for ordinal, reader, pin_file in zip(("first", "second"), readers, pin_files, strict=True):
        complain(f"The {ordinal} officer's card, please.")
        shares.append(share_with_card(reader, pin_file, request_for))
    first, second = shares
    with unwrap_roll_key(wrapped, (first, second), definition) as roll_key:
        store_roll_key(home.directory, roll_key)
