# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Figures of the product beside a peer or a physical floor, measured in the same run."""
