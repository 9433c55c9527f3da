//! Walks over syntax trees. The parser's visitors are generic, so each use would compile another walk over all of SQL;
//! this module has one walk that reads and one that changes.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, TableFactor, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut,
};

use super::budget::spend;

/// A node of a walk, parents before children.
pub enum Node<'n> {
    Query(&'n Query),
    /// The end of the query that was entered last.
    QueryEnd,
    Select(&'n Select),
    Factor(&'n TableFactor),
    Expr(&'n Expr),
    Relation(&'n ObjectName),
    Ident(&'n Ident),
}

/// Shows every node to `see`.
pub fn walk(tree: &impl Visit, see: &mut dyn FnMut(Node<'_>)) {
    let _ = tree.visit(&mut ReadVisitor(see));
}

struct ReadVisitor<'f>(&'f mut dyn FnMut(Node<'_>));

impl Visitor for ReadVisitor<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        spend(1);
        (self.0)(Node::Query(query));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        spend(1);
        (self.0)(Node::QueryEnd);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        spend(1);
        (self.0)(Node::Select(select));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        (self.0)(Node::Factor(factor));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        spend(1);
        (self.0)(Node::Expr(expr));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        spend(1);
        (self.0)(Node::Relation(relation));
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        (self.0)(Node::Ident(ident));
        ControlFlow::Continue(())
    }
}

/// A node of a walk that changes the tree. A replacement is not visited, but its children are.
pub enum NodeMut<'n> {
    Query,
    Select(&'n mut Select),
    Expr(&'n mut Expr),
    /// After its children.
    ExprEnd(&'n mut Expr),
    Value(&'n mut ValueWithSpan),
    Ident(&'n mut Ident),
}

/// Shows every node to `change`, until it breaks.
pub fn rewrite(tree: &mut impl VisitMut, change: &mut dyn FnMut(NodeMut<'_>) -> ControlFlow<()>) {
    let _ = tree.visit(&mut WriteVisitor(change));
}

struct WriteVisitor<'f>(&'f mut dyn FnMut(NodeMut<'_>) -> ControlFlow<()>);

impl VisitorMut for WriteVisitor<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        spend(1);
        (self.0)(NodeMut::Query)
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        spend(1);
        (self.0)(NodeMut::Select(select))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        spend(1);
        (self.0)(NodeMut::Expr(expr))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        spend(1);
        (self.0)(NodeMut::ExprEnd(expr))
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        spend(1);
        (self.0)(NodeMut::Value(value))
    }

    fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<()> {
        spend(1);
        (self.0)(NodeMut::Ident(ident))
    }
}
