# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with forms, answers, documents and transactions.

::

    FormError
    ├── RefusedError                  what came from outside is not accepted: whoever made it mends it
    │   ├── FormRefusedError          a form that this engine will not run; for its author
    │   ├── XlsFormRefusedError       a spreadsheet that is no form; for its author
    │   ├── ServiceRefusedError       a service folder that does not hold together; for its publisher
    │   ├── InstanceRefusedError      answers that the form could not have produced; for the clerk of the agency
    │   ├── TransactionRefusedError   bytes that are no transaction; for the clerk of the agency
    │   ├── AttachmentMissingError    a document without the answers that belong inside it; for the clerk of the agency
    │   ├── DraftRefusedError         bytes that are no unfinished form of this version; for the person, who starts anew
    │   └── RegisterRefusedError      what is said to be a register's is not; for its registrar and the administrators
    ├── UnavailableError              nothing to mend in the input: try again, or report it
    │   ├── DocumentFailedError       the document could not be set
    │   └── EvaluationError           an expression of the form met a value that it cannot work on
    └── ProgrammingError              the caller is wrong
        ├── AnswerMisuseError         an answer to a question that is not asked now
        ├── PrefillMisuseError        a prefilled value that does not fit its question
        └── UnfinishedError           finish() while problems are left
"""

import enum
from dataclasses import dataclass


class FormError(Exception):
    """Base of this part's errors. No text of any of them holds an answer."""

    code = "TH-FORM-000"


class RefusedError(FormError):
    """Something from outside is not accepted."""


class UnavailableError(FormError):
    """The input is not known to be at fault."""


class ProgrammingError(FormError):
    """The caller broke the contract."""

    code = "TH-FORM-020"


class RefusalCause(enum.Enum):
    """Why a form is refused, in the classes that ``townhall forms check`` prints."""

    NOT_XML = "not_xml"
    NOT_XLSFORM = "not_xlsform"
    UNSUPPORTED = "unsupported"  # a feature of the standard that this engine does not run
    XPATH_SYNTAX = "xpath_syntax"
    UNKNOWN_FUNCTION = "unknown_function"
    BAD_REFERENCE = "bad_reference"
    CYCLE = "cycle"
    MISSING_RESOURCE = "missing_resource"
    LIMIT = "limit"


class FormRefusedError(RefusedError):
    """A form is refused; ``place`` says where (a path of the form), ``detail`` what, for its author."""

    code = "TH-FORM-001"

    def __init__(self, cause: RefusalCause, detail: str, place: str = "") -> None:
        super().__init__(f"{cause.value}: {detail}" + (f" at {place}" if place else ""))
        self.cause = cause
        self.detail = detail
        self.place = place


class XlsFormRefusedError(RefusedError):
    """A spreadsheet is no XLSForm that can be converted; the text is the converter's, for its author."""

    code = "TH-FORM-002"


class ServiceRefusedError(RefusedError):
    """A service folder is incomplete or contradicts itself; ``service`` is its folder's name."""

    code = "TH-FORM-003"

    def __init__(self, service: str, detail: str) -> None:
        super().__init__(f"{service}: {detail}")
        self.service = service
        self.detail = detail


class InstanceFault(enum.Enum):
    """Why the form could not have produced an instance."""

    NOT_XML = "not-xml"
    TOO_LARGE = "too-large"
    WRONG_CLOCK = "wrong-clock"  # opened after it was finished, or too long before
    WRONG_FORM = "wrong-form"  # another form's id, version or root element
    EXTRA_NODE = "extra-node"
    MISSING_NODE = "missing-node"
    WRONG_ORDER = "wrong-order"
    IRRELEVANT_NODE = "irrelevant-node"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_CHOICE = "unknown-choice"
    REQUIRED = "required"
    CONSTRAINT = "constraint"
    CHANGED_READ_ONLY = "changed-read-only"  # a default or a value from the card
    CHANGED_CALCULATION = "changed-calculation"


@dataclass(frozen=True, slots=True)
class InstanceProblem:
    """One thing that is wrong with an instance; ``ref`` is the node's path. Holds no answer."""

    ref: str
    fault: InstanceFault


class InstanceRefusedError(RefusedError):
    """The form could not have produced these answers; ``reasons`` lists everything found, in form order."""

    code = "TH-FORM-004"

    def __init__(self, reasons: tuple[InstanceProblem, ...]) -> None:
        super().__init__(", ".join(f"{reason.fault.value} {reason.ref}" for reason in reasons[:5]))
        self.reasons = reasons


class TransactionRefusedError(RefusedError):
    """The bytes are no transaction of a version that we know."""

    code = "TH-FORM-005"


class AttachmentMissingError(RefusedError):
    """A document holds no attached instance, or holds several."""

    code = "TH-FORM-006"


class DraftRefusedError(RefusedError):
    """The bytes are no draft of this form; the text says what is wrong and quotes no answer."""

    code = "TH-FORM-007"


class RegisterRefusedError(RefusedError):
    """An extract, a record or a statement of a register is not what it must be; the text quotes no value of it."""

    code = "TH-FORM-008"


class DocumentFailedError(UnavailableError):
    """The typesetter refused the document."""

    code = "TH-FORM-010"


class EvaluationError(UnavailableError):
    """An expression could not be evaluated; ``place`` is the bind or control that owns it."""

    code = "TH-FORM-011"

    def __init__(self, detail: str, place: str = "") -> None:
        super().__init__(detail + (f" at {place}" if place else ""))
        self.detail = detail
        self.place = place


class WordsMissingError(UnavailableError):
    """A signed page cannot be set in a language: one of its words is nowhere."""

    code = "TH-FORM-012"


class AnswerMisuseError(ProgrammingError):
    """The question is unknown, not relevant now, or read only."""

    code = "TH-FORM-021"


class PrefillMisuseError(ProgrammingError):
    """A prefilled value does not have the type of its question; the text names the key only."""

    code = "TH-FORM-022"


class UnfinishedError(ProgrammingError):
    """The form cannot be finished while ``FormSession.problems`` is not empty."""

    code = "TH-FORM-023"
