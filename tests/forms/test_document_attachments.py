# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The data come out of our PDFs, and out of nobody else's."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import AttachedFileSpec, Dictionary, Name

from townhall_forms.document_attachments import extract_instance, extract_receipt
from townhall_forms.errors import AttachmentMissingError

INSTANCE = b"<data><street>Pikk 12-3</street></data>"

Change = Callable[[pikepdf.Pdf], None]


def pdf_with(*attached: tuple[str, bytes], change: Change | None = None) -> bytes:
    """A PDF made by another program, with files attached as our documents have them."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name, data in attached:
        pdf.attachments[name] = AttachedFileSpec(
            pdf, data, filename=name, mime_type="application/xml", description="", creation_date="", mod_date=""
        )
        pdf.attachments[name].relationship = Name.Data
    names = pdf.Root.get("/Names")
    if names is not None:
        pdf.Root.AF = pikepdf.Array([item for item in names.EmbeddedFiles.Names if isinstance(item, Dictionary)])
    if change is not None:
        change(pdf)
    output = io.BytesIO()
    pdf.save(output)
    return output.getvalue()


def assert_refused(pdf: bytes) -> None:
    with pytest.raises(AttachmentMissingError):
        extract_instance(pdf)


def test_a_pdf_with_our_attachment_by_another_program_is_read() -> None:
    assert extract_instance(pdf_with(("instance.xml", INSTANCE))) == INSTANCE


def test_a_pdf_without_attachments_is_refused() -> None:
    assert_refused(pdf_with())


def test_a_second_attachment_is_one_too_many() -> None:
    assert_refused(pdf_with(("instance.xml", INSTANCE), ("other.xml", b"<other/>")))


def test_an_attachment_of_another_name_is_refused() -> None:
    assert_refused(pdf_with(("Instance.xml", INSTANCE)))
    assert_refused(pdf_with(("receipt.json", b"{}")))
    with pytest.raises(AttachmentMissingError):
        extract_receipt(pdf_with(("instance.xml", INSTANCE)))


def _two_names(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].F = pikepdf.String("other.xml")


def _not_associated(pdf: pikepdf.Pdf) -> None:
    del pdf.Root["/AF"]


def _associated_with_another(pdf: pikepdf.Pdf) -> None:
    other = pdf.make_indirect(Dictionary(Type=Name.Filespec, F="x", UF="x", AFRelationship=Name.Data))
    pdf.Root.AF = pikepdf.Array([other])


def _another_relationship(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].AFRelationship = Name.Source


def _no_stream(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF = Dictionary(F=pdf.make_indirect(Dictionary(Type=Name.EmbeddedFile)))


def _tree(pdf: pikepdf.Pdf) -> None:
    leaf = pdf.make_indirect(pdf.Root.Names.EmbeddedFiles)
    pdf.Root.Names.EmbeddedFiles = Dictionary(Kids=pikepdf.Array([leaf]))


@pytest.mark.parametrize(
    "change", [_two_names, _not_associated, _associated_with_another, _another_relationship, _no_stream, _tree]
)
def test_an_attachment_that_readers_could_understand_differently_is_refused(change: Change) -> None:
    assert_refused(pdf_with(("instance.xml", INSTANCE), change=change))


def test_a_file_that_unfolds_to_gigabytes_is_refused() -> None:
    assert_refused(pdf_with(("instance.xml", b"\x00" * (17 * 1024 * 1024))))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_broken_files_are_refused_by_name(data: st.DataObject) -> None:
    pdf = pdf_with(("instance.xml", INSTANCE))
    start = data.draw(st.integers(0, len(pdf) - 1))
    end = data.draw(st.integers(start, len(pdf)))
    broken = pdf[:start] + data.draw(st.binary(max_size=40)) + pdf[end:]
    try:
        extract_instance(broken)
    except AttachmentMissingError:
        return


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"\x00" * 100, b"<xml/>"])
def test_what_is_no_pdf_is_refused(junk: bytes) -> None:
    assert_refused(junk)


def test_no_refusal_quotes_the_file() -> None:
    with pytest.raises(AttachmentMissingError) as refused:
        extract_instance(b"%PDF-1.7 JAAK-KRISTJAN")
    assert "JAAK" not in str(refused.value)
    assert refused.value.__suppress_context__
