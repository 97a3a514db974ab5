# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Receipts by IPP, judged by CUPS's ippeveprinter: whole on paper, in no file of ours, and each trouble by its name."""

import asyncio
import hashlib
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyipp.enums import IppStatus
from pyipp.serializer import encode_dict

from townhall_kiosk.keeper.ipp_printer import IppPrinter, Patience
from townhall_kiosk.simulation.eve_printer import TAKE, EvePrinter, end, wait_for

PATIENT = Patience(answer_s=20, look_s=0.05, warned_s=0.5, receipt_s=60.0)
HASTY = Patience(answer_s=20, look_s=0.05, receipt_s=1.0)
PDF = b"%PDF-1.7\n" + hashlib.shake_256(b"a receipt").digest(200_000) + b"\n%%EOF\n"


@pytest.fixture
def eve(tmp_path: Path) -> Iterator[EvePrinter]:
    with EvePrinter(tmp_path) as printer:
        yield printer


def printed(uri: str, pdf: bytes = PDF, patience: Patience = PATIENT) -> str:
    return asyncio.run(IppPrinter(uri, patience).print(pdf))


def test_a_receipt_comes_out_byte_for_byte_as_often_as_asked(eve: EvePrinter) -> None:
    uri = eve.start()
    for pdf in (PDF, b"%PDF-1.7 another"):
        assert printed(uri, pdf) == ""
        assert (eve.tray / "receipt.pdf").read_bytes() == pdf


TROUBLES = {
    "media-empty": "TH-KIOS-031",
    "media-needed": "TH-KIOS-031",
    "cover-open": "TH-KIOS-032",
    "media-jam": "TH-KIOS-033",
    "marker-supply-empty": "TH-KIOS-034",
}


@pytest.mark.parametrize("reason", TROUBLES)
def test_a_trouble_in_the_middle_is_told_by_its_name_and_the_receipt_can_be_asked_again(
    eve: EvePrinter, reason: str
) -> None:
    mended = eve.directory / "mended"
    uri = eve.start(
        f'if [ ! -e "{mended}" ]; then echo "STATE: +{reason}" >&2; while [ ! -e "{mended}" ]; do sleep 0.05; done;'
        f' echo "STATE: -{reason}" >&2; exit 1; fi; {TAKE}'
    )
    assert printed(uri) == TROUBLES[reason]
    assert printed(uri) == TROUBLES[reason]
    mended.touch()

    def comes_out() -> bool:  # the printer takes a moment to notice
        code = printed(uri)
        assert code in {"", TROUBLES[reason]}
        return code == ""

    wait_for(comes_out)
    assert (eve.tray / "receipt.pdf").read_bytes() == PDF


def test_a_warning_stops_nothing(eve: EvePrinter) -> None:
    uri = eve.start(f'echo "STATE: +media-low" >&2; {TAKE}')
    assert printed(uri) == ""
    assert printed(uri) == ""


def test_a_job_that_the_printer_gives_up_is_told(eve: EvePrinter) -> None:
    assert printed(eve.start("exit 1")) == "TH-KIOS-036"


def test_a_job_without_end_is_cancelled_and_told(eve: EvePrinter) -> None:
    begun = eve.directory / "begun"
    uri = eve.start(f'touch "{begun}"; sleep 1000')
    assert printed(uri, patience=HASTY) == "TH-KIOS-037"
    wait_for(begun.exists)
    state = subprocess.run(
        ["ipptool", "-tv", uri, "-d", "which=all", "get-jobs.test"], capture_output=True, text=True, check=False
    )
    assert "canceled" in state.stdout or "processing-to-stop-point" in state.stdout, state.stdout


def test_a_printer_that_takes_no_pdf_is_told(eve: EvePrinter) -> None:
    assert printed(eve.start(formats="image/pwg-raster")) == "TH-KIOS-035"
    assert not list(eve.tray.iterdir())


def test_a_printer_that_is_off_is_told(eve: EvePrinter) -> None:
    uri = eve.start()
    end(eve.started[0])
    assert printed(uri) == "TH-KIOS-030"


