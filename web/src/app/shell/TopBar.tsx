// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useLiveState, type LiveState } from "@/api/live";
import { useFreeze } from "@/api/queries";
import type { Mode } from "@/api/shapes";
import { IconButton } from "@/parts/button/Button";
import { classes } from "@/parts/classes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Time } from "@/parts/values/Time";
import { useWords } from "@/words";
import { useSession } from "../session";
import { useTheme } from "../theme";
import { Mark } from "./Mark";
import { OnDemand } from "./OnDemand";
import styles from "./shell.module.css";

const SIGN_OF_MODE: Record<Mode, IconName> = { read: "lock", check: "document", apply: "play" };

export function TopBar({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }): ReactNode {
  const words = useWords();
  const session = useSession();
  const theme = useTheme();
  const cluster = session.cluster.name ?? hostOf(session.cluster.url);
  return (
    <header className={styles.bar} data-print="no">
      <span className={styles.barMark}>
        <Mark />
      </span>
      <div className={styles.cluster}>
        <span className={styles.clusterName} title={session.cluster.url}>
          {cluster}
        </span>
        <ModeBadge mode={session.mode} />
      </div>
      <button type="button" className={styles.search} onClick={onSearch} aria-keyshortcuts="Control+K">
        <Icon name="search" />
        <span className={styles.searchText}>{words.palette.open}</span>
        <kbd aria-hidden>Ctrl K</kbd>
      </button>
      <div className={styles.barEnd}>
        <LiveMark />
        <span className={styles.barTheme}>
          <OnDemand
            kind="theme"
            trigger={<IconButton icon={theme === "dark" ? "moon" : "sun"} label={words.shell.theme} />}
          />
        </span>
        <span className={styles.barTheme}>
          <OnDemand kind="language" trigger={<IconButton icon="globe" label={words.language.switch} />} />
        </span>
        <span className={styles.barHelp}>
          <IconButton icon="keyboard" label={words.shell.shortcuts} keys="?" onClick={onHelp} />
        </span>
        <OnDemand
          kind="user"
          onHelp={onHelp}
          trigger={
            <button type="button" className={styles.user} aria-label={words.shell.userMenu}>
              <span className={styles.avatar} aria-hidden>
                {session.identity.slice(0, 1).toUpperCase()}
              </span>
            </button>
          }
        />
      </div>
    </header>
  );
}

function hostOf(url: string | undefined): string {
  try {
    return url ? new URL(url).host : "";
  } catch {
    return url ?? "";
  }
}

function ModeBadge({ mode }: { mode: Mode }): ReactNode {
  const words = useWords();
  return (
    <OnDemand
      kind="help"
      title={`${words.shell.mode}: ${words.shell.modes[mode]}`}
      text={words.shell.modeHelp[mode]}
      trigger={
        <button type="button" className={classes(styles.mode, styles[`mode-${mode}`])}>
          <Icon name={SIGN_OF_MODE[mode]} />
          <span>{words.shell.modes[mode]}</span>
        </button>
      }
    />
  );
}

function LiveMark(): ReactNode {
  const words = useWords();
  const state: LiveState = useLiveState();
  return (
    <OnDemand
      kind="help"
      title={words.shell.live[state]}
      text={words.shell.liveHelp[state]}
      trigger={
        <button type="button" className={classes(styles.live, styles[`live-${state}`])}>
          {state === "lost" || state === "off" ? <Icon name="warn" /> : <span className={styles.dot} aria-hidden />}
          <span className={styles.liveText} role="status">
            {words.shell.live[state]}
          </span>
        </button>
      }
    />
  );
}

/** Says above every page that nothing can be changed now. */
export function FreezeBanner(): ReactNode {
  const words = useWords();
  const freeze = useFreeze().data;
  if (!freeze?.frozen) return null;
  return (
    <div className={styles.freeze} role="status">
      <Icon name="freeze" size={20} />
      <p>
        <strong>{words.shell.frozen}</strong>
        {freeze.by && <> {words.shell.frozenBy(freeze.by)}</>}
        {freeze.since && (
          <>
            {", "}
            <Time value={freeze.since} />
          </>
        )}
        {freeze.why && <>: {freeze.why}</>}
      </p>
    </div>
  );
}
