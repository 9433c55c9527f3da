//! Bound values such as `'now'` and `'today'`: where the parameter is a date or a time, each shard would read its own
//! clock. They are rare, so PostgreSQL is asked for the parameter's type.

use bytes::Bytes;

use super::catalog::query;
use super::execution::FanOut;
use super::plan_cache::PlannedStatement;
use crate::client::request::Request;
use crate::data::lexer::{Lexer, Token, without_end};
use crate::error::Error;
use crate::plan::{Broadcast, FanOutConsent, Plan, means_current_time};
use crate::proto::{Parameter, QueryRequest};
use crate::scatter::{FanOutError, InternalQueries, Interrupts, ShardError};

/// The text of a date or a time is never longer. Arrays, ranges and rows of them are.
const LONGEST: usize = 256;

/// The time of one shard, to be used on all.
pub async fn now(fan_out: &FanOut<'_>, interrupts: &mut Interrupts<'_>) -> Result<Bytes, FanOutError> {
    let asked = interrupts.until(fan_out.internal.on_any(query("SELECT now()", Vec::new()))).await;
    let (_, answer) = asked.map_err(|interrupt| fan_out.interrupted(interrupt))??;
    let cell = answer.rows.first().and_then(|row| row.first()).cloned().flatten();
    cell.ok_or_else(|| Error::Protocol { server: "a query server".into(), reason: "it returned no time".into() }.into())
}

/// Why a query is refused, if such a value is bound to a time.
pub async fn refusal(
    internal: InternalQueries<'_>,
    request: &Request,
    planned: &PlannedStatement,
) -> Result<Option<String>, ShardError> {
    let copies = match &planned.plan {
        Ok(Plan::Change(change)) => change.how == Broadcast::Same,
        Ok(Plan::Read(_)) => false,
        _ => return Ok(None),
    };
    // Whoever asks for each shard's own answer may use its clock. But copies of a row must stay alike.
    if !copies && request.asked != FanOutConsent::Implicit {
        return Ok(None);
    }
    let suspects: Vec<usize> =
        (0..request.params.len()).filter(|at| may_mean_current_time(&request.params[*at])).collect();
    if suspects.is_empty() {
        return Ok(None);
    }
    let Some(sql) = time_params_query(&request.sql) else { return Ok(None) };
    let asked = QueryRequest { simple: true, ..query(sql, Vec::new()) };
    let answer = match internal.on_any(asked).await {
        Ok((_, answer)) => answer,
        // The statement itself will fail in the same way.
        Err(ShardError::Database(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let of_time: Vec<usize> =
        (0..answer.rows.len()).filter_map(|row| answer.text(row, 0)?.parse::<usize>().ok()?.checked_sub(1)).collect();
    Ok(suspects.into_iter().find(|suspect| of_time.contains(suspect)).map(|index| {
        let value = request.params[index].value.as_deref().unwrap_or_default();
        format!(
            "the value of ${}, {:?}, which each shard would read by its own clock; write now() in the statement itself, or \
             bind the time",
            index + 1,
            String::from_utf8_lossy(&value[..value.len().min(LONGEST)])
        )
    }))
}

fn may_mean_current_time(parameter: &Parameter) -> bool {
    let Some(value) = &parameter.value else { return false };
    let text = value.trim_ascii();
    let is_composed = matches!(text.first(), Some(b'{' | b'[' | b'('));
    !parameter.binary
        && (is_composed || text.len() <= LONGEST)
        && std::str::from_utf8(text).is_ok_and(means_current_time)
}

/// A query for the parameters that have to do with dates and times. It does not run the statement. None: the text is
/// not a single statement.
fn time_params_query(sql: &str) -> Option<String> {
    let mut ended = false;
    for token in Lexer::new(sql) {
        match token {
            Token::Mark(';') => ended = true,
            _ if ended => return None,
            _ => {}
        }
    }
    let sql = without_end(sql);
    Some(format!(
        "PREPARE mtdd_moments AS {sql}\n;
         WITH RECURSIVE parts(place, oid) AS (
           SELECT u.place, u.oid FROM pg_catalog.pg_prepared_statements AS p
           CROSS JOIN unnest(p.parameter_types::oid[]) WITH ORDINALITY AS u(oid, place) WHERE p.name = 'mtdd_moments'
           UNION
           SELECT parts.place, x.oid FROM parts JOIN pg_catalog.pg_type AS t ON t.oid = parts.oid CROSS JOIN LATERAL (
             SELECT t.typbasetype UNION ALL SELECT t.typelem WHERE t.typcategory = 'A'
             UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
             UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
             WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS x(oid)
           WHERE x.oid <> 0)
         SELECT DISTINCT place FROM parts WHERE oid = ANY ('{{date,time,timetz,timestamp,timestamptz}}'::regtype[]::oid[]);
         DEALLOCATE mtdd_moments"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::parameters::text;

    #[test]
    fn only_what_may_be_a_time_as_of_now_is_asked_about() {
        for value in ["now", "  NOW ", "today 12:00", "Yesterday", "{2024-01-01,tomorrow}", "[now,)"] {
            assert!(may_mean_current_time(&text(value)), "{value}");
        }
        let long = format!("now {}", "and then ".repeat(100));
        for value in ["", "2024-01-01", "nowhere", "known", long.as_str()] {
            assert!(!may_mean_current_time(&text(value.to_owned())), "{value}");
        }
    }

    #[test]
    fn nothing_but_one_statement_is_prepared() {
        assert!(
            time_params_query("select $1 ; -- ; so")
                .is_some_and(|sql| sql.starts_with("PREPARE mtdd_moments AS select $1\n;"))
        );
        assert!(time_params_query("select ';' || $1").is_some());
        let commented = time_params_query("select $1 -- so\n; /* ; */ -- ;").unwrap();
        assert!(commented.starts_with("PREPARE mtdd_moments AS select $1\n;"), "{commented}");
        assert!(time_params_query("select $1; drop table t").is_none());
    }
}
