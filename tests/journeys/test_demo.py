# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall demo``, run as somebody runs it, leaves what it promises, and programs of others accept what it leaves."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).parent / "townhall")
PAPERS = {
    "signed.pdf",
    "archived.pdf",
    "signed.asice",
    "receipt.pdf",
    "readiness-report.pdf",
    "heard.txt",
    "kiosk.der",
    "centre-case.json",
    "summary.txt",
}
QUESTIONS = 10  # at least


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that a run of the demo leaves."""
    directory = tmp_path_factory.mktemp("demo")
    environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    environment["QT_QPA_PLATFORM"] = "offscreen"
    done = subprocess.run(
        [PROGRAM, "demo"], cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return directory / "demo-output"


def run(*command: str | Path, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_the_demo_leaves_the_promised_files_and_no_others(output: Path) -> None:
    assert {path.name for path in output.iterdir()} == PAPERS | {"screens"}
    assert all((output / name).stat().st_size for name in PAPERS)


def test_every_screen_of_a_visit_has_its_numbered_picture(output: Path) -> None:
    names = sorted(path.name for path in (output / "screens").iterdir())
    assert [name[:3] for name in names] == [f"{number:02d}-" for number in range(1, len(names) + 1)]
    kinds = [name[3:].removesuffix(".png") for name in names]
    assert kinds[:2] == ["staff-services", "staff-status"]
    for chapter, asked in (("visit", QUESTIONS), ("arabic", 5), ("switch", QUESTIONS)):
        own = [kind.removeprefix(f"{chapter}-") for kind in kinds if kind.startswith(f"{chapter}-")]
        questions = [kind for kind in own if kind.startswith("question-")]
        assert len(questions) >= asked
        around = [kind for kind in own if kind not in {*questions, "ways"}]
        assert around[:4] == ["attract", "insert-card", "pin1", "services"]
        assert around[4:] == ["review", "document", "pin2", "receipt", "take-card", "thanks", "attract-again"]
    assert all((output / "screens" / name).read_bytes().startswith(b"\x89PNG\r\n") for name in names)


def test_the_agency_has_each_persons_case_once_and_it_is_ready(output: Path) -> None:
    case = json.loads((output / "centre-case.json").read_text())
    assert case["number"] == 1
    assert case["case"]["state"] == "ready"
    assert len(case["envelopes"]) == 1
    summary = (output / "summary.txt").read_text()
    assert "The centre took 3 envelopes from the stick; 0 wait at the kiosk." in summary
    assert "The agency has 4 cases, state: ready." in summary
    assert "worth: accepted B-LT." in summary
    assert "the signature is worth: accepted B-LTA." in summary
    assert "Fetched again: 4 cases." in summary


def test_the_readiness_report_is_the_kiosks_own_and_all_that_was_tested_works(output: Path) -> None:
    command = (PROGRAM, "report", "verify", "--certificate", output / "kiosk.der", output / "readiness-report.pdf")
    checked = run(*command, directory=output)
    assert checked.returncode == 0, checked.stderr
    report = json.loads(checked.stdout)
    assert [(each["test"], each["verdict"]) for each in report["results"]] == [
        (test, "passed") for test in ("journal", "clock", "disk", "reader")
    ]
    assert report["status"]["queued"] == 0, "nobody was served yet"


def test_what_was_said_tells_where_one_is_and_never_a_digit_of_a_pin(output: Path) -> None:
    said = (output / "heard.txt").read_text()
    for heard in ("Insert your ID card", "Check your answers", "Take your card"):
        assert heard in said
    for pin in ("1234", "12345", "digit 1 of 4: ", "1, 2, 3, 4"):
        assert pin not in said


def test_the_container_holds_form_and_document_and_xmlsec_accepts_its_signature(output: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(output / "signed.asice") as container:
        assert container.namelist()[0] == "mimetype"
        container.extractall(tmp_path)
    (signature,) = (tmp_path / "META-INF").glob("signatures*.xml")
    (tmp_path / "signature.xml").write_bytes(signature.read_bytes())  # xmlsec1 looks for the files beside it
    ids = ("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
    judged = run("xmlsec1", "--verify", "--insecure", *ids, "signature.xml", directory=tmp_path)
    assert judged.returncode == 0, judged.stderr


def test_the_summary_tells_how_long_each_step_took(output: Path) -> None:
    steps = re.findall(
        r"^ *\d+\.\d\d s  \(\+ *\d+\.\d\d s\)  (.+)$", (output / "summary.txt").read_text(), re.MULTILINE
    )
    assert "Screen: receipt" in steps
    assert steps.index("The line is cut: from here on the kiosk is alone.") < steps.index("Screen: attract")
    assert steps.index("Screen: status") < steps.index("Screen: attract")
    assert steps.index("Screen: attract-again") < steps.index("The line is back.")


def test_pdfsig_and_openssl_accept_the_signed_document(output: Path, tmp_path: Path) -> None:
    verdict = run("pdfsig", "-nocert", output / "signed.pdf", directory=tmp_path).stdout
    assert "Signature Validation: Signature is Valid." in verdict
    assert "Total document signed" in verdict
    assert "Signature Type: ETSI.CAdES.detached" in verdict
    assert openssl_accepts((output / "signed.pdf").read_bytes(), tmp_path)


def test_pdfsig_and_openssl_refuse_it_after_one_flipped_byte(output: Path, tmp_path: Path) -> None:
    pdf = bytearray((output / "signed.pdf").read_bytes())
    pdf[pdf.index(b"/Type/EmbeddedFile") + 100] ^= 1
    (tmp_path / "flipped.pdf").write_bytes(pdf)
    assert "Signature is Valid" not in run("pdfsig", "-nocert", "flipped.pdf", directory=tmp_path).stdout
    assert not openssl_accepts(bytes(pdf), tmp_path)


def openssl_accepts(pdf: bytes, directory: Path) -> bool:
    """Hand openssl the CMS and the bytes that the file says are signed; who issued the card, the centre checks."""
    numbers = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", pdf)
    assert numbers is not None
    first, length, resume, rest = (int(number) for number in numbers.groups())
    (directory / "content.bin").write_bytes(pdf[first : first + length] + pdf[resume : resume + rest])
    (directory / "signature.der").write_bytes(bytes.fromhex(pdf[length + 1 : resume - 1].decode()))
    certificates = ("-inform", "DER", "-in", "signature.der", "-print_certs", "-out", "certificates.pem")
    run("openssl", "pkcs7", *certificates, directory=directory)
    judged = run(
        *(
            "openssl",
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "signature.der",
            "-purpose",
            "any",
        ),
        *("-content", "content.bin", "-out", "/dev/null", "-CAfile", "certificates.pem", "-partial_chain"),
        directory=directory,
    )
    return judged.returncode == 0 and "CAdES Verification successful" in judged.stderr


@pytest.fixture(scope="module")
def qr_text(output: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What somebody else's reader finds in the QR code of the printed receipt."""
    directory = tmp_path_factory.mktemp("qr")
    run("pdftoppm", "-r", "300", "-png", output / "receipt.pdf", "page", directory=directory)
    read = run("zbarimg", "--quiet", "--raw", *sorted(directory.glob("page*.png")), directory=directory)
    assert read.returncode == 0, read.stderr
    return read.stdout.strip()


