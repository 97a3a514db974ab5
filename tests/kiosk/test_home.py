# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's home: whole, or refused with the name of what is wrong."""

from pathlib import Path

import pytest

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.home import KioskHome, Settings
from townhall_kiosk.keeper.processes import pads
from townhall_smartcard.card_process import _arguments
from townhall_sync.wire import RootDocument, encode_base64

WHOLE = 'centre = "https://centre.example"\n'
SETTINGS = Settings(centre="https://centre.example")


@pytest.fixture
def home(tmp_path: Path) -> KioskHome:
    (tmp_path / "kiosk.toml").write_text(WHOLE)
    (tmp_path / "device.passphrase").write_text("correct horse\n")
    (tmp_path / "device.passphrase").chmod(0o600)
    return KioskHome(tmp_path)


# kiosk.toml


@pytest.mark.parametrize(
    "text",
    [
        "",
        "centre = ",
        WHOLE + 'place = "Library"\n',
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
        WHOLE + 'printer = "lp0"\n',
        WHOLE + 'printer = "http://printer/ipp/print"\n',
        WHOLE + 'printer = "ipp:///ipp/print"\n',
        WHOLE + 'printer = "ipp://printer"\n',
        WHOLE + 'printer = "ipp://printer/ipp/print"\npaper = "/tmp"\n',
        WHOLE + 'pin_pads = "no"\n',
        WHOLE + 'no_pin_pad_at = [""]\n',
        WHOLE + 'no_pin_pad_at = "Vendor"\n',
        'centre = "centre.example"\n',
        'centre = "file:///etc"\n',
        'centre = "https://"\n',
    ],
)
def test_settings_that_cannot_work_are_refused(home: KioskHome, text: str) -> None:
    (home.path / "kiosk.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"kiosk\.toml"):
        home.settings()


def test_the_card_process_is_told_which_readers_keys_are_not_used(home: KioskHome) -> None:
    assert pads(home.settings()) == ()
    (home.path / "kiosk.toml").write_text(WHOLE + 'pin_pads = false\nno_pin_pad_at = ["Vendor Keypad", "-x"]\n')
    told = _arguments(["3", *pads(home.settings())])
    assert (told.no_pin_pads, told.no_pin_pad_at) == (True, ["Vendor Keypad", "-x"])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0", b'centre = "\xe4"'])
def test_settings_that_are_no_text_are_refused(home: KioskHome, content: bytes) -> None:
    (home.path / "kiosk.toml").write_bytes(content)
    with pytest.raises(ConfigurationError):
        home.settings()


def test_missing_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        KioskHome(tmp_path).settings()


def test_settings_need_only_the_centre(home: KioskHome) -> None:
    settings = home.settings()
    assert settings.centre == "https://centre.example"
    assert settings.languages == ("en", "et", "fr", "ar")
    assert settings.retry_base_s <= settings.retry_cap_s


def test_settings_are_taken_as_written(home: KioskHome) -> None:
    (home.path / "kiosk.toml").write_text(WHOLE + 'window = "1280x800"\nppi = 118\nlanguages = ["ar"]\n')
    settings = home.settings()
    assert (settings.window, settings.ppi, settings.languages) == ("1280x800", 118.0, ("ar",))


def test_a_printer_or_a_tray_takes_receipts(home: KioskHome) -> None:
    for line, can_print in (
        ("", False),
        ('paper = "/tray"\n', True),
        ('printer = "ipp://printer:631/ipp/print"\n', True),
    ):
        (home.path / "kiosk.toml").write_text(WHOLE + line)
        assert home.settings().can_print is can_print


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


# Enrolment


def root_json(**changes: str) -> bytes:
    key = encode_base64(bytes(32))
    known = {"receipt_key": key, "log_key": key, "log_origin": "centre.example", "device_ca": key, **changes}
    return RootDocument(**known).to_bytes()


def test_the_first_root_of_the_catalogue_is_the_one_of_the_enrolment(home: KioskHome) -> None:
    home.root.parent.mkdir()
    home.root.write_bytes(root_json(catalogue_root=encode_base64(b"root 1")))
    assert home.catalogue_root() == b"root 1"


@pytest.mark.parametrize("content", [root_json(), b"", b"{}", root_json(catalogue_root="/")])
def test_a_kiosk_without_a_catalogues_root_is_told_to_enrol_anew(home: KioskHome, content: bytes) -> None:
    home.root.parent.mkdir()
    home.root.write_bytes(content)
    with pytest.raises(ConfigurationError, match="enrol"):
        home.catalogue_root()


def test_a_kiosk_that_is_not_enrolled_is_told_how(home: KioskHome) -> None:
    with pytest.raises(ConfigurationError, match="townhall enrol"):
        home.root_json()


def test_paths_lie_in_the_home(home: KioskHome) -> None:
    paths = (home.device_key, home.journal, home.root, home.device_certificate, home.catalogue)
    assert all(path.is_relative_to(home.path) for path in paths)
