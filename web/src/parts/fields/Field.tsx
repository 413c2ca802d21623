// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Field as Base } from "@base-ui/react/field";
import type { ReactNode } from "react";
import { useWords } from "@/words";
import { classes } from "../classes";
import { Icon } from "../icon/Icon";
import styles from "./fields.module.css";

/** What every input has around it. */
export interface FieldProps {
  label: ReactNode;
  /** Keeps the label for those who hear the page alone. */
  hideLabel?: boolean;
  help?: ReactNode;
  /** What is wrong with the value, such as `problem.fields[name]`. */
  error?: string | undefined;
  required?: boolean;
  disabled?: boolean;
  name?: string;
}

/** A label, an input, what helps, and what is wrong. */
export function Field({
  label,
  hideLabel,
  help,
  error,
  required,
  disabled,
  name,
  children,
  row,
}: FieldProps & { children: ReactNode; row?: boolean }): ReactNode {
  const words = useWords();
  return (
    <Base.Root
      className={classes(styles.field, row && styles.fieldRow)}
      invalid={Boolean(error)}
      disabled={Boolean(disabled)}
      {...(name && { name })}
    >
      <Base.Label className={hideLabel ? "unseen" : styles.label}>
        {label}
        {required && (
          <span className={styles.required} title={words.parts.required}>
            *
          </span>
        )}
      </Base.Label>
      {children}
      {error && (
        <Base.Error match className={styles.error}>
          <Icon name="warn" />
          {error}
        </Base.Error>
      )}
      {help && <Base.Description className={styles.help}>{help}</Base.Description>}
    </Base.Root>
  );
}
