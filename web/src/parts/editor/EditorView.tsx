// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, toggleTabFocusMode } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  rectangularSelection,
  tooltips,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef, type ReactNode } from "react";
import type { JsonSchema } from "@/api/shapes";
import { useTheme } from "@/app/theme";
import { useWords } from "@/words";
import type { EditorProps, TextProblem } from "./Editor";
import styles from "./editor.module.css";
import { findNodePlace, findProblems, suggest } from "./yamlSchema";

const CHECK_MS = 300;

// The colours are the tokens: custom properties reach into the shadow root, and follow the theme by themselves.
const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--accent-text)", padding: "0.5rem 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--accent-text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-line)",
    opacity: "0.55",
  },
  ".cm-gutters": {
    backgroundColor: "var(--surface-sunken)",
    color: "var(--text-faint)",
    border: "0",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--press)", color: "var(--text)" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--accent-text)",
    border: "1px solid var(--accent-line)",
    padding: "0 0.25rem",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent-line)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn-line)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--warn-line)" },
  ".cm-selectionMatch": { backgroundColor: "var(--hover)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface-raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "7px",
    boxShadow: "var(--shadow-2)",
    overflow: "hidden",
    fontFamily: "var(--font)",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", fontSize: "0.75rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.1875rem 0.5rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { marginLeft: "0.75rem", fontStyle: "normal", opacity: "0.75" },
  ".cm-completionInfo": { maxWidth: "22rem", padding: "0.5rem 0.75rem", fontSize: "0.75rem" },
  ".cm-diagnostic": { padding: "0.25rem 0.5rem", fontSize: "0.75rem" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad-fill)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warn-fill)" },
  ".cm-diagnostic-info": { borderLeft: "4px solid var(--info-fill)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad-fill)",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--warn-fill)",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-info": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--info-fill)",
    textUnderlineOffset: "3px",
  },
  ".cm-panels": { backgroundColor: "var(--surface-sunken)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-textfield, .cm-button": {
    border: "1px solid var(--line-control)",
    borderRadius: "5px",
    background: "var(--surface)",
    color: "var(--text)",
    fontSize: "0.75rem",
  },
  ".cm-panel.cm-search label": { fontSize: "0.75rem" },
});

const highlight = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-text)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--warn)" },
  { tag: [tags.comment], color: "var(--text-faint)", fontStyle: "italic" },
  { tag: [tags.meta, tags.labelName, tags.typeName], color: "var(--info)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--text-soft)" },
]);

/** CodeMirror, in a shadow root of its own: there its styles are adopted sheets, which the content policy allows. */
export default function YamlEditor(props: EditorProps): ReactNode {
  const words = useWords();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  const changing = useRef({ readOnly: new Compartment(), dark: new Compartment(), label: new Compartment() });
  const isDark = useTheme() === "dark";
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const place = host.current;
    if (!place) return;
    const shadow = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    const parent = document.createElement("div");
    parent.style.height = "100%";
    shadow.replaceChildren(parent);
    const { readOnly, dark, label } = changing.current;
    const made = new EditorView({
      root: shadow,
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          listExtensions(latest),
          readOnly.of(makeReadOnly(latest.current.readOnly)),
          dark.of(EditorView.darkTheme.of(isDark)),
          label.of(EditorView.contentAttributes.of({ tabindex: "0", "aria-label": latest.current.label })),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
    // It is made once; what changes later is given to it below.
  }, []);

  useEffect(() => {
    const shown = view.current;
    if (!shown || shown.state.doc.toString() === props.value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: props.value } });
  }, [props.value]);
  useEffect(() => {
    view.current?.dispatch({
      effects: [
        changing.current.readOnly.reconfigure(makeReadOnly(props.readOnly)),
        changing.current.dark.reconfigure(EditorView.darkTheme.of(isDark)),
        changing.current.label.reconfigure(
          EditorView.contentAttributes.of({ tabindex: "0", "aria-label": props.label }),
        ),
      ],
    });
  }, [props.readOnly, props.label, isDark]);

  const { goTo } = props;
  useEffect(() => {
    const shown = view.current;
    if (!shown || !goTo) return;
    const line = shown.state.doc.line(Math.min(Math.max(goTo.line, 1), shown.state.doc.lines));
    shown.dispatch({
      selection: { anchor: line.from + (/^\s*/.exec(line.text)?.[0].length ?? 0) },
      effects: EditorView.scrollIntoView(line.from, { y: "center" }),
    });
    shown.focus();
  }, [goTo]);

  // What is wrong by the schema and by the server, a moment after the last key.
  const { value, schema, problems } = props;
  useEffect(() => {
    const timer = setTimeout(() => {
      const shown = view.current;
      if (!shown) return;
      const all = [...findProblems(shown.state.doc.toString(), schema), ...(problems ?? [])];
      shown.dispatch(
        setDiagnostics(
          shown.state,
          all.map((problem) => toDiagnostic(problem, shown.state)),
        ),
      );
    }, CHECK_MS);
    return () => clearTimeout(timer);
  }, [value, schema, problems]);

  return (
    <div className={styles.frame}>
      <div ref={host} className={styles.host} style={{ height: props.height }} data-keys="own" />
      <p className={styles.help}>{words.parts.editorHelp}</p>
    </div>
  );
}

