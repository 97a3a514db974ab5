# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Service folders: what is incomplete is refused; the change of address is complete in every language."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from townhall_crypto.trust_verdict import RevocationNeed, TrustPolicy
from townhall_forms.controls import ControlKind, Itemset
from townhall_forms.errors import ServiceRefusedError, XlsFormRefusedError
from townhall_forms.form import Form, load_form
from townhall_forms.service import MAX_DESCRIPTION_BYTES, load_services, read_service
from townhall_forms.texts import TranslatedText
from townhall_forms.transaction import SignatureFormat

SERVICES = Path(__file__).resolve().parents[2] / "services"
LANGUAGES = {"en", "et", "fr", "ar"}
FOLDER = SERVICES / "change-of-address"
SHIPPED = sorted(folder for folder in SERVICES.iterdir() if folder.is_dir())

Describe = Callable[..., bytes]


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """A folder with a copy of one good service."""
    shutil.copytree(FOLDER, tmp_path / "change-of-address")
    return tmp_path


def rewrite(services: Path, **changes: object) -> None:
    path = services / "change-of-address" / "service.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in {**description, **changes}.items() if value is not None}))


TITLES = {"en": "A", "et": "B", "fr": "C", "ar": "D"}


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": "1"},
        {"version": None},
        {"id": "another"},
        {"id": "../change-of-address"},
        {"id": None},
        {"recipient": ""},
        {"recipient": "../keys"},
        {"recipient": "Population Register"},
        {"recipient": "r" * 61},
        {"recipient": None},
        {"titles": {}},
        {"titles": {"en": "Only English"}},
        {"titles": {**TITLES, "lv": "E"}},
        {"titles": {**TITLES, "ar": ""}},
        {"summaries": None},
        {"form": "../form.xml"},
        {"form": "missing.xml"},
        {"form": "form.md"},
        {"form": "/etc/passwd"},
        {"surprise": 1},
        {"later": ["miracle"]},
        {"later": "payment"},
        {"life_events": ["lottery"]},
        {"life_events": "moving"},
        {"life_events": ["moving", "moving"]},
        {"words": ["moving"]},
        {"words": {"lv": ["pārcelšanās"]}},
        {"words": {"en": "moving"}},
        {"words": {"en": ["moving", ""]}},
        {"words": {"en": [" "]}},
        {"words": {"en": ["m" * 61]}},
        {"words": {"en": ["moving"] * 41}},
        {"signature": "cades"},
        {"signature": ""},
        {"trust": "required"},
        {"trust": {"class": "Ballot"}},
        {"trust": {"kind": "ballot"}},
        {"trust": {"revocation": "maybe"}},
        {"trust": {"crl_age_days": 0}},
        {"trust": {"crl_age_days": 367}},
        {"trust": {"crl_age_days": 1.5}},
        {"trust": {"list_age_days": "30"}},
        {"trust": {"surprise": 1}},
    ],
)
def test_a_description_that_does_not_hold_together_is_refused(services: Path, changes: dict[str, object]) -> None:
    rewrite(services, **changes)
    with pytest.raises(ServiceRefusedError, match=r"change-of-address|another"):
        load_services(services)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"id": 1}', b"\xff", b" " * (MAX_DESCRIPTION_BYTES + 1)])
def test_a_description_that_is_none_is_refused(services: Path, content: bytes) -> None:
    (services / "change-of-address" / "service.json").write_bytes(content)
    with pytest.raises(ServiceRefusedError):
        load_services(services)


@pytest.mark.parametrize(
    ("trust", "policy"),
    [
        (None, (RevocationNeed.PROVISIONAL, 7, 30)),
        ({}, (RevocationNeed.PROVISIONAL, 7, 30)),
        ({"class": "ballot"}, (RevocationNeed.REQUIRED, 1, 30)),
        ({"class": "identification", "list_age_days": 90}, (RevocationNeed.NOT_NEEDED, 7, 90)),
        ({"revocation": "required", "crl_age_days": 3}, (RevocationNeed.REQUIRED, 3, 30)),
    ],
)
def test_a_service_says_what_must_be_known_of_a_card(
    services: Path, trust: dict[str, object] | None, policy: tuple[RevocationNeed, int, int]
) -> None:
    rewrite(services, trust=trust, signature="asice")
    (service,) = load_services(services)
    need, crl_days, list_days = policy
    assert service.trust == TrustPolicy(need, timedelta(days=crl_days), timedelta(days=list_days))
    assert service.signature is SignatureFormat.ASICE


