//! WITH: which of its queries another query needs when it runs by itself.

use std::collections::BTreeSet;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{Cte, Query, With};

use super::text::{fold, parts};
use super::walk::{Node, walk};

/// Gives a query those CTEs that it names, and those that these name. What it defines itself hides others of that name.
pub fn add(query: &mut Query, ctes: Vec<Cte>) {
    let own: BTreeSet<String> = query.with.iter().flat_map(|with| &with.cte_tables).map(name_of).collect();
    let mut used: Vec<Cte> = Vec::new();
    // Only what is named: an unused one would be one more text to print and check.
    for cte in ctes.into_iter().rev() {
        let name = BTreeSet::from([name_of(&cte)]);
        let is_named = names_any(query, &name) || used.iter().any(|later| names_any(&later.query, &name));
        if is_named && own.is_disjoint(&name) {
            used.push(cte);
        }
    }
    if used.is_empty() {
        return;
    }
    used.reverse();
    match &mut query.with {
        Some(with) => {
            used.append(&mut with.cte_tables);
            with.cte_tables = used;
        }
        None => {
            query.with = Some(With { with_token: AttachedToken::empty(), recursive: false, cte_tables: used });
        }
    }
}

pub fn name_of(cte: &Cte) -> String {
    fold(&cte.alias.name)
}

/// True if a query names one of these relations.
pub fn names_any(query: &Query, names: &BTreeSet<String>) -> bool {
    let mut found = false;
    walk(query, &mut |node| {
        if let Node::Relation(name) = node {
            found |= parts(name).is_some_and(|parts| matches!(parts.as_slice(), [only] if names.contains(only)));
        }
    });
    found
}
