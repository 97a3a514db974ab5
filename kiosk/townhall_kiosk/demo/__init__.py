# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The main job, end to end, on virtual cards: for a first look, for training and for tests of whole journeys."""
