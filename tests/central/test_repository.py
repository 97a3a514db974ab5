# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Authoring of the signed catalogue: two of three sign, what a kiosk would refuse is not staged, python-tuf judges."""

import json
import shutil
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root, Targets
from tuf.ngclient import Updater

from townhall_central.errors import (
    CatalogueContentError,
    CentralError,
    DirectoryError,
    PassphraseRefusedError,
    RepositoryStateError,
    SigningKeyError,
)
from townhall_central.keys import adopt_catalogue, load_root
from townhall_central.repository import authoring, cli, publishing, signatures
from townhall_central.repository.content import read_content
from townhall_central.repository.content_staff import check_staff
from townhall_central.repository.release import release
from townhall_central.repository.roles import KeySet
from townhall_central.repository.working_copy import WorkingCopy
from townhall_central.simulation.catalogue import SimulatedAdministrators, keys_of, make_signers, write_content
from townhall_central.simulation.centre import SimulatedCentre
from townhall_crypto.recipients import generate_recipient_key
from townhall_kiosk.staff.errors import RosterRefusedError
from townhall_kiosk.staff.roster import Roster
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync import wire
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_places import KioskPlace, read_places
from townhall_sync.catalogue_source import BASE, DirectorySource, SourceFetcher

DAY = 24 * 60 * 60
SERVICES = Path(__file__).resolve().parents[2] / "services"
AGENCY = "population-register"
SERVICE = "change-of-address"


@pytest.fixture(scope="session")
def first_content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pki = TestPki()
    return write_content(
        tmp_path_factory.mktemp("content") / "town",
        services=SERVICES,
        recipients={AGENCY: generate_recipient_key().public.to_bytes()},
        anchors=pki.anchors_der,
        intermediates=pki.intermediates_der,
        crls=pki.crls_der,
        groups={"pilot": [SERVICE], "rest": [SERVICE]},
        kiosks={"kiosk-1": KioskPlace("Tamme Library", "pilot"), "kiosk-2": KioskPlace("Lepa School", "rest")},
    )


@pytest.fixture
def content(tmp_path: Path, first_content: Path) -> Path:
    return shutil.copytree(first_content, tmp_path / "content")


@pytest.fixture(scope="session")
def first_town(tmp_path_factory: pytest.TempPathFactory, first_content: Path) -> SimulatedAdministrators:
    town = SimulatedAdministrators(tmp_path_factory.mktemp("town") / "repository", int(time.time()))
    town.publish(first_content)
    return town


@pytest.fixture
def town(tmp_path: Path, first_town: SimulatedAdministrators) -> SimulatedAdministrators:
    town = copy(first_town)
    town.copy = WorkingCopy(shutil.copytree(first_town.copy.path, tmp_path / "repository"))
    return town


# python-tuf's own client as the judge


def judged(town: SimulatedAdministrators, directory: Path) -> dict[str, bytes]:
    """What a plain TUF client, which knows nothing of ours, downloads from an exported repository."""
    exported = town.export(directory / "exported")
    (directory / "client").mkdir(exist_ok=True)
    updater = Updater(
        str(directory / "client"),
        f"{BASE}metadata/",
        str(directory / "files"),
        f"{BASE}targets/",
        fetcher=SourceFetcher(DirectorySource(exported)),
        bootstrap=town.bootstrap,
    )
    updater.refresh()
    found = {}
    for part in Part:
        signed = town.copy.published_role(part.role)
        for path in signed.signed.targets if signed is not None else ():
            info = updater.get_targetinfo(path)
            assert info is not None, path
            found[path] = Path(updater.download_target(info, str(directory / "one-file"))).read_bytes()
    return found


def test_a_plain_tuf_client_takes_what_is_published(
    town: SimulatedAdministrators, tmp_path: Path, content: Path
) -> None:
    found = judged(town, tmp_path)
    (form,) = (path for path in found if path.endswith("/form.xml"))
    assert found[form] == (content / "services" / SERVICE / "form.xml").read_bytes()
    assert found["trust/anchors/0.der"] == (content / "trust" / "anchors" / "0.der").read_bytes()
    assert len(found) == 8


