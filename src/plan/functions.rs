//! What is known by name about PostgreSQL's own functions: which are aggregates, how partial values merge, and what
//! else a fan-out must know. For functions on no list, the client asks the catalog (`ReadPlan::functions`).

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Value, WindowFrameUnits,
    WindowType,
};

use super::fan_out_plan::Fold;
use super::ident::name_parts;
use crate::data::read_only::is_pure;

/// What a function call means for a fan-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Partial values can be folded: a count, an average, or a plain fold.
    Count,
    Average,
    Folded(Fold),
    /// An aggregate that needs every row (or has one result for all of them that cannot be split).
    Whole,
    /// The grouping() of grouping sets.
    Grouping,
    /// Only a window function.
    Window,
    /// The statement's start time, as a timestamptz, or a part of it.
    Clock,
    /// A different value for every row, on any shard.
    Random,
    /// A plain function that only computes.
    Plain,
    /// Has an effect, or reads its session: runs on every shard, only if the caller asked for that.
    Effect,
    /// Not on any list.
    Unknown,
}

/// Aggregates of PostgreSQL that are not folded.
const WHOLE: [&str; 45] = [
    "any_value",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "json_agg_strict",
    "jsonb_agg_strict",
    "json_arrayagg",
    "json_objectagg",
    "json_object_agg",
    "jsonb_object_agg",
    "json_object_agg_strict",
    "jsonb_object_agg_strict",
    "json_object_agg_unique",
    "jsonb_object_agg_unique",
    "json_object_agg_unique_strict",
    "jsonb_object_agg_unique_strict",
    "xmlagg",
    "range_agg",
    "range_intersect_agg",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "corr",
    "covar_pop",
    "covar_samp",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "mode",
    "percentile_cont",
    "percentile_disc",
    // As hypothetical-set aggregates; with OVER they are window functions.
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
];

const WINDOW: [&str; 7] = ["row_number", "ntile", "lag", "lead", "first_value", "last_value", "nth_value"];

const CLOCK: [&str; 7] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_timestamp",
    "current_date",
    "localtimestamp",
    "localtime",
];

const RANDOM: [&str; 10] = [
    "random",
    "random_normal",
    "clock_timestamp",
    "timeofday",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "gen_random_bytes",
];

const EFFECT: [&str; 28] = [
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "pg_backend_pid",
    "pg_conf_load_time",
    "pg_is_in_recovery",
    "pg_postmaster_start_time",
    "pg_export_snapshot",
    "pg_blocking_pids",
    "nextval",
    "setval",
    "currval",
    "lastval",
    "set_config",
    "setseed",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "pg_notify",
    "pg_cancel_backend",
    "pg_terminate_backend",
    "pg_reload_conf",
    "dblink",
    "dblink_exec",
    "lo_create",
    "lo_unlink",
    "txid_current",
];

/// Locks, statistics and positions in a server's log.
const EFFECT_PREFIXES: [&str; 8] = [
    "pg_advisory",
    "pg_try_advisory",
    "pg_stat_get_",
    "pg_current_wal_",
    "pg_current_xact",
    "pg_last_",
    "pg_current_snapshot",
    "txid_",
];

/// In addition to those in `read_only`.
const PLAIN: [&str; 93] = [
    "acos",
    "age",
    "array_append",
    "array_cat",
    "array_position",
    "array_remove",
    "array_to_string",
    "array_upper",
    "array_lower",
    "ascii",
    "asin",
    "atan",
    "atan2",
    "bit_count",
    "cardinality",
    "cbrt",
    "chr",
    "convert_from",
    "convert_to",
    "cos",
    "current_catalog",
    "current_database",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_user",
    "decode",
    "degrees",
    "div",
    "encode",
    "exp",
    "factorial",
    "gcd",
    "generate_series",
    "isfinite",
    "json_array_elements",
    "json_array_length",
    "json_each",
    "json_extract_path_text",
    "json_object_keys",
    "json_typeof",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_array_length",
    "jsonb_build_array",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "jsonb_object_keys",
    "jsonb_path_exists",
    "jsonb_path_query",
    "jsonb_path_query_array",
    "jsonb_path_query_first",
    "jsonb_pretty",
    "jsonb_set",
    "jsonb_strip_nulls",
    "jsonb_to_recordset",
    "jsonb_typeof",
    "json_build_array",
    "json_extract_path",
    "json_to_recordset",
    "justify_days",
    "justify_hours",
    "justify_interval",
    "lcm",
    "ln",
    "log",
    "lpad",
    "make_date",
    "make_interval",
    "make_timestamp",
    "make_timestamptz",
    "md5",
    "num_nonnulls",
    "num_nulls",
    "octet_length",
    "overlay",
    "pi",
    "quote_ident",
    "quote_literal",
    "radians",
    "regexp_match",
    "regexp_matches",
    "regexp_split_to_array",
    "repeat",
    "reverse",
    "rpad",
    "scale",
    "sign",
    "sin",
    "sqrt",
];

