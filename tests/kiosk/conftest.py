# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the kiosk's tests share: the town's service, texts, a device key, and desks with everything on them."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_forms.service import Service, load_services
from townhall_forms.session import FormSession
from townhall_kiosk import states as at
from townhall_kiosk.receipt import ReceiptFacts, sign_receipt
from townhall_kiosk.simulation.ports import SimulatedOutbox
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.texts import Texts, load_texts
from townhall_kiosk.visit.desk import Desk, Document
from townhall_kiosk.visit.form_work import prefill_of
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.identity import Identity
from townhall_smartcard.messages import StatedData
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=2)))
SERVICES = Path(__file__).resolve().parents[2] / "services"

AGENCY = "population-register"

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
    return load_texts(("en", "ar"))


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
    stated = StatedData(
        surname="ÕISPUU",
        given_names="KADRI-LIIS",
        sex="N",
        citizenship="EST",
        birth="15 03 1984 EST",
        personal_code="48403159914",
        document_number="TT0000991",
        expiry_date="31 12 2099",
        issuing_date="03 02 2025",
    )
    return Identity("48403159914", "ÕISPUU", "KADRI-LIIS", date(1984, 3, 15), b"", b"", stated)


@pytest.fixture
def make_around(texts: Mapping[str, Texts], services: tuple[Service, ...]) -> MakeAround:
    """Surroundings in a language, with a printer and the line up."""

    def make(language: str) -> Surroundings:
        return Surroundings(
            "Tamme Library", texts, services, can_print=True, language=language, line_is_up=True, countdown_total_s=20
        )

    return make


@pytest.fixture
def make_desk(identity: Identity, service: Service, key: FileDeviceKey) -> MakeDesk:
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
        return Desk(
            identity=identity,
            service=service,
            form=form,
            document=Document(b"%PDF", (b"PNG",), "Text of the document"),
            receipt=sign_receipt(facts, key),
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
        recipients = {AGENCY: (recipient.public,)}
        return SimulatedVisit(make_around("en"), pki.trust_anchors, recipients, SimulatedOutbox(key), start=start)

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
