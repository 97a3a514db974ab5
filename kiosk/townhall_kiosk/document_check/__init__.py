# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff check a document at the counter: its zone typed, its chip read and judged, all of it beside its picture."""
