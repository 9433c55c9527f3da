//! The application's own operators, casts and types whose functions may read rows: on a shard they would read only its
//! rows. The catalog lists them; this module finds out which of them an expression uses.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{DataType, Expr};

use super::ident::{last_part, name_parts};
use super::select::{application_type, attributes};
use super::walk::{Node, walk};

/// Operators, casts and types whose functions may read rows, with the function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowReaders {
    /// By symbol.
    operators: BTreeMap<String, String>,
    /// By the name of the target type.
    types: BTreeMap<String, String>,
    /// For casts to PostgreSQL's own types, which have many names.
    any_cast: Option<String>,
    /// For functions that PostgreSQL calls implicitly: implicit casts, and comparisons for sorting or grouping.
    always: Option<String>,
    /// By name.
    functions: BTreeMap<String, String>,
    /// The default values of domains, by the domain's name.
    defaults: BTreeMap<String, String>,
    /// The names of functions of which none is volatile.
    steady: BTreeSet<String>,
    /// Types whose values are made of object ids: the type of PostgreSQL's that a domain is over, or nothing.
    numbered: BTreeMap<String, String>,
    /// There are domains.
    pub has_domains: bool,
}

impl RowReaders {
    /// Adds a row of the catalog: kind, name, and function.
    pub fn add(&mut self, what: &str, name: &str, function: &str) {
        let (name, function) = (name.to_owned(), function.to_owned());
        match what {
            // USING and others call it implicitly.
            "operator" if name == "=" => self.always = Some(function),
            "operator" => drop(self.operators.insert(name, function)),
            "type" => drop(self.types.insert(name, function)),
            "function" => drop(self.functions.insert(name, function)),
            "default" => drop(self.defaults.insert(name, function)),
            "steady" => drop(self.steady.insert(name)),
            "numbered" => drop(self.numbered.insert(name, function)),
            "domains" => self.has_domains = true,
            "cast" => self.any_cast = Some(function),
            _ => self.always = Some(function),
        }
    }

    /// A reason that applies to every statement.
    pub fn always(&self) -> Option<String> {
        self.always.as_ref().map(|function| reason("an operator or cast of yours", function))
    }

    /// What a function of this name uses.
    pub fn function(&self, name: &str) -> Option<String> {
        let of_type = self.types.get(name).map(|function| reason(&format!("the type {name}"), function));
        of_type.or_else(|| self.functions.get(name).map(|function| reason(&format!("the function {name}"), function)))
    }

    /// The default value of a domain.
    pub fn default_of(&self, domain: &str) -> Option<&str> {
        self.defaults.get(domain).map(String::as_str)
    }

    /// The type of object ids that a domain is over; nothing for other types whose values are made of them.
    pub fn numbered(&self, of_type: &str) -> Option<&str> {
        self.numbered.get(of_type).map(String::as_str)
    }

    pub fn has_numbered(&self) -> bool {
        !self.numbered.is_empty()
    }

    /// True for the name of functions of the application or of extensions of which none is volatile.
    pub fn is_steady(&self, function: &str) -> bool {
        self.steady.contains(function)
    }

    /// What a value of this type goes through.
    pub fn data_type(&self, data_type: &DataType) -> Option<String> {
        if let Some(function) = &self.any_cast {
            return Some(reason(&format!("a cast to {data_type}"), function));
        }
        let name = application_type(data_type)?;
        let function = self.types.get(&last_part(name)?)?;
        Some(reason(&format!("the type {name}"), function))
    }

    fn is_empty(&self) -> bool {
        self.operators.is_empty() && self.types.is_empty() && self.any_cast.is_none() && self.functions.is_empty()
    }

    /// What an expression uses outside of its subqueries.
    pub fn used(&self, expr: &Expr) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if self.is_empty() {
            return found;
        }
        let mut depth = 0;
        walk(expr, &mut |node| match node {
            Node::Query(_) => depth += 1,
            Node::QueryEnd => depth -= 1,
            Node::Expr(expr) if depth == 0 => {
                for symbol in symbols(expr) {
                    let function = self.operators.get(&symbol);
                    found.extend(function.map(|function| reason(&format!("the operator {symbol}"), function)));
                }
                found.extend(match expr {
                    Expr::Cast { data_type, .. } => self.data_type(data_type),
                    Expr::TypedString(typed) => self.data_type(&typed.data_type),
                    Expr::Function(call) => name_parts(&call.name).and_then(|mut parts| self.function(&parts.pop()?)),
                    _ => None,
                });
            }
            _ => {}
        });
        found.extend(attributes(expr).iter().filter_map(|name| self.function(name)));
        found
    }
}

fn reason(what: &str, function: &str) -> String {
    format!(
        "{what}, whose function {function} is not immutable and may read rows of one shard: declare it IMMUTABLE if its \
             result depends only on its arguments, or use .mtdd(null) or allServers: true"
    )
}

/// The operators of an expression, without their schemas, except those qualified with pg_catalog.
fn symbols(expr: &Expr) -> Vec<String> {
    let of = |symbols: &[&str]| symbols.iter().map(|symbol| (*symbol).to_owned()).collect();
    match expr {
        Expr::BinaryOp { op: sqlparser::ast::BinaryOperator::PGCustomBinaryOperator(names), .. } => {
            let own = names.first().is_some_and(|schema| schema == "pg_catalog");
            names.last().filter(|_| !own).cloned().into_iter().collect()
        }
        Expr::BinaryOp { op, .. } | Expr::AnyOp { compare_op: op, .. } | Expr::AllOp { compare_op: op, .. } => {
            vec![op.to_string()]
        }
        Expr::UnaryOp { op, .. } => vec![op.to_string()],
        Expr::Like { .. } => of(&["~~", "!~~"]),
        Expr::ILike { .. } => of(&["~~*", "!~~*"]),
        Expr::SimilarTo { .. } => of(&["~", "!~"]),
        Expr::Between { .. } => of(&["<", "<=", ">", ">="]),
        Expr::InList { .. } | Expr::InSubquery { .. } => of(&["<>"]),
        _ => Vec::new(),
    }
}
