# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The functions that queries may use: those that compute something of their arguments, and nothing else."""

from __future__ import annotations

_AGGREGATES = ("avg", "count", "max", "min", "sum")
_WINDOWS = (
    *("cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile"),
    *("percent_rank", "rank", "row_number"),
)
_BOTH = (
    *_AGGREGATES,
    *_WINDOWS,
    *("abs", "ceil", "ceiling", "exp", "floor", "length", "ln", "log", "lower", "ltrim", "mod", "power", "replace"),
    *("round", "rtrim", "sign", "sqrt", "substr", "substring", "trunc", "upper"),
)

SQLITE_FUNCTIONS = (
    *_BOTH,
    *("coalesce", "iif", "ifnull", "nullif", "likely", "unlikely", "group_concat", "string_agg", "total"),
    *("char", "concat", "concat_ws", "glob", "hex", "instr", "like", "octet_length", "quote"),
    *("trim", "typeof", "unicode", "pow"),
    *("date", "datetime", "julianday", "strftime", "time", "timediff", "unixepoch"),
    *("current_date", "current_time", "current_timestamp"),
    *("json", "json_array", "json_array_length", "json_extract", "json_group_array", "json_group_object"),
    *("json_object", "json_quote", "json_type", "json_valid", "->", "->>"),
)

POSTGRESQL_FUNCTIONS = frozenset(
    {
        *_BOTH,
        *("array_agg", "array_length", "bool_and", "bool_or", "cardinality", "every", "string_agg", "unnest"),
        *("mode", "percentile_cont", "percentile_disc", "stddev", "variance"),
        *("btrim", "concat", "concat_ws", "initcap", "left", "right", "like_escape", "position", "strpos"),
        *("char_length", "octet_length", "reverse", "split_part", "starts_with", "string_to_array", "array_to_string"),
        *("regexp_match", "regexp_replace", "regexp_count", "regexp_like", "regexp_substr", "translate", "ascii"),
        *("age", "clock_timestamp", "date", "date_bin", "date_part", "date_trunc", "extract", "make_date"),
        *("make_interval", "make_timestamptz", "now", "timezone", "to_char", "to_date", "to_number", "to_timestamp"),
        *("json_agg", "json_array_elements", "json_array_length", "json_build_array", "json_build_object", "json_each"),
        *("json_each_text", "json_extract_path", "json_extract_path_text", "json_object_agg", "json_object_keys"),
        *("json_typeof", "row_to_json", "to_json", "json_array_elements_text"),
        *("jsonb_agg", "jsonb_array_elements", "jsonb_array_length", "jsonb_build_array", "jsonb_build_object"),
        *("jsonb_each", "jsonb_each_text", "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_object_agg"),
        *("jsonb_object_keys", "jsonb_typeof", "to_jsonb", "jsonb_array_elements_text"),
        # What a cast from one type to another is made of.
        *("bool", "bpchar", "float4", "float8", "int2", "int4", "int8", "interval", "numeric", "text", "time"),
        *("timestamp", "timestamptz", "varchar"),
        "generate_series",
    }
)
