# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A printer by IPP (RFC 8011): the document travels in the request's body, and no file of ours ever holds it.

The only file that knows pyipp. A job that does not come out is cancelled: what is printed after the paper was filled up
would lie in the tray for somebody else.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import aiohttp
from pyipp import IPP
from pyipp.enums import IppJobState, IppOperation, IppPrinterState, IppStatus
from pyipp.exceptions import IPPConnectionError, IPPError

from townhall_kiosk.errors import (
    PaperJamError,
    PaperOutError,
    PrintAbortedError,
    PrintEndlessError,
    PrinterOffError,
    PrinterOpenError,
    PrintError,
    PrinterSupplyError,
    PrintRefusedError,
)

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_FORMAT: Final = "application/pdf"

_REASONS: Final[Mapping[str, type[PrintError]]] = {
    "media-empty": PaperOutError,
    "media-needed": PaperOutError,
    "media-jam": PaperJamError,
    "cover-open": PrinterOpenError,
    "door-open": PrinterOpenError,
    "interlock-open": PrinterOpenError,
    "input-tray-missing": PrinterOpenError,
    "toner-empty": PrinterSupplyError,
    "marker-supply-empty": PrinterSupplyError,
    "marker-waste-full": PrinterSupplyError,
    "shutdown": PrinterOffError,
}
"""What stops a printer (RFC 8011 5.4.12), by what somebody has to do about it."""

_SEVERITIES: Final = ("-error", "-warning", "-report")

