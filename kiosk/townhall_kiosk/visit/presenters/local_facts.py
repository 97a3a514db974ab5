# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the municipality says of a service: beside its name in a list, and as a page of its own before the form."""

from decimal import Decimal

from townhall_forms.service import Service
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_sync.catalogue_municipality import Fee
from townhall_ui.screens import MessageScreen


def hint(service: Service, around: Surroundings) -> str:
    """Return what stands under the name of a service: what it is, and what it costs here."""
    facts = around.local_facts(service.id)
    summary = service.summaries[around.language]
    return summary if facts is None or facts.fee is None else f"{summary} {_amount(facts.fee, around)}"


def about(desk: Desk, around: Surroundings) -> MessageScreen:
    """Fee, office and hours of the chosen service, before its first question."""
    text, language, service = around.text, around.language, desk.service
    assert service is not None  # noqa: S101  # the table opens this state only with a form on the desk
    facts = around.local_facts(service.id)
    told = []
    if facts is not None and facts.fee is not None:
        told.append(" ".join((_amount(facts.fee, around), facts.fee.words.get(language, ""))).strip())
    if facts is not None and facts.office is not None:
        told.append(text("about.office", name=facts.office.names[language], address=facts.office.address))
    if facts is not None and facts.hours:
        told.append(text("about.hours", hours=facts.hours[language]))
    heading = frame(around, service.titles[language], proceed=text("button.continue"), back=True, stop=True)
    return MessageScreen(heading, tuple(told))


def _amount(fee: Fee, around: Surroundings) -> str:
    amount = Decimal(fee.amount)
    if not amount:
        return around.text("about.no-fee")
    return around.text("about.fee", amount=around.text.money(amount, fee.currency))
