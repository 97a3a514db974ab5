# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page as a person meets it: opened from a file on a phone without a network, typed into, tapped, read."""

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import townhall_checker
from townhall_checker.page import page_of
from townhall_voting.election import HomomorphicQuestion, RankedQuestion
from townhall_voting.schnorr_group import RFC_3526_2048

if TYPE_CHECKING:
    from tests.checker.conftest import NewBooth, NewPhone, Phone, Shown

PAGE = Path(townhall_checker.__file__).with_name("check.html")
CHAIR = HomomorphicQuestion("Who chairs the council?", ("Ada", "Bo", "Çelik"), 1, 2)
BRIDGE = HomomorphicQuestion("Build the bridge?", ("Yes", "No"), 0, 1, is_blank_allowed=True)


@pytest.fixture
def shown(new_booth: "NewBooth") -> "Shown":
    return new_booth(CHAIR, BRIDGE, name="Council of Valga").honest((1, 0, 1), (0, 0, 1))


def test_a_ballot_is_checked_without_a_network_on_a_phone(
    new_phone: "NewPhone", shown: "Shown", tmp_path: Path
) -> None:
    phone = new_phone()
    phone.fill(shown, tmp_path)
    fingerprint = base64.b64encode(hashlib.sha256(shown.election).digest()).decode()[:43]
    before = phone.text("#election")
    assert "Council of Valga" in before
    assert fingerprint in before.replace(" ", "")
    said = phone.check()
    phone.picture(tmp_path / "checked.png")
    assert said.startswith("This ballot is what the slip says")
    asked, chair, bridge = (said.index(part) for part in ("In the ballot", "Who chairs", "Build the bridge?"))
    assert asked < chair < said.index("Ada") < said.index("Çelik") < bridge < said.index("No")
    assert "Bo\n" not in said
    assert "Yes" not in said
    assert "never counted" in said
    asked_for = {event["params"]["request"]["url"] for event in phone.browser.events if is_request(event, phone)}
    assert asked_for == {PAGE.as_uri()}


def is_request(event: dict[str, object], phone: "Phone") -> bool:
    return event.get("method") == "Network.requestWillBeSent" and event.get("sessionId") == phone.session


