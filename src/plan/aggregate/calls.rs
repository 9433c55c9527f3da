//! What an aggregate call needs from the shards: partial values that can be folded, distinct values, or whole rows.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Visit,
};

use crate::plan::consent::FanOutConsent;
use crate::plan::fan_out_plan::Fold;
use crate::plan::functions::{FunctionKind, arguments, kind};
use crate::plan::ident::name_parts;
use crate::plan::readers::RowReaders;
use crate::plan::refusal::{Refusal, unsupported};
use crate::plan::select::plain_column;
use crate::plan::walk::{Node, walk};

/// How an aggregate's partial values are folded by Rust.
pub(super) enum Folding {
    Plain(Fold),
    Average,
}

pub(super) fn fold_of(call: &Function) -> Option<Folding> {
    if is_distinct(call) || needs_rows(call) {
        return None;
    }
    match kind(call) {
        FunctionKind::Count => Some(Folding::Plain(Fold::Sum)),
        FunctionKind::Folded(fold) => Some(Folding::Plain(fold)),
        FunctionKind::Average => Some(Folding::Average),
        _ => None,
    }
}

/// An aggregate, and not a window function.
pub fn is_aggregate(call: &Function) -> bool {
    call.over.is_none() && kind(call).is_aggregate()
}

/// DISTINCT changes its result.
pub(super) fn is_distinct(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else { return false };
    list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
        && !matches!(
            kind(call),
            FunctionKind::Folded(Fold::Min | Fold::Max | Fold::BoolAnd | Fold::BoolOr | Fold::BitAnd | Fold::BitOr)
        )
}

/// It cannot be computed from partial values.
pub(super) fn needs_rows(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else { return true };
    let foldable = matches!(kind(call), FunctionKind::Count | FunctionKind::Average | FunctionKind::Folded(_));
    let distinct_fold = is_distinct(call) && matches!(kind(call), FunctionKind::Folded(fold) if fold != Fold::Sum);
    !foldable || distinct_fold || !list.clauses.is_empty() || !call.within_group.is_empty()
}

/// The arguments of an aggregate of distinct values: NULL where its filter is not true, because no aggregate counts
/// NULL.
pub(super) fn distinct_arguments(call: &Function) -> Result<Vec<Expr>, Refusal> {
    let refusal = || unsupported(&format!("DISTINCT inside {call}; select the distinct rows in a subquery in FROM"));
    let arguments: Vec<Expr> = match arguments(call).ok_or_else(refusal)?.as_slice() {
        [FunctionArgExpr::Expr(Expr::Tuple(values))] => values.clone(),
        [FunctionArgExpr::Expr(expr)] => vec![expr.clone()],
        _ => return Err(refusal()),
    };
    let Some(filter) = &call.filter else { return Ok(arguments) };
    let [argument] = arguments.as_slice() else { return Err(refusal()) };
    Ok(vec![Expr::Case {
        case_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
        end_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
        operand: None,
        conditions: vec![sqlparser::ast::CaseWhen { condition: (**filter).clone(), result: argument.clone() }],
        else_result: None,
    }])
}

/// Decides what may have another value, or another effect, each time that it is computed.
#[derive(Clone, Copy)]
pub struct Volatility<'a> {
    pub consent: FanOutConsent,
    pub readers: &'a RowReaders,
}

impl Volatility<'_> {
    pub(super) fn is_volatile(self, part: &impl Visit) -> bool {
        let mut found = false;
        walk(part, &mut |node| {
            if let Node::Expr(Expr::Function(call)) = node {
                found |= match kind(call) {
                    FunctionKind::Random | FunctionKind::Effect => true,
                    FunctionKind::Unknown => self.may_vary(call),
                    _ => false,
                };
            }
        });
        found
    }

    /// A function on no list. Without consent the plan is used only if none of those is volatile.
    fn may_vary(self, call: &Function) -> bool {
        let name = name_parts(&call.name).and_then(|mut parts| parts.pop());
        self.consent != FanOutConsent::Implicit && !name.is_some_and(|name| self.readers.is_steady(&name))
    }
}

/// The same call of another aggregate, with another argument if one is given.
pub(super) fn with_name(call: &Function, name: &str, argument: Option<Expr>) -> Function {
    let mut call = call.clone();
    call.name = ObjectName::from(vec![Ident::new("pg_catalog"), Ident::new(name)]);
    if let (Some(argument), FunctionArguments::List(list)) = (argument, &mut call.args) {
        list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))];
    }
    call
}

pub(super) fn names_column(expr: &Expr, wanted: &str) -> bool {
    let mut found = false;
    each_column(expr, &mut |name| found |= name == wanted);
    found
}

pub(super) fn names_any_column(expr: &Expr) -> bool {
    let mut found = false;
    each_column(expr, &mut |_| found = true);
    found
}

fn each_column(expr: &Expr, act: &mut dyn FnMut(&str)) {
    walk(expr, &mut |node| {
        if let Node::Expr(expr) = node
            && let Some(name) = plain_column(expr)
        {
            act(&name);
        }
    });
}