const PLAIN_TOO: [&str; 30] = [
    "starts_with",
    "string_to_array",
    "strpos",
    "substr",
    "tan",
    "to_date",
    "to_hex",
    "to_json",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "translate",
    "trim_scale",
    "trunc",
    "ts_rank",
    "unnest",
    "upper_inc",
    "version",
    "websearch_to_tsquery",
    "width_bucket",
    "pg_typeof",
    "plainto_tsquery",
    "phraseto_tsquery",
    "lower_inc",
    "isempty",
    "session_user",
    "user",
    "date_bin",
    "format_type",
];

/// The name of a function that PostgreSQL's own schema holds; None: another schema is named.
pub fn own_name(call: &Function) -> Option<String> {
    match name_parts(&call.name)?.as_slice() {
        [name] => Some(name.clone()),
        [schema, name] if schema == "pg_catalog" => Some(name.clone()),
        _ => None,
    }
}

pub fn kind(call: &Function) -> FunctionKind {
    let Some(name) = own_name(call) else { return FunctionKind::Unknown };
    // age(t) is age(current_date, t).
    if name == "age" && only_argument(call).is_some() { FunctionKind::Clock } else { kind_of(&name) }
}

pub fn kind_of(name: &str) -> FunctionKind {
    match name {
        "count" => FunctionKind::Count,
        "avg" => FunctionKind::Average,
        "sum" => FunctionKind::Folded(Fold::Sum),
        "min" => FunctionKind::Folded(Fold::Min),
        "max" => FunctionKind::Folded(Fold::Max),
        "bool_and" | "every" => FunctionKind::Folded(Fold::BoolAnd),
        "bool_or" => FunctionKind::Folded(Fold::BoolOr),
        "bit_and" => FunctionKind::Folded(Fold::BitAnd),
        "bit_or" => FunctionKind::Folded(Fold::BitOr),
        "bit_xor" => FunctionKind::Folded(Fold::BitXor),
        "grouping" => FunctionKind::Grouping,
        name if WINDOW.contains(&name) => FunctionKind::Window,
        name if WHOLE.contains(&name) => FunctionKind::Whole,
        name if CLOCK.contains(&name) => FunctionKind::Clock,
        name if RANDOM.contains(&name) => FunctionKind::Random,
        name if EFFECT.contains(&name) || EFFECT_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => {
            FunctionKind::Effect
        }
        "pg_relation_size"
        | "pg_total_relation_size"
        | "pg_table_size"
        | "pg_indexes_size"
        | "pg_database_size"
        | "pg_tablespace_size"
        | "pg_relation_filenode"
        | "pg_relation_filepath" => FunctionKind::Effect,
        name if is_pure(name) || PLAIN.contains(&name) || PLAIN_TOO.contains(&name) => FunctionKind::Plain,
        _ => FunctionKind::Unknown,
    }
}

/// True for the name of a function that describes one server, its database or its connected role, not rows.
pub fn is_of_one_server(name: &str) -> bool {
    OF_ONE_SERVER.contains(&name)
}

/// True for the name of a function by whose value rows of several shards cannot be compared.
pub fn names_server(name: &str) -> bool {
    matches!(name, "current_catalog" | "current_database" | "version")
}

const OF_ONE_SERVER: [&str; 9] = [
    "current_catalog",
    "current_database",
    "current_role",
    "current_user",
    "format_type",
    "pg_typeof",
    "session_user",
    "user",
    "version",
];

/// PostgreSQL's stable functions that depend only on settings, which all shards share.
pub const BY_SETTINGS: [&str; 36] = [
    "array_to_json",
    "convert",
    "date",
    "date_add",
    "date_subtract",
    "enum_first",
    "enum_last",
    "enum_range",
    "json_populate_record",
    "json_populate_recordset",
    "json_to_record",
    "json_to_tsvector",
    "jsonb_path_exists_tz",
    "jsonb_path_match_tz",
    "jsonb_path_query_array_tz",
    "jsonb_path_query_first_tz",
    "jsonb_path_query_tz",
    "jsonb_populate_record",
    "jsonb_populate_record_valid",
    "jsonb_populate_recordset",
    "jsonb_to_record",
    "jsonb_to_tsvector",
    "length",
    "money",
    "numeric",
    "overlaps",
    "quote_nullable",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "timezone",
    "ts_headline",
    "ts_match_tq",
    "xml",
    "xml_is_well_formed",
];

