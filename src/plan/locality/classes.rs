//! Tracks which tenant columns are known to be equal, to each other and to literals and parameters.

use std::collections::{BTreeSet, HashMap};

use sqlparser::ast::{BinaryOperator, Expr};

use super::scope::Scope;
use crate::plan::budget::spend;

/// Classes of equal columns. What is known inside a select does not hold outside of it: whoever goes into one keeps a
/// copy for the time after.
#[derive(Clone, Debug, Default)]
pub(super) struct TenantClasses {
    /// By class, one that it is the same as; itself, if it stands for all of them.
    same: Vec<usize>,
    /// Of literals and parameters that tenant columns are compared with.
    constants: HashMap<String, usize>,
}

/// What a condition says of tenant columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TenantFact {
    Equal(usize, usize),
    Constant(usize, String),
}

impl TenantClasses {
    pub fn new_class(&mut self) -> usize {
        self.same.push(self.same.len());
        self.same.len() - 1
    }

    pub fn find(&self, mut class: usize) -> usize {
        while self.same[class] != class {
            class = self.same[class];
        }
        class
    }

    pub fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.same[one] = other;
    }

    /// Takes in what holds for every row.
    pub fn learn(&mut self, facts: Vec<TenantFact>) {
        for fact in facts {
            match fact {
                TenantFact::Equal(one, other) => self.join(one, other),
                TenantFact::Constant(class, text) => match self.constants.get(&text) {
                    Some(known) => self.join(*known, class),
                    None => {
                        self.constants.insert(text, class);
                    }
                },
            }
        }
    }

    /// Takes in what the condition of an outer join says. It holds for the rows that match only, while the rows of a side
    /// that is kept come in any case: whatever would make two classes of such a side one (`kept`: all classes that are
    /// there without the other side) is not known, nor is what a column of the other side is equal to from then on.
    pub fn learn_of_matches(&mut self, facts: Vec<TenantFact>, kept: &[Vec<usize>]) {
        for fact in facts {
            let (one, other) = match &fact {
                TenantFact::Equal(one, other) => (*one, *other),
                TenantFact::Constant(class, text) => match self.constants.get(text) {
                    Some(known) => (*known, *class),
                    None => continue,
                },
            };
            let (one, other) = (self.find(one), self.find(other));
            if one == other {
                continue;
            }
            spend(self.constants.len() + kept.iter().map(Vec::len).sum::<usize>());
            let before: Vec<usize> = kept.iter().map(|kept| self.count(kept)).collect();
            self.join(one, other);
            if kept.iter().zip(before).any(|(kept, before)| self.count(kept) < before) {
                self.same[one] = one;
            }
        }
    }

    /// How many different ones are among these classes and the constants.
    fn count(&self, classes: &[usize]) -> usize {
        let all = classes.iter().chain(self.constants.values());
        all.map(|class| self.find(*class)).collect::<BTreeSet<_>>().len()
    }
}

/// What a condition says where it is true: the equalities that all of it depends on.
pub(super) fn facts(condition: &Expr, scope: &Scope<'_>) -> Vec<TenantFact> {
    let mut facts = Vec::new();
    let mut left = vec![condition];
    while let Some(condition) = left.pop() {
        match condition {
            Expr::Nested(inner) => left.push(inner),
            Expr::BinaryOp { left: one, op: BinaryOperator::And, right: other } => left.extend([&**other, &**one]),
            Expr::BinaryOp { left: one, op: BinaryOperator::Eq, right: other } => match (&**one, &**other) {
                (Expr::Tuple(one), Expr::Tuple(other)) if one.len() == other.len() => {
                    facts.extend(one.iter().zip(other).filter_map(|(one, other)| equal(one, other, scope)));
                }
                (one, other) => facts.extend(equal(one, other, scope)),
            },
            _ => {}
        }
    }
    facts
}

fn equal(left: &Expr, right: &Expr, scope: &Scope<'_>) -> Option<TenantFact> {
    match (scope.tenant(left, false), scope.tenant(right, false)) {
        (Some(left), Some(right)) => Some(TenantFact::Equal(left, right)),
        (Some(class), None) => Some(TenantFact::Constant(class, constant(right)?)),
        (None, Some(class)) => Some(TenantFact::Constant(class, constant(left)?)),
        (None, None) => None,
    }
}

fn constant(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => constant(expr),
        Expr::Value(value) => Some(value.to_string()),
        _ => None,
    }
}
