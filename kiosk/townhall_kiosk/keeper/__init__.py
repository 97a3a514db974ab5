# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The process that always lives: device key, journal, line to the centre, and the visits that it starts and ends."""
