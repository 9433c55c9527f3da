//! WITH queries: finds which of them a query needs when it runs separately.

use std::collections::BTreeSet;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{Cte, Query, With};

use super::ident::{fold_case, name_parts};
use super::walk::{Node, walk};

/// Adds the CTEs that a query names, and those that these name. The query's own CTEs hide others of the same name.
pub fn add<'c>(query: &mut Query, ctes: impl DoubleEndedIterator<Item = &'c Cte>) {
    let own: BTreeSet<String> = query.with.iter().flat_map(|with| &with.cte_tables).map(name_of).collect();
    let mut used: Vec<Cte> = Vec::new();
    // Only used ones: every CTE must be printed and checked.
    let mut ctes = ctes.rev().peekable();
    let mut named = match ctes.peek() {
        Some(_) => names(query),
        None => return,
    };
    for cte in ctes {
        let name = name_of(cte);
        if named.contains(&name) && !own.contains(&name) {
            named.extend(names(&cte.query));
            used.push(cte.clone());
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
    fold_case(&cte.alias.name)
}

/// True if a query names one of these relations.
pub fn names_any(query: &Query, wanted: &BTreeSet<String>) -> bool {
    !names(query).is_disjoint(wanted)
}

/// The relations that a query names without a schema.
fn names(query: &Query) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    walk(query, &mut |node| {
        if let Node::Relation(name) = node
            && let Some([only]) = name_parts(name).as_deref()
        {
            names.insert(only.clone());
        }
    });
    names
}
