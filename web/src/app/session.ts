// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useSuspenseQuery } from "@tanstack/react-query";
import { sessionOptions } from "@/api/queries";
import type { Right, Session } from "@/api/shapes";

const NOBODY: Session = { identity: "", roles: [], may: [], csrf: "", mode: "read", version: "", cluster: {} };

/**
 * Who is signed in. Inside the shell there is always somebody; on the way out, for a moment, nobody who may
 * anything.
 */
export function useSession(): Session {
  return useSuspenseQuery(sessionOptions).data ?? NOBODY;
}

/** Whether who is signed in has a right. The server decides; this only hides what would be refused. */
export function useMay(right: Right): boolean {
  return useSession().may.includes(right);
}
