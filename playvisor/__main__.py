# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m playvisor`: the same as the `playvisor` command."""

from __future__ import annotations

from playvisor.cli import main

if __name__ == "__main__":
    main()
