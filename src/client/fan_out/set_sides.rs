//! Compares the types of a set operation's sides with those in which its gathered rows are compared. PostgreSQL compares
//! the rows of each step in that step's own types: where they differ, other rows may be equal.

use super::bindings::{BoundRead, bind};
use super::execution::FanOut;
use crate::data::result_set::ResultSet;
use crate::gather::GatheredColumns;
use crate::plan::{SetSide, SideRole};
use crate::proto::QueryRequest;
use crate::scatter::{FanOutError, ShardCalls, ShardError};

/// Types whose values are equal in one of them if they are equal in another.
const ALIKE: [&[&str]; 3] = [
    &["smallint", "integer", "bigint", "numeric"],
    &["text", "character varying", "bpchar"],
    &["real", "double precision"],
];

/// A column's type, and its collation.
type ColumnKind = (String, Option<String>);

/// Refuses a plan that does not hold for the types of its sides.
pub async fn check(
    fan_out: &FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    bound: &BoundRead<'_>,
    columns: &GatheredColumns<'_>,
) -> Result<(), FanOutError> {
    let sides = &bound.read.sides;
    if sides.is_empty() || bound.planned.has_mergeable_sides() {
        return Ok(());
    }
    let whole: Vec<ColumnKind> =
        columns.visible().iter().map(|known| (known.column_type.name.clone(), known.collation.clone())).collect();
    let mut of_sides = Vec::with_capacity(sides.len());
    for side in sides {
        let params = bind(&side.shard.params, &fan_out.request.params, bound.limits, bound.now.as_ref());
        let params = params.map_err(|_| FanOutError::unsupported("a value of a set operation is missing"))?;
        let asked =
            QueryRequest { sql: question(&side.shard.sql, whole.len()), params, simple: false, ..calls.wire().clone() };
        let said = match calls.until(fan_out.internal.on(columns.shard, asked)).await? {
            Err(ShardError::Database(_)) => Vec::new(),
            answer => kinds(&answer?, whole.len()),
        };
        of_sides.push(said);
    }
    for (index, whole) in whole.iter().enumerate() {
        if !sides_fit(sides, &of_sides, index, whole) {
            let name = &columns.visible()[index].field.name;
            return Err(FanOutError::unsupported(&format!(
                "the sides of its UNION, INTERSECT and EXCEPT give {name:?} different types, or a literal without a type: cast \
                 it to one type in all of them"
            )));
        }
    }
    bound.planned.note_mergeable_sides();
    Ok(())
}

/// Whether comparing a column of all gathered rows as `whole` is comparing it step by step.
fn sides_fit(sides: &[SetSide], of_sides: &[Vec<ColumnKind>], index: usize, whole: &ColumnKind) -> bool {
    let is_gathered = |side: &SetSide| matches!(side.role, SideRole::Gathered { .. });
    // A literal became a text, where PostgreSQL would have given it the type of the others.
    let is_exact =
        sides.iter().any(|side| is_gathered(side) && (side.untyped.contains(&index) || side.has_more_untyped));
    sides.iter().zip(of_sides).all(|(side, kinds)| {
        let is_compared = match side.role {
            SideRole::Stepwise => true,
            SideRole::Gathered { is_stepwise } => is_stepwise || is_exact,
            SideRole::Everywhere => is_exact,
        };
        if !is_compared || side.untyped.contains(&index) {
            return true;
        }
        let Some((of, collation)) = kinds.get(index) else { return false };
        let is_alike = |types: &&[&str]| types.contains(&of.as_str()) && types.contains(&whole.0.as_str());
        *collation == whole.1 && (*of == whole.0 || (!is_exact && ALIKE.iter().any(is_alike)))
    })
}

/// Asks for the types and collations of a query's columns; a domain counts as its base type.
fn question(sql: &str, columns: usize) -> String {
    let names: Vec<_> = (0..columns).map(|index| format!("c{index}")).collect();
    let of = |name: &String| {
        format!(
            "(SELECT pg_catalog.json_build_array(pg_catalog.format_type(b.oid, -1), \
             CASE WHEN b.typcollation <> 0 THEN pg_catalog.pg_collation_for(q.{name}) END) \
             FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_type AS b \
             ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END \
             WHERE t.oid = pg_catalog.pg_typeof(q.{name}))"
        )
    };
    let asked: Vec<_> = names.iter().map(of).collect();
    format!(
        "SELECT array_to_json(ARRAY[{}]) FROM (VALUES (1)) AS one LEFT JOIN LATERAL (SELECT * FROM (\n{sql}\n) AS s({names}) LIMIT 0) AS q({names}) ON true",
        asked.join(", "),
        names = names.join(", "),
    )
}

fn kinds(answer: &ResultSet, columns: usize) -> Vec<ColumnKind> {
    let kinds: Vec<ColumnKind> =
        answer.text(0, 0).and_then(|kinds| serde_json::from_str(kinds).ok()).unwrap_or_default();
    if kinds.len() == columns { kinds } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ShardStatement;

    fn side(role: SideRole, untyped: &[usize]) -> SetSide {
        let shard = ShardStatement { sql: String::new(), params: Vec::new() };
        SetSide { shard, role, untyped: untyped.to_vec(), has_more_untyped: false }
    }

    fn kind(of: &str) -> ColumnKind {
        (of.into(), None)
    }

    #[test]
    fn steps_compare_as_the_whole_does_where_equality_is_the_same() {
        let fits = |roles: [SideRole; 2], types: [&str; 2], untyped: &[usize], whole: &str| {
            let sides = [side(roles[0], untyped), side(roles[1], &[])];
            sides_fit(&sides, &types.map(|of| vec![kind(of)]), 0, &kind(whole))
        };
        let (steps, once) = (SideRole::Gathered { is_stepwise: true }, SideRole::Gathered { is_stepwise: false });
        assert!(fits([steps, steps], ["integer", "bigint"], &[], "bigint"));
        assert!(!fits([steps, steps], ["bigint", "double precision"], &[], "double precision"));
        assert!(fits([once, once], ["bigint", "double precision"], &[], "double precision"));
        assert!(!fits([SideRole::Stepwise; 2], ["citext", "text"], &[], "text"));
        assert!(fits([SideRole::Stepwise; 2], ["text", "integer"], &[0], "integer"), "a literal has the others' type");
        assert!(fits([once, SideRole::Everywhere], ["text", "text"], &[0], "text"));
        assert!(!fits([once, SideRole::Everywhere], ["text", "citext"], &[0], "text"), "it would be a citext");
        assert!(fits([once, SideRole::Everywhere], ["text", "citext"], &[], "text"), "PostgreSQL has both as they are");
    }
}
