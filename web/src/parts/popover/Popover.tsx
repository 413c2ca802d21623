// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Popover as Base } from "@base-ui/react/popover";
import type { ReactElement, ReactNode } from "react";
import styles from "./popover.module.css";

export interface PopoverProps {
  trigger: ReactElement<Record<string, unknown>>;
  /** Its heading, which names it. */
  title?: ReactNode;
  children: ReactNode;
  side?: "top" | "bottom" | "left" | "right";
  align?: "start" | "center" | "end";
  defaultOpen?: boolean;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

/** A small panel at what opens it. */
export function Popover({
  trigger,
  title,
  children,
  side = "bottom",
  align = "start",
  defaultOpen = false,
  open,
  onOpenChange,
}: PopoverProps): ReactNode {
  const controlled = { ...(open !== undefined && { open }), ...(onOpenChange && { onOpenChange }) };
  return (
    <Base.Root defaultOpen={defaultOpen} {...controlled}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} side={side} align={align} collisionPadding={8} className={styles.positioner}>
          <Base.Popup className={styles.popup}>
            {title && <Base.Title className={styles.title}>{title}</Base.Title>}
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
