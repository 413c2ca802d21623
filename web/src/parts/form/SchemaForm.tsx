// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { createContext, use, useId, useMemo, useState, type ReactNode } from "react";
import type { JsonSchema } from "@/api/shapes";
import { useWords, type Words } from "@/words";
import { Button, IconButton } from "../button/Button";
import { MultiCombobox } from "../fields/Combobox";
import type { FieldProps } from "../fields/Field";
import { NumberInput } from "../fields/NumberInput";
import { Select } from "../fields/Select";
import { TextArea, TextInput } from "../fields/TextInput";
import { Icon } from "../icon/Icon";
import styles from "./form.module.css";
import {
  BrokenJson,
  checkValue,
  findKind,
  listEntries,
  readItem,
  resolveSchema,
  setField,
  type Complaint,
} from "./model";

export type FormValue = Readonly<Record<string, unknown>>;

export interface SchemaFormProps {
  schema: JsonSchema;
  value: FormValue;
  onChange: (value: Record<string, unknown>) => void;
  /** What the server said of each field: `problem.fields`. */
  fields?: Readonly<Record<string, string>>;
  /** Shows what is missing; before that only what is wrong with what was given. */
  showMissing?: boolean;
  /** Properties that come first and always show. */
  first?: readonly string[];
  /** Properties that the page sets itself, such as `check`. */
  without?: readonly string[];
  /** Inputs of one's own for some properties, such as a guest to choose. */
  render?: Readonly<Record<string, (field: OwnField) => ReactNode>>;
}

export interface OwnField extends FieldProps {
  value: unknown;
  onChange: (value: unknown) => void;
}

interface Context {
  root: JsonSchema;
  fields: Readonly<Record<string, string>>;
  complaints: ReadonlyMap<string, Complaint>;
  showMissing: boolean;
}

const FormContext = createContext<Context>({ root: {}, fields: {}, complaints: new Map(), showMissing: false });

/** A form from a JSON Schema. What is not set stays out of the value, so that the server's defaults hold. */
export function SchemaForm({
  schema,
  value,
  onChange,
  fields = {},
  showMissing = false,
  first,
  without = [],
  render = {},
}: SchemaFormProps): ReactNode {
  const shown = useMemo(
    () => ({
      ...schema,
      properties: Object.fromEntries(
        Object.entries(schema.properties ?? {}).filter(([name]) => !without.includes(name)),
      ),
    }),
    [schema, without],
  );
  const context = useMemo(
    () => ({ root: schema, fields, complaints: checkValue(shown, value, schema), showMissing }),
    [schema, shown, fields, value, showMissing],
  );
  return (
    <FormContext value={context}>
      <Properties schema={shown} value={value} path="" onChange={onChange} {...(first && { first })} render={render} />
    </FormContext>
  );
}

interface PropertiesProps {
  schema: JsonSchema;
  value: FormValue;
  path: string;
  onChange: (value: Record<string, unknown>) => void;
  first?: readonly string[];
  render?: NonNullable<SchemaFormProps["render"]>;
}

function Properties({ schema, value, path, onChange, first, render = {} }: PropertiesProps): ReactNode {
  const words = useWords();
  const { fields } = use(FormContext);
  const entries = listEntries(schema, first);
  const isBelow = (name: string): boolean => {
    const place = path ? `${path}.${name}` : name;
    return Object.keys(fields).some(
      (field) => field === place || field.startsWith(`${place}.`) || field.startsWith(`${place}[`),
    );
  };
  // What is set, or wrong, is never out of sight.
  const forced = entries.more.filter(([name]) => value[name] !== undefined || isBelow(name));
  const rest = entries.more.filter((entry) => !forced.includes(entry));
  const [isWhole, setWhole] = useState(false);
  const shown = [...entries.first, ...forced, ...(isWhole ? rest : [])];
  return (
    <div className={styles.properties}>
      {shown.map(([name, property]) => (
        <Property
          key={name}
          name={name}
          schema={property}
          value={value[name]}
          path={path ? `${path}.${name}` : name}
          required={schema.required?.includes(name) ?? false}
          onChange={(next) => onChange(setField(value, name, next))}
          own={render[name]}
        />
      ))}
      {rest.length > 0 && (
        <div className={styles.wide}>
          <Button
            look="quiet"
            size="s"
            icon={isWhole ? "up" : "down"}
            aria-expanded={isWhole}
            onClick={() => setWhole(!isWhole)}
          >
            {isWhole ? words.parts.showFewer : words.parts.showAll(rest.length)}
          </Button>
        </div>
      )}
    </div>
  );
}

