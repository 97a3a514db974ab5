# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in the kiosk itself, by who can mend it.

::

    KioskError
    ├── ConfigurationError     staff: a file of the kiosk's home is missing or wrong
    ├── ReceiptRefusedError    auditor: this text is no receipt of this device
    ├── SpeechError            staff: nothing reads the screens aloud
    ├── PrintError             staff: the receipt did not come out
    │   ├── PrinterOffError        it does not answer: switched off, unplugged, busy with others
    │   ├── PaperOutError          it has no paper
    │   ├── PrinterOpenError       a cover, door or tray is open
    │   ├── PaperJamError          paper is stuck
    │   ├── PrinterSupplyError     no ink or toner
    │   ├── PrintRefusedError      it does not take what we print
    │   ├── PrintAbortedError      it gave the job up
    │   └── PrintEndlessError      it took the job and never finished
    ├── ClockBackError         staff: the machine's clock is behind what the centre has signed
    ├── CatalogueUnusableError staff: what was verified offers this kiosk nothing, or not all
    │   ├── NoCatalogueError       no catalogue was taken yet
    │   ├── PlaceUnknownError      the catalogue does not say where this kiosk stands
    │   ├── PartExpiredError       a part is past its age
    │   ├── RecipientMissingError  a service's agency has no key that can be used
    │   ├── LanguageMissingError   a service does not speak a language of this kiosk
    │   ├── NothingOfferedError    the kiosk's group has no service
    │   └── TranslationRefusedError texts that do not fit those that the kiosk knows
    └── VisitError             nobody: the visit ends and nothing was sent
"""


class KioskError(Exception):
    """Base of this part's errors."""

    code = "TH-KIOS-000"


class ConfigurationError(KioskError):
    """The kiosk's home lacks something, or holds something that cannot be read."""

    code = "TH-KIOS-001"


class ReceiptRefusedError(KioskError):
    """The text is not a receipt, or not one that this device signed."""

    code = "TH-KIOS-002"


class PrintError(KioskError):
    """The receipt could not be put on paper."""

    code = "TH-KIOS-003"


class SpeechError(KioskError):
    """speech-dispatcher is away or speaks no SSIP: people are not read to."""

    code = "TH-KIOS-008"


class PrinterOffError(PrintError):
    """The printer does not answer, or takes no jobs."""

    code = "TH-KIOS-030"


class PaperOutError(PrintError):
    """The printer has no paper."""

    code = "TH-KIOS-031"


class PrinterOpenError(PrintError):
    """A cover, door or tray of the printer is open."""

    code = "TH-KIOS-032"


class PaperJamError(PrintError):
    """Paper is stuck in the printer."""

    code = "TH-KIOS-033"


class PrinterSupplyError(PrintError):
    """The printer has no ink or toner, or nowhere to put the waste."""

    code = "TH-KIOS-034"


class PrintRefusedError(PrintError):
    """The printer does not take what we print: the format, or us."""

    code = "TH-KIOS-035"


class PrintAbortedError(PrintError):
    """The printer gave the job up."""

    code = "TH-KIOS-036"


class PrintEndlessError(PrintError):
    """The printer took the job and never finished it; the job was cancelled."""

    code = "TH-KIOS-037"


class VisitError(KioskError):
    """A step of the visit failed; nothing was sent."""

    code = "TH-KIOS-004"


class ClockBackError(KioskError):
    """The clock shows an earlier time than one the centre has signed: no date of a new visit would be right."""

    code = "TH-KIOS-007"


class CatalogueUnusableError(KioskError):
    """Something of the verified catalogue is not used here; the rest is."""

    code = "TH-KIOS-040"


class NoCatalogueError(CatalogueUnusableError):
    """No catalogue was taken yet, and none can be opened."""

    code = "TH-KIOS-041"


class PlaceUnknownError(CatalogueUnusableError):
    """The catalogue does not say where this kiosk stands and what it offers."""

    code = "TH-KIOS-042"


class PartExpiredError(CatalogueUnusableError):
    """A part of the catalogue is past its age."""

    code = "TH-KIOS-043"


class MunicipalityRefusedError(CatalogueUnusableError):
    """What the municipality adds to services is not there or not as it must be; they are shown without it."""

    code = "TH-KIOS-048"


class RecipientMissingError(CatalogueUnusableError):
    """A service goes to an agency of whom there is no usable key: what a person signs could not be sealed."""

    code = "TH-KIOS-044"


class LanguageMissingError(CatalogueUnusableError):
    """A service does not speak every language of this kiosk."""

    code = "TH-KIOS-045"


class NothingOfferedError(CatalogueUnusableError):
    """The kiosk's group has no service at all."""

    code = "TH-KIOS-046"


class TranslationRefusedError(CatalogueUnusableError):
    """Signed texts have an unknown id, lack one, or fill in other facts than the kiosk's own."""

    code = "TH-KIOS-047"
