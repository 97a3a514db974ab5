# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in this part, grouped by what the reader of the error can do.

::

    CryptoError
    ├── RefusedError               something from outside is not what it claims to be: use nothing of it
    │   ├── MalformedError             bytes that do not follow their format
    │   │   └── NotCanonicalError          JSON that is not in its one canonical form
    │   ├── SuiteRefusedError          sealed with a suite that the caller does not allow
    │   ├── NotARecipientError         sealed, but not to this key
    │   ├── SealBrokenError            sealed to this key, and changed (or made to deceive) since
    │   ├── SignatureRefusedError      a signature is not by this key over these bytes
    │   ├── ProofRefusedError          a Merkle proof does not lead to the root
    │   ├── CheckpointRefusedError     a signed note that is no checkpoint of the expected log
    │   ├── CertificateRefusedError    a certificate is not good for this purpose, at this time, under these anchors
    │   ├── DocumentRefusedError       a PDF is not signed, whole and unchanged, by a certificate that is good for it
    │   ├── ContainerRefusedError      a container is not signed, whole and unchanged, by a good certificate
    │   ├── TimestampRefusedError      no time stamp over these bytes by an authority that is trusted for it
    │   ├── OcspRefusedError           no answer about this certificate by its issuer, made late enough
    │   ├── KeyRefusedError            a state's public key is of no kind whose signatures can be checked
    │   ├── ContentRefusedError        signed content (CMS) is not what its signer signed, or cannot be read
    │   ├── AuthorityRefusedError      a certificate or list of a state's authority cannot be used
    │   └── CardSignatureRefusedError  what the card gave back is no signature by the certificate's key over what it got
    ├── UnavailableError           a key cannot be used here and now: staff must act
    │   ├── DeviceKeyMissingError      there is no key file
    │   ├── DeviceKeyLockedError       the passphrase does not open the key file, or the file holds no such key
    │   ├── DeviceKeyExposedError      other users of the machine can read or replace the key file
    │   ├── DeviceKeyExistsError       a new key would overwrite an old one
    │   └── TrustMaterialError         an anchor, intermediate or revocation list of the trust data cannot be read
    ├── PayloadTooLargeError       more than the largest size class holds: send less
    └── ProgrammingError           the caller broke a contract of this part: report it

Those of states are in ``state_errors``. No error carries a secret, a payload or a passphrase, in its text or in its
attributes.
"""

from enum import Enum


class CryptoError(Exception):
    """Base of this part's errors."""

    code = "TH-CRYP-000"


class RefusedError(CryptoError):
    """Something from outside is not what it claims to be."""

    code = "TH-CRYP-010"


class MalformedError(RefusedError):
    """Bytes do not follow their format; nothing of them was used."""

    code = "TH-CRYP-011"


class NotCanonicalError(MalformedError):
    """JSON that is not the one canonical spelling of its value (RFC 8785, integers and strings only)."""

    code = "TH-CRYP-012"


class SuiteRefusedError(RefusedError):
    """A sealed payload or a recipient's key belongs to a suite that the caller does not allow."""

    code = "TH-CRYP-013"


class NotARecipientError(RefusedError):
    """The sealed payload names its recipients, and this key is none of them."""

    code = "TH-CRYP-014"


class SealFault(Enum):
    """Where opening a sealed payload stopped. For engineers and tests; never to be told to the sender."""

    WRAP = "the wrapped secret does not open with this key and header"
    COMMITMENT = "the secret is not the one that the header commits to"
    BODY = "the body is not authentic under the content key and header"
    PADDING = "the padding is not what a sealer writes"


