// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { AlertDialog as AlertBase } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { useState, type ReactElement, type ReactNode } from "react";
import { useWords } from "@/words";
import { Button, IconButton } from "../button/Button";
import { classes } from "../classes";
import styles from "./dialog.module.css";

interface Opening {
  trigger?: ReactElement<Record<string, unknown>>;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export interface DialogProps extends Opening {
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  /** The buttons at its end, the main one last. */
  actions?: ReactNode;
  size?: "s" | "m" | "l" | "xl";
}

/** A window over the page. */
export function Dialog({
  trigger,
  title,
  description,
  children,
  actions,
  size = "m",
  ...opening
}: DialogProps): ReactNode {
  const words = useWords();
  return (
    <Base.Root {...opening}>
      {trigger && <Base.Trigger render={trigger} />}
      <Base.Portal>
        <Base.Backdrop className={styles.scrim} />
        <Base.Popup className={classes(styles.window, styles[size])}>
          <header className={styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close render={<IconButton icon="close" label={words.actions.close} size="s" noTip />} />
          </header>
          {description && <Base.Description className={styles.description}>{description}</Base.Description>}
          <div className={styles.body}>{children}</div>
          {actions && <footer className={styles.foot}>{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface DrawerProps extends Opening {
  title: ReactNode;
  children: ReactNode;
  actions?: ReactNode;
  side?: "left" | "right" | "bottom";
  size?: "s" | "m" | "l";
}

/** A sheet at the side of the page, or at its foot. */
export function Drawer({
  trigger,
  title,
  children,
  actions,
  side = "right",
  size = "m",
  ...opening
}: DrawerProps): ReactNode {
  const words = useWords();
  return (
    <Base.Root {...opening}>
      {trigger && <Base.Trigger render={trigger} />}
      <Base.Portal>
        <Base.Backdrop className={styles.scrim} />
        <Base.Popup className={classes(styles.sheet, styles[side], styles[`sheet-${size}`])}>
          <header className={styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close render={<IconButton icon="close" label={words.actions.close} size="s" noTip />} />
          </header>
          <div className={styles.body}>{children}</div>
          {actions && <footer className={styles.foot}>{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface AlertProps extends Opening {
  title: ReactNode;
  children: ReactNode;
  /** What the button that goes on says: the deed, not "OK". */
  confirm: string;
  danger?: boolean;
  /** Goes on. The question stays until it is done, and also when it fails. */
  onConfirm: () => unknown;
}

/** A question that has to be answered before anything goes on. */
export function AlertDialog({
  trigger,
  title,
  children,
  confirm,
  danger,
  onConfirm,
  open,
  onOpenChange,
}: AlertProps): ReactNode {
  const words = useWords();
  const [own, setOwn] = useState(false);
  const [busy, setBusy] = useState(false);
  const change = onOpenChange ?? setOwn;
  const goOn = async (): Promise<void> => {
    setBusy(true);
    try {
      await onConfirm();
      change(false);
    } catch {
      // Who asked shows the problem inside; the question stays.
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertBase.Root open={open ?? own} onOpenChange={change}>
      {trigger && <AlertBase.Trigger render={trigger} />}
      <AlertBase.Portal>
        <AlertBase.Backdrop className={styles.scrim} />
        <AlertBase.Popup className={classes(styles.window, styles.s)}>
          <header className={styles.head}>
            <AlertBase.Title className={styles.title}>{title}</AlertBase.Title>
          </header>
          <AlertBase.Description className={styles.body} render={<div />}>
            {children}
          </AlertBase.Description>
          <footer className={styles.foot}>
            <AlertBase.Close render={<Button>{words.actions.cancel}</Button>} />
            <Button look={danger ? "danger" : "primary"} busy={busy} onClick={() => void goOn()}>
              {confirm}
            </Button>
          </footer>
        </AlertBase.Popup>
      </AlertBase.Portal>
    </AlertBase.Root>
  );
}
