# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway: the only way from runs on this machine to the cluster's API. It has the credentials, runs have not."""
