//! Checks whether groups, DISTINCT ON and windows stay within one tenant.

use sqlparser::ast::{Expr, Select, WindowSpec};

use super::scope::Scope;
use crate::plan::budget::spend;
use crate::plan::ident::fold_case;
use crate::plan::select::{group_keys, item_expr, named_window, output_name, position, unnested};

/// True if DISTINCT ON includes the tenant. Its names mean output columns first.
pub fn distinct_by_tenant(keys: &[Expr], select: &Select, scope: &Scope<'_>) -> bool {
    keys.iter().any(|key| match unnested(key) {
        Expr::Value(value) => position(&value.value.to_string(), select).is_some_and(|item| scope.is_tenant(item)),
        Expr::Identifier(name) => {
            let name = fold_case(name);
            spend(select.projection.len());
            let item = select.projection.iter().find(|item| output_name(item).is_some_and(|output| output == name));
            scope.is_tenant(item.and_then(item_expr).unwrap_or(key))
        }
        key => scope.is_tenant(key),
    })
}

/// True if each group belongs to one tenant.
pub fn groups_by_tenant(select: &Select, scope: &Scope<'_>) -> bool {
    group_keys(select).into_iter().any(|key| match key {
        Expr::Value(value) => position(&value.value.to_string(), select).is_some_and(|item| scope.is_tenant(item)),
        key => scope.is_tenant(key),
    })
}

/// True if a window, or one that it is based on, is partitioned by tenant.
pub(super) fn is_within_tenant(spec: &WindowSpec, select: &Select, scope: &Scope<'_>) -> bool {
    let mut spec = Some(spec);
    for _ in 0..=select.named_window.len() {
        let Some(this) = spec else { return false };
        if this.partition_by.iter().any(|key| scope.is_tenant(key)) {
            return true;
        }
        spec = this.window_name.as_ref().and_then(|name| named_window(&fold_case(name), select));
    }
    false
}
