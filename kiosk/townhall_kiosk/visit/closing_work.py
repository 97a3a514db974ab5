# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does at its end: seal, hand over, print."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.sealed import seal
from townhall_crypto.trust_verdict import Outcome
from townhall_forms.document import Direction as PageDirection
from townhall_forms.document import Line, ReceiptModel, render_receipt
from townhall_forms.errors import FormError
from townhall_forms.transaction import Transaction
from townhall_kiosk import events as on
from townhall_kiosk.errors import (
    PaperJamError,
    PaperOutError,
    PrinterOffError,
    PrinterOpenError,
    VisitError,
)
from townhall_kiosk.ports import Outbox, Printer
from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.states import Paper
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.qr import qr_svg
from townhall_kiosk.visit.surroundings import Surroundings

_log = logging.getLogger(__name__)

_PAPER: Final = {
    PaperOutError.code: Paper.NO_PAPER,
    PrinterOpenError.code: Paper.PRINTER_OPEN,
    PaperJamError.code: Paper.JAMMED,
    PrinterOffError.code: Paper.PRINTER_OFF,
}
"""What somebody beside the kiosk can mend at once; for everything else the printer "did not work"."""

TRANSACTION_KIND = "service-transaction"


@dataclass(slots=True)
class ClosingWork:
    """Works on the signed document of the desk."""

    desk: Desk
    around: Surroundings
    recipients: Mapping[str, tuple[RecipientPublicKey, ...]]
    outbox: Outbox
    printer: Printer
    fonts: Path

    async def commit(self) -> on.Event:
        """Seal the transaction to its agency and have the keeper make it durable."""
        service = self.desk.service
        if service is None:
            raise VisitError("nothing to commit")
        sealed = seal(
            self._transaction().to_bytes(), kind=TRANSACTION_KIND, recipients=self.recipients[service.recipient]
        )
        outcome = await self.outbox.commit(sealed, service.titles[self.around.language])
        if isinstance(outcome, str):
            return on.Fault(outcome)
        self.desk.receipt = outcome
        return on.Committed()

    def _transaction(self) -> Transaction:
        desk = self.desk
        if desk.service is None or desk.form is None or desk.evidence is None:
            raise VisitError("nothing to commit")
        if desk.document is None or desk.document.signed is None:
            raise VisitError("nothing is signed")
        if desk.verdict is None or desk.verdict.outcome is Outcome.REFUSED:
            raise VisitError("this card is not accepted for this service")
        form = desk.service.form
        return Transaction(
            service=desk.service.id,
            form_id=form.id,
            form_version=form.version,
            form_sha256=form.sha256,
            language=self.around.language,
            provenance=desk.form.provenance(),
            evidence=desk.evidence,
            document=desk.document.signed,
            trust=desk.verdict,
            session=desk.form.record(),
            document_format=desk.service.signature,
            page=desk.document.facts,
            corrections=desk.form.corrections(),
            registers=desk.told,
        )

    async def print_receipt(self) -> on.Event:
        """Put the receipt on paper; a printer's trouble never touches what is stored."""
        if self.desk.receipt is None:
            raise VisitError("no receipt")
        model = receipt_model(self.desk.receipt, self.around, is_provisional=self.desk.is_provisional)
        try:
            pdf = await asyncio.to_thread(render_receipt, model, self.fonts)
        except FormError as exc:
            _log.error("%s: the receipt cannot be set", exc.code)
            return on.Printed(Paper.FAILED)
        return on.Printed(paper_of(await self.printer.print(pdf)))


def paper_of(code: str) -> Paper:
    """Return what became of paper, by the printer's code."""
    return _PAPER.get(code, Paper.FAILED) if code else Paper.PRINTED


def receipt_model(receipt: SignedReceipt, around: Surroundings, *, is_provisional: bool = False) -> ReceiptModel:
    """Return the paper receipt in the person's language; ``is_provisional``: the town still checks the card."""
    text, facts = around.text, receipt.facts
    made = datetime.fromisoformat(facts.date)
    return ReceiptModel(
        title=text("receipt.title"),
        language=around.language,
        direction=PageDirection.RIGHT_TO_LEFT if text.is_right_to_left else PageDirection.LEFT_TO_RIGHT,
        issuer=facts.place,
        number=Line(text("receipt.number"), facts.number),
        facts=(
            Line(text("receipt.service"), facts.service),
            Line(text("receipt.place"), facts.place),
            Line(text("receipt.date"), text.date_time(made)),
        ),
        proofs=(
            Line(text("receipt.envelope"), facts.envelope),
            Line(text("receipt.checkpoint"), facts.checkpoint),
            Line(text("receipt.signature"), receipt.signature.hex()),
        ),
        note=" ".join([text("receipt.note"), *([text("trust.provisional")] if is_provisional else [])]),
        qr_svg=qr_svg(receipt.to_text()),
        qr_description=text("receipt.qr"),
        created=made,
        content=receipt.facts.signed_bytes(),
        content_description=text("receipt.attachment"),
    )
