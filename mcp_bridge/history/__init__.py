# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clusters were, and what changed in them: versions of observed objects, in the ledger's database."""
