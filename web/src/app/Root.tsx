// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import { Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Toasts } from "@/parts/toast/Toasts";

/** What is around every page, signed in or not. The content policy forbids style elements, so no part may make one. */
export function Root(): ReactNode {
  return (
    <CSPProvider disableStyleElements>
      <Tooltip.Provider>
        <Outlet />
        <Toasts />
      </Tooltip.Provider>
    </CSPProvider>
  );
}
