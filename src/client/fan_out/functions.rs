//! Asks the shards' catalogs whether the functions of a plan may be merged.

use super::catalog::query;
use super::plan_cache::PlannedStatement;
use crate::client::request::Request;
use crate::data::parameters::{text, text_array};
use crate::plan::{BY_SETTINGS, ChangePlan, FanOutConsent, ReadPlan};
use crate::proto::Parameter;
use crate::scatter::{InternalQueries, ShardError};

/// Why a plan does not hold, if one of its functions may not be merged.
pub async fn unmergeable_function(
    internal: InternalQueries<'_>,
    request: &Request,
    planned: &PlannedStatement,
    read: &ReadPlan,
) -> Result<Option<String>, ShardError> {
    if read.functions.is_empty() || planned.has_mergeable_functions() {
        return Ok(None);
    }
    let explicitly = request.asked != FanOutConsent::Implicit;
    let allowed = if explicitly { Allowed::Any } else { Allowed::Stable };
    let odd = unmergeable_functions(internal, &read.functions, allowed).await?;
    if let Some(name) = odd.first() {
        let policy = read.of_policies.get(name).map(|policy| format!(" of {policy}")).unwrap_or_default();
        return Ok(Some(format!(
            "the function {name}{policy} is not immutable (ask for it with .mtdd(null) or allServers: true), or it is an aggregate or \
             window function that is not PostgreSQL's own"
        )));
    }
    planned.note_mergeable_functions();
    Ok(None)
}

/// The same of a change whose rows have to stay alike on all shards.
pub async fn unmergeable_in_copies(
    internal: InternalQueries<'_>,
    planned: &PlannedStatement,
    change: &ChangePlan,
) -> Result<Option<String>, ShardError> {
    if change.functions.is_empty() || planned.has_mergeable_functions() {
        return Ok(None);
    }
    if let Some(name) = unmergeable_functions(internal, &change.functions, Allowed::Settings).await?.first() {
        return Ok(Some(format!(
            "the function {name} in a change of a reference table: it is not immutable, or tells of one server, so that the copies \
             of a row could get different values; compute it first and bind it"
        )));
    }
    planned.note_mergeable_functions();
    Ok(None)
}

/// What the values of functions may depend on, beyond their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    /// They may do anything.
    Any,
    /// PostgreSQL's own may be stable: most of those depend on settings, which all shards share. Others may read tables.
    Stable,
    /// Of PostgreSQL's own stable ones, those that depend on nothing but such settings.
    Settings,
}

/// Those of the functions, named as the statement writes them, whose calls cannot be merged: aggregates, window functions
/// and functions whose values depend on more than is allowed. All shards define them alike, so that one of them is asked.
async fn unmergeable_functions(
    internal: InternalQueries<'_>,
    names: &[String],
    allowed: Allowed,
) -> Result<Vec<String>, ShardError> {
    let any_volatility = text(if allowed == Allowed::Any { "true" } else { "false" });
    let stable = match allowed {
        Allowed::Settings => text_array(BY_SETTINGS),
        Allowed::Any | Allowed::Stable => Parameter::default(),
    };
    let names = text_array(names);
    let (_, answer) = internal.on_any(query(FUNCTIONS, vec![names, any_volatility, stable])).await?;
    Ok((0..answer.rows.len()).filter_map(|row| answer.text(row, 0).map(str::to_owned)).collect())
}

/// Leaves it to the statement itself to report a name that does not exist.
const FUNCTIONS: &str = "\
SELECT f.name
FROM unnest($1::text[]) AS f(name)
CROSS JOIN LATERAL parse_ident(f.name, false) AS i(parts)
JOIN pg_catalog.pg_proc AS p ON p.proname = i.parts[cardinality(i.parts)]
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE CASE WHEN cardinality(i.parts) > 1 THEN n.nspname = i.parts[cardinality(i.parts) - 1]
      ELSE n.nspname = ANY (current_schemas(true)) END
GROUP BY f.name
HAVING NOT bool_and(p.prokind = 'f' AND ($2::bool OR p.provolatile = 'i' OR p.provolatile = 's' AND n.nspname = 'pg_catalog'
  AND ($3::text[] IS NULL OR p.proname = ANY ($3::text[]))))";
