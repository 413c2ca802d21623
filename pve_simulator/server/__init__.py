# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a server: the API and its controls over HTTPS, and in one process."""
