//! PostgreSQL's own tables and views (of version 18), which take precedence over others of the same name. A missing
//! name is treated as a sharded table of the application. Their structure is the same on all shards; statistics,
//! activity and settings differ between servers.

use std::collections::BTreeSet;

use sqlparser::ast::{Expr, ObjectName, SelectItem, SelectItemQualifiedWildcardKind, Visit};

use super::ident::{fold_case, last_part};
use super::walk::{Node, walk};

/// True for an unqualified name of a system relation.
pub fn has(table: &str) -> bool {
    RELATIONS.binary_search(&table).is_ok()
}

/// True for the name of a system relation.
pub fn is_own(names: &[String]) -> bool {
    match names {
        [.., schema, _] => schema == "pg_catalog" || schema == "information_schema",
        [name] => has(name),
        [] => false,
    }
}

/// True if a name may mean this system relation.
pub fn is_named(names: &[String], relation: &str) -> bool {
    match names {
        [name] => name == relation,
        [.., schema, name] => schema == "pg_catalog" && name == relation,
        [] => false,
    }
}

/// True for a relation that describes one server's statistics, activity or settings.
pub fn is_statistics(names: &[String]) -> bool {
    let Some(name) = names.last() else { return false };
    is_named(names, name)
        && has(name)
        && (name.starts_with("pg_stat") && !name.starts_with("pg_statistic_ext") || STATISTICS.contains(&name.as_str()))
}

/// Relations that describe only one server, besides pg_stat_*, pg_statio_*, pg_stats* and pg_statistic.
const STATISTICS: [&str; 23] = [
    "pg_aios",
    "pg_backend_memory_contexts",
    "pg_config",
    "pg_cursors",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_locks",
    "pg_prepared_statements",
    "pg_prepared_xacts",
    "pg_replication_origin",
    "pg_replication_origin_status",
    "pg_replication_slots",
    "pg_sequences",
    "pg_settings",
    "pg_shmem_allocations",
    "pg_shmem_allocations_numa",
    "pg_statistic_ext_data",
    "pg_subscription_rel",
    "pg_timezone_abbrevs",
    "pg_timezone_names",
];

/// Columns that differ between servers, in relations that are otherwise equal everywhere.
const COUNTS: [(&str, &[&str]); 2] = [
    (
        "pg_class",
        &[
            "relallfrozen",
            "relallvisible",
            "relfilenode",
            "relfrozenxid",
            "relminmxid",
            "relpages",
            "reltuples",
            "reltoastrelid",
        ],
    ),
    ("pg_database", &["datfrozenxid", "datminmxid"]),
];

/// The relation, if some of its columns describe only one server.
pub fn with_counts(names: &[String]) -> Option<&'static str> {
    COUNTS.iter().map(|(relation, _)| *relation).find(|relation| is_named(names, relation))
}

/// What a part of a statement reads of such relations, under these names: a column that describes only one server, or a
/// whole row.
pub fn counts(part: &impl Visit, aliases: &BTreeSet<String>) -> Option<String> {
    let mut found = None;
    walk(part, &mut |node| {
        if found.is_some() {
            return;
        }
        found = match node {
            Node::Expr(Expr::Identifier(name)) => Some(fold_case(name)).filter(|name| aliases.contains(name)),
            Node::Expr(Expr::QualifiedWildcard(name, _)) => rows_of(name, aliases),
            Node::Select(select) => select.projection.iter().find_map(|item| match item {
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    rows_of(name, aliases)
                }
                _ => None,
            }),
            // USING names columns outside expressions.
            Node::Ident(name) => {
                let name = fold_case(name);
                COUNTS.iter().any(|(_, columns)| columns.contains(&name.as_str())).then_some(name)
            }
            _ => None,
        };
    });
    found
}

fn rows_of(name: &ObjectName, aliases: &BTreeSet<String>) -> Option<String> {
    let name = last_part(name)?;
    aliases.contains(&name).then(|| format!("{name}.*"))
}