class SealBrokenError(RefusedError):
    """A sealed payload names this key as recipient and yet does not open: it was changed, or made to deceive."""

    code = "TH-CRYP-015"

    def __init__(self, fault: SealFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class SignatureRefusedError(RefusedError):
    """A signature is not by the expected key over the expected namespace and bytes."""

    code = "TH-CRYP-016"


class ProofRefusedError(RefusedError):
    """A Merkle inclusion or consistency proof does not lead to the expected root."""

    code = "TH-CRYP-017"


class CheckpointRefusedError(RefusedError):
    """A signed note is no checkpoint of the expected log under the expected key."""

    code = "TH-CRYP-018"


class CertificateRefusal(Enum):
    """Why a certificate was refused."""

    UNPARSABLE = "not a certificate of a person that this program can read"
    UNTRUSTED = "no valid path leads to a trust anchor"
    NOT_YET_VALID = "a certificate of the path is not valid yet"
    EXPIRED = "a certificate of the path is not valid any more"
    REVOKED = "a certificate of the path was revoked"
    WRONG_USAGE = "the key may not be used for this purpose"


class CertificateRefusedError(RefusedError):
    """A certificate is not good for the asked purpose and time under the given anchors."""

    code = "TH-CRYP-020"

    def __init__(self, reason: CertificateRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class DocumentRefusal(Enum):
    """Why a PDF was refused as a signed document."""

    UNREADABLE = "not a PDF that can be read strictly"
    NOT_SIGNED = "no signature"
    SEVERAL_SIGNATURES = "more than one signature"
    NOT_PADES = "the signature does not follow the PAdES baseline"
    WEAK_ALGORITHM = "the signature uses an algorithm that is no longer good enough"
    NOT_WHOLE_FILE = "the signature does not cover the whole file"
    CHANGED = "the document is not the one that was signed"
    NO_ROOM = "the place for the signature cannot take a time stamp"
    NOT_ARCHIVED = "the document does not prove its signature by itself: level B-LTA"
    SIGNATURE_BROKEN = "the signature is not by the named certificate"
    CERTIFICATE = "the certificate was refused"


class DocumentRefusedError(RefusedError):
    """A PDF is not signed, whole and unchanged, by a certificate that is good for it.

    ``certificate_reason`` says more when the reason is ``CERTIFICATE``.
    """

    code = "TH-CRYP-021"

    def __init__(self, reason: DocumentRefusal, certificate_reason: CertificateRefusal | None = None) -> None:
        super().__init__(reason.value if certificate_reason is None else f"{reason.value}: {certificate_reason.value}")
        self.reason = reason
        self.certificate_reason = certificate_reason


class CardSignatureRefusedError(RefusedError):
    """What the card gave back is no signature by the certificate's key over the digest it got; nothing was signed."""

    code = "TH-CRYP-022"


class ContainerRefusal(Enum):
    """Why a container was refused."""

    TOO_LARGE = "larger than any that we take"
    NOT_A_CONTAINER = "not a container in the one spelling of the format"
    NOT_XADES = "the signature does not follow the XAdES baseline as the format spells it"
    CHANGED = "the files, or what is signed about them, are not what was signed"
    SIGNATURE_BROKEN = "the signature is not by the named certificate"
    CERTIFICATE = "the certificate was refused"
    NOT_PROVED = "the container does not prove its signature by itself: level B-LT"


class ContainerRefusedError(RefusedError):
    """A container is not signed, whole and unchanged, by a certificate that is good for it.

    ``certificate_reason`` says more when the reason is ``CERTIFICATE``.
    """

    code = "TH-CRYP-025"

    def __init__(self, reason: ContainerRefusal, certificate_reason: CertificateRefusal | None = None) -> None:
        super().__init__(reason.value if certificate_reason is None else f"{reason.value}: {certificate_reason.value}")
        self.reason = reason
        self.certificate_reason = certificate_reason


class TimestampRefusal(Enum):
    """Why a time stamp was refused."""

    NOT_GRANTED = "the authority gave no time stamp"
    UNREADABLE = "not a time stamp that can be read"
    OTHER_BYTES = "a time stamp over something else, or an answer to another request"
    UNTRUSTED = "not by an authority that is trusted for time stamps"


class TimestampRefusedError(RefusedError):
    """An answer of a time-stamping authority is no time stamp over these bytes by a trusted one."""

    code = "TH-CRYP-023"

    def __init__(self, reason: TimestampRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class OcspRefusal(Enum):
    """Why an answer about a certificate was refused."""

    UNREADABLE = "not an answer that can be read"
    NO_ANSWER = "nothing by the issuer about this certificate"
    TOO_EARLY = "made before the time stamp that it is to speak for"


class OcspRefusedError(RefusedError):
    """An answer about a certificate is not by its issuer, not about it, or too early."""

    code = "TH-CRYP-024"

    def __init__(self, reason: OcspRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class UnavailableError(CryptoError):
    """A key cannot be used here and now; staff must act."""

    code = "TH-CRYP-040"


class DeviceKeyMissingError(UnavailableError):
    """There is no device key file at the configured place."""

    code = "TH-CRYP-041"


class DeviceKeyLockedError(UnavailableError):
    """The passphrase does not open the device key file, or the file holds no P-256 private key."""

    code = "TH-CRYP-042"


class DeviceKeyExposedError(UnavailableError):
    """Other users of the machine may read the device key file, or it is no regular file of ours."""

    code = "TH-CRYP-043"


class DeviceKeyExistsError(UnavailableError):
    """A device key file is there already; creating one never overwrites it."""

    code = "TH-CRYP-044"


class TrustMaterialError(UnavailableError):
    """An anchor, intermediate certificate or revocation list of the trust data cannot be read."""

    code = "TH-CRYP-045"


class PayloadTooLargeError(CryptoError):
    """The payload does not fit the largest size class."""

    code = "TH-CRYP-060"


class ProgrammingError(CryptoError):
    """The caller broke a contract of this part, for example used a wiped secret."""

    code = "TH-CRYP-090"
