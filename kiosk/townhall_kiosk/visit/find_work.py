# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does to find services: one index a language, and what was found on the desk."""

from dataclasses import dataclass, field

from townhall_forms.service import Service
from townhall_kiosk import events as on
from townhall_kiosk.finding import effects as look
from townhall_kiosk.finding import events as happened
from townhall_kiosk.finding.service_search import Findable, ServiceSearch
from townhall_kiosk.finding.shelves import are_many
from townhall_kiosk.visit.desk import Desk, FoundServices
from townhall_kiosk.visit.surroundings import Surroundings


@dataclass(slots=True)
class FindWork:
    """Looks for services; an index is built once and only read afterwards."""

    desk: Desk
    around: Surroundings
    _searches: dict[str, ServiceSearch] = field(default_factory=dict)

    def prepare(self) -> None:
        """Build the index of every language while nobody waits; where services are few there is no search."""
        if are_many(self.around.services):
            for language in self.around.texts:
                self._search(language)

    def find(self, job: look.FindServices) -> on.Event:
        """Look for what was typed."""
        found = self._search(self.around.language).find(job.words)
        if not found:
            why = "search.none" if job.words.strip() else "form.answer-needed"
            return happened.NothingFound(job.words, self.around.text(why))
        self.desk.found = FoundServices(job.words, found)
        return happened.ServicesFound()

    def _search(self, language: str) -> ServiceSearch:
        if language not in self._searches:
            services = (self._findable(service, language) for service in self.around.services)
            self._searches[language] = ServiceSearch(language, services)
        return self._searches[language]

    def _findable(self, service: Service, language: str) -> Findable:
        facts = self.around.local_facts(service.id)
        office = None if facts is None else facts.office
        return Findable(
            service.id,
            service.titles[language],
            service.words.get(language, ()),
            service.summaries[language],
            () if office is None else (office.names[language], office.address),
        )