const RELATIONS: [&str; 144] = [
    "pg_aggregate",
    "pg_aios",
    "pg_am",
    "pg_amop",
    "pg_amproc",
    "pg_attrdef",
    "pg_attribute",
    "pg_auth_members",
    "pg_authid",
    "pg_available_extension_versions",
    "pg_available_extensions",
    "pg_backend_memory_contexts",
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_config",
    "pg_constraint",
    "pg_conversion",
    "pg_cursors",
    "pg_database",
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_depend",
    "pg_description",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_file_settings",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_group",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_index",
    "pg_indexes",
    "pg_inherits",
    "pg_init_privs",
    "pg_language",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_locks",
    "pg_matviews",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_parameter_acl",
    "pg_partitioned_table",
    "pg_policies",
    "pg_policy",
    "pg_prepared_statements",
    "pg_prepared_xacts",
    "pg_proc",
    "pg_publication",
    "pg_publication_namespace",
    "pg_publication_rel",
    "pg_publication_tables",
    "pg_range",
    "pg_replication_origin",
    "pg_replication_origin_status",
    "pg_replication_slots",
    "pg_rewrite",
    "pg_roles",
    "pg_rules",
    "pg_seclabel",
    "pg_seclabels",
    "pg_sequence",
    "pg_sequences",
    "pg_settings",
    "pg_shadow",
    "pg_shdepend",
    "pg_shdescription",
    "pg_shmem_allocations",
    "pg_shmem_allocations_numa",
    "pg_shseclabel",
    "pg_stat_activity",
    "pg_stat_all_indexes",
    "pg_stat_all_tables",
    "pg_stat_archiver",
    "pg_stat_bgwriter",
    "pg_stat_checkpointer",
    "pg_stat_database",
    "pg_stat_database_conflicts",
    "pg_stat_gssapi",
    "pg_stat_io",
    "pg_stat_progress_analyze",
    "pg_stat_progress_basebackup",
    "pg_stat_progress_cluster",
    "pg_stat_progress_copy",
    "pg_stat_progress_create_index",
    "pg_stat_progress_vacuum",
    "pg_stat_recovery_prefetch",
    "pg_stat_replication",
    "pg_stat_replication_slots",
    "pg_stat_slru",
    "pg_stat_ssl",
    "pg_stat_subscription",
    "pg_stat_subscription_stats",
    "pg_stat_sys_indexes",
    "pg_stat_sys_tables",
    "pg_stat_user_functions",
    "pg_stat_user_indexes",
    "pg_stat_user_tables",
    "pg_stat_wal",
    "pg_stat_wal_receiver",
    "pg_stat_xact_all_tables",
    "pg_stat_xact_sys_tables",
    "pg_stat_xact_user_functions",
    "pg_stat_xact_user_tables",
    "pg_statio_all_indexes",
    "pg_statio_all_sequences",
    "pg_statio_all_tables",
    "pg_statio_sys_indexes",
    "pg_statio_sys_sequences",
    "pg_statio_sys_tables",
    "pg_statio_user_indexes",
    "pg_statio_user_sequences",
    "pg_statio_user_tables",
    "pg_statistic",
    "pg_statistic_ext",
    "pg_statistic_ext_data",
    "pg_stats",
    "pg_stats_ext",
    "pg_stats_ext_exprs",
    "pg_subscription",
    "pg_subscription_rel",
    "pg_tables",
    "pg_tablespace",
    "pg_timezone_abbrevs",
    "pg_timezone_names",
    "pg_transform",
    "pg_trigger",
    "pg_ts_config",
    "pg_ts_config_map",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_type",
    "pg_user",
    "pg_user_mapping",
    "pg_user_mappings",
    "pg_views",
    "pg_wait_events",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_only_looks_like_one_is_none_of_the_catalogue() {
        assert!(RELATIONS.is_sorted());
        assert!(has("pg_class") && has("pg_stat_activity"));
        assert!(!has("pg_orders") && !has("orders"));
        let names = |name: &str| name.split('.').map(str::to_owned).collect::<Vec<_>>();
        for name in ["pg_stats", "pg_stat_activity", "pg_catalog.pg_locks", "pg_statio_user_tables", "pg_statistic"] {
            assert!(is_statistics(&names(name)), "{name}");
        }
        for name in ["pg_class", "public.pg_locks", "pg_stat_of_mine", "pg_statistic_ext"] {
            assert!(!is_statistics(&names(name)), "{name}");
        }
    }
}
