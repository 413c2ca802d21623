// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Button as Base } from "@base-ui/react/button";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "../classes";
import { Icon, type IconName } from "../icon/Icon";
import { Tip } from "../popover/Tip";
import styles from "./button.module.css";

export type Look = "primary" | "plain" | "quiet" | "danger";

interface Common {
  look?: Look;
  size?: "m" | "s";
  icon?: IconName;
  /** Waits for an answer: it can't be pressed again, and keeps its width. */
  busy?: boolean;
}

export interface ButtonProps extends Common, Omit<ComponentProps<typeof Base>, "className"> {
  className?: string;
}

/** A button. One in each view is `primary`; `danger` is for what loses something. */
export function Button({
  look = "plain",
  size = "m",
  icon,
  busy,
  children,
  className,
  disabled,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <Base
      className={classes(styles.button, styles[look], size === "s" && styles.small, className)}
      disabled={Boolean(disabled) || Boolean(busy)}
      focusableWhenDisabled={Boolean(busy)}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <span className={styles.spinner} /> : icon ? <Icon name={icon} /> : null}
      {children !== undefined && <span className={styles.text}>{children}</span>}
    </Base>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "icon" | "busy"> {
  icon: IconName;
  /** What it does: its name for all, and its tip. */
  label: string;
  keys?: string;
  /** Without its tip, where it would stand in the way: Escape closes a tip before a dialog. */
  noTip?: boolean;
}

/** A button with a sign alone. */
export function IconButton({
  icon,
  label,
  keys,
  noTip,
  look = "quiet",
  size = "m",
  className,
  ...rest
}: IconButtonProps): ReactNode {
  const button = (
    <Base
      aria-label={label}
      className={classes(styles.button, styles[look], styles.square, size === "s" && styles.small, className)}
      {...rest}
    >
      <Icon name={icon} size={size === "s" ? 16 : 20} />
    </Base>
  );
  if (noTip) return button;
  return (
    <Tip text={label} keys={keys}>
      {button}
    </Tip>
  );
}

export type ButtonLinkProps = Common & LinkProps & { children: ReactNode; className?: string };

/** A link to a page that looks like a button. */
export function ButtonLink({
  look = "plain",
  size = "m",
  icon,
  busy: _busy,
  children,
  className,
  ...rest
}: ButtonLinkProps): ReactNode {
  return (
    <Link {...rest} className={classes(styles.button, styles[look], size === "s" && styles.small, className)}>
      {icon && <Icon name={icon} />}
      <span className={styles.text}>{children}</span>
    </Link>
  );
}

export type ButtonAnchorProps = Common &
  Pick<ComponentProps<"a">, "download" | "target" | "rel"> & { href: string; children: ReactNode };

/** A link to a file of the server, or to a window of its own, that looks like a button. */
export function ButtonAnchor({
  look = "plain",
  size = "m",
  icon,
  busy: _busy,
  children,
  ...rest
}: ButtonAnchorProps): ReactNode {
  return (
    <a {...rest} className={classes(styles.button, styles[look], size === "s" && styles.small)}>
      {icon && <Icon name={icon} />}
      <span className={styles.text}>{children}</span>
    </a>
  );
}
