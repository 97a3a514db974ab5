# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page for everybody: in four languages, on small phones, by keyboard alone, to be read and hit, by photo."""

import base64
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import segno

import townhall_checker
from townhall_checker.page import page_of
from townhall_voting.election import HomomorphicQuestion

if TYPE_CHECKING:
    from tests.checker.conftest import NewBooth, NewPhone, Phone, Shown

PAGE = Path(townhall_checker.__file__).with_name("check.html")
CHAIR = HomomorphicQuestion("Who chairs the council?", ("Ada", "Bo", "Çelik"), 1, 2)
BRIDGE = HomomorphicQuestion("Build the bridge?", ("Yes", "No"), 0, 1, is_blank_allowed=True)
LANGUAGES = ("en", "et", "fr", "ar")


@pytest.fixture
def shown(new_booth: "NewBooth") -> "Shown":
    return new_booth(CHAIR, BRIDGE, name="Council of Valga").honest((1, 0, 1), (0, 0, 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_browsers_language_and_fits_a_small_phone(
    new_phone: "NewPhone", shown: "Shown", tmp_path: Path, language: str
) -> None:
    phone = new_phone(width=320, height=568, languages=f"{language},en")
    phone.fill(shown, tmp_path)
    phone.check()
    root = "() => [document.documentElement.lang, document.documentElement.dir, document.title]"
    lang, direction, title = phone.call(root)
    assert (lang, direction) == (language, "rtl" if language == "ar" else "ltr")
    assert title == phone.text("h1")
    assert phone.call("() => document.scrollingElement.scrollWidth <= innerWidth")
    phone.picture(tmp_path / f"{language}.png")


def test_a_browser_of_another_language_gets_english_and_a_switch(
    new_phone: "NewPhone", shown: "Shown", tmp_path: Path
) -> None:
    phone = new_phone(languages="sv,fi")
    assert phone.text("h1") == "Check a ballot"
    phone.fill(shown, tmp_path)
    phone.check()
    phone.tap("button[lang=fr]")
    assert phone.text("h1") == "Vérifier un bulletin"
    assert phone.text("#outcome").startswith("Ce bulletin est celui du ticket")
    assert phone.call("() => document.querySelector('[aria-pressed=true]').lang") == "fr"


def test_the_whole_page_works_by_keyboard_alone(new_phone: "NewPhone", shown: "Shown", tmp_path: Path) -> None:
    page = tmp_path / "check.html"
    page.write_text(page_of(shown.election), encoding="utf-8")
    phone = new_phone(page)
    order: list[str] = []
    while len(order) < 20 and (not order or order[-1] != "check"):
        phone.press("Tab")
        order.append(phone.call("() => document.activeElement.id || document.activeElement.lang"))
        assert phone.call("() => getComputedStyle(document.activeElement).outlineWidth") == "4px"
        if order[-1] in {"code", "slip"}:
            phone.send("Input.insertText", text=shown.text if order[-1] == "code" else shown.slip)
    assert order == [*LANGUAGES, "code", "slip", "check"]
    phone.press("Enter", "\r")
    phone.wait_for("document.querySelector('#outcome h2')")
    assert phone.text("#outcome").startswith("This ballot is what the slip says")


def test_everything_has_a_name_a_size_and_a_contrast(new_phone: "NewPhone", shown: "Shown", tmp_path: Path) -> None:
    phone = new_phone()
    phone.fill(replace(shown, slip=""), tmp_path)
    phone.check()
    assert faults(phone) == []
    phone.tap("#same")
    assert faults(phone) == []
    phone.type("slip", "x")
    assert "TH-CHEK-030" in phone.check()
    phone.call("() => { document.getElementById('working').hidden = false; }")
    assert faults(phone) == []
    tree = phone.send("Accessibility.getFullAXTree")["nodes"]
    named = {"button", "textbox", "heading", "navigation", "progressbar"}
    found = [node for node in tree if not node["ignored"] and node["role"]["value"] in named]
    assert len(found) > 10
    assert [node for node in found if not node["name"]["value"]] == []
    assert phone.call("() => document.getElementById('outcome').getAttribute('aria-live')") == "polite"


def faults(phone: "Phone") -> list[str]:
    """Return what is too small to hit (44 px, WCAG 2.5.5) or too pale to read (7:1, WCAG 1.4.6)."""
    found: list[str] = phone.call(
        """() => {
        const parts = text => text.match(/[0-9.]+/g).map(Number);
        const light = text => parts(text).slice(0, 3).map(byte => byte / 255)
          .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
          .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
        const behind = each => { for (; each; each = each.parentElement) {
          const colour = getComputedStyle(each).backgroundColor; if (parts(colour)[3] !== 0) return colour; } };
        const faults = [];
        for (const each of document.body.querySelectorAll('*')) {
          if (!each.checkVisibility() || !each.getClientRects().length) continue;
          const own = Array.from(each.childNodes).some(node => node.nodeType === 3 && node.data.trim());
          if (own || ['INPUT', 'TEXTAREA'].includes(each.tagName)) {
            const [one, other] = [light(getComputedStyle(each).color), light(behind(each))].sort((a, b) => b - a);
            if ((one + 0.05) / (other + 0.05) < 7) faults.push('pale: ' + each.outerHTML);
          }
          const { width, height } = each.getBoundingClientRect();
          if (!each.matches('button, input, textarea')) continue;
          if (Math.min(width, height) < 44) faults.push('small: ' + each.outerHTML);
        }
        return faults; }"""
    )
    return found


# A phone whose browser can read codes: its detector is zbarimg, outside the browser, asked through a binding.
DETECTOR = """window.BarcodeDetector = class {
  static async getSupportedFormats() { return ['qr_code']; }
  async detect(bitmap) {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
    const answer = new Promise(resolve => { window.photoRead = resolve; });
    readPhoto(btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join('')));
    return (await answer).map(rawValue => ({ rawValue }));
  }
};"""


def answer_detector(phone: "Phone", folder: Path) -> None:
    picture = folder / "seen.png"
    picture.write_bytes(base64.b64decode(phone.browser.wait("Runtime.bindingCalled", phone.session)["payload"]))
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
    read = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
    phone.call("found => window.photoRead(found)", read.splitlines())


def test_a_photo_of_the_code_is_read_where_the_browser_can(
    new_phone: "NewPhone", shown: "Shown", tmp_path: Path
) -> None:
    phone = new_phone(first=DETECTOR)
    phone.wait_for("document.getElementById('code-photo').checkVisibility()")
    photo, empty = tmp_path / "photo.png", tmp_path / "empty.png"
    segno.make_qr(shown.text, error="m").save(str(photo), scale=4, border=4)
    segno.make_qr("something else").save(str(empty), scale=4, border=4)
    phone.give("code-photo", empty)
    answer_detector(phone, tmp_path)
    phone.wait_for("document.getElementById('code-photo-answer').textContent !== ''")
    assert "No such code" in phone.text("#code-photo-answer")
    phone.give("code-photo", photo)
    answer_detector(phone, tmp_path)
    phone.wait_for("document.getElementById('code').value !== ''")
    assert phone.call("() => document.getElementById('code').value") == shown.text
    assert phone.text("#code-photo-answer") == ""
    segno.make_qr("TOWNHALL-SLIP-1:MZXW6", error="m").save(str(tmp_path / "slip.png"), scale=4, border=4)
    phone.give("slip-photo", tmp_path / "slip.png")
    answer_detector(phone, tmp_path)
    phone.wait_for("document.getElementById('slip').value !== ''")
    assert phone.call("() => document.getElementById('slip').value") == "TOWNHALL-SLIP-1:MZXW6"


def test_a_browser_that_reads_no_codes_offers_no_photo(new_phone: "NewPhone") -> None:
    phone = new_phone(first="delete window.BarcodeDetector")
    assert phone.call("() => 'BarcodeDetector' in window") is False
    assert not phone.call("() => document.getElementById('code-photo').checkVisibility()")


def test_every_language_has_every_text_and_every_code_has_one(new_phone: "NewPhone") -> None:
    phone = new_phone()
    texts: dict[str, dict[str, str]] = json.loads(phone.call("() => JSON.stringify(TEXTS)"))
    assert tuple(texts) == LANGUAGES
    english = texts["en"]
    for language, own in texts.items():
        assert set(own) == set(english)
        assert all(value.strip() for value in own.values())
        same = {key for key in own if own[key] == english[key]}
        assert same <= {"direction"} if language != "en" else True
        for key, value in own.items():
            assert [mark for mark in ("election.json", "THB1:", "43") if mark in value] == [
                mark for mark in ("election.json", "THB1:", "43") if mark in english[key]
            ]
    used = set(re.findall(r"say\('(\w+)'\)|data-text=\"(\w+)\"", PAGE.read_text(encoding="utf-8")))
    assert {one or other for one, other in used} <= set(english)
    codes = set(re.findall(r"'(TH-CHEK-\d{3})'[,;]", PAGE.read_text(encoding="utf-8")))
    assert codes <= set(english)
