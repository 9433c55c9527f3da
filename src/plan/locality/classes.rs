//! Tracks which tenant columns are known to be equal, to each other and to literals and parameters.

use std::collections::{BTreeSet, HashMap};

use sqlparser::ast::{BinaryOperator, DataType, Expr};

use super::outputs::are_alike;
use super::scope::Scope;
use crate::plan::budget::spend;

/// Equivalence classes of equal columns. Equalities inside a select do not hold outside: callers restore a copy after
/// it.
#[derive(Clone, Debug, Default)]
pub(super) struct TenantClasses {
    /// The parent of each class; a root is its own parent.
    same: Vec<usize>,
    /// Classes of literals and parameters that tenant columns are compared with.
    constants: HashMap<String, usize>,
}

/// An equality of tenant columns in a condition.
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

    /// Adds equalities that hold for every row.
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

    /// Adds the equalities of an outer join's condition. They hold only for matching rows, while rows of a kept side
    /// are returned in any case. So an equality that would unite two classes of a kept side (`kept`: its classes
    /// without the other side) is dropped.
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

    /// The number of different classes among these and the constants.
    fn count(&self, classes: &[usize]) -> usize {
        let all = classes.iter().chain(self.constants.values());
        all.map(|class| self.find(*class)).collect::<BTreeSet<_>>().len()
    }
}

/// The equalities that hold wherever a condition is true. `types`: those of the tenant columns of all tables so far.
pub(super) fn facts(condition: &Expr, scope: &Scope<'_>, types: &BTreeSet<String>) -> Vec<TenantFact> {
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
    facts.retain(|fact| match fact {
        TenantFact::Equal(..) => true,
        TenantFact::Constant(_, text) => is_one_tenant(text, types),
    });
    facts
}

/// True if a constant is the same tenant in columns of all these types. '01' is 1 in integers, and another tenant than '1' in
/// texts.
fn is_one_tenant(constant: &str, types: &BTreeSet<String>) -> bool {
    /// So many digits fit into a bigint.
    const MOST_DIGITS: usize = 18;
    let is_number = || {
        let digits = constant.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(constant);
        digits.bytes().all(|byte| byte.is_ascii_digit())
            && (1..=MOST_DIGITS).contains(&digits.len())
            && (digits == "0" || !digits.starts_with('0'))
    };
    types.len() <= 1 || (types.iter().all(|of| of == "integer" || of == "text") && is_number())
}

fn equal(left: &Expr, right: &Expr, scope: &Scope<'_>) -> Option<TenantFact> {
    match (scope.tenant(left, false), scope.tenant(right, false)) {
        (Some(left), Some(right)) if are_alike(&left.tenant_type, &right.tenant_type) => {
            Some(TenantFact::Equal(left.class, right.class))
        }
        (Some(_), Some(_)) => None,
        (Some(relation), None) => Some(TenantFact::Constant(relation.class, constant(right)?)),
        (None, Some(relation)) => Some(TenantFact::Constant(relation.class, constant(left)?)),
        (None, None) => None,
    }
}

/// A literal or a parameter with its casts, which may change it, as `'xy'::varchar(1)` does.
fn constant(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Nested(expr) => constant(expr),
        Expr::Cast { expr, data_type: DataType::Text | DataType::Varchar(None), .. } => constant(expr),
        Expr::Cast { expr, data_type, .. } => Some(format!("{}::{data_type}", constant(expr)?)),
        Expr::Value(value) => Some(value.to_string()),
        _ => None,
    }
}
