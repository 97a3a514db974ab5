# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents and receipts show what they are given, to the letter, in files that last and that everybody can read."""

import io
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pikepdf
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import (
    Direction,
    DocumentModel,
    Line,
    ReceiptModel,
    document_text,
    extract_instance,
    extract_receipt,
    render_document,
    render_receipt,
)
from townhall_forms.errors import DocumentFailedError

CREATED = datetime(2026, 11, 22, 10, 5, tzinfo=timezone(timedelta(hours=2)))

ENGLISH = DocumentModel(
    title="Change of address",
    language="en-GB",
    direction=Direction.LEFT_TO_RIGHT,
    issuer="Town of Saarepuu",
    answers_title="Your answers",
    question_column="Question",
    answer_column="Answer",
    answers=(
        Line("What is your new address?", "Pikk 12-3, 10123 Tallinn"),
        Line("Who moves with you?", "Mari Jõeorg\nJüri Jõeorg"),
    ),
    signature_title="Declaration and signature",
    facts=(
        Line("Name", "JAAK-KRISTJAN JÕEORG"),
        Line("Personal code", "38001085718"),
        Line("Service", "Change of address"),
        Line("Form version", "2026-11-01"),
        Line("Place", "Town hall, kiosk 2"),
        Line("Date and time", "22 November 2026, 10:05"),
    ),
    statement="I declare that the answers above are true and complete.",
    page_words="Page {page} of {pages}",
    created=CREATED,
    instance='<data id="change-of-address"><street>Pikk 12-3 õ ع</street></data>'.encode(),
    instance_description="The answers, for programs",
)

ARABIC = replace(
    ENGLISH,
    title="تغيير العنوان",
    language="ar",
    direction=Direction.RIGHT_TO_LEFT,
    issuer="بلدية ساربو",
    answers_title="إجاباتك",
    question_column="السؤال",
    answer_column="الإجابة",
    answers=(Line("ما هو عنوانك الجديد؟", "12-3 Pikk"), Line("هل تملك المسكن؟", "لا، أستأجره")),
    signature_title="الإقرار والتوقيع",
    facts=(Line("الاسم", "JAAK-KRISTJAN JÕEORG"), Line("المكان", "مبنى البلدية")),
    statement="أقر بأن الإجابات أعلاه صحيحة وكاملة.",
    page_words="صفحة {page} من {pages}",
)


def qr_svg(text: str) -> bytes:
    picture = io.BytesIO()
    segno.make(text).save(picture, kind="svg")
    return picture.getvalue()


RECEIPT = ReceiptModel(
    title="Receipt",
    language="en",
    direction=Direction.LEFT_TO_RIGHT,
    issuer="Town of Saarepuu",
    number=Line("Number", "K2-1841-7F3A"),
    facts=(Line("Service", "Change of address"), Line("Place", "Town hall, kiosk 2"), Line("Date", "22 November 2026")),
    proofs=(
        Line("Envelope", "9f86d081" * 8),
        Line("Log", "townhall:kiosk/02\n1841\n" + "q1n3C5a8" * 5 + "\n\n— townhall:kiosk/02 " + "5Z0kqzBF" * 14),
        Line("Signature of the kiosk", "MEUCIQDf" * 12),
    ),
    note="Keep this slip. It proves that what you sent is stored here and will reach the town.",
    qr_svg=qr_svg("TH1:" + "A7F9" * 100),
    qr_description="QR code with the contents of this receipt",
    created=CREATED,
    content=b'{"number":"K2-1841-7F3A"}',
    content_description="This receipt, for programs",
)


def rendered(model: DocumentModel) -> bytes:
    return render_document(model, FONT_DIRECTORY)


def text_of(pdf: bytes) -> str:
    """What an outside reader finds on the pages, in one line, without the places to break long words."""
    judged = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", " ", judged.stdout.decode().replace("\u200b", ""))


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def with_answer(answer: str) -> DocumentModel:
    return replace(ENGLISH, answers=(Line("Anything else?", answer),))


