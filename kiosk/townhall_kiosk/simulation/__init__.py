# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands in for the world around a visit: for tests and training. Nothing here runs on a kiosk in service."""
