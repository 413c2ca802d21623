// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import {
  keepPreviousData,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useCallback } from "react";
import { useWords } from "@/words";
import { get, makeIdempotencyKey, path, post, remove, send, setCsrf, type Answered, type Query } from "./client";
import { Problem } from "./problem";
import type { Freeze, HeldPlan, Result, Run, Session, Tool, Way } from "./shapes";

/**
 * The keys of all that is read. The first word is the resource; live.ts forgets by it what an event says has changed.
 * Reads by tools stand below "tool", so that a change on the cluster makes all of them old.
 */
export const keys = {
  session: ["session"] as const,
  ways: ["sign-in"] as const,
  tools: ["tools"] as const,
  tool: (name: string, args: unknown = {}) => ["tool", name, args] as const,
  overview: ["overview"] as const,
  runs: (query: Query = {}) => ["runs", query] as const,
  run: (id: string) => ["run", id] as const,
  runPart: (id: string, part: string) => ["run", id, part] as const,
  plans: (state = "held") => ["plans", state] as const,
  plan: (id: string) => ["plan", id] as const,
  freeze: ["freeze"] as const,
  resource: (where: string, query: Query = {}) => ["resource", where, query] as const,
};

/** Who is signed in; null when nobody is. */
export const sessionOptions = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await get<Session>("/session", undefined, signal);
      setCsrf(session.csrf);
      return session;
    } catch (error) {
      if (error instanceof Problem && error.isSignedOut) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

/** The ways to sign in that this server has. */
export const waysOptions = queryOptions({
  queryKey: keys.ways,
  queryFn: async ({ signal }) => (await get<{ ways: Way[] }>("/sign-in", undefined, signal)).ways,
});

export const toolsOptions = queryOptions({
  queryKey: keys.tools,
  queryFn: async ({ signal }) => (await get<{ tools: Tool[] }>("/tools", undefined, signal)).tools,
  staleTime: Infinity,
});

/** A read of the cluster by a tool; `T` is what the tool returns beside the fields of every result. */
export function readToolOptions<T>(name: string, args: object = {}) {
  return queryOptions({
    queryKey: keys.tool(name, args),
    queryFn: async ({ signal }) => post<Result & T>(path`/tools/${name}`, args, { signal }),
    placeholderData: keepPreviousData,
  });
}

/** Read the cluster by a tool: `useReadTool<{guests: Guest[]}>("list_guests")`. */
export function useReadTool<T>(name: string, args: object = {}, enabled = true): UseQueryResult<Result & T> {
  return useQuery({ ...readToolOptions<T>(name, args), enabled }) as UseQueryResult<Result & T>;
}

/** Read any resource of the API: `useResource<{entries: Entry[]}>("/ledger", {limit: 50})`. */
export function useResource<T>(where: string, query: Query = {}, enabled = true): UseQueryResult<T> {
  return useQuery({
    queryKey: keys.resource(where, query),
    queryFn: ({ signal }) => get<T>(where, query, signal),
    enabled,
  });
}

/** All tools, with titles in the page's language. */
export function useTools(): UseQueryResult<Tool[]> {
  const { toolTitle } = useWords();
  const select = useCallback(
    (tools: Tool[]) => tools.map((tool) => ({ ...tool, title: toolTitle(tool.name) || tool.title })),
    [toolTitle],
  );
  return useQuery({ ...toolsOptions, select });
}

export function useRuns(query: Query = {}): UseQueryResult<{ runs: Run[]; next?: string | null }> {
  return useQuery({
    queryKey: keys.runs(query),
    queryFn: ({ signal }) => get<{ runs: Run[]; next?: string | null }>("/runs", query, signal),
    placeholderData: keepPreviousData,
  });
}

export function useRun(id: string): UseQueryResult<Run> {
  return useQuery({ queryKey: keys.run(id), queryFn: ({ signal }) => get<Run>(path`/runs/${id}`, undefined, signal) });
}

/** A part of a run, such as "tasks", "requests", "artifacts" or "undo". */
export function useRunPart<T>(id: string, part: string, enabled = true): UseQueryResult<T> {
  return useQuery({
    queryKey: keys.runPart(id, part),
    queryFn: ({ signal }) => get<T>(path`/runs/${id}/${part}`, undefined, signal),
    enabled,
  });
}

export function usePlans(state = "held", enabled = true): UseQueryResult<{ plans: HeldPlan[] }> {
  return useQuery({
    queryKey: keys.plans(state),
    queryFn: ({ signal }) => get<{ plans: HeldPlan[] }>("/plans", { state }, signal),
    enabled,
  });
}

export function usePlan(id: string, enabled = true): UseQueryResult<HeldPlan> {
  return useQuery({
    queryKey: keys.plan(id),
    queryFn: ({ signal }) => get<HeldPlan>(path`/plans/${id}`, undefined, signal),
    enabled,
  });
}

export function useFreeze(enabled = true): UseQueryResult<Freeze> {
  return useQuery({
    queryKey: keys.freeze,
    queryFn: ({ signal }) => get<Freeze>("/freeze", undefined, signal),
    enabled,
  });
}

/** One call of a tool: with `check: true` in its arguments it is only planned. */
export interface Call {
  tool: string;
  args: Record<string, unknown>;
  /** Keep it over repetitions of one and the same write. */
  idempotencyKey?: string;
}

/** Call a tool; what it changed is read again. 202 (running or held) is an answer, failures are problems. */
export function useCallTool<T = object>(): UseMutationResult<Answered<Result & T>, Problem, Call> {
  const client = useQueryClient();
  return useMutation<Answered<Result & T>, Problem, Call>({
    mutationFn: ({ tool, args, idempotencyKey }) =>
      send<Result & T>("POST", path`/tools/${tool}`, {
        body: args,
        idempotencyKey: idempotencyKey ?? makeIdempotencyKey(),
      }),
    onSuccess: ({ data }) => {
      if (data.changed || data.status === "held" || data.status === "running") void forgetReads(client);
    },
  });
}

/** Let everything that was read of the cluster be read again where it is shown. */
export async function forgetReads(client: ReturnType<typeof useQueryClient>): Promise<void> {
  await Promise.all(
    ["tool", "overview", "runs", "plans"].map((resource) => client.invalidateQueries({ queryKey: [resource] })),
  );
}

/** End the session; who came from an identity provider goes there, where its own session ends. */
export function useSignOut(): UseMutationResult<{ go_to?: string }, Problem, void> {
  const client = useQueryClient();
  return useMutation<{ go_to?: string }, Problem, void>({
    mutationFn: () => remove<{ go_to?: string }>("/session"),
    onSettled: (answer) => {
      client.clear();
      client.setQueryData(keys.session, null);
      if (answer?.go_to && /^https?:/.test(answer.go_to)) location.assign(answer.go_to);
    },
  });
}
