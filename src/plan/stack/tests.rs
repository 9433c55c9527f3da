//! Measures how much stack long chains of every operator and every kind of nesting need, and checks that no length
//! overflows it.

use std::thread;

use super::{BASE, LEVEL, MOST_LEVELS};
use crate::plan::parse::Tokens;
use crate::plan::{FanOutConsent, Layout, Plan, Refusal, Relation, plan};

/// Texts that grow by one element: what stands before it, the element, what stands behind all of them.
const CHAINS: [(&str, &str, &str); 53] = [
    ("select * from t where x = 0", " or x = 1", ""),
    ("select * from t where x = now()", " or x = 1", " order by y"),
    ("select * from t where x = now()", " and tenant_id = 1", ""),
    ("select * from t where not x", " or y and not z", " order by now()"),
    ("select x", " + 1", " from t order by now()"),
    ("select x", " - y", " from t order by now()"),
    ("select x", " * y", " from t order by now()"),
    ("select x", " / y % 2", " from t order by now()"),
    ("select x", " ^ 2", " from t order by now()"),
    ("select max(x)", " || 'a'", ", now() from t group by y"),
    ("select now(), x", "::int", " from t order by z"),
    ("select now(), x::int", "[]", " from t order by z"),
    ("select now(), x::int", " array", " from t order by z"),
    ("select now(), x", "[1]", " from t order by z"),
    ("select now(), x", "[1:2]", " from t order by z"),
    ("select now(), x", ".a", " from t order by z"),
    ("select now(), (x)", ".a", " from t order by z"),
    ("select now(), x", " is null", " from t order by z"),
    ("select now(), x", " is not true", " from t order by z"),
    ("select now(), x", " isnull", " from t order by z"),
    ("select now(), x", " is distinct from 1", " from t order by z"),
    ("select now(), x", " in (1)", " from t order by z"),
    ("select now(), x", " not in (1, 2)", " from t order by z"),
    ("select now(), x", " between 1 and 2", " from t order by z"),
    ("select now(), x", " like 'a'", " from t order by z"),
    ("select now(), x", " not ilike 'a' escape 'b'", " from t order by z"),
    ("select now(), x", " similar to 'a'", " from t order by z"),
    ("select now(), x", " at time zone 'a'", " from t order by z"),
    ("select now(), x", " collate \"C\"", " from t order by z"),
    ("select now(), x", " !", " from t order by z"),
    ("select now(), x", " -> 'a' #>> 'b'", " from t order by z"),
    ("select now(), x", " @> 'a' <-> 'b'", " from t order by z"),
    ("select now(), x", " ? 'a'", " from t order by z"),
    ("select now(), x", " operator(pg_catalog.+) 1", " from t order by z"),
    ("select now(), x", " << 1 | 2 & 3 # 4", " from t order by z"),
    ("select now(), x", " = 1", " from t order by z"),
    ("select now(), x", " <= 1 <> 2", " from t order by z"),
    ("select now(), x", " ~* '1'", " from t order by z"),
    ("select now(), x", " = any(y)", " from t order by z"),
    ("select now(), x", " overlaps y", " from t order by z"),
    ("select now(), x from t", " union all select y, z from t", " order by 1"),
    ("select now(), x from t", " union select y, z from t", " order by 1"),
    ("select now(), x from t", " except select y, z from t", " order by 1"),
    ("select now(), x from t", " intersect all values (1, 2)", " order by 1"),
    ("select now(), x from t", " union table t", " order by 1"),
    ("select * from t", " pivot (sum(a) for b in (1))", " order by 1"),
    ("select * from t", " join s using (tenant_id)", " order by now()"),
    ("select * from t", " left join s on s.tenant_id = t.tenant_id", " order by now()"),
    ("select * from t", " cross join s", " order by now()"),
    ("select * from t, s", ", s", " order by now()"),
    ("select case", " when x then 1", " end from t order by now()"),
    ("select x, avg(y) from t group by x having avg(y) > 1", " or avg(y) = 2", ""),
    ("update t set a = 1 where x = 1", " or x = 1", ""),
];

