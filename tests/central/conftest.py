# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A centre in a directory, an agency that it knows, an enrolled kiosk, and a citizen's real transaction."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha384
from pathlib import Path
from typing import Protocol

import pytest

from townhall_central import agencies
from townhall_central.inbox.examine import Desk
from townhall_central.inbox.home import InboxHome, InboxSettings, create_home, open_home
from townhall_central.inbox.trust_folder import load_anchors
from townhall_central.place import Place, place_of
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import SimulatedKiosk
from townhall_central.simulation.postgresql import PostgresqlServer
from townhall_crypto.namespaces import CARD_CHALLENGE
from townhall_crypto.pades import sign_pdf
from townhall_crypto.trust_verdict import Doubt, Outcome, TrustEvidence, TrustVerdict
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import DocumentModel, render_document
from townhall_forms.page import PageSigner, page_model
from townhall_forms.page_words import load_page_words
from townhall_forms.record import PageFacts
from townhall_forms.service import Service, load_services
from townhall_forms.session import FormSession
from townhall_forms.transaction import IdentityEvidence, Transaction
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import Person, Sex, personal_code
from townhall_smartcard.simulation.pki import Role, Standing, TestPki
from townhall_sync import wire

NOW = 1_800_000_000
SERVICES = Path(__file__).resolve().parents[2] / "services"
ANSWERS = {
    "street": "Mäe",
    "house": "12",
    "postcode": "12345",
    "town": "Tallinn",
    "from_date": "2027-01-20",
    "previous_place": "none",
    "movers": "nobody",
    "tenure": "owner",
    "declaration": "yes",
}


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest) -> str:
    """The embedded file, unless a test or its module asks for `postgresql` too (parametrize, indirect)."""
    return str(getattr(request, "param", "sqlite"))  # pytest's own way to tell that nobody chose


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    with PostgresqlServer() as server:
        yield server


