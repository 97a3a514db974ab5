# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a key, a certificate, a list or signed data of a state was refused; branches of the tree in ``errors``."""

from enum import Enum

from townhall_crypto.errors import RefusedError


class KeyRefusal(Enum):
    """Why no signature of a key is believed."""

    UNREADABLE = "not a public key that can be read"
    KIND = "neither an RSA nor an elliptic-curve key"
    CURVE_UNKNOWN = "on a curve that is not served"
    CURVE_FORGED = "spells out a curve whose numbers are not all its own"
    POINT = "not a point of its curve"
    WEAK = "an RSA key shorter than 1024 bits, longer than 16384, or with an exponent that nobody uses"


class KeyRefusedError(RefusedError):
    """A public key is of no kind whose signatures can be checked."""

    code = "TH-CRYP-026"

    def __init__(self, reason: KeyRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ContentRefusal(Enum):
    """Why signed content (CMS) was refused."""

    UNREADABLE = "not CMS signed data that can be read"
    OTHER_CONTENT = "signed data of another kind"
    SIGNERS = "not signed by exactly one signer"
    NO_CERTIFICATE = "the signer's certificate is not in it"
    NOT_BOUND = "the signature does not say what kind of content it is over"
    CHANGED = "the content is not what was signed"
    SIGNATURE_BROKEN = "the signature is not by the signer's key"


class ContentRefusedError(RefusedError):
    """Signed content is not what its signer signed, or cannot be read."""

    code = "TH-CRYP-027"

    def __init__(self, reason: ContentRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class AuthorityRefusal(Enum):
    """Why a certificate or a list of a state's authority was not loaded."""

    UNREADABLE = "not a certificate that can be read"
    NO_COUNTRY = "names no country"
    NOT_AN_AUTHORITY = "not the certificate of an authority"
    KEY = "its key is refused"
    SELF_SIGNATURE = "not signed by its own key"
    LINK_UNKNOWN = "no trusted authority of its country signed it"
    LIST_UNREADABLE = "not a list that can be read, or without an entry, or with more than 10,000"
    LIST_SIGNATURE = "the list's signature is refused"
    LIST_SIGNER = "the list's signer is by no authority that the administrators named, or not for lists"
    CRL_UNREADABLE = "not a revocation list that can be read"
    CRL_SIGNER = "no trusted authority signed this revocation list"


class AuthorityRefusedError(RefusedError):
    """A certificate or a list of a state's authority cannot be used; ``detail`` is the reason behind the reason."""

    code = "TH-CRYP-028"

    def __init__(self, reason: AuthorityRefusal, detail: str = "") -> None:
        super().__init__(reason.value + (f": {detail}" if detail else ""))
        self.reason = reason
        self.detail = detail
