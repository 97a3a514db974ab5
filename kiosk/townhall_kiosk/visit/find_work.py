# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does to find services: one index a language, and what was found on the desk."""

from dataclasses import dataclass, field

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
            services = (
                Findable(each.id, each.titles[language], each.words.get(language, ()), each.summaries[language])
                for each in self.around.services
            )
            self._searches[language] = ServiceSearch(language, services)
        return self._searches[language]