# Hostile answers first.

HOSTILE = {
    "code": '#import "@preview/evil:1.0.0": *',
    "panic": '#panic("owned") #sys.inputs.data #read("/etc/passwd")',
    "markup": "= Heading *bold* _italic_ `raw` $x^2$ <label> @ref // comment /* block */ ~ -- --- ...",
    "brackets": "]]]) #[ [#( }}} {{{ \\u{202e} \\",
    "quotes": '"\';\\"; --\u201c\u201d\u00ab\u00bb',
    "json": '{"lines": ["x"], "direction": "rtl"}',
    "links": "https://example.org/?a=b&c=d#e mailto:x@example.org",
    "shapes": "a~b--c---d...e -? 1/2 10% $5 #5 100€",
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_answer_full_of_syntax_is_shown_literally(answer: str) -> None:
    assert without_spaces(answer) in without_spaces(text_of(rendered(with_answer(answer))))


def test_every_text_on_the_page_is_placed_literally() -> None:
    attack = "#panic() *x* $y$ <z> @a `b` = c"
    pdf = rendered(
        replace(
            ENGLISH,
            title=attack,
            issuer=attack,
            answers_title=attack,
            question_column=attack,
            answer_column=attack,
            answers=(Line(attack, attack),),
            signature_title=attack,
            facts=(Line(attack, attack),),
            statement=attack,
            page_words=attack + "{page}" + attack + "{pages}" + attack,
            instance_description=attack,
        )
    )
    assert text_of(pdf).count(attack) == 12 + 3  # the footer repeats the title, and its words hold it three times


def test_a_receipt_is_placed_literally_too() -> None:
    attack = "#panic() *x* $y$ <z>"
    receipt = replace(RECEIPT, issuer=attack, number=Line(attack, "1"), note=attack, qr_description=attack)
    assert text_of(render_receipt(receipt, FONT_DIRECTORY)).count(attack) == 3


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("\u2066x\u2069", "[U+2066]x[U+2069]"),
        ("a\x00b", "a[U+0000]b"),
        ("a\x1b[31mb", "a[U+001B][31mb"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("a\u00adb", "a[U+00AD]b"),
        ("a\ufeffb", "a[U+FEFF]b"),
        ("line\u2028separator", "line[U+2028]separator"),
        ("😀", "[U+1F600]"),
        ("中", "[U+4E2D]"),
        ("private \ue000", "private [U+E000]"),
        ("\ud800", "[U+D800]"),
    ],
)
def test_what_would_not_be_seen_is_written_out(answer: str, shown: str) -> None:
    assert shown in text_of(rendered(with_answer(answer)))


@given(st.text(max_size=300))
@settings(max_examples=30, deadline=None)
def test_any_answer_can_be_set_and_its_letters_are_all_there(answer: str) -> None:
    pdf = rendered(with_answer(answer))
    assert pdf.endswith(b"%%EOF\n")
    latin = re.findall(r"[A-Za-z0-9]{2,10}", answer)
    found = without_spaces(text_of(pdf))
    assert all(word in found for word in latin)


def test_a_word_without_end_is_broken_and_not_cut_off() -> None:
    word = "".join(chr(ord("a") + index % 26) for index in range(1000))
    judged = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=rendered(with_answer(word)), capture_output=True, check=True
    )
    page = re.search(rb'<page width="([\d.]+)"', judged.stdout)
    edges = [float(edge) for edge in re.findall(rb'xMax="([\d.]+)"', judged.stdout)]
    assert page is not None
    assert max(edges) <= float(page[1]) - 20
    assert word in text_of(rendered(with_answer(word))).replace(" ", "")


def test_a_long_answer_goes_on_over_pages() -> None:
    pdf = rendered(with_answer("The bell does not work.\n" * 200))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) > 2
    assert text_of(pdf).count("The bell does not work.") == 200
    assert "Page 2 of" in text_of(pdf)


# What is on the pages.


