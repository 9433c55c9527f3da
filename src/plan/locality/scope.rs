//! The names that an expression can use, and what is known about the relations behind them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlparser::ast::Expr;

use super::outputs::{Locality, OwnColumns, QueryInfo, TenantType, combined};
use crate::plan::budget::spend;
use crate::plan::ident::fold_case;
use crate::plan::own_kind::Own;

/// A relation of a FROM clause.
pub(super) struct ScopeRelation {
    pub(super) alias: Option<String>,
    pub(super) locality: Locality,
    /// The names of its tenant columns, and their class.
    pub(super) tenants: BTreeSet<String>,
    pub(super) class: usize,
    pub(super) tenant_type: TenantType,
    /// The names of all of its columns, where they are known.
    pub(super) columns: Option<BTreeSet<String>>,
    /// Its name, if some of its columns describe only one server.
    pub(super) counts: Option<&'static str>,
    /// Its tenant column does not tell all tenants apart.
    pub(super) is_vague: bool,
    /// An outer join may fill it with NULLs.
    pub(super) nullable: bool,
    /// Its rows come in the order of an ORDER BY.
    pub(super) is_ordered: bool,
    /// It reads a table, which need not have its rows in the same order on each shard.
    pub(super) is_stored: bool,
    /// Its columns with what each server has by itself.
    pub(super) own: OwnColumns,
    /// Its rows are a table's, so that their `tableoid` is its id.
    pub(super) is_table: bool,
    /// Its columns whose equal values may be written otherwise, for copies. `ANY`: one of its columns.
    pub(super) loose: BTreeSet<String>,
    /// Some of them may be texts.
    pub(super) has_loose_texts: bool,
    /// Columns by which its rows can be told apart.
    pub(super) keys: BTreeSet<BTreeSet<String>>,
}

/// The names that an expression may use.
pub struct Scope<'p> {
    pub(super) relations: Vec<ScopeRelation>,
    /// Tenant columns that USING has merged.
    pub(super) merged: BTreeSet<String>,
    pub(super) parent: Option<&'p Scope<'p>>,
    pub(super) ctes: HashMap<String, QueryInfo>,
    /// What each server has by itself in the items of the select list, by their places.
    pub(super) listed: BTreeMap<usize, Own>,
}

