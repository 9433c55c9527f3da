//! What a query for all shards would do, in words and as data.

use serde_json::{Value, json};

use super::{
    Broadcast, Column, FinishQuery, Grouped, MergeStrategy, OrderKey, ParamSource, Plan, ReadPlan, Refusal, RowCount,
    ShardStatement, SqlFragment,
};
use crate::proto::Parameter;

const OWN_ROWS: &str = "Each shard changes its own rows: the counts are added up, returned rows follow each other in the \
     order of the shards.";
const SAME_ROWS: &str = "Each shard does the same; the first shard's answer is the result.";
const AWAITED: &str = "The result waits for all shards; if some of them fail, the error is a PartialFailureError.";

/// The explanation of a plan, as `js/handle.js` passes it on.
pub fn explanation(plan: Result<&Plan, &Refusal>, sql: &str, params: &[Parameter], shards: usize) -> Value {
    let all: Vec<_> = (0..shards).collect();
    let original = |shards: Value| json!({ "shards": shards, "sql": sql, "params": given(params) });
    let explain = |plan: &str, statements: Vec<Value>, steps: Vec<String>| json!({ "route": "all", "shards": all, "plan": plan, "statements": statements, "steps": steps });
    match plan {
        Ok(Plan::AnyShard) => {
            let steps = vec!["All shards hold the same; one of them is asked, in turn.".to_owned()];
            explain("anyShard", vec![original(json!("any"))], steps)
        }
        Ok(Plan::Change(change)) => {
            let shown = Value::from(named(&change.shard, sql, params));
            let statement = json!({ "shards": all, "sql": change.shard.sql, "params": shown });
            let mut steps = Vec::new();
            if !change.functions.is_empty() {
                steps.push(format!(
                    "A shard's catalog is asked whether these functions are immutable: {}.",
                    change.functions.join(", ")
                ));
            }
            if change.shard.params.contains(&ParamSource::Now) {
                steps.push("One shard is asked for the time, which all shards use.".to_owned());
            }
            steps.push(match change.how {
                Broadcast::Sum => OWN_ROWS.to_owned(),
                Broadcast::Same => SAME_ROWS.to_owned(),
            });
            if !change.triggers.is_empty() {
                steps.push(format!(
                    "Triggers run on each shard, and see the rows of that shard alone: {}.",
                    change.triggers.join(", ")
                ));
            }
            if !change.rules.is_empty() {
                steps.push(format!(
                    "Rules do more on each shard, or something else, with the rows of that shard alone: {}.",
                    change.rules.join(", ")
                ));
            }
            steps.push(AWAITED.to_owned());
            explain("everywhere", vec![statement], steps)
        }
        Ok(Plan::Broadcast(how)) => {
            let step = match how {
                Broadcast::Sum => OWN_ROWS,
                Broadcast::Same => SAME_ROWS,
            };
            let steps = vec![step.to_owned(), AWAITED.to_owned()];
            explain("everywhere", vec![original(json!(all))], steps)
        }
        Ok(Plan::Read(read)) => {
            let mut statements = vec![json!({
                "shards": all, "sql": read.shard.sql, "params": named(&read.shard, sql, params),
            })];
            if let Some(finish) = &read.finish {
                let values: Vec<_> = finish.params.iter().map(|source| value(*source, params)).collect();
                statements.push(
                    json!({ "shards": "any", "sql": finishing_text(finish), "params": values, "when": when(read) }),
                );
            }
            explain(name(&read.merge), statements, steps(read))
        }
        Err(refusal) => json!({
            "route": "all", "shards": all, "plan": "refused", "statements": [], "steps": [],
            "refusal": { "code": "PLAN_UNSUPPORTED", "reason": refusal.to_string() },
        }),
    }
}

fn name(merge: &MergeStrategy) -> &'static str {
    match merge {
        MergeStrategy::Concat => "concat",
        MergeStrategy::Sorted { .. } => "sorted",
        MergeStrategy::Grouped(_) => "grouped",
        MergeStrategy::Finish => "finish",
    }
}

fn when(read: &ReadPlan) -> &'static str {
    match read.merge {
        MergeStrategy::Finish => "always",
        _ => "if the columns' types or collations are not proven to compare here as they do in PostgreSQL",
    }
}