def test_a_plain_tuf_client_follows_every_change_of_keys(town: SimulatedAdministrators, tmp_path: Path) -> None:
    before = judged(town, tmp_path)
    old, town.root = town.root, make_signers()
    authoring.rotate_root(town.copy, keys_of(town.root), town.now)
    signatures.sign(town.copy, old[:2])
    town.release()
    assert judged(town, tmp_path) == before
    town.targets = make_signers()
    authoring.rotate_targets(town.copy, keys_of(town.targets), town.now)
    town.release()
    assert judged(town, tmp_path) == before
    town.online = make_signers(1)[0]
    authoring.rotate_online(town.copy, town.online.public_key, town.now)
    town.release()
    assert judged(town, tmp_path) == before
    authoring.renew(town.copy, town.now + 300 * DAY)
    town.release()
    assert judged(town, tmp_path) == before
    assert town.copy.versions("root") == [1, 2, 3, 4, 5]


# Two people


def test_one_person_alone_publishes_nothing(town: SimulatedAdministrators, content: Path, tmp_path: Path) -> None:
    edit(content, lambda description: description["titles"].update(en="Give me your money"))
    before = judged(town, tmp_path)
    read = read_content(content, town.now)
    assert publishing.publish(town.copy, read, ["pilot", "rest"], town.now) == [Part.SERVICES, Part.PLACES]
    for _ in range(3):
        standing = signatures.sign(town.copy, [town.targets[0]])
        assert [(each.have, each.need, each.is_ready) for each in standing] == [(1, 2, False)] * 2
    waiting = release(town.copy, town.online, town.now)
    assert [each.role for each in waiting] == ["services", "places"]
    assert judged(town, tmp_path) == before
    signatures.sign(town.copy, [town.targets[2]])
    assert release(town.copy, town.online, town.now) == []
    assert judged(town, tmp_path) != before


def test_signatures_of_others_count_for_nothing(town: SimulatedAdministrators, content: Path) -> None:
    edit(content, lambda description: description["titles"].update(en="Give me your money"))
    publishing.publish(town.copy, read_content(content, town.now), ["pilot", "rest"], town.now)
    for strangers in (make_signers(), town.root, [town.online]):
        with pytest.raises(SigningKeyError):
            signatures.sign(town.copy, strangers)


def test_a_change_after_a_signature_loses_the_signature(town: SimulatedAdministrators, content: Path) -> None:
    edit(content, lambda description: description["titles"].update(en="First"))
    publishing.publish(town.copy, read_content(content, town.now), ["pilot", "rest"], town.now)
    signatures.sign(town.copy, [town.targets[0]])
    publishing.publish(town.copy, read_content(content, town.now), ["pilot", "rest"], town.now)
    assert {each.have for each in signatures.standings(town.copy)} == {1}, "the same again keeps it"
    edit(content, lambda description: description["titles"].update(en="Second"))
    publishing.publish(town.copy, read_content(content, town.now), ["pilot", "rest"], town.now)
    assert {each.have for each in signatures.standings(town.copy)} == {0}


def test_a_new_root_needs_enough_of_the_old_and_of_the_new(town: SimulatedAdministrators) -> None:
    old, new = town.root, make_signers()
    authoring.rotate_root(town.copy, keys_of(new), town.now)
    for signers, is_ready in ((new, False), (old[:1], False), (old[1:2], True)):
        (standing,) = signatures.sign(town.copy, signers)
        assert standing.is_ready is is_ready


def test_a_root_without_the_targets_that_it_asks_for_is_not_let_out(town: SimulatedAdministrators) -> None:
    authoring.rotate_targets(town.copy, keys_of(make_signers()), town.now)
    signatures.sign(town.copy, town.root[:2])
    with pytest.raises(RepositoryStateError, match="not signed by today's keys"):
        release(town.copy, town.online, town.now)


def test_an_online_key_that_the_root_does_not_name_is_refused(town: SimulatedAdministrators) -> None:
    with pytest.raises(SigningKeyError):
        release(town.copy, make_signers(1)[0], town.now)


@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (2, 1), (3, 1), (2, 2), (3, 3), (3, 0)])
def test_a_set_of_keys_that_one_person_holds_or_one_loss_ends_is_refused(count: int, threshold: int) -> None:
    with pytest.raises(RepositoryStateError):
        KeySet(tuple(signer.public_key for signer in make_signers(count)), threshold)