/// What nests in itself: what stands before it, what opens a level, what is inside, what closes one, what is behind.
const NESTS: [(&str, &str, &str, &str, &str); 35] = [
    ("select now(), ", "(", "1", ")", " from t order by x"),
    ("select now() from ", "(", "t", ")", " order by x"),
    ("select now() from ", "(", "t", " join s using (tenant_id))", " order by x"),
    ("select now() from ", "(select * from ", "t", ") s", " order by x"),
    ("select now() from ", "t, lateral (select * from ", "t", ") s", " order by x"),
    ("select ", "(select 1 + ", "1", ")", " from t order by now()"),
    ("select ", "not ", "x", "", " from t order by now()"),
    ("select ", "- ", "x", "", " from t order by now()"),
    ("select ", "@ ", "x", "", " from t order by now()"),
    ("select ", "abs(", "x", ")", " from t order by now()"),
    ("select ", "a.f(", "x", ")", " from t order by now()"),
    ("select ", "cast(", "x", " as int)", " from t order by now()"),
    ("select ", "coalesce(x, ", "x", ")", " from t order by now()"),
    ("select ", "position('a' in ", "x", ")", " from t order by now()"),
    ("select ", "substring(x from ", "x", ")", " from t order by now()"),
    ("select ", "trim(both from ", "x", ")", " from t order by now()"),
    ("select ", "case when ", "x", " then 1 end", " from t order by now()"),
    ("select ", "case x when 1 then ", "x", " end", " from t order by now()"),
    ("select ", "array[", "x", "]", " from t order by now()"),
    ("select ", "x[", "1", "]", " from t order by now()"),
    ("select ", "row(", "x", ")", " from t order by now()"),
    ("select ", "(1, ", "x", ")", " from t order by now()"),
    ("select ", "x in (", "1", ")", " from t order by now()"),
    ("select ", "f(x) filter (where ", "x", ")", " from t order by now()"),
    ("select ", "f(x) over (partition by ", "x", ")", " from t order by now()"),
    ("select ", "interval ", "'1'", "", " from t order by now()"),
    ("select 1 from t where ", "exists (select 1 where ", "true", ")", " order by now()"),
    ("select 1 from t where ", "tenant_id in (select tenant_id from t where ", "true", ")", " order by now()"),
    ("", "with a as (", "select 1", ") select * from t", ""),
    ("", "with recursive a as (", "select 1", " union all select 1) select * from t", ""),
    ("", "(select 1 union ", "select 1", ")", ""),
    ("", "explain ", "select 1", "", ""),
    ("select 1 from t group by ", "rollup (", "x", ")", ""),
    ("select * from ", "unnest(", "x", ")", ""),
    ("select now() from ", "t join ", "t", " on true", " order by x"),
];

fn chain((before, element, behind): (&str, &str, &str), length: usize) -> String {
    format!("{before}{}{behind}", element.repeat(length))
}

fn nest((before, open, inside, close, behind): (&str, &str, &str, &str, &str), depth: usize) -> String {
    format!("{before}{}{inside}{}{behind}", open.repeat(depth), close.repeat(depth))
}

fn planned(sql: &str) -> Result<Plan, Refusal> {
    plan(sql, FanOutConsent::Implicit, &Layout { tenant_column: Some("tenant_id".into()), ..Layout::default() }).plan
}

/// The bytes of this thread's stack that have been written to.
#[cfg(target_os = "linux")]
fn touched() -> usize {
    let here = 0_u8;
    let here = std::ptr::from_ref(&here) as usize;
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut is_stack = false;
    for line in maps.lines() {
        let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
        if let Some((from, to)) = range
            && let (Ok(from), Ok(to)) = (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16))
        {
            is_stack = (from..to).contains(&here);
        }
        if let Some(size) = line.strip_prefix("Rss:").filter(|_| is_stack) {
            return size.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10;
        }
    }
    panic!("the stack is not among the process's maps");
}

/// What planning a text takes of a stack, and the levels that have been counted.
#[cfg(target_os = "linux")]
fn use_of(sql: &str) -> (usize, usize) {
    thread::scope(|scope| {
        // So large that the planner stays on it, and is given back to the system when the thread ends.
        let measured = thread::Builder::new().stack_size(1 << 30).spawn_scoped(scope, || {
            let before = touched();
            let _ = planned(sql);
            touched() - before
        });
        (measured.unwrap().join().unwrap(), Tokens::of(sql).map_or(0, |tokens| tokens.levels))
    })
}