@pytest.mark.parametrize("missing", ["service.json", "form.xml"])
def test_a_folder_without_its_files_is_refused(services: Path, missing: str) -> None:
    (services / "change-of-address" / missing).unlink()
    with pytest.raises(ServiceRefusedError, match=missing):
        load_services(services)


def test_a_form_that_is_refused_refuses_the_service(services: Path) -> None:
    (services / "change-of-address" / "form.xml").write_bytes(b"<data/>")
    with pytest.raises(ServiceRefusedError, match="not_xml"):
        load_services(services)


def test_files_beside_the_folders_are_ignored_and_services_are_sorted(services: Path) -> None:
    (services / "README.md").write_text("hello")
    shutil.copytree(services / "change-of-address", services / "bulky-waste")
    description = json.loads((services / "bulky-waste" / "service.json").read_text())
    (services / "bulky-waste" / "service.json").write_text(json.dumps({**description, "id": "bulky-waste"}))
    assert [service.id for service in load_services(services)] == ["bulky-waste", "change-of-address"]


def test_a_folder_of_services_that_is_missing_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        load_services(tmp_path / "missing")


def test_a_service_is_read_from_bytes_as_from_its_folder() -> None:
    loaded = next(each for each in load_services(SERVICES) if each.id == FOLDER.name)
    read = read_service((FOLDER / "service.json").read_bytes(), (FOLDER / "form.xml").read_bytes())
    assert (read.id, read.titles, read.recipient, read.form.sha256) == (
        loaded.id,
        loaded.titles,
        loaded.recipient,
        loaded.form.sha256,
    )
    assert read.form_xml == (FOLDER / "form.xml").read_bytes()
    with pytest.raises(ServiceRefusedError):
        read_service(b"{}", b"")


# The change of address


def test_every_shipped_service_loads() -> None:
    assert [service.id for service in load_services(SERVICES)] == [folder.name for folder in SHIPPED]


def test_every_shipped_service_has_life_events_and_words_of_each_language() -> None:
    for service in load_services(SERVICES):
        assert service.life_events, service.id
        assert set(service.words) == LANGUAGES, service.id
        assert min(map(len, service.words.values())) >= 3, service.id


def test_a_folder_from_before_life_events_and_words_is_still_a_service(services: Path) -> None:
    rewrite(services, life_events=None, words=None)
    (service,) = load_services(services)
    assert (service.life_events, dict(service.words)) == ((), {})


def test_every_text_of_the_form_is_there_in_every_language(change_of_address: Form) -> None:
    assert set(change_of_address.languages) == LANGUAGES
    by_language = change_of_address.translations.by_language
    ids = {text_id for texts in by_language.values() for text_id in texts}
    assert len(ids) > 60
    for language, texts in by_language.items():
        missing = {text_id for text_id in ids if not any(part and part != "-" for part in texts.get(text_id, ()))}
        assert not missing, language


def test_translations_are_in_their_own_script(change_of_address: Form) -> None:
    arabic = change_of_address.translations.by_language["ar"]
    for text_id, parts in arabic.items():
        text = "".join(part for part in parts if isinstance(part, str))
        assert any("\u0600" <= letter <= "\u06ff" for letter in text), text_id
    english = change_of_address.translations.by_language["en"]
    for language in ("et", "fr"):
        texts = change_of_address.translations.by_language[language]
        same = {parts for text_id, parts in texts.items() if parts == english[text_id]}
        assert same <= {("Parents",)}, language


