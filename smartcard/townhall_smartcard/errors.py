# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong between this kiosk and a card, grouped by what the reader of the error can do.

::

    CardError
    ├── CardGoneError              put the card in again and start the operation anew
    │   ├── CardRemovedError
    │   └── CardResetError         another program reset the card: start anew, nothing to put in
    ├── ReaderBusyError            wait for the other program
    ├── ServiceGoneError           wait for the PC/SC service
    ├── CardUnreadableError        another try may help; if not, another card
    │   ├── UnexpectedStatusError  with the status word that nobody expected
    │   ├── SecureMessagingError   the protected session is over: open the card anew
    │   └── DataGroupUnreadableError  a file of an eMRTD chip is not what its standard says
    ├── CardUnsupportedError       another card
    ├── CardNotActivatedError      set the card's PINs first
    ├── CardMuteError              take the card out
    ├── PinPadError                enter the PIN on the screen: staff see to the reader
    ├── CardModuleError            a vendor's module did not do it: another try, another module
    │   ├── ModuleUnloadableError  mend what the settings name
    │   ├── ModuleCrashedError     begin anew: its process is gone
    │   └── ModuleStuckError       take the card out: its process was ended
    ├── CallStuckError             end this process: a thread of it never comes back
    ├── RecordingRefusedError      mend the file of recorded dialogues
    ├── CardMisuseError            mend the program
    ├── EidServerError             ask the eID server again later
    ├── TesseractMissingError      install tesseract, or type what it was to read
    └── SimulationUnavailableError mend the machine: it cannot simulate a reader

The texts hold names of commands and status words, never what a command or an answer said.
"""

from townhall_smartcard.status import name_of


class CardError(Exception):
    """Base of this part's errors."""

    code = "TH-CARD-000"


class CardGoneError(CardError):
    """The card cannot go on with this operation: all its state is lost."""

    code = "TH-CARD-001"


class CardRemovedError(CardGoneError):
    """The card, or its reader, was taken away."""

    code = "TH-CARD-002"


class CardResetError(CardGoneError):
    """Another program reset the card."""

    code = "TH-CARD-003"


class ReaderBusyError(CardError):
    """Another program holds the card for itself."""

    code = "TH-CARD-004"


class ServiceGoneError(CardError):
    """The PC/SC service is not running, or ended while we used it."""

    code = "TH-CARD-005"


class CardUnreadableError(CardError):
    """The card gave an answer that no working card gives: torn, malformed or of an impossible length."""

    code = "TH-CARD-006"

    #: The status word behind the error, 0 if there is none.
    status: int = 0


class UnexpectedStatusError(CardUnreadableError):
    """The card refused a command that this kind of card accepts."""

    code = "TH-CARD-007"

    def __init__(self, command: str, status: int) -> None:
        """Take the name of the command (never its data) and the status word."""
        super().__init__(f"{command}: {name_of(status)}")
        self.status = status


class SecureMessagingError(CardUnreadableError):
    """An answer without a right checksum: somebody is in between, or the card lost the session."""

    code = "TH-CARD-013"

    def __init__(self, status: int) -> None:
        """Take the status word that stood outside, or 0: nobody vouches for it."""
        super().__init__(f"unprotected answer: {name_of(status)}")
        self.status = status


class DataGroupUnreadableError(CardUnreadableError):
    """A file of an eMRTD chip is not what ICAO 9303-10 says; nothing of it was used."""

    code = "TH-CARD-014"

    def __init__(self, file: str) -> None:
        """Take the name of the file, never what stands in it."""
        super().__init__(f"{file} cannot be read")
        self.file = file


class CardUnsupportedError(CardError):
    """No driver of ours serves this card."""

    code = "TH-CARD-008"


class CardNotActivatedError(CardError):
    """A PIN of this card was never set: nothing can be done with its key."""

    code = "TH-CARD-015"


class CardMuteError(CardError):
    """The card did not answer within the deadline."""

    code = "TH-CARD-009"


class PinPadError(CardError):
    """A reader that says that a PIN can be entered at it does not take one."""

    code = "TH-CARD-027"


class CardModuleError(CardError):
    """A vendor's PKCS#11 module refused what it must do, or said what no working one says."""

    code = "TH-CARD-016"


class ModuleUnloadableError(CardModuleError):
    """What the settings name is no PKCS#11 module, is not there, or does not start."""

    code = "TH-CARD-017"


class ModuleCrashedError(CardModuleError):
    """The process around a module ended by itself; whether a PIN reached the card is unknown."""

    code = "TH-CARD-018"


class ModuleStuckError(CardModuleError):
    """A module passed its deadline; its process was ended, and whether a PIN reached the card is unknown."""

    code = "TH-CARD-019"


class RecordingRefusedError(CardError):
    """A file of recorded dialogues is not what it should be."""

    code = "TH-CARD-010"


class CardMisuseError(CardError):
    """Our own program asked for something that no card command can express."""

    code = "TH-CARD-011"


class CallStuckError(CardError):
    """A PC/SC call passed its deadline; its thread is lost, and what the call did is unknown."""

    code = "TH-CARD-012"

    def __init__(self, reason: CardError) -> None:
        """Take what the call's never ending means for the card."""
        super().__init__(reason.code)
        self.reason = reason


class EidServerError(CardError):
    """The eID server that a card would name its holder to is not there, or broke off."""

    code = "TH-CARD-026"


class TesseractMissingError(CardError):
    """Debian's tesseract, or its model, is not installed."""

    code = "TH-CARD-060"


class SimulationUnavailableError(CardError):
    """This machine cannot run a private PC/SC service with virtual readers."""

    code = "TH-CARD-030"
