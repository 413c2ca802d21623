// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import type { ReactElement, ReactNode } from "react";
import { useSignOut } from "@/api/queries";
import { Menu, MenuChoice, MenuItem, MenuLine } from "@/parts/menu/Menu";
import { Popover } from "@/parts/popover/Popover";
import { KeyValues } from "@/parts/values/KeyValues";
import { Time } from "@/parts/values/Time";
import { LANGUAGES, setLanguage, useLanguage, useWords } from "@/words";
import { useSession } from "../session";
import { setTheme, useThemeChoice } from "../theme";
import styles from "./shell.module.css";

/** What the buttons of the top bar open; loaded when somebody reaches for the first of them. */
export interface TopMenuProps {
  kind: "theme" | "language" | "user" | "help";
  trigger: ReactElement<Record<string, unknown>>;
  title?: string;
  text?: string;
  onHelp?: () => void;
}

export default function TopMenu({ kind, trigger, title, text, onHelp }: TopMenuProps): ReactNode {
  if (kind === "help") {
    return (
      <Popover defaultOpen title={title} trigger={trigger} align="end">
        <p className={styles.help}>{text}</p>
      </Popover>
    );
  }
  return (
    <Menu defaultOpen align="end" trigger={trigger}>
      {kind === "theme" ? (
        <ThemeItems />
      ) : kind === "language" ? (
        <LanguageItems />
      ) : (
        <UserItems {...(onHelp && { onHelp })} />
      )}
    </Menu>
  );
}

function ThemeItems(): ReactNode {
  const words = useWords();
  return (
    <MenuChoice
      label={words.shell.theme}
      value={useThemeChoice()}
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
  const names = { en: "English", fr: "Français" } as const;
  return (
    <MenuChoice
      label={words.language.switch}
      value={useLanguage()}
      onChange={(next) => void setLanguage(next)}
      options={LANGUAGES.map((value) => ({ value, text: names[value] }))}
    />
  );
}

function UserItems({ onHelp }: { onHelp?: () => void }): ReactNode {
  const words = useWords();
  const session = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  return (
    <>
      <div className={styles.who}>
        <p className={styles.whoName}>{session.name ?? session.identity}</p>
        <KeyValues
          size="s"
          items={[
            { name: words.shell.roles, value: session.roles.join(", ") },
            { name: words.fields.cluster, value: session.profile },
          ]}
        />
        {session.expires_at && (
          <p className={styles.whoNote}>
            <Time value={session.expires_at} render={(time) => words.shell.until(time)} />
          </p>
        )}
      </div>
      <MenuLine />
      <div className={styles.onlySmall}>
        <ThemeItems />
        <LanguageItems />
        <MenuLine />
      </div>
      <MenuItem icon="keyboard" keys="?" {...(onHelp && { onSelect: onHelp })}>
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
    </>
  );
}
