# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A machine readable zone in a picture of a document, read by Debian's tesseract; nothing is believed that it says."""
