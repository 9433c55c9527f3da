//! Planning takes time in proportion to the length of the statement. The tests measure processor time, which does not
//! depend on other processes.

use std::collections::HashMap;
use std::time::Duration;

use crate::plan::{FanOutConsent, Layout, Relation, plan};

fn layout() -> Layout {
    Layout { tenant_column: Some("tenant_id".into()), ..Layout::default() }
}

fn list(length: usize, item: impl Fn(usize) -> String, between: &str) -> String {
    (0..length).map(item).collect::<Vec<_>>().join(between)
}

/// The time that this thread has been on a processor.
#[cfg(target_os = "linux")]
fn on_processor() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

/// Elsewhere it takes what has passed for it.
#[cfg(not(target_os = "linux"))]
fn on_processor() -> Duration {
    static BEGUN: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    BEGUN.elapsed()
}

/// What a piece of work takes.
fn effort<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = on_processor();
    let done = work();
    (on_processor() - before, done)
}

/// The least of three measurements of planning a text.
fn time(sql: &str) -> Duration {
    let layout = layout();
    (0..3).map(|_| effort(|| plan(sql, FanOutConsent::Implicit, &layout)).0).min().unwrap()
}

#[test]
fn twice_the_text_takes_twice_the_time() {
    type Text = fn(usize) -> String;
    let texts: [(&str, usize, Text); 15] = [
        ("averages", 200, |n| format!("select {} from t", list(n, |i| format!("avg(c{i})"), ", "))),
        ("averages of groups", 200, |n| {
            format!("select g, {} from t group by g", list(n, |i| format!("avg(c{i}) + 1"), ", "))
        }),
        ("bindings", 8000, |n| {
            format!("select * from t where a in ({}) limit $1 offset $2", list(n, |i| format!("${}", i + 3), ", "))
        }),
        ("literals", 20_000, |n| format!("select now() from t where a in ({})", list(n, |i| i.to_string(), ", "))),
        ("rows", 5000, |n| {
            format!("select * from t where (a, b) in (values {})", list(n, |i| format!("({i}, 'x')"), ", "))
        }),
        ("terms", 2000, |n| format!("select now() from t where {}", list(n, |i| format!("a = {i}"), " or "))),
        ("tenants", 2000, |n| {
            format!("select now() from t where {}", list(n, |i| format!("tenant_id = ${}", i + 1), " and "))
        }),
        ("terms of groups", 1000, |n| {
            format!("select g, max(a) from t group by g having {}", list(n, |i| format!("max(c{i}) = 1"), " or "))
        }),
        ("a long key", 1000, |n| {
            let key = list(n, |_| "a".into(), " + ");
            format!("select {key}, avg(b) from t group by {key} order by {key}")
        }),
        ("keys", 200, |n| {
            let keys = list(n, |i| format!("a{i} + 1"), ", ");
            format!("select {keys}, count(*) from t group by {keys} order by {keys}")
        }),
        ("order", 300, |n| {
            let keys = list(n, |i| format!("a{i}"), ", ");
            format!("select {} from t order by {keys}", list(n, |i| format!("b{i} as c{i}"), ", "))
        }),
        ("distinct on", 300, |n| {
            let keys = list(n, |i| format!("a{i}"), ", ");
            format!("select distinct on ({keys}) {keys} from t order by {keys}")
        }),
        ("ctes", 100, |n| {
            format!(
                "with c0 as (select 1 as x){} select * from c{}, (select count(*) from t) s",
                list(n, |i| format!(", c{} as (select * from c{i})", i + 1), ""),
                n
            )
        }),
        ("unions", 200, |n| list(n, |i| format!("select a, b from t{i}"), " union ")),
        ("aggregates of rows", 200, |n| {
            format!("select {} from t", list(n, |i| format!("string_agg(a || 'x{i}', ',' order by b)"), ", "))
        }),
    ];
    for (name, length, text) in texts {
        let (short, long) = (time(&text(length)), time(&text(4 * length)));
        assert!(
            long < short * 11 + Duration::from_millis(5),
            "{name}: {short:?} for {length}, {long:?} for four times as many"
        );
    }
}

#[test]
fn views_that_double_with_each_level_are_looked_into_once() {
    let view = |query: String| Relation { has_tenant: true, view: Some(query), ..Relation::default() };
    let mut relations = HashMap::from([("v0".to_owned(), view("select tenant_id from t".into()))]);
    for level in 1..40 {
        let one = format!("select tenant_id from v{}", level - 1);
        relations.insert(format!("v{level}"), view(format!("{one} union all {one}")));
    }
    let layout = Layout { relations, ..layout() };
    let (taken, planned) = effort(|| plan("select * from v39", FanOutConsent::Implicit, &layout).plan);
    assert!(planned.is_ok());
    assert!(taken < Duration::from_secs(5), "{taken:?}");
}

#[test]
fn what_takes_more_work_than_its_length_allows_is_refused() {
    let windows = list(3000, |i| format!("w{} as (w{i})", i + 1), ", ");
    let calls = list(100, |i| format!("sum(x) over w{}", 3000 - i), ", ");
    let sql = format!("select {calls} from t window w0 as (), {windows}");
    let (taken, refusal) = effort(|| plan(&sql, FanOutConsent::Implicit, &layout()).plan);
    assert!(refusal.unwrap_err().to_string().contains("too long to plan"));
    assert!(taken < Duration::from_secs(30), "{taken:?}");
}

#[test]
fn what_nests_is_not_looked_at_twice_at_each_level() {
    let lateral = |depth: usize| {
        let open = "select t.tenant_id from t, lateral (".repeat(depth);
        let close = ") s where s.tenant_id = t.tenant_id".repeat(depth);
        format!("{open}select u.tenant_id from u where u.tenant_id = t.tenant_id{close}")
    };
    let (short, long) = (time(&lateral(6)), time(&lateral(18)));
    // The clock ticks every few milliseconds.
    assert!(long < short * 30 + Duration::from_millis(500), "{short:?}, {long:?}");
    let recursive = |depth: usize| {
        let open = "with recursive r as (select * from (".repeat(depth);
        let close = ") s union all select * from r) select * from r".repeat(depth);
        format!("{open}select 1{close}")
    };
    let (taken, _) = effort(|| plan(&recursive(24), FanOutConsent::Implicit, &layout()));
    assert!(taken < Duration::from_secs(30), "{taken:?}");
}