_REFUSED: Final = frozenset(
    {
        IppStatus.ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED,
        IppStatus.ERROR_DOCUMENT_FORMAT_ERROR,
        IppStatus.ERROR_DOCUMENT_UNPRINTABLE,
        IppStatus.ERROR_ATTRIBUTES_OR_VALUES,
        IppStatus.ERROR_NOT_AUTHENTICATED,
        IppStatus.ERROR_NOT_AUTHORIZED,
        IppStatus.ERROR_FORBIDDEN,
    }
)
_UNPRINTABLE: Final = frozenset({"document-format-error", "unsupported-document-format", "document-unprintable-error"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the kiosk waits. Seconds."""

    answer_s: int = 5
    """For one answer."""
    look_s: float = 0.3
    """Between two looks at a job."""
    warned_s: float = 6.0
    """For paper from a printer that complains and goes on."""
    receipt_s: float = 40.0
    """For a whole receipt."""


class IppPrinter:
    """Implements the ``Printer`` port over IPP."""

    def __init__(self, uri: str, patience: Patience = Patience()) -> None:
        """Print to ``uri``: ``ipp://host[:port]/path``, or ``ipps://``, whose certificate must be trusted here."""
        self._uri = uri
        self._patience = patience

    async def print(self, pdf: bytes) -> str:
        """Print one PDF; return an empty text once it is out, or the code of why it is not."""
        try:
            async with self._connected() as printer:
                await printer.require_ready()
                job = await self._in_time(printer, lambda: printer.begin(pdf))
                await self._finish(printer, job)
        except PrintError as exc:
            _log.error("%s: %s", exc.code, exc)
            return exc.code
        return ""

    def _connected(self) -> "_Connection":
        return _Connection(IPP(self._uri, request_timeout=self._patience.answer_s, verify_ssl=True))

    async def _finish(self, printer: "_Connection", job: int) -> None:
        """Wait until the job is out; whatever ends the waiting otherwise cancels the job."""
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(printer.cancel, job)
            await self._in_time(printer, lambda: printer.outcome(job))
            undo.pop_all()

    async def _in_time(self, printer: "_Connection", attempt: Callable[[], Awaitable[_Result | None]]) -> _Result:
        """Try until there is a result. Of two trays one may be empty: a warning counts when nothing else happens."""
        loop = asyncio.get_running_loop()
        began = warned = loop.time()
        while (result := await attempt()) is None:
            await printer.look()
            now = loop.time()
            if printer.warning is None:
                warned = now
            elif now - warned >= self._patience.warned_s:
                raise printer.warning
            if now - began >= self._patience.receipt_s:
                raise PrintEndlessError("the printer works on and on")
            await asyncio.sleep(self._patience.look_s)
        return result


class _BusyError(PrinterOffError):
    """The printer works on another job."""


class _Connection:
    """One printer for one receipt. Every method raises a PrintError that says what is the matter.

    ``warning``: what the printer complained of when it was last looked at, although it had not stopped.
    """

    def __init__(self, ipp: IPP) -> None:
        self._ipp = ipp
        self.warning: PrintError | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._ipp.close()

    async def require_ready(self) -> None:
        """Raise what keeps the printer from printing, before it gets anything."""
        printer = await self.look()
        if not printer.get("printer-is-accepting-jobs", True):
            raise PrinterOffError("the printer takes no jobs")

    async def begin(self, pdf: bytes) -> int | None:
        """Hand the document over; return the job's number, or None where the printer is busy with another."""
        operation = {"job-name": "receipt", "document-format": _FORMAT}
        try:
            answer = await self._ask(IppOperation.PRINT_JOB, operation, pdf)
        except _BusyError:
            return None
        number = _only(answer, "jobs").get("job-id")
        if not isinstance(number, int):
            raise PrintError("the printer named no job")
        return number

    async def outcome(self, number: int) -> IppJobState | None:
        """Return COMPLETED once a job is on paper; None: not yet."""
        operation = {"job-id": number, "requested-attributes": ["job-state", "job-state-reasons"]}
        job = _only(await self._ask(IppOperation.GET_JOB_ATTRIBUTES, operation), "jobs")
        match job.get("job-state"):
            case IppJobState.COMPLETED:
                return IppJobState.COMPLETED
            case IppJobState.ABORTED | IppJobState.CANCELED:
                await self.look()
                if self.warning is not None:
                    raise self.warning
                if _UNPRINTABLE & set(_keywords(job.get("job-state-reasons"))):
                    raise PrintRefusedError("the printer cannot print the document")
                raise PrintAbortedError("the printer gave the job up")
            case _:
                return None

    async def cancel(self, number: int) -> None:
        """Have the job forgotten, where the printer still listens."""
        with contextlib.suppress(PrintError):
            await self._ask(IppOperation.CANCEL_JOB, {"job-id": number})

    async def look(self) -> Mapping[str, Any]:
        """Return the printer's attributes; raise what has stopped it, and remember what it only warns of."""
        wanted = ["printer-state", "printer-state-reasons", "printer-is-accepting-jobs"]
        answer = await self._ask(IppOperation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": wanted})
        printer = _only(answer, "printers")
        is_stopped = printer.get("printer-state") == IppPrinterState.STOPPED
        self.warning = None
        for reason in _keywords(printer.get("printer-state-reasons")):
            keyword, _dash, severity = reason.rpartition("-") if reason.endswith(_SEVERITIES) else (reason, "", "error")
            problem = _REASONS.get(keyword)
            if problem is None:
                continue
            if severity == "error" or is_stopped:
                raise problem(reason)
            self.warning = self.warning or problem(reason)
        if is_stopped:
            raise PrintAbortedError("the printer has stopped")
        return printer

    async def _ask(
        self, operation: IppOperation, attributes: Mapping[str, Any], document: bytes | None = None
    ) -> Mapping[str, Any]:
        message: dict[str, Any] = {"operation-attributes-tag": {"requesting-user-name": "townhall", **attributes}}
        if document is not None:
            message["data"] = document
        try:
            async with asyncio.timeout(self._ipp.request_timeout):  # pyipp's own covers the headers alone
                return await self._ipp.execute(operation, message)
        except (IPPConnectionError, aiohttp.ClientError, OSError) as exc:  # a TimeoutError is an OSError
            raise PrinterOffError("the printer does not answer") from exc
        except IPPError as exc:
            raise _refusal(exc) from exc


def _refusal(exc: IPPError) -> PrintError:
    facts = exc.args[1] if len(exc.args) > 1 and isinstance(exc.args[1], dict) else {}
    status = facts.get("status-code")
    if status == IppStatus.ERROR_BUSY:
        return _BusyError("the printer is busy")
    if status in _REFUSED:
        return PrintRefusedError(f"the printer refused the document: status {status:#06x}")
    return PrintError(f"the printer answered with status {status}")


def _only(answer: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    """Return the first group of attributes of a kind; an empty one where the printer sent none."""
    groups: list[dict[str, Any]] = answer.get(group) or [{}]
    return groups[0]


def _keywords(value: object) -> list[str]:
    """Return an attribute that is one keyword or several."""
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
