//! SQL: token soup, statements that are nearly right, long chains. Whatever is planned is planned in time, and what
//! a plan sends is a text that can be planned again.

use std::time::{Duration, Instant};

use mtdd::data::lexer::{Lexer, Outline, Token};
use mtdd::plan::{FanOutConsent, Layout, Plan, Refusal, may_commit, plan, plan_at_once, shows_only_reading};

use super::{Random, fuzz};

const PIECES: [&str; 117] = [
    "select",
    "from",
    "where",
    "group",
    "by",
    "order",
    "having",
    "limit",
    "offset",
    "union",
    "all",
    "except",
    "intersect",
    "with",
    "recursive",
    "as",
    "distinct",
    "on",
    "join",
    "left",
    "full",
    "outer",
    "cross",
    "lateral",
    "natural",
    "using",
    "case",
    "when",
    "then",
    "else",
    "end",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "true",
    "between",
    "like",
    "exists",
    "any",
    "array",
    "row",
    "values",
    "table",
    "cast",
    "interval",
    "over",
    "partition",
    "window",
    "filter",
    "within",
    "rollup",
    "cube",
    "grouping",
    "sets",
    "fetch",
    "first",
    "rows",
    "ties",
    "only",
    "for",
    "update",
    "insert",
    "into",
    "delete",
    "set",
    "returning",
    "create",
    "view",
    "explain",
    "t",
    "s",
    "tenant_id",
    "t.tenant_id",
    "s.tenant_id",
    "a",
    "\"A\"",
    "b",
    "count",
    "sum",
    "avg",
    "max",
    "string_agg",
    "now()",
    "current_date",
    "1",
    "2.5",
    "'x'",
    "E'\\'",
    "$$q$$",
    "$1",
    "$2",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    ";",
    "*",
    "+",
    "-",
    "||",
    "::",
    "int",
    "=",
    "<",
    "->>",
    "@>",
    "!",
    "?",
    ":",
    "--\n",
];

const STATEMENTS: [&str; 16] = [
    "select * from t where a = $1 order by b desc nulls last limit 10 offset $2",
    "select a, count(*), avg(b + 1) from t group by a having sum(b) > 3 order by 2",
    "select distinct on (a) a, b from t order by a, b",
    "select t.a, s.b from t left join s on s.tenant_id = t.tenant_id and s.x = 1 where t.b in (1, 2, 3)",
    "with x as (select a from t), y as (select * from x) select count(*) from y",
    "select a from t union all select b from s order by 1 limit 3",
    "select a from t except select b from s",
    "select case when a is null then 'x' else b::text end, now() from t where not exists (select 1 from s where s.tenant_id = t.tenant_id)",
    "select string_agg(a, ',' order by b) filter (where c), array_agg(distinct d) from t group by rollup (e, f)",
    "select sum(a) over (partition by tenant_id order by b rows between 1 preceding and current row) from t",
    "update t set a = a + 1 where b between 1 and 2 returning *",
    "delete from t using s where s.tenant_id = t.tenant_id",
    "insert into t (a, b) values (1, 'x'), (2, E'y\\n') on conflict do nothing",
    "select * from (select a, row_number() over (partition by tenant_id) as n from t) q where n = 1",
    "select a[1], (b).c, d -> 'e' ->> 'f', g at time zone 'utc', -h, interval '1 day' from t",
    "select percentile_cont(0.5) within group (order by a), grouping(b) from t group by grouping sets ((b), ())",
];

const CHAINS: [&str; 14] = [
    " + 1",
    " or a = 1",
    " and tenant_id = $1",
    " || 'x'",
    "::text",
    " is null",
    " union all select 1",
    ", a",
    "(",
    "[1]",
    ".a",
    " not",
    " case when a",
    " join s using (tenant_id)",
];

fn soup(random: &mut Random) -> String {
    let mut sql = if random.below(3) > 0 { "select ".to_owned() } else { String::new() };
    for _ in 0..random.below(60) {
        let piece = *random.of::<&str>(&PIECES);
        sql.push_str(piece);
        sql.push(' ');
    }
    sql
}

/// A statement with some of its tokens left out, doubled, exchanged, or replaced.
fn nearly_right(random: &mut Random) -> String {
    let mut words: Vec<&str> = random.of(&STATEMENTS).split_inclusive([' ', '(', ')', ',']).collect();
    for _ in 0..=random.below(4) {
        let at = random.below(words.len());
        match random.below(5) {
            0 if words.len() > 1 => drop(words.remove(at)),
            1 => words.insert(at, *random.of(&PIECES)),
            2 => words[at] = *random.of(&PIECES),
            3 => words.insert(at, words[at]),
            _ => words.swap(at, 0),
        }
        words.insert(at, " ");
    }
    words.concat()
}

fn long(random: &mut Random) -> String {
    let statement = *random.of(&STATEMENTS);
    let at = random.below(statement.len());
    let chain = random.of(&CHAINS).repeat(1 << random.below(13));
    format!("{}{chain}{}", &statement[..at], &statement[at..])
}

fn layout() -> Layout {
    Layout { tenant_column: Some("tenant_id".into()), reference_tables: vec!["r".into()], ..Layout::default() }
}

fn text(random: &mut Random) -> String {
    match random.below(4) {
        0 => soup(random),
        1 => long(random),
        _ => nearly_right(random),
    }
}

#[test]
fn any_statement_is_planned_or_refused_in_time() {
    fuzz(|random| {
        let sql = text(random);
        let consent = *random.of(&[FanOutConsent::Implicit, FanOutConsent::Null, FanOutConsent::AllServers]);
        let begun = Instant::now();
        let planned = plan(&sql, consent, &layout());
        let each = Duration::from_millis(1) * u32::try_from(sql.len()).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2) + each, "{} bytes took {:?}", sql.len(), begun.elapsed());
        if let Err(Refusal::Unsupported(reason)) = &planned.plan {
            assert!(!reason.contains("planner failed"), "{sql}");
        }
        if let Some(at_once) = plan_at_once(&sql, consent, &layout()) {
            assert_eq!(at_once, planned, "{sql}");
        }
        let Ok(Plan::Read(read)) = planned.plan else { return };
        let again = plan(&read.shard.sql, FanOutConsent::AllServers, &layout()).plan;
        assert!(!matches!(again, Err(Refusal::Unreadable(_))), "{sql}\n{}\n{again:?}", read.shard.sql);
    });
}

#[test]
fn the_lexer_takes_any_text_and_loses_nothing_of_it() {
    fuzz(|random| {
        let mut sql = text(random);
        for _ in 0..random.below(6) {
            let odd = *random.of(&['\'', '"', '$', '\\', '/', '*', '-', '\n', 'é', '\u{1f600}', '\0', 'E', 'U', '&']);
            let at = random.below(sql.len() + 1);
            if sql.is_char_boundary(at) {
                sql.insert(at, odd);
            }
        }
        let (mut tokens, mut bytes) = (0, 0);
        for token in Lexer::new(&sql) {
            tokens += 1;
            bytes += match token {
                Token::Word(text) | Token::Identifier(text) | Token::Literal(text) | Token::Number(text) => text.len(),
                Token::Parameter(_) => 1,
                Token::Mark(mark) => mark.len_utf8(),
            };
        }
        let size = Lexer::size(&sql);
        assert_eq!(size.tokens, tokens, "{sql}");
        assert!(bytes + size.blanks <= sql.len(), "{sql}");
        let outline = Outline::of(&sql);
        assert!(outline.words.len() + outline.literals.len() <= tokens, "{sql}");
        let _ = (shows_only_reading(&sql), may_commit(&sql));
    });
}
