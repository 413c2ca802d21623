// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useWords, type Words } from "@/words";
import { classes } from "../classes";
import { Icon, type IconName } from "../icon/Icon";
import type { Tone } from "../notes/Note";
import styles from "./status.module.css";

interface Look {
  tone: Tone;
  icon: IconName;
  word: keyof Words["states"];
}

/** How each state looks: always a sign and a word beside the colour. */
const LOOKS: Readonly<Record<string, Look>> = {
  running: { tone: "ok", icon: "play", word: "running" },
  online: { tone: "ok", icon: "ok", word: "online" },
  available: { tone: "ok", icon: "ok", word: "available" },
  ok: { tone: "ok", icon: "check", word: "ok" },
  approved: { tone: "ok", icon: "check", word: "approved" },
  applied: { tone: "ok", icon: "check", word: "applied" },
  ready: { tone: "info", icon: "document", word: "ready" },
  planned: { tone: "info", icon: "document", word: "planned" },
  held: { tone: "warn", icon: "hourglass", word: "held" },
  paused: { tone: "warn", icon: "pause", word: "paused" },
  suspended: { tone: "warn", icon: "pause", word: "suspended" },
  interrupted: { tone: "warn", icon: "warn", word: "interrupted" },
  failed: { tone: "bad", icon: "bad", word: "failed" },
  offline: { tone: "bad", icon: "bad", word: "offline" },
  refused: { tone: "bad", icon: "lock", word: "refused" },
  denied: { tone: "bad", icon: "lock", word: "denied" },
  stopped: { tone: "idle", icon: "stop", word: "stopped" },
  cancelled: { tone: "idle", icon: "close", word: "cancelled" },
  expired: { tone: "idle", icon: "clock", word: "expired" },
  inactive: { tone: "idle", icon: "minus", word: "inactive" },
  template: { tone: "idle", icon: "template", word: "template" },
  unknown: { tone: "idle", icon: "info", word: "unknown" },
};

/** The state of anything by its name on the wire; of one that is not known, the name itself. */
export function Status({
  state,
  text,
  quiet,
}: {
  state: string | null | undefined;
  text?: string;
  quiet?: boolean;
}): ReactNode {
  const words = useWords();
  if (!state) return null;
  const look = LOOKS[state];
  return (
    <Badge tone={look?.tone ?? "idle"} icon={look?.icon ?? "info"} {...(quiet && { quiet })}>
      {text ?? (look ? words.states[look.word] : state)}
    </Badge>
  );
}

/** A state of a run: one that goes on turns. */
export function RunStatus({ outcome }: { outcome: string | null | undefined }): ReactNode {
  const words = useWords();
  if (outcome && outcome !== "running") return <Status state={outcome} />;
  return (
    <span className={classes(styles.badge, styles.info)}>
      <span className={styles.spinner} aria-hidden />
      {words.states.running}
    </span>
  );
}

export interface BadgeProps {
  tone?: Tone;
  icon?: IconName;
  /** Without a ground of its own, for tables. */
  quiet?: boolean;
  title?: string;
  children: ReactNode;
}

/** A short word about something. */
export function Badge({ tone = "idle", icon, quiet, title, children }: BadgeProps): ReactNode {
  return (
    <span className={classes(styles.badge, styles[tone], quiet && styles.quiet)} title={title}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

const TONE_OF_EFFECT: Readonly<Record<string, Tone>> = {
  read: "idle",
  operate: "info",
  changes: "info",
  interrupts: "warn",
  destroy: "bad",
  "loses data": "bad",
  "gives access": "warn",
};
const SIGN_OF_EFFECT: Readonly<Record<string, IconName>> = {
  read: "search",
  operate: "edit",
  changes: "edit",
  interrupts: "power",
  destroy: "warn",
  "loses data": "trash",
  "gives access": "key",
};

/** An effect in the words of the policy. */
export function Effect({ effect, quiet }: { effect: string; quiet?: boolean }): ReactNode {
  const words = useWords();
  const known = words.effects as Readonly<Record<string, string>>;
  return (
    <Badge tone={TONE_OF_EFFECT[effect] ?? "warn"} icon={SIGN_OF_EFFECT[effect] ?? "warn"} {...(quiet && { quiet })}>
      {known[effect] ?? effect}
    </Badge>
  );
}