def test_no_script_in_the_page_can_reach_the_network_either(new_phone: "NewPhone") -> None:
    phone = new_phone()
    phone.send("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    refused = """async () => {
      const blocked = [];
      document.addEventListener('securitypolicyviolation', event => blocked.push(event.effectiveDirective));
      const asked = await fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused');
      const image = new Image();
      image.src = 'http://127.0.0.1:9/x.png';
      await new Promise(resolve => { image.onerror = image.onload = resolve; });
      const script = document.createElement('script');
      script.append('window.ran = true');
      document.body.append(script);
      let trusted = 'taken';
      try { document.body.innerHTML = '<b>x</b>'; } catch { trusted = 'refused'; }
      await new Promise(resolve => setTimeout(resolve));
      return [asked, trusted, window.ran === true, blocked.includes('connect-src'), blocked.includes('img-src')];
    }"""
    assert phone.call(refused) == ["refused", "refused", False, True, True]


def test_the_policy_names_each_script_and_style_of_the_page_and_nothing_else() -> None:
    page = PAGE.read_text(encoding="utf-8")
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    def hashes(tag: str) -> str:
        parts = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert parts
        return " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts
        )

    expected = (
        f"default-src 'none'; script-src {hashes('script')}; style-src {hashes('style')}; base-uri 'none';"
        " form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert policy == [expected]
    assert set(re.findall(r"<script[^>]*>", page)) == {"<script>", '<script type="text/plain" id="baked">'}
    assert not re.search(
        r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval|Function|fetch|XMLHttpRequest|import)\b", page
    )


def test_words_of_an_election_are_never_markup(new_phone: "NewPhone", new_booth: "NewBooth", tmp_path: Path) -> None:
    hostile = (
        "<img src=x onerror=window.ran=1>",
        "</script><script>window.ran=1</script>",
        "<svg/onload=window.ran=1>",
        "&lt;b&gt; ${window.ran=1} __proto__",
    )
    question = HomomorphicQuestion("<style>*{display:none}</style>", hostile, 0, 4)
    ranked = RankedQuestion("<iframe srcdoc='<script>parent.ran=1</script>'>", hostile)
    booth = new_booth(question, ranked, name="<h1 id=check>constructor</h1>", group=RFC_3526_2048)
    phone = new_phone()
    phone.fill(booth.honest((1, 1, 1, 1), (1, 2, 3, 4)), tmp_path)
    said = phone.check()
    for words in (*hostile, question.text, ranked.text, "<h1 id=check>constructor</h1>"):
        assert words in said
    assert phone.call("() => [typeof window.ran, document.querySelectorAll('main img, main svg, iframe').length]") == [
        "undefined",
        0,
    ]


def test_words_that_run_the_other_way_move_nothing_around_them(
    new_phone: "NewPhone", new_booth: "NewBooth", tmp_path: Path
) -> None:
    booth = new_booth(HomomorphicQuestion("\u202eevil", ("\u202eone", "two"), 1, 1), name="\u202eCouncil")
    phone = new_phone()
    phone.fill(booth.honest((1, 0)), tmp_path)
    phone.check()
    isolated = """() => Array.from(document.querySelectorAll('#election .name, #outcome li'))
      .map(each => each.firstChild)
      .every(each => each.localName === 'bdi' && getComputedStyle(each).unicodeBidi === 'isolate')"""
    assert phone.call(isolated)


@pytest.mark.parametrize(
    ("fault", "said", "code"),
    [
        ("code", "not the whole code", "TH-CHEK-020"),
        ("slip", "stands on no slip", "TH-CHEK-030"),
        ("other slip", "of another ballot", "TH-CHEK-032"),
    ],
)
def test_a_refusal_says_why_and_shows_no_choices(  # noqa: PLR0917
    new_phone: "NewPhone", shown: "Shown", tmp_path: Path, fault: str, said: str, code: str
) -> None:
    changed = {
        "code": replace(shown, text=shown.text[:-1]),
        "slip": replace(shown, slip="xyz"),
        "other slip": replace(shown, slip=shown.slip[::-1]),
    }
    phone = new_phone()
    phone.fill(changed[fault], tmp_path)
    answer = phone.check()
    assert answer.startswith("This ballot is not confirmed")
    assert said in answer
    assert code in answer
    assert "Ada" not in answer


def test_a_file_that_is_no_election_is_refused_before_anything_is_checked(
    new_phone: "NewPhone", tmp_path: Path
) -> None:
    phone = new_phone()
    contents = (b"", b"{}", b'{"__proto__":{"version":1}}', b"\xff\xfe", b"[" * 100_000, b'"' + b"x" * 5_000_000)
    for number, content in enumerate(contents):
        (tmp_path / f"{number}.json").write_bytes(content)
        phone.give("election-file", tmp_path / f"{number}.json")
        phone.wait_for("!document.querySelector('#outcome h2') && document.getElementById('election').children.length")
        assert "TH-CHEK-010" in phone.text("#election")
        assert "TH-CHEK-010" in phone.check()


def test_without_the_slip_a_person_compares_by_eye(new_phone: "NewPhone", shown: "Shown", tmp_path: Path) -> None:
    phone = new_phone()
    phone.fill(replace(shown, slip=""), tmp_path)
    asked = phone.check()
    assert shown.slip in asked.replace(" ", "")
    assert "Ada" not in asked
    phone.tap("#different")
    assert "TH-CHEK-032" in phone.text("#outcome")
    phone.check()
    phone.wait_for("document.querySelector('#same')")
    phone.tap("#same")
    assert phone.call("() => document.activeElement.id") == "outcome"
    assert phone.text("#outcome").startswith("This ballot is what the slip says")


def test_a_verdict_disappears_when_what_it_is_about_changes(
    new_phone: "NewPhone", shown: "Shown", tmp_path: Path
) -> None:
    phone = new_phone()
    phone.fill(shown, tmp_path)
    for change in ("code", "slip"):
        phone.check()
        phone.type(change, "0")
        assert phone.text("#outcome") == ""
    phone.check()
    (tmp_path / "other.json").write_bytes(shown.election)
    phone.give("election-file", tmp_path / "other.json")
    phone.wait_for("document.getElementById('outcome').children.length === 0")


def test_a_check_that_is_overtaken_says_nothing(new_phone: "NewPhone", new_booth: "NewBooth", tmp_path: Path) -> None:
    booth = new_booth(*[HomomorphicQuestion("Many", tuple("abcdefgh"), 0, 8)] * 4)
    phone = new_phone()
    phone.fill(booth.honest(*[(1,) * 8] * 4), tmp_path)
    # A rest of the check ends when the test lets it: however fast the machine, the check is still at work below.
    phone.call(
        """() => {
        const rested = new Promise(resolve => { window.letGoOn = resolve; }), timer = window.setTimeout;
        window.setTimeout = (step, delay) => delay ? timer(step, delay) : void rested.then(step); }"""
    )
    phone.tap("#check")
    phone.wait_for("document.getElementById('progress').value > 0")
    assert phone.call("() => document.getElementById('check').disabled")
    phone.type("code", "0")
    assert not phone.call("() => document.getElementById('check').disabled")
    phone.call("() => letGoOn()")
    assert "TH-CHEK-020" in phone.check()


def test_a_page_made_for_one_election_asks_for_no_file(new_phone: "NewPhone", shown: "Shown", tmp_path: Path) -> None:
    page = tmp_path / "check.html"
    page.write_text(page_of(shown.election), encoding="utf-8")
    phone = new_phone(page)
    assert "Council of Valga" in phone.text("#election")
    assert not phone.call("() => document.getElementById('election-file').checkVisibility()")
    phone.type("code", shown.text)
    phone.type("slip", shown.slip)
    assert phone.check().startswith("This ballot is what the slip says")