def test_a_name_that_leads_nowhere_is_told() -> None:
    assert printed("ipp://printer.invalid/ipp/print") == "TH-KIOS-030"


def said(state: int, *reasons: str) -> bytes:
    """A printer's answer about itself (RFC 8011 4.2.5.2)."""
    message = {
        "version": (2, 0),
        "operation": IppStatus.OK,
        "request-id": 1,
        "operation-attributes-tag": {"attributes-charset": "utf-8", "attributes-natural-language": "en"},
        "printer-attributes-tag": {"printer-state": state, "printer-state-reasons": list(reasons)},
    }
    return encode_dict(message)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (said(5, "media-empty-error"), "TH-KIOS-031"),
        (said(5, "media-low-warning", "cover-open-error"), "TH-KIOS-032"),
        (said(3, "media-jam"), "TH-KIOS-033"),
        (said(5, "media-empty-warning"), "TH-KIOS-031"),
        (said(5, "paused"), "TH-KIOS-036"),
    ],
    ids=["no paper", "open", "jam", "stopped by a warning", "paused"],
)
def test_a_printer_that_has_stopped_gets_nothing(body: bytes, code: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    assert answered(answer) == code


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "TH-KIOS-030"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort", "TH-KIOS-030"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xff\xff\xff", "TH-KIOS-003"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x02\x00\x00\x00\x00\x00\x00\x01\x03", "TH-KIOS-003"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x02\x00\x05\x00\x00\x00\x00\x01\x03", "TH-KIOS-003"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "TH-KIOS-003"),
        (b"220 no web server\r\n", "TH-KIOS-030"),
    ],
)
def test_what_is_no_printer_is_told(answer: bytes, code: str) -> None:
    assert answered(answer) == code


def answered(answer: bytes) -> str:
    """Print to something that answers each request with these bytes."""

    async def scene() -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await IppPrinter(f"ipp://127.0.0.1:{port}/ipp/print", PATIENT).print(PDF)

    return asyncio.run(scene())


def test_a_printer_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"ipp://127.0.0.1:{silent.getsockname()[1]}/ipp/print"
        assert printed(uri, patience=Patience(answer_s=1)) == "TH-KIOS-030"


PRINTING = """
import asyncio, hashlib, sys
from townhall_kiosk.keeper.ipp_printer import IppPrinter
pdf = b"%PDF-1.7\\n" + hashlib.shake_256(b"a receipt").digest(200_000) + b"\\n%%EOF\\n"
{before}
sys.exit(asyncio.run(IppPrinter(sys.argv[1]).print(pdf)) or 0)
"""


def written_files(tmp_path: Path, uri: str, before: str = "") -> set[str]:
    """Print in a process of its own; return every file that it opened for writing or made."""
    calls = tmp_path / "calls"
    watch = ["strace", "-f", "-qq", "-o", str(calls), "-e", "trace=?open,openat,?creat,memfd_create,?mkdir,mkdirat"]
    command = [sys.executable, "-I", "-B", "-c", PRINTING.format(before=before), uri]
    done = subprocess.run([*watch, *command], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    made = re.compile(r"(?:O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|creat\(|memfd_create\(|mkdir)")
    lines = [line for line in calls.read_text().splitlines() if made.search(line) and " = -1 " not in line]
    return {name for line in lines for name in re.findall(r'"([^"]*)"', line)}


def test_no_file_of_ours_holds_the_receipt_on_its_way(eve: EvePrinter, tmp_path: Path) -> None:
    assert written_files(tmp_path, eve.start()) <= {"/dev/null"}
    assert (eve.tray / "receipt.pdf").read_bytes() == PDF


def test_a_spool_file_would_be_seen(eve: EvePrinter, tmp_path: Path) -> None:
    spooling = "import tempfile; file = tempfile.TemporaryFile(); file.write(pdf); file.flush()"
    assert written_files(tmp_path, eve.start(), spooling) - {"/dev/null"}
