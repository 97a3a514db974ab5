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
    │   └── CheckpointRefusedError     a signed note that is no checkpoint of the expected log
    ├── UnavailableError           a key cannot be used here and now: staff must act
    │   ├── DeviceKeyMissingError      there is no key file
    │   ├── DeviceKeyLockedError       the passphrase does not open the key file, or the file holds no such key
    │   ├── DeviceKeyExposedError      other users of the machine can read or replace the key file
    │   └── DeviceKeyExistsError       a new key would overwrite an old one
    ├── PayloadTooLargeError       more than the largest size class holds: send less
    └── ProgrammingError           the caller broke a contract of this part: report it

No error carries a secret, a payload or a passphrase, in its text or in its attributes.
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


class PayloadTooLargeError(CryptoError):
    """The payload does not fit the largest size class."""

    code = "TH-CRYP-060"


class ProgrammingError(CryptoError):
    """The caller broke a contract of this part, for example used a wiped secret."""

    code = "TH-CRYP-090"
