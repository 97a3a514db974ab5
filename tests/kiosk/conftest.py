# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the kiosk's tests share: the town's service, texts, a device key, and desks with everything on them."""

import asyncio
import itertools
import shutil
import time
from collections.abc import Callable, Coroutine, Mapping
from copy import copy
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.kiosk.staff_scene import Play, StaffScene
from tests.kiosk.voting_town import other_card as other_card  # noqa: PLC0414  # a fixture of several modules
from tests.kiosk.voting_town import voting as voting  # noqa: PLC0414  # a fixture of several modules

from townhall_central.repository.working_copy import WorkingCopy
from townhall_central.simulation.catalogue import SimulatedAdministrators, write_content
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_crypto.trust_revocation import ListTimes
from townhall_crypto.trust_verdict import TrustEvidence, judge
from townhall_forms.record import PageFacts
from townhall_forms.service import Service, load_services
from townhall_forms.session import FormSession
from townhall_kiosk import states as at
from townhall_kiosk.document_check.desk import DocumentDesk
from townhall_kiosk.receipt import ReceiptFacts, sign_receipt
from townhall_kiosk.simulation.checked_documents import Wish, checked
from townhall_kiosk.simulation.counter import PLACE, Counter
from townhall_kiosk.simulation.election import KIOSK, SimulatedElection, at_this_kiosk
from townhall_kiosk.simulation.ports import SimulatedOutbox, StandingClock
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.simulation.visit import SECOND, SimulatedVisit
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.texts import Texts, load_texts
from townhall_kiosk.visit.ballot_desk import BLANK, BallotDesk, MadeBallot, Marks
from townhall_kiosk.visit.desk import Desk, Document, FoundServices
from townhall_kiosk.visit.election import VisitElection
from townhall_kiosk.visit.form_work import prefill_of
from townhall_kiosk.visit.staff_work import CounterDesk
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting.messages import NumberGiven
from townhall_smartcard.identity import Identity
from townhall_smartcard.messages import CardContents, CardStatement, PinRole, PinTries
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.catalogue_places import KioskPlace
from townhall_sync.errors import JournalFullError
from townhall_sync.journal import Journal
from townhall_sync.simulated_kiosk import SimulatedKiosk
from townhall_voting.ballot_making import UnsignedBallot
from townhall_voting.eligibility.receipt import VotingReceiptFacts, sign_voting_receipt
from townhall_voting.eligibility.statement import StatementFacts
from townhall_voting.package.authored import read_authored
from townhall_voting.package.contests import Counting
from townhall_voting.package.definition import Definition

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=2)))
SERVICES = Path(__file__).resolve().parents[2] / "services"

AGENCY = "population-register"
ELECTION = Path(__file__).resolve().parents[2] / "elections" / "small-town" / "election.yaml"


def definition() -> Definition:
    return read_authored(ELECTION.name, ELECTION.read_bytes())


Scene = Callable[[SimulatedVisit], Coroutine[object, object, None]]
MakeDesk = Callable[[str], Desk]
MakeAround = Callable[[str], Surroundings]


@pytest.fixture(scope="session")
def services() -> tuple[Service, ...]:
    return load_services(SERVICES)


@pytest.fixture(scope="session")
def service(services: tuple[Service, ...]) -> Service:
    return next(each for each in services if each.id == "change-of-address")


@pytest.fixture(scope="session")
def texts() -> Mapping[str, Texts]:
    return load_texts(("en", "et", "fr", "ar"))


@pytest.fixture(scope="session")
def key() -> FileDeviceKey:
    return FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def pki() -> TestPki:
    return TestPki()


@pytest.fixture(scope="session")
def kadri_keys(pki: TestPki) -> CardKeys:
    return pki.issue_card_keys(KADRI)


@pytest.fixture(scope="session")
def juhan_keys(pki: TestPki) -> CardKeys:
    return pki.issue_card_keys(JUHAN)


@pytest.fixture(scope="session")
def identity() -> Identity:
    stated = CardStatement(
        surname="ÕISPUU",
        given_names="KADRI-LIIS",
        sex="F",
        nationality="EST",
        personal_code="48403159914",
        document_number="TT0000991",
    )
    return Identity("48403159914", "ÕISPUU", "KADRI-LIIS", date(1984, 3, 15), b"", b"", stated)


@pytest.fixture(scope="session")
def election(key: FileDeviceKey) -> SimulatedElection:
    """The town's election, at this kiosk, now."""
    return SimulatedElection.of(at_this_kiosk(definition(), StandingClock(), key), [(KADRI, "harbour")])