interface PropertyProps {
  name: string;
  schema: JsonSchema;
  value: unknown;
  path: string;
  required: boolean;
  onChange: (value: unknown) => void;
  own?: ((field: OwnField) => ReactNode) | undefined;
}

function Property({ name, schema: given, value, path, required, onChange, own }: PropertyProps): ReactNode {
  const words = useWords();
  const { root, fields, complaints, showMissing } = use(FormContext);
  const schema = resolveSchema(given, root);
  const complaint = complaints.get(path);
  const isShown = complaint && (complaint.kind !== "required" || showMissing);
  const field: FieldProps = {
    label: <code className={styles.name}>{name}</code>,
    ...(schema.description && { help: schema.description }),
    error: fields[path] ?? (isShown ? say(complaint, words) : undefined),
    required,
  };
  if (own) return own({ ...field, value, onChange });
  const kind = findKind(schema);
  switch (kind) {
    case "text":
    case "secret":
      return (
        <TextProperty field={field} schema={schema} value={value} onChange={onChange} isSecret={kind === "secret"} />
      );
    case "lines":
      return (
        <div className={styles.wide}>
          <TextArea {...field} value={asText(value)} onChange={(text) => onChange(text === "" ? undefined : text)} />
        </div>
      );
    case "choice":
      return (
        <Select
          {...field}
          value={value === undefined ? "" : asText(value)}
          onChange={(next) => onChange(next === "" ? undefined : next)}
          placeholder={defaultOf(schema, words)}
          options={[
            ...(required ? [] : [{ value: "", text: defaultOf(schema, words) }]),
            ...(schema.enum ?? []).map((each) => ({ value: String(each), text: String(each) })),
          ]}
        />
      );
    case "boolean":
      return (
        <Select
          {...field}
          value={value === undefined ? "" : String(value)}
          onChange={(next) => onChange(next === "" ? undefined : next === "true")}
          placeholder={defaultOf(schema, words)}
          options={[
            ...(required ? [] : [{ value: "", text: defaultOf(schema, words) }]),
            { value: "true", text: words.states.yes },
            { value: "false", text: words.states.no },
          ]}
        />
      );
    case "number":
    case "whole":
      return (
        <NumberInput
          {...field}
          value={typeof value === "number" ? value : null}
          onChange={(next) => onChange(next ?? undefined)}
          plain={/id$/.test(name)}
          {...(schema.minimum !== undefined && { min: schema.minimum })}
          {...(schema.maximum !== undefined && { max: schema.maximum })}
          {...(schema.default !== undefined && { placeholder: String(schema.default) })}
        />
      );
    case "texts":
    case "choices": {
      const items = resolveSchema(schema.items ?? {}, root);
      const list = Array.isArray(value) ? value : [];
      const wrong = list.findIndex((_item, index) => complaints.has(`${path}[${String(index)}]`));
      const complaintOfItem = wrong < 0 ? undefined : complaints.get(`${path}[${String(wrong)}]`);
      return (
        <MultiCombobox
          {...field}
          {...(complaintOfItem && !field.error && { error: `${String(list[wrong])}: ${say(complaintOfItem, words)}` })}
          value={list.map(String)}
          onChange={(next) => onChange(next.length ? next.map((each) => readItem(each, items)) : undefined)}
          options={(items.enum ?? []).map((each) => ({ value: String(each), text: String(each) }))}
          creatable={kind === "texts"}
          placeholder={words.parts.addItem}
        />
      );
    }
    case "objects":
      return (
        <ObjectsProperty field={field} name={name} schema={schema} value={value} path={path} onChange={onChange} />
      );
    case "object":
      return <ObjectProperty field={field} name={name} schema={schema} value={value} path={path} onChange={onChange} />;
    case "json":
      return <JsonProperty field={field} value={value} onChange={onChange} />;
  }
}

interface InputProps {
  field: FieldProps;
  schema: JsonSchema;
  value: unknown;
  onChange: (value: unknown) => void;
}

function TextProperty({ field, schema, value, onChange, isSecret }: InputProps & { isSecret: boolean }): ReactNode {
  const words = useWords();
  const isCleared = value === "" && schema["x-clears"] === true;
  return (
    <TextInput
      {...field}
      type={isSecret ? "password" : "text"}
      autoComplete="off"
      spellCheck={false}
      value={asText(value)}
      onChange={(text) => onChange(text === "" ? undefined : text)}
      placeholder={isCleared ? words.parts.clearValue : schema.default === undefined ? "" : String(schema.default)}
      {...(schema["x-clears"] && {
        end: (
          <IconButton
            size="s"
            icon={isCleared ? "reload" : "trash"}
            label={isCleared ? words.parts.unset : words.parts.clearValue}
            aria-pressed={isCleared}
            onClick={() => onChange(isCleared ? undefined : "")}
          />
        ),
      })}
    />
  );
}

