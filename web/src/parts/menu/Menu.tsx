// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Menu as Base } from "@base-ui/react/menu";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactElement, ReactNode } from "react";
import { classes } from "../classes";
import { Icon, type IconName } from "../icon/Icon";
import styles from "./menu.module.css";

export interface MenuProps {
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  side?: "top" | "bottom" | "left" | "right";
  align?: "start" | "center" | "end";
  defaultOpen?: boolean;
}

/** A menu of actions, choices and links. */
export function Menu({
  trigger,
  children,
  side = "bottom",
  align = "start",
  defaultOpen = false,
}: MenuProps): ReactNode {
  return (
    <Base.Root defaultOpen={defaultOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} side={side} align={align} collisionPadding={8} className={styles.positioner}>
          <Base.Popup className={styles.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export interface MenuItemProps {
  icon?: IconName;
  children: ReactNode;
  /** A second line under it. */
  note?: ReactNode;
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect?: () => void;
}

export function MenuItem({ icon, children, note, keys, danger, disabled, onSelect }: MenuItemProps): ReactNode {
  return (
    <Base.Item
      className={classes(styles.item, danger && styles.danger)}
      disabled={Boolean(disabled)}
      onClick={() => onSelect?.()}
    >
      <span className={styles.sign}>{icon && <Icon name={icon} />}</span>
      <span className={styles.text}>
        {children}
        {note && <span className={styles.note}>{note}</span>}
      </span>
      {keys && <kbd>{keys}</kbd>}
    </Base.Item>
  );
}

/** A link to a page, in a menu. */
export function MenuLink({ icon, children, ...link }: { icon?: IconName; children: ReactNode } & LinkProps): ReactNode {
  return (
    <Base.Item className={styles.item} render={<Link {...link} />}>
      <span className={styles.sign}>{icon && <Icon name={icon} />}</span>
      <span className={styles.text}>{children}</span>
    </Base.Item>
  );
}

export interface MenuChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; text: string; icon?: IconName }[];
  onChange: (value: T) => void;
}

/** One choice of several, in a menu. */
export function MenuChoice<T extends string>({ label, value, options, onChange }: MenuChoiceProps<T>): ReactNode {
  return (
    <Base.Group>
      <Base.GroupLabel className={styles.label}>{label}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={(next: T) => onChange(next)}>
        {options.map((option) => (
          <Base.RadioItem key={option.value} value={option.value} className={styles.item} closeOnClick>
            <span className={styles.sign}>{option.icon && <Icon name={option.icon} />}</span>
            <span className={styles.text}>{option.text}</span>
            <Base.RadioItemIndicator className={styles.mark}>
              <Icon name="check" />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

/** Something that is on or off, in a menu that stays open. */
export function MenuCheck({
  checked,
  onChange,
  children,
  disabled,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
  disabled?: boolean;
}): ReactNode {
  return (
    <Base.CheckboxItem
      className={styles.item}
      checked={checked}
      onCheckedChange={onChange}
      closeOnClick={false}
      disabled={Boolean(disabled)}
    >
      <span className={styles.sign}>
        <Base.CheckboxItemIndicator>
          <Icon name="check" />
        </Base.CheckboxItemIndicator>
      </span>
      <span className={styles.text}>{children}</span>
    </Base.CheckboxItem>
  );
}

export function MenuLine(): ReactNode {
  return <Base.Separator className={styles.line} />;
}
