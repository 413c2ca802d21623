# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers at the port of a console: a screen over VNC, and a terminal."""