impl<'p> Scope<'p> {
    pub fn root() -> Scope<'static> {
        Scope {
            relations: Vec::new(),
            merged: BTreeSet::new(),
            parent: None,
            ctes: HashMap::new(),
            listed: BTreeMap::new(),
        }
    }

    pub fn inside(parent: &'p Scope<'p>) -> Scope<'p> {
        Scope {
            relations: Vec::new(),
            merged: BTreeSet::new(),
            parent: Some(parent),
            ctes: HashMap::new(),
            listed: BTreeMap::new(),
        }
    }

    pub(super) fn cte(&self, name: &str) -> Option<&QueryInfo> {
        self.ctes.get(name).or_else(|| self.parent?.cte(name))
    }

    /// True for a CTE that reads nothing sharded.
    pub fn is_everywhere(&self, cte: &str) -> bool {
        self.cte(cte).is_some_and(|found| found.locality == Locality::Replicated)
    }

    /// True if sharded rows come from a subquery, a CTE or a view in the order of its ORDER BY.
    pub fn is_ordered(&self) -> bool {
        self.relations.iter().any(|relation| relation.is_ordered && relation.locality != Locality::Replicated)
    }

    /// The alias of the only relation, if there is one.
    pub fn only_relation(&self) -> Option<&str> {
        match self.relations.as_slice() {
            [relation] => relation.alias.as_deref(),
            _ => None,
        }
    }

    /// True if a relation of this FROM clause has a column of this name; None: not known.
    pub fn has_column(&self, name: &str) -> Option<bool> {
        spend(self.relations.len());
        let mut known = true;
        for relation in &self.relations {
            match &relation.columns {
                Some(columns) if columns.contains(name) => return Some(true),
                Some(_) => {}
                None => known = false,
            }
        }
        known.then_some(false)
    }

    /// True if the relation of this alias, here or in an outer query, has a column of this name; None: not known.
    pub(super) fn has_column_of(&self, alias: &str, name: &str) -> Option<bool> {
        spend(self.relations.len());
        match self.relations.iter().find(|relation| relation.alias.as_deref() == Some(alias)) {
            // A relation without columns is not known yet.
            Some(relation) => {
                relation.columns.as_ref().filter(|columns| !columns.is_empty()).map(|columns| columns.contains(name))
            }
            None => self.parent?.has_column_of(alias, name),
        }
    }

    /// True if a column may belong to a relation of this FROM clause.
    pub(super) fn may_have(&self, column: &Expr) -> bool {
        // A relation without columns is not known yet.
        let has = |relation: &ScopeRelation, name: &str| {
            relation.columns.as_ref().is_none_or(|columns| columns.is_empty() || columns.contains(name))
        };
        let has_alias = |name: &str| self.relations.iter().any(|relation| relation.alias.as_deref() == Some(name));
        match column {
            Expr::Identifier(name) => {
                let name = fold_case(name);
                has_alias(&name) || self.relations.iter().any(|relation| has(relation, &name))
            }
            Expr::CompoundIdentifier(names) => {
                names.len().checked_sub(2).is_some_and(|index| has_alias(&fold_case(&names[index])))
            }
            _ => false,
        }
    }

    /// True if outer rows are sharded.
    pub(super) fn is_inside_sharded(&self) -> bool {
        self.parent.is_some_and(|parent| {
            parent.relations.iter().any(|relation| relation.locality != Locality::Replicated)
                || parent.is_inside_sharded()
        })
    }

    /// The relation of a tenant column; `strict`: only if no outer join can make it NULL.
    pub(super) fn tenant(&self, expr: &Expr, strict: bool) -> Option<&ScopeRelation> {
        spend(self.relations.len());
        let found = match expr {
            Expr::Nested(inner) => return self.tenant(inner, strict),
            Expr::Identifier(name) => {
                let name = fold_case(name);
                let mut having = self.relations.iter().filter(|relation| relation.tenants.contains(&name));
                match (having.next(), having.next()) {
                    (Some(relation), None) => Some(relation),
                    // Unqualified, although several relations have it: valid only after USING.
                    (Some(_), Some(_)) if self.merged.contains(&name) => {
                        self.relations.iter().find(|relation| relation.tenants.contains(&name) && !relation.nullable)
                    }
                    _ => None,
                }
            }
            Expr::CompoundIdentifier(names) => {
                let [.., relation, column] = names.as_slice() else { return None };
                let (relation, column) = (fold_case(relation), fold_case(column));
                self.relations
                    .iter()
                    .find(|known| known.alias.as_deref() == Some(relation.as_str()) && known.tenants.contains(&column))
            }
            _ => return None,
        };
        match found {
            Some(relation) if strict && relation.nullable => None,
            Some(relation) => Some(relation),
            None => self.parent.and_then(|parent| parent.tenant(expr, strict)),
        }
    }

    /// As what its tenant columns are compared, and those around it.
    pub(super) fn tenant_type(&self) -> TenantType {
        let around = self.parent.and_then(Scope::tenant_type);
        let sharded = self.relations.iter().filter(|relation| relation.locality == Locality::SingleTenant);
        combined(sharded.map(|relation| &relation.tenant_type).chain([&around]))
    }

    /// True for a tenant column that is never NULL because of an outer join.
    pub fn is_tenant(&self, expr: &Expr) -> bool {
        self.tenant(expr, true).is_some()
    }

    pub(super) fn tenant_names(&self, alias: Option<&str>) -> BTreeSet<String> {
        self.relations
            .iter()
            .filter(|relation| !relation.nullable && alias.is_none_or(|alias| relation.alias.as_deref() == Some(alias)))
            .flat_map(|relation| relation.tenants.iter().cloned())
            .collect()
    }

    /// The classes of all outer relations.
    pub(super) fn outer_classes(&self) -> Vec<usize> {
        let Some(parent) = self.parent else { return Vec::new() };
        let own = parent.relations.iter().map(|relation| relation.class);
        own.chain(parent.outer_classes()).collect()
    }

    /// The class of a sharded outer relation, if any.
    pub(super) fn outer_class(&self) -> Option<usize> {
        let parent = self.parent?;
        parent
            .relations
            .iter()
            .find(|relation| relation.locality == Locality::SingleTenant)
            .map(|relation| relation.class)
            .or_else(|| parent.outer_class())
    }
}
