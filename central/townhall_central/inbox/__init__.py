# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An agency's inbox: a process, a user and a database of its own, and the only holder of the agency's private keys."""
