mod aggregates;
mod changes;
mod functions;
mod locality;
mod rows;
mod texts;

use super::*;

fn layout() -> Layout {
    Layout {
        tenant_column: Some("tenant_id".into()),
        reference_tables: vec!["countries".into(), "geo.cities".into()],
        relations: [
            ("big", true, Some("SELECT * FROM t WHERE a > 100")),
            ("totals", false, Some("SELECT sum(a) AS total FROM t")),
            ("logs", false, None),
            ("t", true, None),
        ]
        .map(|(name, has_tenant, view)| {
            (name.to_owned(), Relation { has_tenant, view: view.map(str::to_owned), ..Relation::default() })
        })
        .into(),
        ..Layout::default()
    }
}

fn plan(sql: &str, consent: FanOutConsent, layout: &Layout) -> Result<Plan, Refusal> {
    super::plan(sql, consent, layout).plan
}

fn planned(sql: &str) -> Result<Plan, Refusal> {
    plan(sql, FanOutConsent::Implicit, &layout())
}

fn read(sql: &str) -> ReadPlan {
    match planned(sql) {
        Ok(Plan::Read(read)) => (*read).clone(),
        other => panic!("{sql}: {other:?}"),
    }
}

/// A finishing query as text; types and visible columns stand as marks.
fn finish(sql: &str) -> String {
    let finish = read(sql).finish.unwrap_or_else(|| panic!("{sql}: no finishing query"));
    let bits = finish.body.iter().map(|bit| match bit {
        SqlFragment::Sql(sql) => sql.clone(),
        SqlFragment::TypeOf(column) => format!("<type of {column:?}>"),
        SqlFragment::Visible => "<visible>".into(),
    });
    bits.collect()
}

fn refused(sql: &str) -> String {
    match planned(sql) {
        Err(refusal) => refusal.to_string(),
        Ok(plan) => panic!("{sql}: {plan:?}"),
    }
}

fn ascending(column: Column) -> OrderKey {
    OrderKey { column, descending: false, nulls_first: false }
}

/// The layout with columns of `t` and `countries`.
fn with_columns() -> Layout {
    let mut layout = layout();
    for (name, columns) in
        [("t", "a integer\n\"B \"\"c\" text\nid integer\ntenant_id text"), ("countries", "id integer\nvat numeric")]
    {
        layout.relations.entry(name.into()).or_default().parts = (0, columns.into());
    }
    layout
}

fn read_with_columns(sql: &str) -> ReadPlan {
    match plan(sql, FanOutConsent::Implicit, &with_columns()) {
        Ok(Plan::Read(read)) => (*read).clone(),
        other => panic!("{sql}: {other:?}"),
    }
}