#[test]
#[cfg(target_os = "linux")]
fn no_operator_takes_more_of_a_stack_than_is_counted_on() {
    for of in CHAINS {
        let (short, few) = use_of(&chain(of, 100));
        let (long, many) = use_of(&chain(of, 900));
        let each = long.saturating_sub(short) / (many - few).max(1);
        assert!(each <= LEVEL * 9 / 10, "{of:?} takes {each} bytes for each of {} levels: raise LEVEL", many - few);
        assert!(long <= BASE + many * LEVEL, "{of:?} takes {long} bytes at {many} levels");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_that_nests_takes_more_of_a_stack_than_is_counted_on() {
    for of in NESTS {
        for depth in [24, 45, 90, 99, 200] {
            for sql in [nest(of, depth), format!("{}{}", of.0, of.1.repeat(depth))] {
                let (bytes, _) = use_of(&sql);
                assert!(bytes <= BASE * 9 / 10, "{of:?} takes {bytes} bytes at depth {depth}: raise BASE");
            }
        }
    }
}

#[test]
fn chains_of_any_operator_and_any_length_are_answered_or_refused() {
    for of in CHAINS {
        for length in [0, 1, 3000, MOST_LEVELS + 1] {
            let _ = planned(&chain(of, length));
        }
    }
}

#[test]
fn what_nests_to_any_depth_is_answered_or_refused() {
    for of in NESTS {
        for depth in [0, 1, 20, 100, 3000, 65_536] {
            let _ = planned(&nest(of, depth));
            let _ = planned(&format!("{}{}", of.0, of.1.repeat(depth)));
        }
    }
}

#[test]
fn what_postgresql_runs_and_an_application_writes_is_answered() {
    for (of, length) in [
        (("select * from t where \"a\" = $1", " or \"a\" = $1", ""), 40_000),
        (("select * from t where \"a\" = $1", " and \"a\" = $1", " order by now()"), 40_000),
        (("select * from t where a in (1", ", 1", ")"), 400_000),
        (("select a from t", " union all select a, b from t", ""), 5000),
        (("select \"a\"", " + 1", " from t"), 40_000),
        (("select \"a\"", "::int", " from t"), 40_000),
    ] {
        let planned = planned(&chain(of, length));
        assert!(planned.is_ok(), "{of:?}: {planned:?}");
    }
}

#[test]
fn joins_that_wait_for_their_conditions_are_counted_and_names_are_not() {
    let joins = |count| nest(("select a from ", "t join ", "t", " on true", ""), count);
    let refusal = planned(&joins(101)).unwrap_err().to_string();
    assert!(refusal.contains("nested joins"), "{refusal}");
    let of = |sql: &str| super::open_joins(&Tokens::of(sql).unwrap().tokens);
    assert_eq!(of(&joins(40)), 40);
    assert_eq!(of(&chain(("select a from t", " left join s on true join r using (a)", ""), 200)), 1);
    assert_eq!(of(&chain(("select a from t", " cross join s natural left join r", ""), 200)), 0);
    assert_eq!(of(&chain(("select t.join", ", t.join as join", " from t"), 200)), 0);
    assert_eq!(of("select a from t join s join (select a from t join s on true) r on true on true"), 3);
    assert_eq!(of(&format!("select a from t {} t", "as on join t ".repeat(50))), 50, "the name of a table");
}

#[test]
fn what_is_too_long_is_refused_with_advice() {
    let refusal = planned(&chain(("select a", " + 1", " from t"), MOST_LEVELS)).unwrap_err().to_string();
    assert!(refusal.contains("chained or nested operators") && refusal.len() < 400, "{refusal}");
    let refusal = planned(&chain(("select * from t where a in (1", ",1", ")"), 1_000_000)).unwrap_err().to_string();
    assert!(refusal.contains("= ANY ($1)"), "{refusal}");
    let refusal = planned(&chain(("select a", " ", " from t"), 5_000_000)).unwrap_err().to_string();
    assert!(refusal.contains("blanks"), "{refusal}");
}

#[test]
fn ddl_need_not_be_read_to_run_on_every_shard() {
    let ddl = chain(("create table t (a int check (a = 1", " or a = 1", "))"), MOST_LEVELS);
    let layout = Layout::default();
    assert!(matches!(plan(&ddl, FanOutConsent::Null, &layout).plan, Ok(Plan::Broadcast(_))));
    assert!(plan(&ddl, FanOutConsent::Implicit, &layout).plan.is_err());
}

#[test]
fn views_of_any_length_and_depth_are_answered_or_refused() {
    let view = |query: String| Relation { has_tenant: true, view: Some(query), ..Relation::default() };
    let long = |length| view(chain(("select * from t where a = 1", " or a = 1", ""), length));
    let mut relations: std::collections::HashMap<_, _> =
        [("short".to_owned(), long(100)), ("long".into(), long(20_000)), ("longest".into(), long(1_000_000))].into();
    relations.insert("v0".into(), view("select * from t".into()));
    for number in 1..1000 {
        relations.insert(format!("v{number}"), view(format!("select * from v{}", number - 1)));
    }
    let layout = Layout { tenant_column: Some("tenant_id".into()), relations, ..Layout::default() };
    let planned = |sql: &str| plan(sql, FanOutConsent::Implicit, &layout).plan;
    assert!(planned("select * from short").is_ok());
    assert!(planned("select * from v50").is_ok());
    for name in ["long", "longest", "v999"] {
        let refusal = planned(&format!("select * from {name}")).unwrap_err().to_string();
        let reasons = ["nested too deeply", "cannot be parsed", "too long to plan"];
        assert!(reasons.iter().any(|reason| refusal.contains(reason)), "{refusal}");
        let _ = planned(&chain(
            ("select * from t where a = 1", " or a = 1", &format!(" union select * from {name}")),
            40_000,
        ));
    }
}

#[test]
fn windows_that_name_each_other_are_refused() {
    for windows in ["a as (b), b as (a)", "a as b, b as a", "a as (a)", "a as a"] {
        assert!(planned(&format!("select sum(x) over a from t window {windows}")).is_err(), "{windows}");
    }
    let long: String = (1..20_000).map(|number| format!(", w{number} as (w{})", number - 1)).collect();
    let _ = planned(&format!("select sum(x) over w1000 from t window w0 as (order by x){long}"));
}
