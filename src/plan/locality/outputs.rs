//! The locality of a query, and which of its output columns contain the tenant.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::TableAlias;

use crate::plan::ident::fold_case;
use crate::plan::own_kind::Own;

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

/// As what tenant columns are compared, as `Relation::compared_as` says. None: not known, because nothing is known of the table.
/// Empty: they are of several types.
pub type TenantType = Option<String>;

/// True if tenants of different shards are not equal in columns of these types.
pub(super) fn are_alike(one: &TenantType, other: &TenantType) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other && !one.is_empty(),
        _ => true,
    }
}

/// What columns of all these types are compared as.
pub(super) fn combined<'t>(types: impl IntoIterator<Item = &'t TenantType>) -> TenantType {
    types.into_iter().fold(None, |known, of| match (known, of) {
        (Some(known), Some(of)) if known != *of => Some(String::new()),
        (known, of) => known.or_else(|| of.clone()),
    })
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
    pub tenant_type: TenantType,
    /// The names of its columns whose equal values may be written otherwise, for copies. `ANY`: one of its columns.
    pub loose: BTreeSet<String>,
    /// Positions of outputs by which its rows can be told apart.
    pub keys: BTreeSet<BTreeSet<usize>>,
}

/// A column of a query's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputColumn {
    /// `tenant`: it contains the tenant of its row, and is never NULL because of an outer join. `own`: it contains this, which
    /// each server has by itself.
    Column { name: Option<String>, tenant: bool, own: Option<Own> },
    /// Some columns; those with these names contain the tenant, or what each server has by itself.
    Several { tenants: BTreeSet<String>, own: OwnColumns },
}

/// Columns with what each server has by itself, by name. Under `ANY`: one of the columns, nobody knows which.
pub type OwnColumns = BTreeMap<String, Own>;

/// Adds columns. Of several of one name, nothing is known to be the same everywhere that differs among them.
pub(super) fn add_own(known: &mut OwnColumns, more: impl IntoIterator<Item = (String, Own)>) {
    for (name, own) in more {
        let own = match known.remove(&name) {
            Some(before) => before.or(&own),
            None => own,
        };
        known.insert(name, own);
    }
}

pub const ANY: &str = "";

impl OutputColumn {
    /// Something of what each server has by itself, if there is any.
    pub fn own(&self) -> Option<&Own> {
        match self {
            OutputColumn::Column { own, .. } => own.as_ref(),
            OutputColumn::Several { own, .. } => own.values().next(),
        }
    }
}

pub fn outputs_tenant(outputs: &[OutputColumn]) -> bool {
    outputs.iter().any(|output| match output {
        OutputColumn::Column { tenant, .. } => *tenant,
        OutputColumn::Several { tenants, .. } => !tenants.is_empty(),
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
                OutputColumn::Column { name: Some(name), tenant: true, .. } => BTreeSet::from([name.clone()]),
                OutputColumn::Column { .. } => BTreeSet::new(),
                OutputColumn::Several { tenants, .. } => tenants.clone(),
            })
            .collect()
    }
}

impl QueryInfo {
    /// Its columns with what each server has by itself.
    pub(super) fn own(&self) -> OwnColumns {
        let mut found = OwnColumns::new();
        for output in &self.outputs {
            match output {
                OutputColumn::Column { name, own: Some(own), .. } => {
                    // A column without a name can be used through `*` only.
                    add_own(&mut found, [(name.clone().unwrap_or_else(|| ANY.into()), own.clone())]);
                }
                OutputColumn::Column { own: None, .. } => {}
                OutputColumn::Several { own, .. } => add_own(&mut found, own.clone()),
            }
        }
        found
    }
}

/// The columns of a set operation; one contains the tenant if it does on both sides. `alike`: their tenant columns are of types
/// that compare alike.
pub(super) fn common(left: &[OutputColumn], right: &[OutputColumn], alike: bool) -> Vec<OutputColumn> {
    let is_vague =
        |outputs: &[OutputColumn]| outputs.iter().any(|output| matches!(output, OutputColumn::Several { .. }));
    let is_vague = is_vague(left) || is_vague(right);
    let any_own = left.iter().chain(right).find_map(OutputColumn::own);
    left.iter()
        .enumerate()
        .map(|(index, output)| {
            let own_there = right.get(index).and_then(OutputColumn::own);
            // Another value in the same column makes it another type's, or is never the same.
            let own = match (is_vague, output.own(), own_there) {
                (true, ..) => any_own.map(|own| Own::other(&own.what)),
                (false, Some(own), Some(there)) => Some(own.clone().or(there)),
                (false, own, there) => own.or(there).map(|own| Own::other(&own.what)),
            };
            match (output, right.get(index)) {
                (OutputColumn::Column { name, tenant: true, .. }, Some(OutputColumn::Column { tenant: true, .. }))
                    if alike =>
                {
                    OutputColumn::Column { name: name.clone(), tenant: true, own }
                }
                (OutputColumn::Column { name, .. }, _) => {
                    OutputColumn::Column { name: name.clone(), tenant: false, own }
                }
                // Two wildcards are equal only for the same table, which is not known here.
                (OutputColumn::Several { .. }, _) => OutputColumn::Several {
                    tenants: BTreeSet::new(),
                    own: own.map(|own| (ANY.to_owned(), own)).into_iter().collect(),
                },
            }
        })
        .collect()
}

/// Applies the column names of `AS alias(a, b)`.
pub(super) fn rename(found: &mut QueryInfo, alias: &TableAlias) {
    for (index, column) in alias.columns.iter().enumerate() {
        match found.outputs.get_mut(index) {
            Some(OutputColumn::Column { name, .. }) => {
                let new = fold_case(&column.name);
                let old = name.replace(new.clone());
                if old.is_some_and(|old| found.loose.contains(&old)) {
                    found.loose.insert(new);
                }
            }
            // The columns of a wildcard are not known, so neither are later names.
            _ => {
                let own = found.outputs[index.min(found.outputs.len())..].iter().find_map(OutputColumn::own).cloned();
                found.outputs.truncate(index);
                if !found.loose.is_empty() {
                    found.loose.insert(ANY.into());
                }
                if let Some(own) = own {
                    let own = [(ANY.to_owned(), Own::other(own.what))].into();
                    found.outputs.push(OutputColumn::Several { tenants: BTreeSet::new(), own });
                }
                return;
            }
        }
    }
}
