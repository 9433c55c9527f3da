//! The locality of a query, and which of its output columns contain the tenant.

use std::collections::BTreeSet;

use sqlparser::ast::TableAlias;

use crate::plan::ident::fold_case;

/// What a query's rows depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locality {
    /// On nothing sharded: every shard would return the same rows.
    Replicated,
    /// Each row on one tenant, whose shard returns it.
    SingleTenant,
    /// On rows of several shards, for this reason; its parts run shard by shard.
    CrossShard(&'static str),
}

/// The result of analyzing a query.
#[derive(Clone, Debug)]
pub struct QueryInfo {
    pub locality: Locality,
    pub outputs: Vec<OutputColumn>,
    /// Its rows come in the order of an ORDER BY, its own or that of what it reads.
    pub is_ordered: bool,
    /// It reads a table, which need not have its rows in the same order on each shard.
    pub is_stored: bool,
    /// Positions of outputs by which its rows can be told apart.
    pub keys: BTreeSet<BTreeSet<usize>>,
}

/// A column of a query's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputColumn {
    /// `tenant`: it contains the tenant of its row, and is never NULL because of an outer join.
    Column { name: Option<String>, tenant: bool },
    /// Some columns; those with these names contain the tenant.
    Several { tenants: BTreeSet<String> },
}

pub fn outputs_tenant(outputs: &[OutputColumn]) -> bool {
    outputs.iter().any(|output| match output {
        OutputColumn::Column { tenant, .. } => *tenant,
        OutputColumn::Several { tenants } => !tenants.is_empty(),
    })
}

impl QueryInfo {
    /// The names of all columns, if known.
    pub(super) fn columns(&self) -> Option<BTreeSet<String>> {
        let name = |output: &OutputColumn| match output {
            OutputColumn::Column { name, .. } => name.clone(),
            OutputColumn::Several { .. } => None,
        };
        self.outputs.iter().map(name).collect::<Option<BTreeSet<_>>>().filter(|names| !names.is_empty())
    }

    /// The names of the columns by which its rows can be told apart.
    pub(super) fn key_names(&self) -> BTreeSet<BTreeSet<String>> {
        let name = |index: &usize| match self.outputs.get(*index) {
            Some(OutputColumn::Column { name, .. }) => name.clone(),
            _ => None,
        };
        self.keys.iter().filter_map(|key| key.iter().map(name).collect()).collect()
    }

    /// The names of the columns that contain the row's tenant.
    pub(super) fn tenants(&self) -> BTreeSet<String> {
        if self.locality != Locality::SingleTenant {
            return BTreeSet::new();
        }
        self.outputs
            .iter()
            .flat_map(|output| match output {
                OutputColumn::Column { name: Some(name), tenant: true } => BTreeSet::from([name.clone()]),
                OutputColumn::Column { .. } => BTreeSet::new(),
                OutputColumn::Several { tenants } => tenants.clone(),
            })
            .collect()
    }
}

/// The columns of a set operation; one contains the tenant if it does on both sides.
pub(super) fn common(left: &[OutputColumn], right: &[OutputColumn]) -> Vec<OutputColumn> {
    left.iter()
        .enumerate()
        .map(|(index, output)| match (output, right.get(index)) {
            (OutputColumn::Column { name, tenant: true }, Some(OutputColumn::Column { tenant: true, .. })) => {
                OutputColumn::Column { name: name.clone(), tenant: true }
            }
            (OutputColumn::Column { name, .. }, _) => OutputColumn::Column { name: name.clone(), tenant: false },
            // Two wildcards are equal only for the same table, which is not known here.
            (OutputColumn::Several { .. }, _) => OutputColumn::Several { tenants: BTreeSet::new() },
        })
        .collect()
}

/// Applies the column names of `AS alias(a, b)`.
pub(super) fn rename(found: &mut QueryInfo, alias: &TableAlias) {
    for (index, column) in alias.columns.iter().enumerate() {
        match found.outputs.get_mut(index) {
            Some(OutputColumn::Column { name, .. }) => *name = Some(fold_case(&column.name)),
            // The columns of a wildcard are not known, so neither are later names.
            _ => {
                found.outputs.truncate(index);
                return;
            }
        }
    }
}
