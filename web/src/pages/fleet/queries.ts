// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, path, post } from "@/api/client";
import { useResource } from "@/api/queries";
import type { JsonSchema } from "@/api/shapes";
import type { Applied, Declared, Drift, ExplainedValue, Finding, Fleet, Placed, Planned } from "./shapes";
import type { Settled } from "./useSettled";

export interface Texts {
  name: string;
  environment: string;
  drafts: Settled<Readonly<Record<string, string | null>>>;
}

function makeBody({ environment, drafts }: Texts, further: object = {}): object {
  return {
    ...(environment && { environment }),
    ...(Object.keys(drafts.value).length > 0 && { files: drafts.value }),
    ...further,
  };
}

/**
 * What was asked of the cluster about a fleet. It is no resource that live events make old: to plan is to look at the
 * cluster, which is told as an event itself, and would be asked for again without end.
 */
export const fleetKey = (name: string): readonly unknown[] => ["fleet", name];

/** One question about texts that are not saved; the one before is given up. */
function useQuestion<T>(texts: Texts, what: string, further: object, enabled: boolean): UseQueryResult<T> {
  const { name, environment, drafts } = texts;
  return useQuery({
    queryKey: [...fleetKey(name), what, environment, drafts.stamp, further],
    queryFn: ({ signal }) => post<T>(path`/fleets/${name}/${what}`, makeBody(texts, further), { signal }),
    enabled,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
}

export function useFleet(name: string, environment: string): UseQueryResult<Fleet> {
  return useResource<Fleet>(path`/fleets/${name}`, { environment });
}

export function useSchema(name: string, enabled: boolean): UseQueryResult<JsonSchema> {
  return useQuery({
    queryKey: ["fleet-schema"],
    queryFn: ({ signal }) => get<JsonSchema>(path`/fleets/${name}/schema`, undefined, signal),
    enabled,
    staleTime: Infinity,
  });
}

export function useLint(texts: Texts, enabled: boolean): UseQueryResult<{ problems: Finding[]; objects?: Placed[] }> {
  return useQuestion(texts, "lint", {}, enabled);
}

export function usePlan(texts: Texts, enabled: boolean): UseQueryResult<Planned> {
  return useQuestion(texts, "plan", { keep: false }, enabled);
}

export function useExplained(
  texts: Texts,
  at: object,
  enabled: boolean,
): UseQueryResult<{ values: ExplainedValue[]; left_out: number }> {
  return useQuestion(texts, "explain", at, enabled);
}

export function useRendered(texts: Texts, enabled: boolean): UseQueryResult<{ text: string; secrets: string[] }> {
  return useQuestion(texts, "render", {}, enabled);
}

export function useDrift(name: string, environment: string, enabled: boolean): UseQueryResult<Drift> {
  return useQuery({
    queryKey: [...fleetKey(name), "drift", environment],
    queryFn: ({ signal }) => get<Drift>(path`/fleets/${name}/drift`, { environment }, signal),
    enabled,
    retry: false,
  });
}

export function useVersions(name: string): UseQueryResult<{ versions: Applied[] }> {
  return useResource<{ versions: Applied[] }>(path`/fleets/${name}/versions`);
}

export function useDeclared(
  name: string,
  version: number,
  against: "before" | "files",
): UseQueryResult<{ objects: Declared[] }> {
  return useResource<{ objects: Declared[] }>(path`/fleets/${name}/versions/${version}/diff`, { against });
}
