//! The relations that a statement names, and those that their views and policies name. The plan depends on all of them.

use std::collections::BTreeSet;

use sqlparser::ast::{Expr, Statement};

use super::budget::spend;
use super::ident::name_parts;
use super::layout::Layout;
use super::object_ids::looked_up;
use super::parse::Tokens;
use super::stack::VIEW_LEVELS;
use super::system_relations;
use super::walk::{Node, walk};

/// The names, with or without a schema. Some may be names of CTEs or functions.
pub fn named_by(statements: &[Statement], layout: &Layout) -> BTreeSet<Vec<String>> {
    each_text(statements, layout, &mut |_| {})
}

/// Shows the statements, and the queries of views and policies among what they name. Gives the names of all relations.
pub fn each_text(statements: &[Statement], layout: &Layout, see: &mut dyn FnMut(&Statement)) -> BTreeSet<Vec<String>> {
    let mut names = BTreeSet::new();
    let mut queries = Vec::new();
    for statement in statements {
        see(statement);
        note(statement, layout, &mut names, &mut queries);
    }
    while let Some(query) = queries.pop() {
        spend(4 * query.len());
        // A definition that cannot be parsed, or nests too deeply, is refused when it is analyzed.
        let Ok(tokens) = Tokens::of(&query) else { continue };
        if tokens.levels > VIEW_LEVELS {
            continue;
        }
        for statement in tokens.parse().unwrap_or_default() {
            see(&statement);
            note(&statement, layout, &mut names, &mut queries);
        }
    }
    names
}

/// `queries`: the definitions of views and policies to visit.
fn note(statement: &Statement, layout: &Layout, names: &mut BTreeSet<Vec<String>>, queries: &mut Vec<String>) {
    walk(statement, &mut |node| {
        let parts = match node {
            Node::Relation(name) => name_parts(name),
            Node::Expr(Expr::Function(call)) => looked_up(call),
            _ => None,
        };
        let Some(parts) = parts.filter(|parts| !system_relations::is_own(parts)) else { return };
        // A database may stand before the schema.
        let name = parts[parts.len().saturating_sub(2)..].to_vec();
        if names.insert(name)
            && let Some(known) = layout.relation(&parts)
        {
            queries.extend(known.view.clone());
            queries.extend(known.conditions(&parts, "rawd").into_iter().map(|(_, query)| query));
        }
    });
}
