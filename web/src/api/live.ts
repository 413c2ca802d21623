// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { PREFIX } from "./client";
import { keys } from "./queries";

/** What the server tells as it happens. `reset` means that some was missed. */
export const EVENT_KINDS = ["run", "task", "plan", "change", "freeze", "session", "reset"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
export type LiveState = "connecting" | "live" | "lost" | "off";

export interface LiveEvent {
  kind: EventKind;
  id: string;
  data: Record<string, unknown>;
}

type Message = { event: LiveEvent } | { state: LiveState } | { ask: true };

const NAME = "playvisor.live";
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
const GATHER_MS = 250;

/**
 * The live events of a browser: one tab holds the connection, by a lock, and tells the others by a channel.
 * A browser without locks has a connection for each tab.
 */
class Live {
  private state: LiveState = "off";
  private readonly stateListeners = new Set<() => void>();
  private readonly listeners = new Set<(event: LiveEvent) => void>();
  private channel: BroadcastChannel | null = null;
  private source: EventSource | null = null;
  private stopping: AbortController | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private lastId = "";

  readonly subscribeState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  readonly getState = (): LiveState => this.state;

  /** Call `listener` with every event. Returns how to stop that. */
  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    if (this.stopping) return;
    const stopping = new AbortController();
    this.stopping = stopping;
    this.setState("connecting");
    if (!("locks" in navigator) || !("BroadcastChannel" in globalThis)) {
      this.connect();
      return;
    }
    const channel = new BroadcastChannel(NAME);
    this.channel = channel;
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("event" in data) this.tell(data.event);
      else if ("state" in data && !this.source) this.setState(data.state);
      else if ("ask" in data && this.source) channel.postMessage({ state: this.state } satisfies Message);
    };
    channel.postMessage({ ask: true } satisfies Message);
    const hold = async (): Promise<void> => {
      this.connect();
      await new Promise<void>((resolve) => {
        stopping.signal.addEventListener("abort", () => resolve());
      });
    };
    navigator.locks.request(NAME, { signal: stopping.signal }, hold).catch(() => undefined);
  }

  stop(): void {
    this.stopping?.abort();
    this.stopping = null;
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
    this.channel?.close();
    this.channel = null;
    this.setState("off");
  }

  private connect(): void {
    // The browser resumes by itself with Last-Event-ID; the query does so after it gave up.
    const source = new EventSource(`${PREFIX}/events${this.lastId ? `?last_event_id=${this.lastId}` : ""}`);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.shareState("live");
    };
    source.onerror = () => {
      if (this.source !== source) return;
      this.shareState("lost");
      if (source.readyState === EventSource.CLOSED) this.reconnect();
    };
    for (const kind of EVENT_KINDS) {
      source.addEventListener(kind, (message: MessageEvent<string>) => {
        const event = { kind, id: message.lastEventId, data: parseData(message.data) };
        this.lastId = message.lastEventId || this.lastId;
        this.channel?.postMessage({ event } satisfies Message);
        this.tell(event);
      });
    }
  }

  private reconnect(): void {
    this.source?.close();
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 30_000;
    this.failures += 1;
    this.retry = setTimeout(() => {
      if (this.stopping) this.connect();
    }, wait);
  }

  private tell(event: LiveEvent): void {
    this.lastId = event.id || this.lastId;
    for (const listener of [...this.listeners]) listener(event);
  }

  private shareState(state: LiveState): void {
    this.setState(state);
    this.channel?.postMessage({ state } satisfies Message);
  }

  private setState(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.stateListeners) listener();
  }
}

function parseData(text: string): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(text);
    return data !== null && typeof data === "object" ? (data as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export const live = new Live();

/** Whether events arrive. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(live.subscribeState, live.getState);
}

/** Call `listener` with the events of these kinds, as long as the component is there. */
export function useLive(kinds: readonly EventKind[], listener: (event: LiveEvent) => void): void {
  useEffect(() => live.subscribe((event) => kinds.includes(event.kind) && listener(event)), [kinds, listener]);
}

/** The keys of the queries that an event makes old. Pure. */
export function listStaleKeys({ kind, data }: LiveEvent): readonly (readonly unknown[])[] {
  const runId = typeof data.run_id === "string" ? data.run_id : undefined;
  switch (kind) {
    case "run":
      return [
        ["runs"],
        ["overview"],
        ...(runId ? [keys.run(runId)] : []),
        // What a run has changed is read again; a run that reads changes nothing, or this would never end.
        ...(data.changed === true ? [["tool"], ["resource"]] : []),
      ];
    case "task":
      return runId ? [keys.run(runId)] : [];
    case "plan":
      return [["plans"], ["overview"], ...(typeof data.plan_id === "string" ? [keys.plan(data.plan_id)] : [])];
    case "change":
      return [["tool"], ["overview"], ["resource"]];
    case "freeze":
      return [keys.freeze, ["overview"]];
    case "session":
      return [keys.session];
    case "reset":
      return [[]];
  }
}

/** Let what events make old be read again where it is shown; events that come together cost one read. */
export function followWithQueries(client: QueryClient): () => void {
  let gathered = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const forget = (): void => {
    timer = undefined;
    const stale = gathered;
    gathered = new Map();
    for (const queryKey of stale.values()) void client.invalidateQueries({ queryKey });
  };
  const end = live.subscribe((event) => {
    for (const key of listStaleKeys(event)) gathered.set(JSON.stringify(key), key);
    timer ??= setTimeout(forget, GATHER_MS);
  });
  // A stream that is refused may mean that the session has ended.
  const endState = live.subscribeState(() => {
    if (live.getState() === "lost") void client.invalidateQueries({ queryKey: keys.session });
  });
  return () => {
    clearTimeout(timer);
    end();
    endState();
  };
}
