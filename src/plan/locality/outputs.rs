//! The columns of a query's rows: which of them hold the tenant.

use std::collections::BTreeSet;

use sqlparser::ast::{Expr, TableAlias};

use crate::plan::ident::fold;

/// What a query's rows depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Nothing that is sharded: every shard would give the same rows.
    Everywhere,
    /// Each row on one tenant, whose shard gives it.
    Local,
    /// Rows of several shards, for this reason; what it is made of is local.
    Global(&'static str),
}

/// What is known of a query.
#[derive(Clone, Debug)]
pub struct Found {
    pub extent: Extent,
    pub outputs: Vec<Output>,
}

/// A column of a query's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `tenant`: it holds the tenant that its row belongs to, and is never NULL for want of a joined row.
    Column { name: Option<String>, tenant: bool },
    /// Some columns, among which those of these names hold the tenant.
    Several { tenants: BTreeSet<String> },
}

pub fn outputs_tenant(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| match output {
        Output::Column { tenant, .. } => *tenant,
        Output::Several { tenants } => !tenants.is_empty(),
    })
}

impl Found {
    /// The names of all columns, where they are known.
    pub(super) fn columns(&self) -> Option<BTreeSet<String>> {
        let name = |output: &Output| match output {
            Output::Column { name, .. } => name.clone(),
            Output::Several { .. } => None,
        };
        self.outputs.iter().map(name).collect::<Option<BTreeSet<_>>>().filter(|names| !names.is_empty())
    }

    /// The names of the columns that hold the tenant on whose shard the row is.
    pub(super) fn tenants(&self) -> BTreeSet<String> {
        if self.extent != Extent::Local {
            return BTreeSet::new();
        }
        self.outputs
            .iter()
            .flat_map(|output| match output {
                Output::Column { name: Some(name), tenant: true } => BTreeSet::from([name.clone()]),
                Output::Column { .. } => BTreeSet::new(),
                Output::Several { tenants } => tenants.clone(),
            })
            .collect()
    }
}

/// The columns of a set operation: the tenant where both sides have it in the same place.
pub(super) fn common(left: &[Output], right: &[Output]) -> Vec<Output> {
    left.iter()
        .enumerate()
        .map(|(index, output)| match (output, right.get(index)) {
            (Output::Column { name, tenant: true }, Some(Output::Column { tenant: true, .. })) => {
                Output::Column { name: name.clone(), tenant: true }
            }
            (Output::Column { name, .. }, _) => Output::Column { name: name.clone(), tenant: false },
            // Two wildcards: alike only if they are of one table, which is not known here.
            (Output::Several { .. }, _) => Output::Several { tenants: BTreeSet::new() },
        })
        .collect()
}

/// `AS alias(a, b)` gives columns other names.
pub(super) fn rename(found: &mut Found, alias: &TableAlias) {
    for (index, column) in alias.columns.iter().enumerate() {
        match found.outputs.get_mut(index) {
            Some(Output::Column { name, .. }) => *name = Some(fold(&column.name)),
            // What a wildcard stands for is not known, so neither is which column has this name.
            _ => {
                found.outputs.truncate(index);
                return;
            }
        }
    }
}

/// The name that a plain column keeps.
pub(super) fn column_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(fold(name)),
        Expr::CompoundIdentifier(names) => names.last().map(fold),
        _ => None,
    }
}