def test_one_key_for_two_duties_is_refused(tmp_path: Path) -> None:
    signers = make_signers()
    with pytest.raises(RepositoryStateError, match="two duties"):
        authoring.create(WorkingCopy(tmp_path), keys_of(signers), keys_of(signers), make_signers(1)[0].public_key, 1)
    with pytest.raises(RepositoryStateError, match="twice"):
        keys_of([signers[0], signers[0], signers[1]])


# What is published


Change = Callable[[Path], object]


def edit(content: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    path = content / "services" / SERVICE / "service.json"
    description = json.loads(path.read_bytes())
    change(description)
    path.write_text(json.dumps(description))


def edit_places(content: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    path = content / "places" / "places.json"
    places = json.loads(path.read_bytes())
    change(places)
    path.write_text(json.dumps(places))


def write(name: str, text: bytes) -> Change:
    def change(content: Path) -> None:
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_bytes(text)

    return change


PO = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "a.b"\nmsgstr "%s"\n'
BROKEN: dict[str, Change] = {
    "a form that is none": write(f"services/{SERVICE}/form.xml", b"<form/>"),
    "no form": lambda content: (content / "services" / SERVICE / "form.xml").unlink(),
    "no key of the agency": lambda content: shutil.rmtree(content / "recipients" / AGENCY),
    "a garbled key": write(f"recipients/{AGENCY}/1.key", b"key"),
    "no recipients": lambda content: shutil.rmtree(content / "recipients"),
    "a language that the service lacks": lambda content: edit_places(
        content,
        lambda places: places.update(languages=["en", "fi"]),  # type: ignore[call-overload]  # plain JSON
    ),
    "a group with an unknown service": lambda content: edit_places(
        content, lambda places: places["groups"].update(rest={"services": ["dog-licence"]})
    ),
    "a kiosk of no group": lambda content: edit_places(
        content, lambda places: places["kiosks"].update({"kiosk-3": {"place": "x", "group": "none"}})
    ),
    "a typo in places.json": lambda content: edit_places(content, lambda places: places.update(kiosk={})),
    "no places": lambda content: shutil.rmtree(content / "places"),
    "no anchors": lambda content: shutil.rmtree(content / "trust" / "anchors"),
    "an anchor that is none": write("trust/anchors/9.der", b"certificate"),
    "a list that is none": write("trust/crls/9.crl", b"list"),
    "a file that would be left out": write("trust/crls/list.pem", b"list"),
    "a folder that nobody reads": write("trsut/anchors/0.der", b""),
    "a name that no path may have": lambda content: (content / "trust" / "crls" / "0.crl").rename(
        content / "trust" / "crls" / "a b.crl"
    ),
    "a list of staff that is no JSON": write("staff/staff.json", b"{"),
    "a list of staff that is a list": write("staff/staff.json", b"[]"),
    "texts of no language": write("texts/klingon/townhall.po", PO % b"x"),
    "two languages that fill in different facts": lambda content: (
        write("texts/en/townhall.po", PO % b"{count} days")(content),
        write("texts/et/townhall.po", PO % b"{number} p\xc3\xa4eva")(content),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_kiosk_would_refuse_or_hide_is_not_staged(
    name: str, content: Path, town: SimulatedAdministrators
) -> None:
    BROKEN[name](content)
    with pytest.raises(CatalogueContentError):
        town.publish(content)
    assert town.copy.staged_roles() == ()


def test_a_revocation_list_past_its_end_is_refused(content: Path, town: SimulatedAdministrators) -> None:
    town.now += 60 * DAY
    with pytest.raises(CatalogueContentError, match="newer list"):
        town.publish(content)


def test_nothing_changed_stages_nothing_and_what_grows_old_is_signed_anew(
    content: Path, town: SimulatedAdministrators
) -> None:
    read = read_content(content, town.now)
    assert publishing.publish(town.copy, read, ["pilot", "rest"], town.now + DAY) == []
    assert publishing.publish(town.copy, read, ["pilot", "rest"], town.now + 3 * DAY) == [Part.CRLS]
    later = publishing.publish(town.copy, read, ["pilot", "rest"], town.now + 11 * DAY)
    assert later == [Part.TRUST, Part.CRLS]


def test_the_first_group_gets_a_change_first_and_the_rest_the_same_bytes_later(
    content: Path, town: SimulatedAdministrators
) -> None:
    edit(content, lambda description: description["titles"].update(en="A newer title"))
    with pytest.raises(RepositoryStateError, match="publish them first"):
        town.advance(content, ["rest"])
    town.publish(content, ["pilot"])
    first = groups(town)
    assert first["pilot"] != first["rest"]
    town.advance(content, ["rest"])
    assert groups(town) == {"pilot": first["pilot"], "rest": first["pilot"]}
    edit(content, lambda description: description["titles"].update(en="Newer still"))
    town.publish(content)
    services = town.copy.part(Part.SERVICES)
    assert services is not None
    assert len(services.targets) == 2, "editions that no group has are gone"


def test_what_two_snapshots_do_not_name_any_more_is_cleared_away(
    content: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    for title in ("One", "Two", "Three", "Four"):
        rename(content, title)
        town.publish(content)
    assert town.copy.versions("snapshot") == [4, 5]
    assert len(list(town.copy.published.glob("targets/services/*/*/*.service.json"))) == 2
    exported = town.export(tmp_path / "exported")
    assert plain_files(exported) == plain_files(town.copy.published)
    assert len(judged(town, tmp_path)) == 8


def test_what_waits_is_not_cleared_away(content: Path, town: SimulatedAdministrators, tmp_path: Path) -> None:
    before = judged(town, tmp_path)
    rename(content, "Newer")
    town.publish(content)
    rename(content, "Change of address")
    publishing.publish(town.copy, read_content(content, town.now), ["pilot", "rest"], town.now)
    for _day in range(3):
        release(town.copy, town.online, town.now)
    town.release()
    again = judged(town, tmp_path)
    assert len(again) == len(before)


def rename(content: Path, title: str) -> None:
    edit(content, lambda description: description["titles"].update(en=title))


def plain_files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_a_group_that_is_not_there_is_refused(content: Path, town: SimulatedAdministrators) -> None:
    with pytest.raises(CatalogueContentError, match="no group"):
        town.publish(content, ["pilots"])


def groups(town: SimulatedAdministrators) -> dict[str, str]:
    signed = town.copy.published_role(Part.PLACES.role)
    assert signed is not None
    (target,) = signed.signed.targets.values()
    (path,) = town.copy.published.glob(f"targets/places/{target.hashes['sha256']}.*")
    return {name: group.services[SERVICE] for name, group in read_places(path.read_bytes()).groups.items()}


# The list of staff: as a kiosk reads it


LINE: dict[str, object] = {
    "certificate": "ab" * 32,
    "role": "clerk",
    "places": ["Tamme Library"],
    "not_before": "2026-11-25T12:00:00Z",
    "expires": "2027-11-25T12:00:00+02:00",
}


def staff_list(*lines: object, version: object = 1) -> bytes:
    return json.dumps({"version": version, "staff": lines}).encode()


@pytest.mark.parametrize(
    "content",
    [
        *(staff_list(), staff_list(LINE), staff_list(LINE, {**LINE, "role": "administrator", "places": "all"})),
        *(staff_list({**LINE, "role": role}) for role in ("officer", "election officer")),
        *(staff_list(version=2), staff_list(version="1"), b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b"null"),
        *(staff_list({**LINE, name: value}) for name in LINE for value in ("", None, 1, [], "x" * 64, "all", [""])),
        *(staff_list({key: value for key, value in LINE.items() if key != name}) for name in LINE),
        staff_list({**LINE, "name": "Anna"}),
        staff_list({**LINE, "expires": LINE["not_before"]}),
        staff_list({**LINE, "expires": "2027-11-25T12:00:00"}),
        staff_list({**LINE, "certificate": "AB" * 32}),
        staff_list({**LINE, "certificate": "ab" * 32 + "\n"}),
        b" " * (4 * 1024 * 1024 + 1),
    ],
)
def test_the_list_of_staff_is_judged_as_a_kiosk_judges_it(content: bytes) -> None:
    def is_taken(check: Callable[[bytes], object], refusal: type[Exception]) -> bool:
        try:
            check(content)
        except refusal:
            return False
        return True

    assert is_taken(check_staff, CatalogueContentError) == is_taken(Roster.read, RosterRefusedError)


# The centre


def test_a_centre_adopts_one_catalogue_for_good(
    centre: SimulatedCentre, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    with pytest.raises(DirectoryError, match="export"):
        adopt_catalogue(centre.path)
    town.export(centre.path / "catalogue")
    adopted = adopt_catalogue(centre.path)
    assert adopt_catalogue(centre.path) == adopted
    root, _ = load_root(centre.path)
    assert wire.decode_base64(root.catalogue_root) == town.bootstrap
    other = SimulatedAdministrators(tmp_path / "other", town.now)
    release(other.copy, other.online, other.now)
    shutil.rmtree(centre.path / "catalogue")
    other.export(centre.path / "catalogue")
    with pytest.raises(DirectoryError, match="another catalogue"):
        adopt_catalogue(centre.path)


# The commands' refusals; docs/set-up.md is run whole by tests/journeys/test_docs_set_up.py


class Terminal:
    """Runs commands and reads what they say."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory, self._capsys = directory, capsys
        self.passphrase("passphrase", b"of a test, long enough")

    def passphrase(self, name: str, content: bytes) -> str:
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        return str(path)

    def run(self, *arguments: str) -> str:
        assert cli.main(arguments) == 0, self._capsys.readouterr().err
        return self._capsys.readouterr().out

    def refused(self, *arguments: str) -> str:
        assert cli.main(arguments) == 1
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return said.err.partition(":")[0]


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)


def code(error: type[CentralError]) -> str:
    return error.code


def test_each_refusal_of_a_command_has_its_code(terminal: Terminal, tmp_path: Path) -> None:
    secret = ["--passphrase-file", str(tmp_path / "passphrase")]
    short = ["--passphrase-file", terminal.passphrase("short", b"short")]
    wrong = ["--passphrase-file", terminal.passphrase("wrong", b"another one, long enough")]
    key, repository = str(tmp_path / "anna.pem"), str(tmp_path / "new")
    assert terminal.refused("key", *short, key) == code(PassphraseRefusedError)
    terminal.run("key", *secret, key)
    assert (tmp_path / "anna.pem").stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in (tmp_path / "anna.pem").read_bytes()
    assert terminal.refused("key", *secret, key) == code(DirectoryError)
    public = ["--root-key", str(tmp_path / "anna.pub"), "--targets-key", str(tmp_path / "anna.pub")]
    assert terminal.refused("init", repository, *secret, *public) == code(RepositoryStateError)
    assert terminal.refused("status", repository) == code(RepositoryStateError)
    assert terminal.refused("export", repository, str(tmp_path / "out")) == code(RepositoryStateError)
    assert terminal.refused("sign", repository, *wrong, "--key", key) == code(SigningKeyError)
    assert terminal.refused("sign", repository, *secret, "--key", key) == code(SigningKeyError)
    assert terminal.refused("timestamp", repository, *secret) in {code(DirectoryError), code(RepositoryStateError)}


def test_status_says_what_is_published_and_what_waits(
    terminal: Terminal, town: SimulatedAdministrators, content: Path
) -> None:
    edit(content, lambda description: description["titles"].update(en="A newer title"))
    terminal.run("publish", str(town.copy.path), str(content))
    said = terminal.run("status", str(town.copy.path))
    assert "published  crls 1, until" in said
    assert "staged     services 2: 0 of 2 signatures, waits" in said


def test_metadata_are_plain_tuf(town: SimulatedAdministrators) -> None:
    root = Metadata[Root].from_file(str(town.copy.versioned("root", 1))).signed
    assert (root.roles["root"].threshold, len(root.roles["root"].keyids)) == (2, 3)
    assert (root.roles["timestamp"].threshold, len(root.roles["timestamp"].keyids)) == (1, 1)
    targets = Metadata[Targets].from_file(str(town.copy.versioned("targets", 1))).signed
    assert targets.delegations is not None
    delegated = targets.delegations.roles or {}
    assert {name for name, role in delegated.items() if role.threshold == 1} == {"crls"}
    assert "elections" in delegated
