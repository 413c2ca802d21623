// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { useTools } from "@/api/queries";
import { checkValue } from "../form/model";
import { SchemaForm, type FormValue, type SchemaFormProps } from "../form/SchemaForm";
import { ProblemNote } from "../notes/ProblemNote";
import { SkeletonLines } from "../notes/Skeleton";
import { PlanDialog, type PlanDialogProps } from "./PlanDialog";

export interface ToolDialogProps
  extends Omit<PlanDialogProps, "args" | "children">, Pick<SchemaFormProps, "first" | "render"> {
  /** Arguments that the page sets itself. The form does not ask for them. */
  given: Readonly<Record<string, unknown>>;
  /** What else it does not ask for, beside `check` and `wait`. */
  without?: readonly string[];
  /** What stands in the form at first. */
  initial?: FormValue;
}

const OF_THE_DIALOG = ["check", "wait"];

/** A dialog that asks for a tool's arguments by its schema, shows the plan of that, and applies it. */
export function ToolDialog({
  given,
  without = [],
  initial = {},
  first,
  render,
  ...dialog
}: ToolDialogProps): ReactNode {
  const tools = useTools();
  const [value, setValue] = useState<FormValue>(initial);
  const [hidden] = useState(() => [...OF_THE_DIALOG, ...Object.keys(given), ...without]);
  const schema = tools.data?.find(({ name }) => name === dialog.tool)?.input_schema;
  const args = { ...value, ...given };
  const isRight = schema !== undefined && checkValue(schema, args).size === 0;
  return (
    <PlanDialog {...dialog} args={isRight ? args : undefined}>
      {({ fields }) =>
        tools.isError ? (
          <ProblemNote error={tools.error} bare />
        ) : schema ? (
          <SchemaForm
            schema={schema}
            value={value}
            onChange={setValue}
            fields={fields}
            without={hidden}
            {...(first && { first })}
            {...(render && { render })}
          />
        ) : (
          <SkeletonLines lines={6} />
        )
      }
    </PlanDialog>
  );
}
