# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bundled fonts, as files; Noto, under the OFL."""
