# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is let in to the officers' page: whoever has the one-time token of the command's output, for a while."""

import hmac
import secrets
from collections.abc import Callable
from typing import Final

IDLE_S: Final = 600
OVERALL_S: Final = 12 * 3600


class Sessions:
    """At most one session, by one token that opens once. ``clock`` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.token = secrets.token_urlsafe(32)
        """To be shown once, to the person at the terminal."""
        self._clock = clock
        self._is_open = True
        self._cookie = secrets.token_urlsafe(32)
        self._begun = self._seen = 0.0
        self.csrf = secrets.token_urlsafe(32)
        """What every form of the session bears."""

    def enter(self, token: str) -> str | None:
        """Return the session's cookie for the right token, the first time alone."""
        if not (self._is_open and _is_same(token, self.token)):
            return None
        self._is_open = False
        self._begun = self._seen = self._clock()
        return self._cookie

    def holds(self, cookie: str) -> bool:
        """Tell whether a request comes from the session, and keep the session awake."""
        now = self._clock()
        is_awake = now - self._seen <= IDLE_S and now - self._begun <= OVERALL_S
        if self._is_open or not is_awake or not _is_same(cookie, self._cookie):
            return False
        self._seen = now
        return True

    def is_own_form(self, csrf: str) -> bool:
        """Tell whether a form was made for the session."""
        return _is_same(csrf, self.csrf)


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
