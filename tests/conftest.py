# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every property test is told: nothing depends on how fast a shared machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("townhall", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("townhall")
