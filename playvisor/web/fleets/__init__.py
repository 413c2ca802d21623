# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleets that the web serves: their folders, files, texts that are not saved, and what git says of them."""