def test_the_pages_say_who_signs_what_where_and_when() -> None:
    text = text_of(rendered(ENGLISH))
    for word in ("Town of Saarepuu", "Change of address", "JAAK-KRISTJAN JÕEORG", "38001085718", "2026-11-01"):
        assert word in text
    for word in ("Town hall, kiosk 2", "22 November 2026, 10:05", ENGLISH.statement, "Page 1 of 1"):
        assert word in text


def test_what_is_read_aloud_is_what_is_set() -> None:
    text = text_of(rendered(ENGLISH))
    for paragraph in document_text(ENGLISH, FONT_DIRECTORY):
        for part in paragraph.split(": "):
            assert part in text


def test_what_is_read_aloud_keeps_the_order_of_the_page() -> None:
    spoken = document_text(ENGLISH, FONT_DIRECTORY)
    assert spoken[:4] == (
        "Town of Saarepuu",
        "Change of address",
        "Your answers",
        "What is your new address?: Pikk 12-3, 10123 Tallinn",
    )
    assert spoken[-1] == "Date and time: 22 November 2026, 10:05"


def test_an_arabic_page_begins_on_the_right() -> None:
    judged = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=rendered(ARABIC), capture_output=True, check=True
    ).stdout.decode()
    page = re.search(r'<page width="([\d.]+)"', judged)
    name = re.search(r'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">JAAK-KRISTJAN<', judged)
    number = re.search(r'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">12-3<', judged)
    street = re.search(r'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">Pikk<', judged)
    assert page is not None
    assert name is not None
    assert number is not None
    assert street is not None
    assert float(name[2]) > float(page[1]) / 2
    # A Latin value keeps its own order on the Arabic page.
    assert float(number[2]) < float(street[1])


def test_numbers_are_read_from_the_left_on_an_arabic_page() -> None:
    pdf = rendered(replace(ARABIC, answers=(Line("هاتف", "+372 5551 2345"),)))
    assert "+372 5551 2345" in text_of(pdf)


