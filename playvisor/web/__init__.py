# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application and the REST API: a face of the bridge, without any power of its own."""
