# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m pve_simulator`."""

from __future__ import annotations

import sys

from pve_simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
