// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Checkbox } from "@base-ui/react/checkbox";
import {
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type Header,
  type Row,
  type RowData,
  type RowSelectionState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type TouchEvent,
} from "react";
import { usePrinting } from "@/app/printing";
import { useWords } from "@/words";
import { classes } from "../classes";
import { Icon } from "../icon/Icon";
import { Empty } from "../notes/Empty";
import { Skeleton } from "../notes/Skeleton";
import { foldText, matchesFilter, parseFilter } from "./filter";
import styles from "./table.module.css";
import { Toolbar } from "./Toolbar";
import { useFilterValue } from "./useFilterValue";
import { useMedia } from "./useMedia";
import { useTableViews } from "./views";

export type CellValue = string | number | boolean | null | undefined;

export interface Column<T> {
  /** Also its name in filters: `node:pve1`. */
  id: string;
  header: string;
  /** What it is sorted by, and found by unless `text` says more. */
  value: (row: T) => CellValue;
  text?: (row: T) => string;
  /** How it looks; without, its value as text. */
  cell?: (row: T) => ReactNode;
  /** Its width in px; with `grow` its least, and its share of what is left. */
  width?: number;
  grow?: number;
  align?: "end";
  /** Not shown at first. */
  hidden?: boolean;
  /** Not shown at first on narrow screens. */
  wide?: boolean;
  /** It can't be hidden. */
  fixed?: boolean;
}

export interface DataTableProps<T> {
  /** Under which its layout and views are kept. */
  id: string;
  label: string;
  /** Undefined while they are loaded. Keep the array stable between changes. */
  rows: readonly T[] | undefined;
  columns: readonly Column<T>[];
  getRowId: (row: T) => string;
  /** What a row is called, where it can be selected. */
  getRowName?: (row: T) => string;
  /** Opens a row, on Enter and on a click that hits nothing else. */
  onOpen?: (row: T) => void;
  selection?: ReadonlySet<string>;
  onSelectionChange?: (selection: ReadonlySet<string>) => void;
  /** What can be done with what is selected; shown above the rows. */
  bulk?: ReactNode;
  /** What stands beside the filter. */
  filters?: ReactNode;
  actions?: ReactNode;
  /** Shown instead of rows when there are none at all. */
  empty?: ReactNode;
  sort?: { id: string; desc?: boolean };
  /** The name of the filter in the address; null keeps it out of it. */
  filterKey?: string | null;
  /** Without filter, columns and views, for short lists. */
  simple?: boolean;
  /** The most of its height; the rest is scrolled. */
  maxHeight?: CSSProperties["maxHeight"];
}

const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
});
type Features = typeof features;

const WIDTH = 140;
const LEAST_WIDTH = 56;
const SKELETON_ROWS = 8;
/** Rows that are there beyond those in sight, on the screen and on paper. */
const OVERSCAN = 12;
const MOST_PRINTED = 2_000;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Compare two values; those that are not there come last. */
export function compareValues(left: CellValue, right: CellValue): number {
  const isLeftEmpty = left === null || left === undefined || left === "";
  const isRightEmpty = right === null || right === undefined || right === "";
  if (isLeftEmpty || isRightEmpty) return Number(isLeftEmpty) - Number(isRightEmpty);
  if (typeof left === "number" && typeof right === "number") return left - right;
  return collator.compare(String(left), String(right));
}

/** A value as text, which is cut where it has no room; the whole of it on hovering. */
function CellText({ value }: { value: CellValue }): ReactNode {
  if (value === null || value === undefined || value === "") return null;
  const text = String(value);
  return <span title={text}>{text}</span>;
}

function emptyToUndefined(value: CellValue): CellValue {
  return value === null || value === "" ? undefined : value;
}

