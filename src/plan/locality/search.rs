//! The state of the analysis of one statement.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use super::classes::TenantClasses;
use super::outputs::{OwnColumns, QueryInfo};
use crate::plan::distinct_rows::DistinctRows;
use crate::plan::layout::Layout;
use crate::plan::stack::VIEW_LEVELS;

/// The reason why a query cannot run shard by shard.
pub type Reason = String;

/// A definition in the catalog that is analyzed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Definition {
    View(String),
    /// Its name, and its table's.
    Policy(String, String),
}

impl fmt::Display for Definition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Definition::View(name) => write!(formatter, "the view {name}"),
            Definition::Policy(name, table) => write!(formatter, "the policy {name} of {table}"),
        }
    }
}

impl Definition {
    /// True for a materialized view.
    pub(super) fn is_stored(&self, layout: &Layout) -> bool {
        matches!(self, Definition::View(name) if layout.relations.get(name).is_some_and(|view| view.is_stored))
    }
}

/// The analysis of one statement.
pub struct Search<'a> {
    pub(super) layout: &'a Layout,
    /// Which tenant columns are known to be equal, here and now.
    pub(super) classes: TenantClasses,
    /// The types of the tenant columns of all tables so far.
    pub(super) tenant_types: BTreeSet<String>,
    /// Functions that the catalog must classify.
    pub unknown: BTreeSet<String>,
    /// Functions that have an effect or read their session.
    pub effects: BTreeSet<String>,
    /// Functions with a different value for every row.
    pub randoms: BTreeSet<String>,
    /// Attributes of expressions, which may be fields or such functions.
    pub attributes: BTreeSet<String>,
    /// System relations that describe only their server.
    pub statistics: BTreeSet<String>,
    /// Parts that depend on the order of rows without giving one.
    pub unordered: BTreeSet<String>,
    /// Parts that give one of several values that are equal.
    pub loose: BTreeSet<String>,
    /// It changes copies, which have to get the same values.
    pub copies: bool,
    /// Rows on which that depends unless no two of them are equal.
    pub distinct: Vec<DistinctRows>,
    /// Parts that read something of one server: its database, its settings, its object ids.
    pub of_one_server: BTreeSet<String>,
    /// Such parts that no policy reads, and by which rows of several shards cannot be compared.
    pub own_values: BTreeSet<String>,
    /// Relations of the catalogue that no policy reads.
    pub catalogue: BTreeSet<String>,
    /// The columns with such values of all relations in FROM, and their rows, by name.
    pub(super) own_names: OwnColumns,
    /// Views that read each shard's clock, and literals that mean the current time.
    pub clocks: BTreeSet<String>,
    /// Descriptions of used operators, casts and types whose functions may read rows.
    pub readers: BTreeSet<String>,
    /// It names unknown relations.
    pub names_unknown: bool,
    /// The names of relations with columns that describe only their server.
    pub(super) with_counts: BTreeSet<String>,
    /// The results for views that have been analyzed.
    pub(super) views: HashMap<String, Result<QueryInfo, Reason>>,
    /// The depth of WITH RECURSIVE.
    pub(super) recursions: usize,
    /// Views and policies that are being analyzed.
    pub(super) inside: Vec<Definition>,
    /// The conditions of policies that have been, or are being, analyzed.
    pub(super) policies: HashMap<String, Result<(), Reason>>,
    /// Policies are skipped: only the statement itself and its views are analyzed.
    pub(super) skips_policies: bool,
    /// Functions that policies use, and the policy.
    pub of_policies: BTreeMap<String, String>,
    /// The rows that are read are also locked.
    pub(super) locks: bool,
    /// Levels of syntax that more views may add.
    pub(super) levels: usize,
    /// The query is a finishing query, which names the gathered rows.
    pub(super) finishes: bool,
}

impl<'a> Search<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        Search {
            layout,
            classes: TenantClasses::default(),
            tenant_types: BTreeSet::new(),
            unknown: BTreeSet::new(),
            effects: BTreeSet::new(),
            randoms: BTreeSet::new(),
            attributes: BTreeSet::new(),
            statistics: BTreeSet::new(),
            unordered: BTreeSet::new(),
            loose: BTreeSet::new(),
            copies: false,
            distinct: Vec::new(),
            of_one_server: BTreeSet::new(),
            own_values: BTreeSet::new(),
            catalogue: BTreeSet::new(),
            own_names: OwnColumns::new(),
            clocks: BTreeSet::new(),
            readers: BTreeSet::new(),
            names_unknown: false,
            with_counts: BTreeSet::new(),
            views: HashMap::new(),
            recursions: 0,
            inside: Vec::new(),
            policies: HashMap::new(),
            skips_policies: false,
            of_policies: BTreeMap::new(),
            locks: false,
            levels: VIEW_LEVELS,
            finishes: false,
        }
    }

    /// An analysis of a change of copies, without the functions that policies call.
    pub fn of_copies(layout: &'a Layout) -> Self {
        Search { skips_policies: true, copies: true, ..Search::new(layout) }
    }
}
