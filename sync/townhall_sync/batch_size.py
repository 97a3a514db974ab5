# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many envelopes go into one request: all that fit, after a failure one, then twice as many each time.

As TCP's slow start (RFC 5681 §3.1): a line that breaks before a batch is through still gets envelopes through, one by
one, and so does a centre that stumbles over one of them.
"""

from townhall_sync.batch import MAX_ENVELOPES


class BatchSize:
    """``most`` is the number for the next request."""

    def __init__(self) -> None:
        """Begin with whole batches."""
        self.most = MAX_ENVELOPES
        self._ceiling = MAX_ENVELOPES

    def went_well(self) -> None:
        """A request was answered."""
        self.most = min(2 * self.most, self._ceiling)

    def failed(self) -> None:
        """A request had no usable answer."""
        self.most = 1

    def refuse(self) -> None:
        """The centre does not take batches: it is of an older version."""
        self.most = self._ceiling = 1

    def ask_again(self) -> None:
        """Try whether it takes them by now."""
        self._ceiling = MAX_ENVELOPES
