# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Kiosks and whole centres for tests, measurements and training: real keys in memory, real bytes, no kiosk."""
