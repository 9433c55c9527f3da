//! The SQL of the commands, as `--print` shows it and as it is run: one transaction each. The change log itself is in
//! `install.sql`.

use std::fmt::Write;

use postgres_protocol::escape::{escape_identifier, escape_literal};

const INSTALL: &str = include_str!("install.sql");
/// Names the advisory lock under which the commands change the log, one at a time.
const LOCK: i64 = 0x6d74_6464_6c6f_6701;

/// What a database's change log is to be like; None: as it is, or as `install.sql` begins it.
#[derive(Debug, Default)]
pub struct LogSettings<'a> {
    pub channel: Option<&'a str>,
    /// Seconds.
    pub max_age: Option<u32>,
    pub max_bytes: Option<i64>,
}

/// A table to be tracked, and under which name if not its own.
#[derive(Debug)]
pub struct TrackedTable<'a> {
    pub table: &'a str,
    pub tenant_column: &'a str,
    pub name: Option<&'a str>,
    pub type_column: Option<&'a str>,
    /// Row-level security of the table keeps only tenants apart.
    pub ignores_policies: bool,
}

pub fn track(tables: &[TrackedTable], settings: &LogSettings, roles: &[String], lock_timeout: u32) -> String {
    let mut sql = begin(lock_timeout);
    sql.push_str(INSTALL);
    sql.push('\n');
    let mut set = |column: &str, value: String| {
        let _ = writeln!(sql, "UPDATE mtdd.change_log SET {column} = {value};");
    };
    if let Some(channel) = settings.channel {
        set("channel", escape_literal(channel));
    }
    if let Some(seconds) = settings.max_age {
        set("max_age", format!("make_interval(secs => {seconds})"));
    }
    if let Some(bytes) = settings.max_bytes {
        set("max_bytes", bytes.to_string());
    }
    for TrackedTable { table, tenant_column, name, type_column, ignores_policies } in tables {
        let [name, type_column] =
            [name, type_column].map(|text| text.map_or_else(|| "NULL".to_owned(), escape_literal));
        let [table, column] = [table, tenant_column].map(|text| escape_literal(text));
        let _ = writeln!(sql, "SELECT mtdd.track_table({table}, {column}, {name}, {type_column}, {ignores_policies});");
    }
    for role in roles {
        let role = escape_identifier(role);
        let _ = writeln!(
            sql,
            "GRANT USAGE ON SCHEMA mtdd TO {role};\n\
             GRANT SELECT ON mtdd.change_log, mtdd.changes, mtdd.tracked_tables TO {role};\n\
             GRANT EXECUTE ON FUNCTION mtdd.change_log_id(), mtdd.begin_change_log(), mtdd.trim_changes(integer) TO {role};"
        );
    }
    sql.push_str("COMMIT;\n");
    sql
}

pub fn untrack(tables: &[String], lock_timeout: u32) -> String {
    let mut sql = begin(lock_timeout);
    for table in tables {
        let _ = writeln!(sql, "SELECT mtdd.untrack_table({});", escape_literal(table));
    }
    sql.push_str("COMMIT;\n");
    sql
}

/// Takes the log away, and with its functions the triggers of all tables.
pub fn remove(lock_timeout: u32) -> String {
    format!("{}DROP SCHEMA IF EXISTS mtdd CASCADE;\nCOMMIT;\n", begin(lock_timeout))
}

fn begin(lock_timeout: u32) -> String {
    format!(
        "BEGIN;\nSET LOCAL lock_timeout = {lock_timeout};\nSET LOCAL client_min_messages = warning;\n\
         SELECT pg_advisory_xact_lock({LOCK});\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_quoted() {
        let tables = [TrackedTable {
            table: "a'; DROP TABLE b; --",
            tenant_column: "t\\'",
            name: Some("x'y"),
            type_column: None,
            ignores_policies: false,
        }];
        let roles = ["app\"; --".to_owned()];
        let sql = track(&tables, &LogSettings { channel: Some("c'"), ..LogSettings::default() }, &roles, 1000);
        assert!(
            sql.contains("SELECT mtdd.track_table('a''; DROP TABLE b; --',  E't\\\\''', 'x''y', NULL, false);"),
            "{sql}"
        );
        assert!(sql.contains("SET channel = 'c''';"));
        assert!(sql.contains("TO \"app\"\"; --\";"));
    }

    #[test]
    fn settings_that_are_not_given_stay() {
        let sql = track(&[], &LogSettings::default(), &[], 1000);
        assert!(!sql.contains("UPDATE mtdd.change_log SET channel") && !sql.contains("SET max_"));
    }
}
