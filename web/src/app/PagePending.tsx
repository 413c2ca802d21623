// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { SkeletonLines } from "@/parts/notes/Skeleton";

/** Keeps the place of a page whose code is being loaded. */
export function PagePending(): ReactNode {
  return <SkeletonLines lines={8} />;
}
