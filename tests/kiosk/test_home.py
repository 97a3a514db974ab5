# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's home: whole and able to serve everybody, or refused with the name of what is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from townhall_crypto.recipients import generate_recipient_key
from townhall_forms.errors import ServiceRefusedError
from townhall_forms.service import read_service
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.home import KioskHome, Settings
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.training import write_trust

SERVICES = Path(__file__).resolve().parents[2] / "services"
AGENCY = "population-register"
WHOLE = 'place = "Library"\ncentre = "https://centre.example"\n'
SETTINGS = Settings(place="Library", centre="https://centre.example")

Break = Callable[[Path], object]


@pytest.fixture
def home(tmp_path: Path, pki: TestPki) -> KioskHome:
    (tmp_path / "kiosk.toml").write_text(WHOLE)
    shutil.copytree(SERVICES, tmp_path / "catalogue" / "services")
    agency = tmp_path / "catalogue" / "recipients" / AGENCY
    agency.mkdir(parents=True)
    (agency / "1.key").write_bytes(generate_recipient_key().public.to_bytes())
    write_trust(pki, tmp_path / "catalogue" / "trust")
    (tmp_path / "device.passphrase").write_text("correct horse\n")
    (tmp_path / "device.passphrase").chmod(0o600)
    return KioskHome(tmp_path)


# kiosk.toml