interface NestedProps extends InputProps {
  name: string;
  path: string;
}

function ObjectProperty({ field, name, schema, value, path, onChange }: NestedProps): ReactNode {
  const words = useWords();
  const id = useId();
  const [isOpen, setOpen] = useState(value !== undefined || field.required === true);
  const isShown = isOpen || value !== undefined;
  return (
    <div role="group" aria-labelledby={id} className={styles.group}>
      <div className={styles.groupHead}>
        <span id={id}>
          <code className={styles.name}>{name}</code>
        </span>
        {isShown ? (
          !field.required && (
            <IconButton
              size="s"
              icon="close"
              label={words.parts.unset}
              onClick={() => {
                setOpen(false);
                onChange(undefined);
              }}
            />
          )
        ) : (
          <Button size="s" look="quiet" icon="plus" onClick={() => setOpen(true)}>
            {words.actions.add}
          </Button>
        )}
      </div>
      {field.help && <p className={styles.help}>{field.help}</p>}
      {field.error && <ErrorText text={field.error} />}
      {isShown && (
        <Properties
          schema={schema}
          value={(value as FormValue | undefined) ?? {}}
          path={path}
          onChange={(next) => onChange(Object.keys(next).length ? next : undefined)}
        />
      )}
    </div>
  );
}

function ObjectsProperty({ field, name, schema, value, path, onChange }: NestedProps): ReactNode {
  const words = useWords();
  const { root } = use(FormContext);
  const id = useId();
  const items = resolveSchema(schema.items ?? {}, root);
  const list = Array.isArray(value) ? (value as FormValue[]) : [];
  const set = (next: readonly FormValue[]): void => onChange(next.length ? next : undefined);
  return (
    <div role="group" aria-labelledby={id} className={styles.group}>
      <div className={styles.groupHead}>
        <span id={id}>
          <code className={styles.name}>{name}</code>
        </span>
        <Button size="s" look="quiet" icon="plus" onClick={() => set([...list, {}])}>
          {words.parts.addItem}
        </Button>
      </div>
      {field.help && <p className={styles.help}>{field.help}</p>}
      {field.error && <ErrorText text={field.error} />}
      {list.map((item, index) => (
        <div key={index} role="group" aria-label={words.parts.item(index + 1)} className={styles.item}>
          <div className={styles.groupHead}>
            <span className={styles.itemName}>{words.parts.item(index + 1)}</span>
            <IconButton
              size="s"
              icon="trash"
              label={words.parts.removeItem(index + 1)}
              onClick={() => set(list.filter((_each, place) => place !== index))}
            />
          </div>
          <Properties
            schema={items}
            value={item}
            path={`${path}[${String(index)}]`}
            onChange={(next) => set(list.map((each, place) => (place === index ? next : each)))}
          />
        </div>
      ))}
    </div>
  );
}

function JsonProperty({ field, value, onChange }: Omit<InputProps, "schema">): ReactNode {
  const words = useWords();
  const [text, setText] = useState(() =>
    value === undefined ? "" : value instanceof BrokenJson ? value.text : JSON.stringify(value, null, 2),
  );
  const change = (next: string): void => {
    setText(next);
    if (!next.trim()) {
      onChange(undefined);
      return;
    }
    try {
      onChange(JSON.parse(next));
    } catch {
      onChange(new BrokenJson(next));
    }
  };
  return (
    <div className={styles.wide}>
      <TextArea
        {...field}
        mono
        spellCheck={false}
        rows={5}
        value={text}
        onChange={change}
        placeholder={words.parts.json}
      />
    </div>
  );
}

function ErrorText({ text }: { text: string }): ReactNode {
  return (
    <p className={styles.error} role="alert">
      <Icon name="warn" />
      {text}
    </p>
  );
}

function asText(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

function defaultOf(schema: JsonSchema, words: Words): string {
  if (schema.default === undefined) return words.parts.unset;
  if (typeof schema.default === "boolean")
    return `${words.parts.unset} (${schema.default ? words.states.yes : words.states.no})`;
  return `${words.parts.unset} (${String(schema.default)})`;
}

function say(complaint: Complaint, words: Words): string {
  const { parts } = words;
  switch (complaint.kind) {
    case "required":
      return parts.formRequired;
    case "number":
      return parts.formNumber;
    case "whole":
      return parts.formWhole;
    case "pattern":
      return parts.formPattern;
    case "choice":
      return parts.formChoice;
    case "json":
      return parts.invalidJson;
    case "minimum":
      return parts.formMinimum(complaint.limit);
    case "maximum":
      return parts.formMaximum(complaint.limit);
  }
}