def test_every_question_has_a_label_and_every_rule_its_message(change_of_address: Form) -> None:
    for control in change_of_address.controls:
        assert isinstance(control.label, TranslatedText), control.path
        bind = change_of_address.binds[control.path]
        assert (bind.constraint is None) == (bind.constraint_message is None), control.path
        assert (bind.required is None) == (bind.required_message is None), control.path


def test_the_form_asks_nothing_that_the_card_states(change_of_address: Form) -> None:
    prefilled = {bind.prefill for bind in change_of_address.binds.values() if bind.prefill}
    assert prefilled == {"eid:given_names", "eid:surname", "eid:personal_code", "eid:birth_date"}


def test_the_form_uses_each_kind_that_the_engine_offers(change_of_address: Form) -> None:
    kinds = {control.kind for control in change_of_address.controls}
    assert kinds == {ControlKind.INPUT, ControlKind.SELECT_ONE, ControlKind.SELECT_MANY}
    assert any(isinstance(control.choices, Itemset) for control in change_of_address.controls)


# Authoring

authoring = pytest.importorskip("townhall_forms.authoring", reason="the extra townhall[authoring] is not installed")


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_published_form_is_what_its_source_gives(folder: Path) -> None:
    converted = authoring.import_xlsform(folder / "form.md")
    assert converted == (folder / "form.xml").read_bytes(), f"run `townhall form import services/{folder.name}/form.md`"


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_every_shipped_form_speaks_every_language_in_labels_choices_and_rules(folder: Path) -> None:
    form = load_form((folder / "form.xml").read_bytes())
    assert set(form.languages) == LANGUAGES
    by_language = form.translations.by_language
    ids = {text_id for texts in by_language.values() for text_id in texts}
    for language, texts in by_language.items():
        missing = {text_id for text_id in ids if not any(part and part != "-" for part in texts.get(text_id, ()))}
        assert not missing, language
    for control in form.controls:
        bind = form.binds[control.path]
        assert isinstance(control.label, TranslatedText), control.path
        assert (bind.constraint is None) == (bind.constraint_message is None), control.path
        assert (bind.required is None) == (bind.required_message is None), control.path


def test_importing_twice_gives_the_same_bytes() -> None:
    assert authoring.import_xlsform(FOLDER / "form.md") == authoring.import_xlsform(FOLDER / "form.md")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("form.txt", b"| survey |"),
        ("form.md", b""),
        ("form.md", b"no table at all"),
        ("form.md", b"| survey |\n| | type | name |\n| | nonsense | a |\n"),
        ("form.md", b"| survey |\n| | type | name | label |\n| | select_one missing | a | A |\n"),
        ("form.md", b"\xff\xfe\x00"),
        ("form.xlsx", b"no workbook"),
        ("form.xls", b"no workbook"),
        ("form.csv", b"\x00"),
    ],
)
def test_a_spreadsheet_that_is_no_form_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(XlsFormRefusedError, match=name):
        authoring.import_xlsform(path)


def test_a_missing_spreadsheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(XlsFormRefusedError):
        authoring.import_xlsform(tmp_path / "missing.md")


def test_a_good_spreadsheet_that_no_kiosk_can_ask_is_a_form_but_no_service(tmp_path: Path) -> None:
    path = tmp_path / "sound.md"
    path.write_text("| survey |\n| | type | name | label |\n| | audio | sound | A sound |\n")
    xml = authoring.import_xlsform(path)
    description = b'{"version": 1, "id": "s", "titles": {"en": "S"}, "summaries": {"en": "S"}, "recipient": "r"}'
    with pytest.raises(ServiceRefusedError, match="audio recording at /data/sound"):
        read_service(description, xml)


def test_a_small_spreadsheet_becomes_a_form(tmp_path: Path) -> None:
    path = tmp_path / "small.md"
    path.write_text(
        "| survey |\n| | type | name | label | constraint |\n| | integer | age | Age | . > 17 |\n"
        "| settings |\n| | form_id | version |\n| | small | 2 |\n"
    )
    form = load_form(authoring.import_xlsform(path))
    assert (form.id, form.version) == ("small", "2")