def verify(text: str, output: Path) -> subprocess.CompletedProcess[str]:
    return run(PROGRAM, "receipt", "verify", "--certificate", output / "kiosk.der", text, directory=output)


def test_the_printed_receipt_is_genuine_by_its_qr_code_and_names_the_case_of_the_agency(
    output: Path, qr_text: str
) -> None:
    checked = verify(qr_text, output)
    assert checked.returncode == 0, checked.stderr
    assert "This receipt is genuine." in checked.stdout
    envelope = re.search(r"^Envelope: ([0-9a-f]{64})$", checked.stdout, re.MULTILINE)
    assert envelope is not None
    assert envelope[1] in (output / "centre-case.json").read_text()


def test_a_receipt_with_one_changed_character_is_refused(output: Path, qr_text: str) -> None:
    for position in (0, len(qr_text) // 3, len(qr_text) // 2, len(qr_text) - 2):
        other = "A" if qr_text[position] != "A" else "B"
        checked = verify(qr_text[:position] + other + qr_text[position + 1 :], output)
        assert checked.returncode == 1, position
        assert "genuine" not in checked.stdout


def test_the_receipt_carries_no_name_and_no_answer(output: Path, tmp_path: Path) -> None:
    words = run("pdftotext", output / "receipt.pdf", "-", directory=tmp_path).stdout
    assert "Tamme Library" in words  # the place of the kiosk
    for secret in ("ÕISPUU", "KADRI", "48403150", "Tamme puiestee", "Kivi Kodud", "50403"):
        assert secret not in words
