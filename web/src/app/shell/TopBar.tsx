// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useLiveState, type LiveState } from "@/api/live";
import { useFreeze, useSignOut } from "@/api/queries";
import type { Mode } from "@/api/shapes";
import { IconButton } from "@/parts/button/Button";
import { classes } from "@/parts/classes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Menu, MenuChoice, MenuItem, MenuLine } from "@/parts/menu/Menu";
import { Popover } from "@/parts/popover/Popover";
import { KeyValues } from "@/parts/values/KeyValues";
import { Time } from "@/parts/values/Time";
import { LANGUAGES, setLanguage, useLanguage, useWords } from "@/words";
import { useSession } from "../session";
import { setTheme, useTheme, useThemeChoice } from "../theme";
import { Mark } from "./Mark";
import styles from "./shell.module.css";

const SIGN_OF_MODE: Record<Mode, IconName> = { read: "lock", check: "document", apply: "play" };

export function TopBar({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }): ReactNode {
  const words = useWords();
  const session = useSession();
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
        <kbd>Ctrl K</kbd>
      </button>
      <div className={styles.barEnd}>
        <LiveMark />
        <ThemeMenu />
        <LanguageMenu />
        <span className={styles.barHelp}>
          <IconButton icon="keyboard" label={words.shell.shortcuts} keys="?" onClick={onHelp} />
        </span>
        <UserMenu onHelp={onHelp} />
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
    <Popover
      title={`${words.shell.mode}: ${words.shell.modes[mode]}`}
      trigger={
        <button type="button" className={classes(styles.mode, styles[`mode-${mode}`])}>
          <Icon name={SIGN_OF_MODE[mode]} />
          <span>{words.shell.modes[mode]}</span>
        </button>
      }
    >
      <p className={styles.help}>{words.shell.modeHelp[mode]}</p>
    </Popover>
  );
}

function LiveMark(): ReactNode {
  const words = useWords();
  const state: LiveState = useLiveState();
  return (
    <Popover
      align="end"
      title={words.shell.live[state]}
      trigger={
        <button type="button" className={classes(styles.live, styles[`live-${state}`])}>
          {state === "lost" || state === "off" ? <Icon name="warn" /> : <span className={styles.dot} aria-hidden />}
          <span className={styles.liveText} role="status">
            {words.shell.live[state]}
          </span>
        </button>
      }
    >
      <p className={styles.help}>{words.shell.liveHelp[state]}</p>
    </Popover>
  );
}

function ThemeMenu(): ReactNode {
  const words = useWords();
  const choice = useThemeChoice();
  const theme = useTheme();
  return (
    <span className={styles.barTheme}>
      <Menu
        align="end"
        trigger={<IconButton icon={theme === "dark" ? "moon" : "sun"} label={words.shell.theme} />}
      >
        <ThemeChoiceItems choice={choice} />
      </Menu>
    </span>
  );
}

function ThemeChoiceItems({ choice }: { choice: "light" | "dark" | "auto" }): ReactNode {
  const words = useWords();
  return (
    <MenuChoice
      label={words.shell.theme}
      value={choice}
      onChange={setTheme}
      options={[
        { value: "light", text: words.shell.light, icon: "sun" },
        { value: "dark", text: words.shell.dark, icon: "moon" },
        { value: "auto", text: words.shell.auto, icon: "screen" },
      ]}
    />
  );
}

function LanguageItems(): ReactNode {
  const words = useWords();
  const language = useLanguage();
  const names = { en: "English", fr: "Français" } as const;
  return (
    <MenuChoice
      label={words.language.switch}
      value={language}
      onChange={(next) => void setLanguage(next)}
      options={LANGUAGES.map((value) => ({ value, text: names[value] }))}
    />
  );
}

function LanguageMenu(): ReactNode {
  const words = useWords();
  return (
    <span className={styles.barTheme}>
      <Menu align="end" trigger={<IconButton icon="globe" label={words.language.switch} />}>
        <LanguageItems />
      </Menu>
    </span>
  );
}

function UserMenu({ onHelp }: { onHelp: () => void }): ReactNode {
  const words = useWords();
  const session = useSession();
  const signOut = useSignOut();
  const choice = useThemeChoice();
  const navigate = useNavigate();
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className={styles.user} aria-label={words.shell.userMenu}>
          <span className={styles.avatar} aria-hidden>
            {session.identity.slice(0, 1).toUpperCase()}
          </span>
        </button>
      }
    >
      <div className={styles.who}>
        <p className={styles.whoName}>{session.name ?? session.identity}</p>
        <KeyValues
          size="s"
          items={[
            { name: words.shell.roles, value: session.roles.join(", ") },
            ...(session.profile ? [{ name: words.fields.cluster, value: session.profile }] : []),
          ]}
        />
        {session.expires_at && (
          <p className={styles.whoNote}>
            <Time value={session.expires_at} render={(text) => words.shell.until(text)} />
          </p>
        )}
      </div>
      <MenuLine />
      <div className={styles.onlySmall}>
        <ThemeChoiceItems choice={choice} />
        <LanguageItems />
        <MenuLine />
      </div>
      <MenuItem icon="keyboard" keys="?" onSelect={onHelp}>
        {words.shell.shortcuts}
      </MenuItem>
      <MenuItem
        icon="signOut"
        onSelect={() => signOut.mutate(undefined, { onSettled: () => void navigate({ to: "/sign-in" }) })}
      >
        {words.shell.signOut}
      </MenuItem>
      <MenuLine />
      <p className={styles.version}>{words.shell.version(session.version)}</p>
    </Menu>
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
        {freeze.reason && <>: {freeze.reason}</>}
      </p>
    </div>
  );
}
