//! The keywords of PostgreSQL 18 (`pg_get_keywords()`), and where each can be a name. Any other word is a plain name,
//! even if the parser treats it as a keyword.

mod unreserved;

use unreserved::UNRESERVED;

/// Where PostgreSQL reads an unquoted keyword as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeywordClass {
    /// Anywhere.
    Unreserved,
    /// As a column or table, not as a function.
    Column,
    /// As a function or type, not as a column or table.
    Function,
    /// Only after AS or a dot.
    Reserved,
}

/// The class of a lower-case word; None: not a keyword.
pub fn class(word: &str) -> Option<KeywordClass> {
    let is_in = |words: &[&str]| words.binary_search(&word).is_ok();
    if is_in(&RESERVED) {
        Some(KeywordClass::Reserved)
    } else if is_in(&FUNCTION) {
        Some(KeywordClass::Function)
    } else if is_in(&COLUMN) {
        Some(KeywordClass::Column)
    } else if is_in(&UNRESERVED) {
        Some(KeywordClass::Unreserved)
    } else {
        None
    }
}

/// Reserved.
const RESERVED: [&str; 78] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "system_user",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

/// Reserved, but can be a function or type.
const FUNCTION: [&str; 23] = [
    "authorization",
    "binary",
    "collation",
    "concurrently",
    "cross",
    "current_schema",
    "freeze",
    "full",
    "ilike",
    "inner",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "natural",
    "notnull",
    "outer",
    "overlaps",
    "right",
    "similar",
    "tablesample",
    "verbose",
];

/// Cannot be a function or type.
const COLUMN: [&str; 63] = [
    "between",
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "coalesce",
    "dec",
    "decimal",
    "exists",
    "extract",
    "float",
    "greatest",
    "grouping",
    "inout",
    "int",
    "integer",
    "interval",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "least",
    "merge_action",
    "national",
    "nchar",
    "none",
    "normalize",
    "nullif",
    "numeric",
    "out",
    "overlay",
    "position",
    "precision",
    "real",
    "row",
    "setof",
    "smallint",
    "substring",
    "time",
    "timestamp",
    "treat",
    "trim",
    "values",
    "varchar",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_by_their_class() {
        for words in [&RESERVED[..], &FUNCTION, &COLUMN, &UNRESERVED] {
            assert!(words.is_sorted());
        }
        assert_eq!(class("from"), Some(KeywordClass::Reserved));
        assert_eq!(class("like"), Some(KeywordClass::Function));
        assert_eq!(class("coalesce"), Some(KeywordClass::Column));
        assert_eq!(class("abort"), Some(KeywordClass::Unreserved));
        assert_eq!(class("xor"), None);
    }
}
