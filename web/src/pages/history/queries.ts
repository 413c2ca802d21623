// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, type Query } from "@/api/client";
import { keys, useResource } from "@/api/queries";
import type { Changes, PastObject, Span } from "./model";

export const MOST_CHANGES = 500;
export const MOST_GUESTS = 5000;

/** From when on the history is known, and when the cluster was looked at last. */
export function useSpan(): UseQueryResult<Span> {
  return useResource<Span>("/history/span");
}

/** Changes of a period; what was shown stays until the next is there. */
export function useChanges(query: Query, enabled = true): UseQueryResult<Changes> {
  return useQuery({
    queryKey: keys.resource("/history/changes", query),
    queryFn: ({ signal }) => get<Changes>("/history/changes", query, signal),
    placeholderData: keepPreviousData,
    retry: false,
    enabled,
  });
}

/** The guests as they were at a moment. */
export function usePastGuests(at: string): UseQueryResult<{ objects: PastObject[]; next: string | null; at: string }> {
  const query = { at, kind: "guest", limit: MOST_GUESTS };
  return useQuery({
    queryKey: keys.resource("/history/state", query),
    queryFn: ({ signal }) =>
      get<{ objects: PastObject[]; next: string | null; at: string }>("/history/state", query, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
}
