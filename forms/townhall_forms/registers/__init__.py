# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What registers already know of a person: statements that their registrars sign, and extracts of sealed records."""
