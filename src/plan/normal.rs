//! A normal form of expressions, in which expressions with the same meaning compare equal; and the sizes of
//! expressions.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Value, VisitMut};

use super::ident::{fold_case, quoted};
use super::walk::{NodeMut, rewrite};

/// Normalizes an expression: folds and quotes names, removes parentheses.
pub fn normalized(expr: &Expr, only_relation: Option<&str>) -> Expr {
    let mut expr = expr.clone();
    rewrite(&mut expr, &mut |node| {
        match node {
            NodeMut::Expr(expr) => {
                while let Expr::Nested(inner) = expr {
                    *expr = std::mem::replace(&mut **inner, Expr::Value(Value::Null.into()));
                }
                if let Expr::CompoundIdentifier(names) = expr
                    && let [relation, column] = names.as_slice()
                    && only_relation.is_some_and(|only| only == fold_case(relation))
                {
                    *expr = Expr::Identifier(column.clone());
                }
            }
            NodeMut::Ident(ident) => *ident = quoted(&fold_case(ident)),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    expr
}

/// The size of an expression: without parentheses, and with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeSize {
    pub size: usize,
    pub nodes: usize,
}

/// The sizes of a tree's expressions, parents before children.
pub fn sizes(tree: &mut impl VisitMut) -> Vec<TreeSize> {
    let mut sizes: Vec<TreeSize> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    rewrite(tree, &mut |node| {
        match node {
            NodeMut::Expr(expr) => {
                open.push(sizes.len());
                sizes.push(TreeSize { size: usize::from(!matches!(expr, Expr::Nested(_))), nodes: 1 });
            }
            NodeMut::ExprEnd(_) => {
                if let Some(ended) = open.pop()
                    && let Some(parent) = open.last()
                {
                    let TreeSize { size, nodes } = sizes[ended];
                    sizes[*parent].size += size;
                    sizes[*parent].nodes += nodes;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    sizes
}