@pytest.fixture
def new_url(engine: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    """The address of an empty database at each call; empty for a file in the directory."""
    if engine == "sqlite":
        return lambda: ""
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_schema


@pytest.fixture
def new_place(new_url: Callable[[], str], tmp_path: Path) -> Callable[[], Place]:
    numbers = itertools.count()
    return lambda: place_of(tmp_path, f"x{next(numbers)}.db", new_url())


@pytest.fixture
def new_centre(tmp_path: Path, new_url: Callable[[], str]) -> Iterator[Callable[[], SimulatedCentre]]:
    """Makes a fresh centre at each call: a property needs one for each example."""
    made: list[SimulatedCentre] = []

    def make() -> SimulatedCentre:
        made.append(SimulatedCentre.create(tmp_path / f"centre-{len(made)}", NOW, new_url()))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


@pytest.fixture
def centre(new_centre: Callable[[], SimulatedCentre]) -> SimulatedCentre:
    return new_centre()


@pytest.fixture(scope="session")
def trust_folder(tmp_path_factory: pytest.TempPathFactory, pki: TestPki) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    kinds = {"anchors": pki.anchors_der, "intermediates": pki.intermediates_der, "crls": pki.crls_der}
    for name, contents in kinds.items():
        (folder / name).mkdir()
        for number, content in enumerate(contents):
            (folder / name / f"{number}.der").write_bytes(content)
    stamping = pki.timestamp_anchors
    for name, contents in {"anchors": stamping.anchors_der, "crls": stamping.crls_der}.items():
        (folder / "timestamps" / name).mkdir(parents=True)
        for number, content in enumerate(contents):
            (folder / "timestamps" / name / f"{number}.der").write_bytes(content)
    return folder


@pytest.fixture
def inbox(
    tmp_path: Path, centre: SimulatedCentre, trust_folder: Path, new_url: Callable[[], str]
) -> Iterator[InboxHome]:
    settings = InboxSettings(
        name="Registry",
        centre="http://127.0.0.1:9",
        services=str(SERVICES),
        anchors=str(trust_folder),
        database=new_url(),
    )
    create_home(tmp_path / "inbox", settings, centre.keys.root_bytes)
    with centre.database.write() as connection:
        agencies.add(connection, (tmp_path / "inbox" / "agency.json").read_bytes(), by="Ann", now=NOW)
    opened = open_home(tmp_path / "inbox")
    yield opened
    opened.database.close()


@pytest.fixture
def kiosk(centre: SimulatedCentre, inbox: InboxHome) -> SimulatedKiosk:
    return centre.enrol("kiosk-1", [inbox.recipient_key.public])


@dataclass(frozen=True)
class Card:
    """A citizen's card: who, and both certified keys."""

    person: Person
    authentication: CertifiedKey
    signature: CertifiedKey

    def evidence(self, challenge: bytes = bytes(32)) -> IdentityEvidence:
        signature = self.authentication.sign_digest(sha384(CARD_CHALLENGE + challenge).digest())
        return IdentityEvidence(challenge.hex(), signature.hex(), self.authentication.certificate.hex())


@pytest.fixture(scope="session")
def pki() -> TestPki:
    return TestPki(at=datetime.fromtimestamp(NOW, UTC))


class NewCard(Protocol):
    def __call__(self, *, serial: int = 990, standing: Standing = Standing.GOOD) -> Card: ...


@pytest.fixture(scope="session")
def new_card(pki: TestPki) -> NewCard:
    def make(*, serial: int = 990, standing: Standing = Standing.GOOD) -> Card:
        birth = date(1980, 1, 8)
        code = personal_code(birth, Sex.FEMALE, serial)
        person = Person("JÕEORG", "MARI-LIIS", code, Sex.FEMALE, birth, "AB1234567")
        return Card(
            person,
            pki.issue(person, Role.AUTHENTICATION, standing),
            pki.issue(person, Role.SIGNATURE, standing),
        )

    return make


@pytest.fixture(scope="session")
def card(new_card: NewCard) -> Card:
    return new_card()


@pytest.fixture(scope="session")
def service() -> Service:
    return next(each for each in load_services(SERVICES) if each.id == "change-of-address")


class NewDocument(Protocol):
    def __call__(self, signer: Card, *, about: Card | None = None, instance: bytes | None = None) -> bytes: ...


@pytest.fixture(scope="session")
def new_document(service: Service, pki: TestPki) -> NewDocument:
    """A signed PDF; `about` is the person in the form where that is not the signer."""

    def make(signer: Card, *, about: Card | None = None, instance: bytes | None = None) -> bytes:
        session = filled(service, (about or signer).person)
        pdf = render_document(page_of(service, session, instance or session.finish(), signer.person), FONT_DIRECTORY)
        return asyncio.run(signed(pdf, signer, pki))

    return make


def filled(service: Service, person: Person) -> FormSession:
    prefill = {
        "eid:personal_code": person.personal_code,
        "eid:given_names": person.given_names,
        "eid:surname": person.surname,
        "eid:birth_date": person.birth.isoformat(),
    }
    opened = datetime.fromtimestamp(NOW - 3600, UTC)
    # The same chance each time, so that a document and the record beside it are of one session.
    session = FormSession(service.form, language="en", now=opened, prefill=prefill, randomness=bytes)
    for asked in session.questions():
        value = ANSWERS.get(asked.ref.rpartition("/")[2])
        if value is not None:
            session.answer(asked.ref, value)
    return session


PAGE = PageFacts("Tamme Library", datetime.fromtimestamp(NOW - 3600, UTC))


def page_of(service: Service, session: FormSession, instance: bytes, signer: Person) -> DocumentModel:
    person = PageSigner(signer.given_names, signer.surname, signer.personal_code)
    return page_model(service, load_page_words("en"), PAGE, person, session.answers(), instance)


async def signed(pdf: bytes, signer: Card, pki: TestPki) -> bytes:
    async def sign_digest(digest: bytes) -> bytes:
        return signer.signature.sign_digest(digest)

    return await sign_pdf(
        pdf,
        certificate=signer.signature.certificate,
        chain=[*pki.intermediates_der, *pki.anchors_der],
        sign_digest=sign_digest,
        signed_at=datetime.fromtimestamp(NOW - 3500, UTC),
        tooltip="Signature",
    )


@pytest.fixture(scope="session")
def page(service: Service, card: Card) -> DocumentModel:
    """What an honest kiosk shows before the card signs."""
    session = filled(service, card.person)
    return page_of(service, session, session.finish(), card.person)


@pytest.fixture(scope="session")
def sign_page(pki: TestPki, card: Card) -> Callable[[DocumentModel], bytes]:
    return lambda model: asyncio.run(signed(render_document(model, FONT_DIRECTORY), card, pki))


@pytest.fixture(scope="session")
def transaction(service: Service, card: Card, new_document: NewDocument) -> Transaction:
    """What an honest kiosk seals."""
    session = filled(service, card.person)
    return Transaction(
        service=service.id,
        form_id=service.form.id,
        form_version=service.form.version,
        form_sha256=service.form.sha256,
        language="en",
        provenance=session.provenance(),
        evidence=card.evidence(),
        session=session.record(),
        page=PAGE,
        document=new_document(card),
        trust=TrustVerdict(
            Outcome.PROVISIONAL, (Doubt.NO_CRL,), TrustEvidence(None, datetime.fromtimestamp(NOW - 9, UTC))
        ),
    )


@pytest.fixture
def desk(inbox: InboxHome, service: Service, trust_folder: Path, centre: SimulatedCentre) -> Desk:
    device_ca = wire.decode_base64(centre.keys.root.device_ca)
    return Desk(inbox.recipient_key, {service.id: service}, load_anchors(trust_folder), device_ca)