@pytest.mark.parametrize(
    "text",
    [
        "",
        "place = ",
        'place = "Library"\n',
        WHOLE + "typo = 1\n",
        WHOLE + "languages = []\n",
        WHOLE + 'languages = "en"\n',
        WHOLE + "ppi = -1\n",
        WHOLE + 'ppi = "many"\n',
        WHOLE + 'window = "large"\n',
        WHOLE + 'window = "1280x"\n',
        WHOLE + "retry_base_s = 0\n",
        WHOLE + "retry_cap_s = -1.0\n",
        WHOLE + "line_check_s = 0\n",
        'place = "Library"\ncentre = "centre.example"\n',
        'place = "Library"\ncentre = "file:///etc"\n',
        'place = "Library"\ncentre = "https://"\n',
    ],
)
def test_settings_that_cannot_work_are_refused(home: KioskHome, text: str) -> None:
    (home.path / "kiosk.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"kiosk\.toml"):
        home.settings()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0", b'place = "\xe4"'])
def test_settings_that_are_no_text_are_refused(home: KioskHome, content: bytes) -> None:
    (home.path / "kiosk.toml").write_bytes(content)
    with pytest.raises(ConfigurationError):
        home.settings()


def test_missing_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        KioskHome(tmp_path).settings()


def test_settings_need_only_the_place_and_the_centre(home: KioskHome) -> None:
    settings = home.settings()
    assert (settings.place, settings.centre) == ("Library", "https://centre.example")
    assert settings.languages == ("en", "ar")
    assert settings.retry_base_s <= settings.retry_cap_s


def test_settings_are_taken_as_written(home: KioskHome) -> None:
    (home.path / "kiosk.toml").write_text(WHOLE + 'window = "1280x800"\nppi = 118\nlanguages = ["ar"]\n')
    settings = home.settings()
    assert (settings.window, settings.ppi, settings.languages) == ("1280x800", 118.0, ("ar",))


# The passphrase


def test_the_passphrase_is_read_without_its_line_end(home: KioskHome) -> None:
    assert home.passphrase(SETTINGS).reveal() == b"correct horse"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_passphrase_that_others_may_read_is_refused(home: KioskHome, mode: int) -> None:
    (home.path / "device.passphrase").chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        home.passphrase(SETTINGS)
    assert "horse" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n"])
def test_an_empty_passphrase_is_refused(home: KioskHome, content: bytes) -> None:
    (home.path / "device.passphrase").write_bytes(content)
    with pytest.raises(ConfigurationError):
        home.passphrase(SETTINGS)


def test_a_missing_passphrase_is_refused(home: KioskHome) -> None:
    (home.path / "device.passphrase").unlink()
    with pytest.raises(ConfigurationError):
        home.passphrase(SETTINGS)


# The catalogue


def test_a_whole_home_provides_for_a_visit(home: KioskHome, pki: TestPki) -> None:
    provisions = home.provisions("kiosk-1", SETTINGS)
    assert (provisions.kiosk, provisions.place, provisions.can_print) == ("kiosk-1", "Library", False)
    assert provisions.anchors == pki.anchors_der
    assert provisions.intermediates == pki.intermediates_der
    assert len(provisions.revocation_lists) == 2
    assert [len(keys) for keys in provisions.recipients.values()] == [1]
    services = [read_service(files.description, files.form) for files in provisions.services]
    assert [service.id for service in services] == ["change-of-address"]


def edit_description(home: Path, **changes: object) -> None:
    path = home / "catalogue" / "services" / "change-of-address" / "service.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}))


BROKEN: dict[str, Break] = {
    "no services": lambda home: shutil.rmtree(home / "catalogue" / "services" / "change-of-address"),
    "no folder of services": lambda home: shutil.rmtree(home / "catalogue" / "services"),
    "no recipients": lambda home: shutil.rmtree(home / "catalogue" / "recipients"),
    "no key of the agency": lambda home: (home / "catalogue" / "recipients" / AGENCY / "1.key").unlink(),
    "an agency of another name": lambda home: (home / "catalogue" / "recipients" / AGENCY).rename(
        home / "catalogue" / "recipients" / "other"
    ),
    "a garbled key": lambda home: (home / "catalogue" / "recipients" / AGENCY / "1.key").write_bytes(b"key"),
    "no anchors": lambda home: shutil.rmtree(home / "catalogue" / "trust" / "anchors"),
    "no catalogue": lambda home: shutil.rmtree(home / "catalogue"),
    "a key that is a folder": lambda home: (home / "catalogue" / "recipients" / AGENCY / "2.key").mkdir(),
    "a service for an unknown agency": lambda home: edit_description(home, recipient="nobody"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_catalogue_that_cannot_serve_is_refused_before_anybody_comes(home: KioskHome, broken: str) -> None:
    BROKEN[broken](home.path)
    with pytest.raises(ConfigurationError):
        home.provisions("kiosk-1", SETTINGS)


GARBLED: dict[str, Break] = {
    "no description": lambda home: (home / "catalogue" / "services" / "change-of-address" / "service.json").unlink(),
    "no form": lambda home: (home / "catalogue" / "services" / "change-of-address" / "form.xml").unlink(),
    "a form that is none": lambda home: (home / "catalogue" / "services" / "change-of-address" / "form.xml").write_text(
        "<form/>"
    ),
    "another id": lambda home: edit_description(home, id="other"),
    "a version to come": lambda home: edit_description(home, version=2),
}


@pytest.mark.parametrize("garbled", GARBLED)
def test_a_service_that_contradicts_itself_is_refused_before_anybody_comes(home: KioskHome, garbled: str) -> None:
    GARBLED[garbled](home.path)
    with pytest.raises(ServiceRefusedError):
        home.provisions("kiosk-1", SETTINGS)


@pytest.mark.parametrize("language", ["de", "xx", "et"])
def test_a_language_that_not_all_texts_have_is_refused(home: KioskHome, language: str) -> None:
    """Estonian is spoken by the form, but not yet by the kiosk."""
    settings = Settings(place="Library", centre="https://centre.example", languages=("en", language))
    with pytest.raises(ConfigurationError):
        home.provisions("kiosk-1", settings)


def test_a_kiosk_that_is_not_enrolled_is_told_how(home: KioskHome) -> None:
    with pytest.raises(ConfigurationError, match="townhall enrol"):
        home.root_json()


def test_paths_lie_in_the_home(home: KioskHome) -> None:
    paths = (home.device_key, home.journal, home.root, home.device_certificate)
    assert all(path.is_relative_to(home.path) for path in paths)