@pytest.mark.parametrize("model", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_the_same_model_gives_the_same_bytes_so_that_the_centre_can_set_it_again(model: DocumentModel) -> None:
    assert rendered(model) == rendered(replace(model))


# The file.


CLAIMS = ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part", "xmp:CreateDate")


def metadata(pdf: bytes) -> Mapping[str, str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_metadata() as found:
        return {key: str(found[key]) for key in CLAIMS}


FILES = {
    "English document": rendered(ENGLISH),
    "Arabic document": rendered(ARABIC),
    "receipt": render_receipt(RECEIPT, FONT_DIRECTORY),
}


@pytest.mark.parametrize("pdf", FILES.values(), ids=FILES.keys())
class TestEveryFile:
    def test_claims_pdfa_3a_and_pdfua_1(self, pdf: bytes) -> None:
        claims = metadata(pdf)
        assert claims["pdfaid:part"] == "3"
        assert claims["pdfaid:conformance"] == "A"
        assert claims["pdfuaid:part"] == "1"

    def test_is_tagged_and_shows_its_title(self, pdf: bytes) -> None:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            assert opened.Root.MarkInfo.Marked
            assert "/StructTreeRoot" in opened.Root
            assert opened.Root.ViewerPreferences.DisplayDocTitle
            assert str(opened.Root.Lang) in {"en-GB", "ar", "en"}

    def test_has_all_fonts_embedded_and_only_ours(self, pdf: bytes) -> None:
        judged = subprocess.run(["pdffonts", "-"], input=pdf, capture_output=True, check=True)
        rows = judged.stdout.decode().splitlines()[2:]
        assert rows
        assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)
        assert all(re.match(r"[A-Z]{6}\+NotoSans(Arabic)?-(Regular|Bold) ", row) for row in rows)

    def test_ends_in_a_line_end_for_the_signature(self, pdf: bytes) -> None:
        assert pdf.endswith(b"%%EOF\n")

    def test_is_in_order_for_qpdf(self, pdf: bytes, tmp_path: Path) -> None:
        (tmp_path / "checked.pdf").write_bytes(pdf)
        judged = subprocess.run(["qpdf", "--check", tmp_path / "checked.pdf"], capture_output=True, check=False)
        assert judged.returncode == 0, judged.stdout + judged.stderr

    def test_bears_the_given_time(self, pdf: bytes) -> None:
        assert metadata(pdf)["xmp:CreateDate"] == "2026-11-22T08:05:00+00:00"

    def test_attaches_its_data_as_data(self, pdf: bytes) -> None:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            (attached,) = opened.Root.AF
            assert str(attached.AFRelationship) == "/Data"


def structure(pdf: bytes) -> list[str]:
    """The structure types, in reading order."""
    judged = subprocess.run(["pdfinfo", "-struct", "-"], input=pdf, capture_output=True, check=True)
    return [line.split()[0].rstrip(":") for line in judged.stdout.decode().splitlines() if line.strip()]


def test_answers_are_a_table_with_headers() -> None:
    kinds = structure(rendered(ENGLISH))
    assert kinds.count("Table") == 1
    assert kinds.count("TH") == 2
    assert kinds.count("TR") == 1 + len(ENGLISH.answers)
    assert kinds.count("TD") == 2 * len(ENGLISH.answers)
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == 2


def test_the_picture_on_a_receipt_has_words_in_its_place() -> None:
    assert "Figure" in structure(FILES["receipt"])
    with pikepdf.open(io.BytesIO(FILES["receipt"])) as opened:
        texts = [str(item.Alt) for item in opened.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item]
    assert texts == [RECEIPT.qr_description]


def test_a_receipt_is_one_small_page_with_all_that_proves_it() -> None:
    with pikepdf.open(io.BytesIO(FILES["receipt"])) as opened:
        (page,) = opened.pages
        width, height = (float(number) for number in page.MediaBox[2:])
    assert (round(width), round(height)) == (298, 420)
    text = text_of(FILES["receipt"]).replace(" ", "")
    for line in (RECEIPT.number, *RECEIPT.facts, *RECEIPT.proofs):
        assert without_spaces(line.shown) in text


def test_a_receipt_that_needs_more_than_its_page_is_not_made() -> None:
    with pytest.raises(DocumentFailedError):
        render_receipt(replace(RECEIPT, note="Keep this slip. " * 200), FONT_DIRECTORY)


# The attached data.


def test_the_instance_comes_out_as_it_went_in() -> None:
    assert extract_instance(rendered(ENGLISH)) == ENGLISH.instance


def test_a_large_instance_comes_out_as_it_went_in() -> None:
    instance = b"<data>" + b"<line>street</line>\r\n\t" * 50_000 + b"</data>"
    assert extract_instance(rendered(replace(ENGLISH, instance=instance))) == instance


def test_the_receipt_for_programs_comes_out_as_it_went_in() -> None:
    assert extract_receipt(FILES["receipt"]) == RECEIPT.content


# What cannot be set.


def test_an_instance_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(DocumentFailedError):
        rendered(replace(ENGLISH, instance=b"\xff\xfe"))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(DocumentFailedError):
        rendered(replace(ENGLISH, created=datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)))


def test_page_words_without_numbers_are_refused() -> None:
    with pytest.raises(DocumentFailedError):
        rendered(replace(ENGLISH, page_words="Page"))


def test_a_folder_without_fonts_is_refused_and_no_other_font_is_taken(tmp_path: Path) -> None:
    with pytest.raises(DocumentFailedError):
        render_document(ENGLISH, tmp_path)


def test_no_refusal_and_no_representation_holds_an_answer() -> None:
    assert "Pikk" not in repr(ENGLISH)
    assert "38001085718" not in repr(ENGLISH)
    with pytest.raises(DocumentFailedError) as refused:
        rendered(replace(ENGLISH, language="Pikk 12"))
    assert "Pikk" not in str(refused.value)
    assert refused.value.__suppress_context__