@pytest.fixture(scope="session")
def ballot(election: SimulatedElection, key: FileDeviceKey) -> BallotDesk:
    """A ballot with everything on its desk, as if it could be opened, signed and told of at once."""
    at_kiosk = VisitElection.read(election.files(), KIOSK)
    style = at_kiosk.styles["town"]
    ranked = msgspec.structs.replace(style.contests[1], id="ranked", counting=Counting.STV, instruction={})
    style = replace(style, contests=(*style.contests, ranked))
    unsigned = UnsignedBallot(election.elections["town"].public_key, b"a ballot")
    definition = election.definition
    statement = StatementFacts(
        mode=definition.mode,
        election=election.elections["town"].fingerprint,
        ballot=unsigned.hash,
        place=at_kiosk.here.place.id,
        device=KIOSK,
        seq=1,
        time=int(NOW.timestamp()),
        roll_version=election.roll_version,
        language="en",
    )
    receipt = VotingReceiptFacts(
        mode=definition.mode,
        uuid=election.elections["town"].uuid,
        election=election.elections["town"].fingerprint,
        ballot=unsigned.hash,
        tracker=unsigned.hash,
        place=at_kiosk.here.place.id,
        date="2026-11-22",
        device=KIOSK,
        journal=election.roll_version,
        board=election.roll_version,
        board_size=12,
    )
    return BallotDesk(
        style=style,
        marks=[
            Marks(tuple(range(3)), ((BLANK,),)),
            Marks(tuple(range(7)), (("lepp",),)),
            Marks(tuple(range(7)), (("toom",), ("lepp",))),
        ],
        made=MadeBallot(unsigned, None, None, None),
        opened="THB1:CODE",
        given=NumberGiven("123456786", "harbour"),
        statement=statement,
        receipt=sign_voting_receipt(receipt, key),
        receipt_facts=receipt,
    )


@pytest.fixture
def make_around(texts: Mapping[str, Texts], services: tuple[Service, ...], election: SimulatedElection) -> MakeAround:
    """Surroundings in a language, with a printer and the line up, and an election on."""
    at_kiosk = VisitElection.read(election.files(), KIOSK)

    def make(language: str) -> Surroundings:
        return Surroundings(
            "Tamme Library",
            texts,
            services,
            can_print=True,
            language=language,
            line_is_up=True,
            countdown_total_s=20,
            election=at_kiosk,
        )

    return make


@pytest.fixture(scope="session")
def contents(identity: Identity) -> CardContents:
    """What a card says whose holder can replace all its codes."""
    roles = (PinRole.AUTHENTICATION, PinRole.SIGNATURE, PinRole.UNBLOCKING)
    tries = {role: PinTries(3, 3) for role in roles}
    return CardContents(1, identity.stated, b"", b"", tries, {}, roles)


@pytest.fixture(scope="session")
def make_desk(
    identity: Identity, contents: CardContents, service: Service, key: FileDeviceKey, ballot: BallotDesk
) -> MakeDesk:
    """A desk with everything on it that a visit collects, in a language."""

    def make(language: str) -> Desk:
        form = FormSession(service.form, language=language, now=NOW, prefill=prefill_of(identity))
        facts = ReceiptFacts(
            number="4F2K-9QXT-07MB",
            service=service.titles[language],
            place="Tamme Library",
            date=NOW.isoformat(timespec="minutes"),
            kiosk="kiosk-1",
            envelope="ab" * 32,
            checkpoint="kiosk-1/log\n3\n",
        )
        at_once = TrustEvidence(ListTimes(NOW, NOW + timedelta(days=7)), NOW)
        return Desk(
            verdicts={service.id: judge(at_once, service.trust, NOW)},
            contents=contents,
            identity=identity,
            found=FoundServices("adress", (service.id,)),
            service=service,
            form=form,
            document=Document(b"%PDF", (b"PNG",), "Text of the document", PageFacts("Tamme Library", NOW)),
            receipt=sign_receipt(facts, key),
            ballot=replace(ballot, marks=list(ballot.marks)),
            counter=CounterDesk(document=DocumentDesk(found=checked(Wish(own_name="Эрикссон<<Анна Мариа")))),
        )

    return make


@pytest.fixture(scope="session")
def recipient() -> RecipientPrivateKey:
    return generate_recipient_key()


