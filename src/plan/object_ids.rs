//! Object ids, which each database gives by itself: the same table has another number on each shard, and the same name.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Subscript,
    Value,
};

use super::functions::{arguments, own_name};
use super::ident::last_part;
use super::layout::Layout;
use super::own_kind::{Own, OwnKind, is_numbered};
use super::select::{application_type, unnested};
use super::system_relations;
use super::walk::{Node, NodeMut, rewrite, walk};

/// The object ids of expressions: their columns have what `own` says.
pub struct ObjectIds<'a> {
    pub layout: &'a Layout,
    pub own: &'a dyn Fn(&Expr) -> Option<Own>,
}

/// True for the name of a function of PostgreSQL's that gives the id of a name, or of a type.
pub fn is_naming(function: &str) -> bool {
    function == "pg_typeof" || function.strip_prefix("to_").is_some_and(is_numbered)
}

/// The relation that is looked up by a literal name.
pub fn looked_up(call: &Function) -> Option<Vec<String>> {
    if own_name(call)? != "to_regclass" {
        return None;
    }
    let [FunctionArgExpr::Expr(argument)] = arguments(call)?.as_slice() else { return None };
    let Expr::Value(value) = without_text(argument) else { return None };
    let Value::SingleQuotedString(name) = &value.value else { return None };
    let is_plain = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let parts: Vec<String> = name.split('.').map(str::to_ascii_lowercase).collect();
    (parts.len() <= 2 && parts.iter().all(|part| is_plain(part))).then_some(parts)
}

/// `t.c[1]` is an element of the column `t.c`, and of no row of `t`.
fn qualify(root: &mut Expr, access_chain: &mut Vec<AccessExpr>) {
    if let Expr::Identifier(table) = root
        && let Some(AccessExpr::Dot(Expr::Identifier(name))) = access_chain.first()
    {
        *root = Expr::CompoundIdentifier(vec![table.clone(), name.clone()]);
        access_chain.remove(0);
    }
}

fn without_text(expr: &Expr) -> &Expr {
    match unnested(expr) {
        Expr::Cast { expr, data_type: DataType::Text | DataType::Varchar(None), .. } => without_text(expr),
        expr => expr,
    }
}