function makeReadOnly(isReadOnly: boolean | undefined): Extension {
  return [EditorState.readOnly.of(isReadOnly ?? false), EditorView.editable.of(!isReadOnly)];
}

function listExtensions(latest: { current: EditorProps }): Extension[] {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    rectangularSelection(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    tooltips({ position: "absolute" }),
    EditorState.tabSize.of(2),
    yaml(),
    syntaxHighlighting(highlight),
    theme,
    autocompletion({
      override: [(context) => complete(context, latest.current.schema)],
      icons: false,
      activateOnTyping: true,
    }),
    keymap.of([
      {
        key: "Mod-s",
        run: () => {
          latest.current.onSave?.();
          return true;
        },
        preventDefault: true,
      },
      { key: "Ctrl-m", run: toggleTabFocusMode },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...foldKeymap,
      ...lintKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
      if (update.selectionSet || update.docChanged) {
        latest.current.onLine?.(update.state.doc.lineAt(update.state.selection.main.head).number);
      }
      if (latest.current.onPlace && (update.selectionSet || update.docChanged)) {
        latest.current.onPlace(findNodePlace(update.state.doc.toString(), update.state.selection.main.head));
      }
    }),
  ];
}

function complete(context: CompletionContext, schema: JsonSchema | undefined): CompletionResult | null {
  if (!schema) return null;
  const word = context.matchBefore(/[\w.-]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const suggestions = suggest(schema, context.state.doc.toString(), word.from);
  if (!suggestions.length) return null;
  return {
    from: word.from,
    options: suggestions.map((suggestion) => ({
      label: suggestion.label,
      type: suggestion.kind === "property" ? "property" : "constant",
      ...(suggestion.kind === "property" && { apply: `${suggestion.label}: ` }),
      ...(suggestion.detail && { detail: suggestion.detail }),
      ...(suggestion.info && { info: suggestion.info }),
    })),
    validFor: /^[\w.-]*$/,
  };
}

function toDiagnostic(problem: TextProblem, state: EditorState): Diagnostic {
  const { length, lines } = state.doc;
  const line = problem.line === undefined ? null : state.doc.line(Math.min(Math.max(problem.line, 1), lines));
  const start = line ? Math.min(line.from + Math.max((problem.column ?? 1) - 1, 0), line.to) : 0;
  const from = Math.min(problem.from ?? start, length);
  const to = Math.min(Math.max(problem.to ?? line?.to ?? from, from), length);
  return { from, to, severity: problem.severity, message: problem.message };
}
