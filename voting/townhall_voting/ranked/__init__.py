# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Questions whose answers are decrypted one by one: shuffles that hide whose they are, and how ranks are counted."""
