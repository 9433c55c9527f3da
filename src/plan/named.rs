//! The relations that a statement names, and those that the views among them name: what its plan takes for known.

use std::collections::BTreeSet;

use sqlparser::ast::Statement;

use super::Layout;
use super::catalogue;
use super::effort::spend;
use super::stack::VIEW_LEVELS;
use super::text::{Tokens, parts};
use super::walk::{Node, walk};

/// Their names, with a schema or without. One may also be that of a CTE or of a function, of which nothing is known.
pub fn relations(statements: &[Statement], layout: &Layout) -> BTreeSet<Vec<String>> {
    let mut names = BTreeSet::new();
    let mut views = Vec::new();
    statements.iter().for_each(|statement| note(statement, layout, &mut names, &mut views));
    while let Some(view) = views.pop() {
        spend(4 * view.len());
        // One that cannot be read, or nests too deeply, is refused when it is looked into.
        let Ok(tokens) = Tokens::of(view) else { continue };
        if tokens.levels > VIEW_LEVELS {
            continue;
        }
        for statement in tokens.parse().unwrap_or_default() {
            note(&statement, layout, &mut names, &mut views);
        }
    }
    names
}

fn note<'l>(statement: &Statement, layout: &'l Layout, names: &mut BTreeSet<Vec<String>>, views: &mut Vec<&'l str>) {
    walk(statement, &mut |node| {
        let Node::Relation(name) = node else { return };
        let Some(parts) = parts(name).filter(|parts| !catalogue::is_own(parts)) else { return };
        // A database may stand before the schema.
        let name = parts[parts.len().saturating_sub(2)..].to_vec();
        let view = layout.relation(&parts).and_then(|known| known.view.as_deref());
        if names.insert(name) {
            views.extend(view);
        }
    });
}