/// Describes a call that reads something of one server. A setting with a dot in its name belongs to the application.
pub fn of_one_server(call: &Function) -> Option<String> {
    let name = own_name(call)?;
    let is_own_setting = |argument: &Expr| {
        matches!(argument, Expr::Value(value)
            if matches!(&value.value, Value::SingleQuotedString(setting) if setting.contains('.')))
    };
    let first = arguments(call).and_then(|arguments| arguments.first().copied());
    let is_found = match name.as_str() {
        "current_setting" => !matches!(first, Some(FunctionArgExpr::Expr(setting)) if is_own_setting(setting)),
        name => is_of_one_server(name),
    };
    is_found.then(|| format!("{name}()"))
}

/// True for a call whose result depends on the order of the rows and that has no ORDER BY.
pub fn is_unordered(call: &Function) -> bool {
    let by_order = || match own_name(call).map(|name| (kind_of(&name), name)) {
        Some((FunctionKind::Window, _)) => true,
        Some((FunctionKind::Whole, name)) => {
            !name.starts_with("range_") && (name.contains("agg") || name == "any_value")
        }
        _ => false,
    };
    match &call.over {
        Some(WindowType::WindowSpec(spec)) => {
            spec.order_by.is_empty() && (spec.window_frame.is_some() || spec.window_name.is_some() || by_order())
        }
        Some(WindowType::NamedWindow(_)) => true,
        None => {
            let is_order = |clause: &FunctionArgumentClause| matches!(clause, FunctionArgumentClause::OrderBy(_));
            let is_ordered = matches!(&call.args, FunctionArguments::List(list) if list.clauses.iter().any(is_order));
            !is_ordered && by_order()
        }
    }
}

/// By what a call orders rows, where its result depends on the order of those that are equal in that.
pub fn tied(call: &Function) -> Option<Vec<&Expr>> {
    let name = own_name(call)?;
    let kind = kind_of(&name);
    let by_rows = matches!(kind, FunctionKind::Whole)
        && !name.starts_with("range_")
        && (name.contains("agg") || name == "any_value");
    if let Some(WindowType::WindowSpec(spec)) = &call.over {
        let in_rows = spec.window_frame.as_ref().is_some_and(|frame| frame.units == WindowFrameUnits::Rows);
        let keys = spec.partition_by.iter().chain(spec.order_by.iter().map(|key| &key.expr));
        return (!spec.order_by.is_empty() && (kind == FunctionKind::Window || by_rows || in_rows))
            .then(|| keys.collect());
    }
    let FunctionArguments::List(list) = &call.args else { return None };
    let keys = list.clauses.iter().find_map(|clause| match clause {
        FunctionArgumentClause::OrderBy(keys) => Some(keys.iter().map(|key| &key.expr).collect::<Vec<_>>()),
        _ => None,
    })?;
    // What is equal in all that is put together is the same in any order.
    let is_key = |argument: &&FunctionArgExpr| match argument {
        FunctionArgExpr::Expr(Expr::Value(_)) => true,
        FunctionArgExpr::Expr(expr) => keys.contains(&expr),
        _ => false,
    };
    let covers_arguments = arguments(call).is_some_and(|arguments| arguments.iter().all(is_key));
    (by_rows && !covers_arguments).then_some(keys)
}

impl FunctionKind {
    /// True for an aggregate, if the call has no OVER.
    pub fn is_aggregate(self) -> bool {
        matches!(
            self,
            FunctionKind::Count
                | FunctionKind::Average
                | FunctionKind::Folded(_)
                | FunctionKind::Whole
                | FunctionKind::Grouping
        )
    }
}

/// The plain arguments of a call; None if it has others (named ones, a subquery, clauses of other dialects).
pub fn arguments(call: &Function) -> Option<Vec<&FunctionArgExpr>> {
    match &call.args {
        FunctionArguments::None => Some(Vec::new()),
        FunctionArguments::Subquery(_) => None,
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(argument) => Some(argument),
                _ => None,
            })
            .collect(),
    }
}

/// The only argument of a call, where it is an expression.
pub fn only_argument(call: &Function) -> Option<&Expr> {
    match arguments(call)?.as_slice() {
        [FunctionArgExpr::Expr(expr)] => Some(expr),
        _ => None,
    }
}
