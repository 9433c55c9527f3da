//! The state of the analysis of one statement.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use super::classes::TenantClasses;
use super::outputs::QueryInfo;
use crate::plan::layout::Layout;
use crate::plan::stack::VIEW_LEVELS;

/// Why a query cannot run shard by shard.
pub type Reason = String;

/// What stands in the catalogue and is looked into.
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
    /// True for a view that holds the rows of its query as they once were.
    pub(super) fn is_stored(&self, layout: &Layout) -> bool {
        matches!(self, Definition::View(name) if layout.relations.get(name).is_some_and(|view| view.is_stored))
    }
}

/// The search through one statement.
pub struct Search<'a> {
    pub(super) layout: &'a Layout,
    /// Which tenant columns are known to be equal, here and now.
    pub(super) classes: TenantClasses,
    /// Functions whose nature the catalogue must tell.
    pub unknown: BTreeSet<String>,
    /// Functions that do something, or know their session.
    pub effects: BTreeSet<String>,
    /// Functions that make a value of its own for every row.
    pub randoms: BTreeSet<String>,
    /// Attributes of expressions, which may be fields or such functions.
    pub attributes: BTreeSet<String>,
    /// Relations of the catalogue that tell of their own server alone.
    pub statistics: BTreeSet<String>,
    /// What depends on the order in which rows come, and does not say which.
    pub unordered: BTreeSet<String>,
    /// What tells of one server: its database, its settings, the numbers of its catalogue.
    pub of_one_server: BTreeSet<String>,
    /// Views that ask for the time, each shard by its own clock; and literals that mean it.
    pub clocks: BTreeSet<String>,
    /// What it uses of operators, casts and types that may read rows, in words.
    pub readers: BTreeSet<String>,
    /// It names relations of which nothing is known.
    pub names_unknown: bool,
    /// The names of relations some columns of which tell of their own server alone.
    pub(super) with_counts: BTreeSet<String>,
    /// What is known of the views that have been looked into.
    pub(super) views: HashMap<String, Result<QueryInfo, Reason>>,
    /// WITH RECURSIVE around what is looked at.
    pub(super) recursions: usize,
    /// Views and policies that are being looked into.
    pub(super) inside: Vec<Definition>,
    /// The conditions of policies that have been looked into, or are.
    pub(super) policies: HashMap<String, Result<(), Reason>>,
    /// Policies are left out: only what the statement itself and its views make is looked for.
    pub(super) skips_policies: bool,
    /// What of a policy's is used, and the policy.
    pub of_policies: BTreeMap<String, String>,
    /// Rows that are looked at are locked too.
    pub(super) locks: bool,
    /// Levels of syntax that further views may add.
    pub(super) levels: usize,
    /// The query is one that finishes, and names the relation of the gathered rows.
    pub(super) finishes: bool,
}

impl<'a> Search<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        Search {
            layout,
            classes: TenantClasses::default(),
            unknown: BTreeSet::new(),
            effects: BTreeSet::new(),
            randoms: BTreeSet::new(),
            attributes: BTreeSet::new(),
            statistics: BTreeSet::new(),
            unordered: BTreeSet::new(),
            of_one_server: BTreeSet::new(),
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

    /// A search for what a statement makes, whatever its policies call.
    pub fn without_policies(layout: &'a Layout) -> Self {
        Search { skips_policies: true, ..Search::new(layout) }
    }
}