fn steps(read: &ReadPlan) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = |text: String| steps.push(text);
    if !read.functions.is_empty() {
        step(format!(
            "A shard's catalog is asked whether these functions only compute: {}.",
            read.functions.join(", ")
        ));
    }
    if read.shard.params.contains(&ParamSource::Now) {
        step("One shard is asked for the time, which all shards use.".into());
    }
    step("The statement runs on all shards at once.".into());
    match &read.merge {
        MergeStrategy::Concat => step("Rows are passed on as they come.".into()),
        MergeStrategy::Sorted { keys, on } => {
            step(format!("Each shard's rows come sorted; they are merged by {}.", sorted_by(keys)));
            if *on > 0 {
                step(format!("Of rows that are equal in the first {on} of these, the first stays (DISTINCT ON)."));
            }
            if read.finish.is_none() {
                step("Keys that are not proven to compare here as they do in PostgreSQL are ranked by a shard.".into());
            }
        }
        MergeStrategy::Grouped(grouped) => grouped_steps(grouped, &mut step),
        MergeStrategy::Finish => {
            step("All rows are collected, and a shard makes the result of them with the last statement.".into())
        }
    }
    if !matches!(read.merge, MergeStrategy::Finish) {
        if read.distinct {
            step("Duplicate rows are dropped.".into());
        }
        if let Some(offset) = read.offset {
            step(format!("The first {} rows are skipped.", number(offset)));
        }
        if let Some(limit) = read.limit {
            step(format!("At most {} rows are returned; then the shards are stopped.", number(limit)));
        }
        if read.hidden > 0 {
            step(format!("{} columns that were added at the end are removed.", read.hidden));
        }
    }
    steps
}

fn grouped_steps(grouped: &Grouped, step: &mut impl FnMut(String)) {
    if grouped.keys.is_empty() {
        step("Each shard returns one row; these become one.".into());
    } else {
        let keys: Vec<_> = grouped.keys.iter().map(|key| column(*key)).collect();
        step(format!("Rows that are equal in {} become one.", keys.join(", ")));
    }
    let folds: Vec<_> = grouped.folds.iter().map(|(folded, fold)| format!("{} by {fold:?}", column(*folded))).collect();
    if !folds.is_empty() {
        step(format!("Their other columns are folded: {}.", folds.join(", ")));
    }
    if !grouped.order.is_empty() {
        step(format!("Groups are sorted by {}.", sorted_by(&grouped.order)));
    }
}

fn sorted_by(keys: &[OrderKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            let direction = if key.descending { " descending" } else { "" };
            let nulls = if key.nulls_first { "first" } else { "last" };
            format!("{}{direction} (nulls {nulls})", column(key.column))
        })
        .collect();
    keys.join(", ")
}

fn column(column: Column) -> String {
    match column {
        Column::Visible(index) => format!("column {}", index + 1),
        Column::Hidden(index) => format!("added column {}", index + 1),
    }
}

fn number(number: RowCount) -> String {
    match number {
        RowCount::Fixed(count) => count.to_string(),
        RowCount::Param(index) => format!("${}", index + 1),
    }
}

/// The finishing query as far as it is known before the columns' types are.
fn finishing_text(finish: &FinishQuery) -> String {
    let bit = |bit: &SqlFragment| match bit {
        SqlFragment::Sql(sql) => sql.clone(),
        SqlFragment::TypeOf(of) => format!("<type of {}>", column(*of)),
        SqlFragment::Visible => "<all columns>".to_owned(),
    };
    format!("WITH mtdd_g AS (<the gathered rows>) {}", finish.body.iter().map(bit).collect::<String>())
}

fn named(text: &ShardStatement, sql: &str, params: &[Parameter]) -> Vec<Value> {
    if text.sql == sql {
        return given(params);
    }
    text.params.iter().map(|source| value(*source, params)).collect()
}

fn value(source: ParamSource, params: &[Parameter]) -> Value {
    match source {
        ParamSource::Param(index) => params.get(index).map_or(Value::Null, shown),
        ParamSource::ShardLimit => json!("<offset + limit>"),
        ParamSource::Now => json!("<the time>"),
    }
}

fn given(params: &[Parameter]) -> Vec<Value> {
    params.iter().map(shown).collect()
}

fn shown(parameter: &Parameter) -> Value {
    match &parameter.value {
        None => Value::Null,
        Some(bytes) if parameter.binary => json!(format!("<{} bytes>", bytes.len())),
        Some(text) => json!(String::from_utf8_lossy(text)),
    }
}