@pytest.fixture
def make_visit(
    make_around: MakeAround, pki: TestPki, recipient: RecipientPrivateKey, key: FileDeviceKey
) -> Callable[[at.State | None], SimulatedVisit]:
    """A visit that begins on the attract screen, or in some state; the kiosk's own language is English."""

    def make(start: at.State | None = None) -> SimulatedVisit:
        around = make_around("en")
        recipients = {each.recipient: (recipient.public,) for each in around.services}
        return SimulatedVisit(around, pki.trust_anchors, recipients, SimulatedOutbox(key), start=start)

    return make


@pytest.fixture
def card(kadri_keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, kadri_keys)


@pytest.fixture
def play(make_visit: Callable[[at.State | None], SimulatedVisit]) -> Callable[[Scene], None]:
    """Play a scene from the attract screen."""

    def run(scene: Scene) -> None:
        async def stage() -> None:
            async with make_visit(None) as visit:
                await scene(visit)
                await visit.settle()
                assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"

        asyncio.run(stage())

    return run


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory, pki: TestPki, recipient: RecipientPrivateKey) -> Path:
    """A directory that a town publishes: one kiosk gets its service, the other's group has none yet."""
    return write_content(
        tmp_path_factory.mktemp("content") / "town",
        services=SERVICES,
        recipients={AGENCY: recipient.public.to_bytes()},
        anchors=pki.anchors_der,
        intermediates=pki.intermediates_der,
        crls=pki.crls_der,
        groups={"pilot": ["change-of-address"], "rest": []},
        kiosks={"kiosk-1": KioskPlace("Tamme Library", "pilot"), "kiosk-2": KioskPlace("Lepa School", "rest")},
        languages=("en", "et", "fr", "ar"),
    )


@pytest.fixture(scope="session")
def first_town(tmp_path_factory: pytest.TempPathFactory, content: Path) -> SimulatedAdministrators:
    """Administrators who have published that directory just now."""
    administrators = SimulatedAdministrators(tmp_path_factory.mktemp("town") / "repository", int(time.time()))
    administrators.publish(content)
    administrators.export(administrators.copy.path.with_name("stick"))
    return administrators


@pytest.fixture
def town(tmp_path: Path, first_town: SimulatedAdministrators) -> SimulatedAdministrators:
    """The same people with a repository of the test's own."""
    administrators = copy(first_town)
    administrators.copy = WorkingCopy(shutil.copytree(first_town.copy.path, tmp_path / "repository"))
    return administrators


@pytest.fixture
def fill_disk() -> Callable[[Journal], None]:
    """What leaves a journal no room for another entry: call it in the journal's thread."""

    def fill(journal: Journal) -> None:
        database = journal._log._store._database
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count={pages}").fetchall()
        with pytest.raises(JournalFullError):
            write_without_end(journal)

    def write_without_end(journal: Journal) -> None:
        for number in itertools.count():
            journal.audit(Event.VISIT_BEGUN, {"visit": f"v{number}"})

    return fill


@pytest.fixture
def play_staff(  # noqa: PLR0917  # fixtures are parameters
    make_around: Callable[[str], Surroundings],
    pki: TestPki,
    recipient: RecipientPrivateKey,
    key: FileDeviceKey,
    kadri_keys: CardKeys,
    juhan_keys: CardKeys,
    tmp_path: Path,
) -> Callable[..., None]:
    """Play a scene; ``SECOND`` is the reader for staff."""

    def run(scene: StaffScene, *, start: at.State | None = None, **facts: object) -> None:
        async def stage() -> None:
            around = make_around("en")
            listed = (each.authentication.certificate for each in (kadri_keys, juhan_keys))
            roster = Roster.read(roster_bytes(*(line(each, "administrator", around.now()) for each in listed)))
            around.roster, around.staff_reader, around.place = roster, SECOND, PLACE
            clock = StandingClock()
            kiosk = SimulatedKiosk(tmp_path / "journal", key, clock)
            journal = await AsyncJournal.open(kiosk.opening())
            office = Counter(tmp_path, journal, key, pki.trust_anchors, roster, clock, **facts)  # type: ignore[arg-type]  # by name
            recipients = {"population-register": (recipient.public,)}
            visit = SimulatedVisit(
                around, pki.trust_anchors, recipients, SimulatedOutbox(key), start=start, office=office
            )
            keys = {"kadri": kadri_keys, "juhan": juhan_keys, "aino": pki.issue_card_keys(AINO)}
            try:
                async with visit:
                    await scene(Play(visit, office, keys))
                    await visit.settle()
                    assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"
            finally:
                await journal.close()

        asyncio.run(stage())

    return run
