# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit asks its card process about a document with a chip; ``townhall_smartcard.messages`` has the rest."""

import msgspec

from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.pace import PasswordReference


class OpenDocument(msgspec.Struct, frozen=True, tag=True):
    """Open the document in a reader with a password, whatever kind of card it is besides, and read it."""

    request: int
    reader: str
    reference: PasswordReference
    secret: bytearray  # both ends wipe theirs

    def __repr__(self) -> str:
        """Show no secret."""
        return f"OpenDocument(request={self.request}, reader={self.reader!r})"


class DocumentOpened(msgspec.Struct, frozen=True, tag=True):
    """What stood in the chip, as it came; nothing of it is checked."""

    request: int
    document: DocumentRead

    def __repr__(self) -> str:
        """Show no personal data."""
        return f"DocumentOpened(request={self.request})"


class DocumentClosed(msgspec.Struct, frozen=True, tag=True):
    """The password does not open this document; ``wants_zone``: it knows no other than that of its zone."""

    request: int
    wants_zone: bool = False