/** Many rows: sorted, filtered, selected, by pointer and by keyboard. Only those in view are drawn. */
export function DataTable<T extends RowData>(props: DataTableProps<T>): ReactNode {
  const { id, label, rows, columns, getRowId, onOpen, selection, onSelectionChange, simple, empty, maxHeight } = props;
  const words = useWords();
  const isNarrow = useMedia("(width < 48rem)");
  const isCoarse = useMedia("(pointer: coarse)");
  const rowHeight = isCoarse ? 46 : 38;
  const kept = useTableViews(id);
  const [filter, setFilter] = useFilterValue(simple ? null : props.filterKey === undefined ? "q" : props.filterKey);
  const deferred = useDeferredValue(filter);

  const texts = useMemo(() => new WeakMap<object, ReadonlyMap<string, string>>(), [columns]);
  const found = useMemo(() => {
    if (!rows) return [];
    const terms = parseFilter(deferred, new Set(columns.map((column) => foldText(column.id))));
    if (!terms.length) return rows as T[];
    return rows.filter((row) => matchesFilter(terms, readTexts(row, columns, texts)));
  }, [rows, deferred, columns, texts]);

  const defs = useMemo(
    () =>
      columns.map((column): ColumnDef<Features, T> => ({
        id: column.id,
        accessorFn: (row) => emptyToUndefined(column.value(row)),
        header: column.header,
        size: column.width ?? WIDTH,
        minSize: LEAST_WIDTH,
        sortDescFirst: false,
        enableHiding: !column.fixed,
        // A value that is not there is last, whichever way it is sorted.
        sortUndefined: "last",
        sortFn: (left: Row<Features, T>, right: Row<Features, T>, columnId: string) =>
          compareValues(left.getValue<CellValue>(columnId), right.getValue<CellValue>(columnId)),
      })),
    [columns],
  );
  const visibility = useMemo(() => {
    const shown: Record<string, boolean> = {};
    for (const column of columns) {
      shown[column.id] = kept.layout.shown?.[column.id] ?? !(column.hidden || (column.wide && isNarrow));
    }
    return shown;
  }, [columns, kept.layout.shown, isNarrow]);
  const sorting = useMemo(() => {
    const chosen = kept.layout.sort === undefined ? props.sort : kept.layout.sort;
    return chosen ? [{ id: chosen.id, desc: chosen.desc ?? false }] : [];
  }, [kept.layout.sort, props.sort]);
  const rowSelection = useMemo(
    () => Object.fromEntries([...(selection ?? [])].map((each) => [each, true] as const)),
    [selection],
  );
  const [widths, setWidths] = useState<Record<string, number>>(kept.layout.widths ?? {});
  useEffect(() => setWidths(kept.layout.widths ?? {}), [kept.layout.widths]);

  const table = useTable<Features, T>({
    features,
    columns: defs,
    data: found,
    getRowId,
    state: { sorting, columnVisibility: visibility, rowSelection, columnSizing: widths },
    onSortingChange: (update) => {
      const [next] = typeof update === "function" ? update(sorting) : update;
      kept.setLayout({ sort: next ?? null });
    },
    onColumnVisibilityChange: (update) => {
      kept.setLayout({ shown: typeof update === "function" ? update(visibility) : update });
    },
    onColumnSizingChange: (update) => setWidths((before) => (typeof update === "function" ? update(before) : update)),
    onRowSelectionChange: (update) => {
      const next: RowSelectionState = typeof update === "function" ? update(rowSelection) : update;
      onSelectionChange?.(new Set(Object.keys(next).filter((each) => next[each])));
    },
    enableRowSelection: Boolean(onSelectionChange),
    columnResizeMode: "onChange",
    enableSortingRemoval: true,
  });

  const tableRows = table.getRowModel().rows;
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const visible = useMemo(
    () => columns.filter(({ id: columnId }) => visibility[columnId] !== false),
    [columns, visibility],
  );
  const template = [
    ...(onSelectionChange ? ["2.5rem"] : []),
    ...visible.map((column) => {
      const own = widths[column.id];
      if (own !== undefined) return `${String(own)}px`;
      const width = `${String(column.width ?? WIDTH)}px`;
      return column.grow ? `minmax(${width}, ${String(column.grow)}fr)` : width;
    }),
    ...(visible.some((column) => column.grow && widths[column.id] === undefined) ? [] : ["1fr"]),
  ].join(" ");

  const least = visible.reduce(
    (sum, column) => sum + (widths[column.id] ?? column.width ?? WIDTH),
    onSelectionChange ? 48 : 8,
  );

  const scroller = useRef<HTMLDivElement>(null);
  const isPrinting = usePrinting();
  const virtualizer = useVirtualizer({
    count: tableRows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => tableRows[index]?.id ?? index,
    scrollPaddingStart: rowHeight,
    overscan: isPrinting ? MOST_PRINTED : OVERSCAN,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  const [active, setActive] = useState(0);
  const current = Math.min(active, Math.max(0, tableRows.length - 1));
  const moveTo = (index: number): void => {
    const next = Math.min(Math.max(index, 0), tableRows.length - 1);
    setActive(next);
    virtualizer.scrollToIndex(next);
    const focus = (): boolean => {
      const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${String(next)}"]`);
      row?.focus({ preventScroll: true });
      return row !== undefined && row !== null;
    };
    // A row far away comes into being only by the scrolling.
    if (!focus()) requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  const onKey = (event: KeyboardEvent<HTMLElement>, row: Row<Features, T>, index: number): void => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const target: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: tableRows.length - 1,
    };
    const next = target[event.key];
    if (next !== undefined) {
      event.preventDefault();
      moveTo(next);
    } else if (event.key === "Enter" && onOpen) {
      event.preventDefault();
      onOpen(row.original);
    } else if (event.key === " " && onSelectionChange) {
      event.preventDefault();
      row.toggleSelected();
    }
  };
  const onClick = (event: MouseEvent<HTMLElement>, row: Row<Features, T>): void => {
    if (!onOpen || (event.target as Element).closest("a, button, input, label, [role=checkbox]")) return;
    if (globalThis.getSelection()?.isCollapsed === false) return;
    onOpen(row.original);
  };
  const say = (row: Row<Features, T>): string => words.parts.selectRow(props.getRowName?.(row.original) ?? row.id);
  // Rows are drawn again only when something of their own has changed, and always act by what holds now.
  const latest = useRef<RowActs<T>>({ onKey, onClick, setActive, say });
  useEffect(() => {
    latest.current = { onKey, onClick, setActive, say };
  });
  const [acts] = useState<RowActs<T>>(() => ({
    onKey: (event, row, index) => latest.current.onKey(event, row, index),
    onClick: (event, row) => latest.current.onClick(event, row),
    setActive: (index) => latest.current.setActive(index),
    say: (row) => latest.current.say(row),
  }));
  // Another order begins at its head.
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setActive(0);
  }, [deferred, sorting]);
  const items = virtualizer.getVirtualItems();
  // One row can always be reached by Tab: the active one, or, where that is out of sight, the first that is not.
  const isActiveThere = items.some((item) => item.index === current);
  const tabStop = isActiveThere
    ? current
    : (items.find((item) => item.end > (virtualizer.scrollOffset ?? 0) + rowHeight)?.index ?? 0);
  const keepWidths = (): void => kept.setLayout({ widths });

  const isEmpty = rows !== undefined && rows.length === 0;
  return (
    <div className={styles.whole}>
      {!simple && (
        <Toolbar
          filter={filter}
          onFilter={setFilter}
          shown={tableRows.length}
          all={rows?.length}
          selected={selection?.size ?? 0}
          onClearSelection={() => onSelectionChange?.(new Set())}
          bulk={props.bulk}
          filters={props.filters}
          actions={props.actions}
          columns={columns}
          visibility={visibility}
          onVisibility={(columnId, isShown) => kept.setLayout({ shown: { ...kept.layout.shown, [columnId]: isShown } })}
          kept={kept}
        />
      )}
      {isEmpty ? (
        (empty ?? <Empty title={words.parts.noRows} />)
      ) : (
        <div ref={scroller} className={styles.scroll} style={maxHeight === undefined ? undefined : { maxHeight }}>
          <div
            role="grid"
            aria-label={label}
            aria-rowcount={rows ? tableRows.length + 1 : -1}
            aria-multiselectable={onSelectionChange ? true : undefined}
            aria-busy={!rows}
            className={styles.grid}
            style={
              { "--columns": template, "--row-height": `${String(rowHeight)}px`, minWidth: least } as CSSProperties
            }
          >
            <div role="rowgroup" className={styles.head}>
              <div role="row" aria-rowindex={1} className={styles.row}>
                {onSelectionChange && (
                  <div role="columnheader" className={styles.checkCell}>
                    <Check
                      label={words.parts.selectAll}
                      checked={table.getIsAllRowsSelected()}
                      indeterminate={table.getIsSomeRowsSelected()}
                      onChange={() => table.toggleAllRowsSelected()}
                    />
                  </div>
                )}
                {table.getHeaderGroups()[0]?.headers.map((header) => (
                  <HeadCell
                    key={header.id}
                    header={header}
                    column={byId.get(header.column.id)}
                    simple={simple ?? false}
                    onKeep={keepWidths}
                    onWidth={(width) => kept.setLayout({ widths: { ...widths, [header.column.id]: width } })}
                  />
                ))}
              </div>
            </div>
            <div
              role="rowgroup"
              className={styles.body}
              style={{ height: rows ? virtualizer.getTotalSize() : rowHeight * SKELETON_ROWS }}
            >
              {!rows &&
                Array.from({ length: SKELETON_ROWS }, (_, index) => (
                  <div key={index} role="row" className={styles.row} aria-hidden>
                    {onSelectionChange && <div className={styles.cell} />}
                    {visible.map((column, place) => (
                      <div key={column.id} role="gridcell" className={styles.cell}>
                        <Skeleton width={`${String(44 + ((index * 17 + place * 29) % 45))}%`} />
                      </div>
                    ))}
                  </div>
                ))}
              {rows &&
                items.map((item) => {
                  const row = tableRows[item.index];
                  if (!row) return null;
                  return (
                    <DataRow
                      key={row.id}
                      row={row}
                      original={row.original}
                      index={item.index}
                      start={item.start}
                      columns={visible}
                      isTabStop={item.index === tabStop}
                      isSelected={onSelectionChange ? row.getIsSelected() : undefined}
                      opens={onOpen !== undefined}
                      acts={acts}
                    />
                  );
                })}
            </div>
            {rows && !tableRows.length && (
              <div role="rowgroup">
                <div role="row">
                  <div role="gridcell" className={styles.noMatch}>
                    {words.parts.noRowsMatch}{" "}
                    <button type="button" className={styles.textButton} onClick={() => setFilter("")}>
                      {words.parts.clearFilter}
                    </button>
                  </div>
                </div>
              </div>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

interface RowActs<T extends RowData> {
  onKey: (event: KeyboardEvent<HTMLElement>, row: Row<Features, T>, index: number) => void;
  onClick: (event: MouseEvent<HTMLElement>, row: Row<Features, T>) => void;
  setActive: (index: number) => void;
  say: (row: Row<Features, T>) => string;
}

interface DataRowProps<T extends RowData> {
  row: Row<Features, T>;
  /** What the row is of: another one draws it again. */
  original: T;
  index: number;
  start: number;
  columns: readonly Column<T>[];
  isTabStop: boolean;
  isSelected: boolean | undefined;
  opens: boolean;
  acts: RowActs<T>;
}

const DataRow = memo(function DataRow<T extends RowData>({
  row,
  original,
  index,
  start,
  columns,
  isTabStop,
  isSelected,
  opens,
  acts,
}: DataRowProps<T>): ReactNode {
  return (
    <div
      role="row"
      data-row={index}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      tabIndex={isTabStop ? 0 : -1}
      className={classes(styles.row, styles.placed, opens && styles.opens, isSelected && styles.selected)}
      style={{ transform: `translateY(${String(start)}px)` }}
      onFocus={() => acts.setActive(index)}
      onKeyDown={(event) => acts.onKey(event, row, index)}
      onClick={(event) => acts.onClick(event, row)}
    >
      {isSelected !== undefined && (
        <div role="gridcell" className={styles.checkCell}>
          <Check
            label={acts.say(row)}
            checked={isSelected}
            onChange={(_checked, event) => row.getToggleSelectedHandler()(event)}
          />
        </div>
      )}
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={classes(styles.cell, column.align === "end" && styles.end)}>
          {column.cell ? column.cell(original) : <CellText value={column.value(original)} />}
        </div>
      ))}
    </div>
  );
}) as <T extends RowData>(props: DataRowProps<T>) => ReactNode;

function readTexts<T>(
  row: T,
  columns: readonly Column<T>[],
  texts: WeakMap<object, ReadonlyMap<string, string>>,
): ReadonlyMap<string, string> {
  const known = texts.get(row as object);
  if (known) return known;
  const read = new Map(
    columns.map((column) => [foldText(column.id), foldText(column.text?.(row) ?? String(column.value(row) ?? ""))]),
  );
  texts.set(row as object, read);
  return read;
}

interface CheckProps {
  label: string;
  checked: boolean;
  indeterminate?: boolean;
  onChange: (checked: boolean, event: unknown) => void;
}

function Check({ label, checked, indeterminate, onChange }: CheckProps): ReactNode {
  return (
    <Checkbox.Root
      aria-label={label}
      className={styles.check}
      checked={checked}
      indeterminate={Boolean(indeterminate)}
      onCheckedChange={(next, details) => {
        // The event of the click says whether Shift was held, which selects all up to here.
        const event = details.event as { shiftKey?: boolean };
        onChange(next, { target: { checked: next }, shiftKey: event.shiftKey ?? false, nativeEvent: details.event });
      }}
    >
      <Checkbox.Indicator className={styles.checkSign}>
        <Icon name={indeterminate ? "minus" : "check"} strokeWidth={2.4} />
      </Checkbox.Indicator>
    </Checkbox.Root>
  );
}

interface HeadCellProps<T extends RowData> {
  header: Header<Features, T>;
  column: Column<T> | undefined;
  simple: boolean;
  onKeep: () => void;
  onWidth: (width: number) => void;
}

const WIDTH_STEP = 16;

function HeadCell<T extends RowData>({ header, column, simple, onKeep, onWidth }: HeadCellProps<T>): ReactNode {
  const words = useWords();
  const cell = useRef<HTMLDivElement>(null);
  const sorted = header.column.getIsSorted();
  const name = column?.header ?? header.id;
  const startResize = header.getResizeHandler();
  const begin = (event: MouseEvent | TouchEvent): void => {
    // A column that grew has to begin with the width that it has.
    const width = cell.current?.offsetWidth;
    if (width) header.getContext().table.setColumnSizing((before) => ({ ...before, [header.column.id]: width }));
    startResize(event);
    const end = (): void => {
      document.removeEventListener("mouseup", end);
      document.removeEventListener("touchend", end);
      setTimeout(() => latestKeep.current());
    };
    document.addEventListener("mouseup", end);
    document.addEventListener("touchend", end);
  };
  const latestKeep = useRef(onKeep);
  useEffect(() => {
    latestKeep.current = onKeep;
  });
  return (
    <div
      ref={cell}
      role="columnheader"
      aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
      className={classes(styles.headCell, column?.align === "end" && styles.end)}
    >
      <button
        type="button"
        className={styles.sort}
        onClick={() => header.column.toggleSorting()}
        title={words.parts.sortBy(name)}
      >
        <span className={styles.headText}>{name}</span>
        {sorted && <Icon name={sorted === "asc" ? "arrowUp" : "arrowDown"} className={styles.sortSign} />}
      </button>
      {!simple && (
        <span
          role="separator"
          aria-orientation="vertical"
          aria-label={words.parts.resize(name)}
          aria-valuenow={header.column.getSize()}
          aria-valuemin={LEAST_WIDTH}
          aria-valuemax={1200}
          tabIndex={-1}
          className={styles.resize}
          onMouseDown={begin}
          onTouchStart={begin}
          onKeyDown={(event) => {
            const step = { ArrowLeft: -WIDTH_STEP, ArrowRight: WIDTH_STEP }[event.key];
            if (step === undefined) return;
            event.preventDefault();
            onWidth(Math.max(LEAST_WIDTH, (cell.current?.offsetWidth ?? WIDTH) + step));
          }}
        />
      )}
    </div>
  );
}