impl ObjectIds<'_> {
    /// What an expression uses, outside its subqueries, of what each server has by itself. The name of an id as a text is the
    /// same everywhere, and so is whether two ids of one database are equal.
    pub fn used(&self, expr: &Expr) -> Vec<Own> {
        let found = self.any(expr);
        if found.is_empty() {
            return found;
        }
        let mut rest = expr.clone();
        rewrite(&mut rest, &mut |node| {
            match node {
                NodeMut::Expr(expr) if self.is_alike(expr) => *expr = Expr::value(Value::Null),
                NodeMut::Expr(Expr::CompoundFieldAccess { root, access_chain }) => qualify(root, access_chain),
                NodeMut::Expr(Expr::Function(call)) => self.blank_rows(call),
                _ => {}
            }
            ControlFlow::Continue(())
        });
        self.any(&rest)
    }

    /// Removes the rows that a call counts or writes as text, with names.
    fn blank_rows(&self, call: &mut Function) {
        const BY_TEXT: [&str; 7] =
            ["count", "json_agg", "jsonb_agg", "array_agg", "row_to_json", "to_json", "to_jsonb"];
        if !own_name(call).is_some_and(|name| BY_TEXT.contains(&name.as_str())) {
            return;
        }
        let FunctionArguments::List(list) = &mut call.args else { return };
        for argument in &mut list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument
                && self.kind(expr).is_some_and(|kind| kind == OwnKind::row())
            {
                *expr = Expr::value(Value::Null);
            }
        }
    }

    fn any(&self, expr: &Expr) -> Vec<Own> {
        let mut found = Vec::new();
        let mut depth = 0;
        walk(expr, &mut |node| match node {
            Node::Query(_) => depth += 1,
            Node::QueryEnd => depth -= 1,
            Node::Expr(expr) if depth == 0 => found.extend(match expr {
                Expr::Cast { data_type, .. } => self.numbered(data_type),
                Expr::TypedString(typed) => self.numbered(&typed.data_type),
                Expr::Function(call) => own_name(call)
                    .filter(|name| is_naming(name))
                    .map(|name| Own { what: format!("{name}()"), kind: OwnKind::Named(String::new()) }),
                expr => (self.own)(expr),
            }),
            _ => {}
        });
        found
    }

    /// What an item of a select list contains, if it contains this.
    pub fn listed(&self, expr: &Expr, what: &Own) -> Own {
        let kind = match unnested(expr) {
            column @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {
                (self.own)(column).map_or(OwnKind::Other, |own| own.kind)
            }
            Expr::Function(call) if self.is_known(call) => {
                let of_type = own_name(call).unwrap_or_default();
                OwnKind::Named(of_type.strip_prefix("to_").unwrap_or("regtype").to_owned())
            }
            Expr::Cast { expr, data_type, .. } => match self.type_of_id(data_type) {
                Some(of_type) if self.is_given(expr, &of_type) => OwnKind::Named(of_type),
                _ => OwnKind::Other,
            },
            _ => OwnKind::Other,
        };
        Own { what: what.what.clone(), kind }
    }

    /// True for an id that stands for the same name wherever rows of several shards are compared by it: that of a row's table,
    /// or of a value's type. PostgreSQL writes it as that name.
    pub fn is_name(&self, expr: &Expr) -> bool {
        match unnested(expr) {
            Expr::Cast { expr, data_type, .. } => {
                data_type.to_string().eq_ignore_ascii_case("regclass")
                    && self.kind(expr).is_some_and(|kind| kind == OwnKind::Table)
            }
            Expr::Function(call) => own_name(call).is_some_and(|name| name == "pg_typeof"),
            _ => false,
        }
    }

    /// What the values of a type are made of, if object ids are among them.
    pub fn numbered(&self, data_type: &DataType) -> Option<Own> {
        let written = data_type.to_string().to_ascii_lowercase();
        let name = match application_type(data_type) {
            Some(name) => last_part(name)?,
            None => written.trim_end_matches("[]").to_owned(),
        };
        let kind = self.layout.kind_of_type(&name, matches!(data_type, DataType::Array(_)))?;
        Some(Own { what: written, kind })
    }

    /// The type of one id.
    fn type_of_id(&self, data_type: &DataType) -> Option<String> {
        match self.numbered(data_type)?.kind {
            OwnKind::Named(of_type) if is_numbered(&of_type) => Some(of_type),
            _ => None,
        }
    }

    /// What a column of such ids contains, or an element of one.
    fn kind(&self, expr: &Expr) -> Option<OwnKind> {
        match unnested(expr) {
            column @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {
                (self.own)(column).map(|own| own.kind).filter(|kind| *kind != OwnKind::Other)
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                let array = match (&**root, access_chain.as_slice()) {
                    (root, [AccessExpr::Subscript(Subscript::Index { .. })]) => self.kind(root),
                    (
                        Expr::Identifier(table),
                        [AccessExpr::Dot(Expr::Identifier(name)), AccessExpr::Subscript(Subscript::Index { .. })],
                    ) => self.kind(&Expr::CompoundIdentifier(vec![table.clone(), name.clone()])),
                    _ => None,
                };
                let Some(OwnKind::Named(of_type)) = array else { return None };
                let element = of_type.strip_suffix("[]").filter(|element| is_numbered(element))?;
                Some(OwnKind::Named(element.to_owned()))
            }
            _ => None,
        }
    }

    /// True for what is the same on every shard, although it is made of object ids.
    fn is_alike(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Cast { expr, data_type: DataType::Text | DataType::Varchar(None), .. } => match unnested(expr) {
                Expr::Cast { expr, data_type, .. } if self.numbered(data_type).is_some() => {
                    self.type_of_id(data_type).is_some_and(|of_type| self.is_given(expr, &of_type))
                }
                Expr::Function(call) => self.is_known(call),
                column => matches!(self.kind(column), Some(OwnKind::Named(_))),
            },
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
                self.is_id(left) && self.is_id(right)
            }
            Expr::IsNull(expr) | Expr::IsNotNull(expr) => self.is_id(expr),
            Expr::InList { expr, list, .. } => self.is_id(expr) && list.iter().all(|one| self.is_id(one)),
            _ => false,
        }
    }

    /// True for an id that a row has, or that a name means.
    fn is_id(&self, expr: &Expr) -> bool {
        match unnested(expr) {
            Expr::Cast { expr, data_type: DataType::Custom(name, _), .. }
                if name.to_string().eq_ignore_ascii_case("oid") =>
            {
                self.is_id(expr)
            }
            Expr::Cast { expr, data_type, .. } => {
                self.type_of_id(data_type).is_some_and(|of_type| self.is_given(expr, &of_type))
            }
            Expr::Function(call) => self.is_known(call),
            expr => self.kind(expr).is_some(),
        }
    }

    /// True for a name, or an id that a row has, of which a cast to this type makes the same.
    fn is_given(&self, expr: &Expr, of_type: &str) -> bool {
        match unnested(expr) {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(name) => !name.bytes().all(|byte| byte.is_ascii_digit()),
                _ => false,
            },
            expr => match self.kind(expr) {
                Some(OwnKind::Named(of)) => of == of_type,
                Some(OwnKind::Table) => of_type == "regclass",
                Some(OwnKind::Other) | None => false,
            },
        }
    }

    /// True for a call that gives the same name on every shard: of a value's type, or of a table that all of them have, or none.
    fn is_known(&self, call: &Function) -> bool {
        own_name(call).is_some_and(|name| name == "pg_typeof")
            || looked_up(call)
                .is_some_and(|names| system_relations::is_own(&names) || self.layout.is_everywhere_or_nowhere(&names))
    }
}
