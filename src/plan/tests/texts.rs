//! Texts as they are read and printed.

use super::*;

#[test]
fn no_text_makes_the_planner_panic() {
    let sql = "with x as (select a, count(*) filter (where b > $1) from t group by rollup(a, (b, c))) select distinct \
               on (a) *, 'é' from x join lateral (values (1)) v on true order by 1 desc nulls last limit $2 offset 3";
    for end in (0..sql.len()).filter(|end| sql.is_char_boundary(*end)) {
        let _ = planned(&sql[..end]);
        let _ = planned(&sql[end..]);
    }
    let deep = format!("select {}1{} from t", "(".repeat(5000), ")".repeat(5000));
    assert!(planned(&deep).is_err());
}

#[test]
fn names_are_folded_as_postgresql_folds_them() {
    assert!(finish("select a as ÄA, count(distinct b) from t group by ÄA").contains("AS \"Äa\""));
    assert!(
        matches!(planned("select TENANT_ID, count(*) from t group by Tenant_Id"), Ok(Plan::Read(read)) if read.merge == MergeStrategy::Concat)
    );
}

/// What PostgreSQL takes a literal or a quoted name for, from behind its first quote; and how much of the text that is.
fn unquoted(sql: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = sql.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return Some((value, at + 1));
        }
        value.push(c);
    }
    None
}

#[test]
fn literals_and_names_of_quotes_and_backslashes_are_printed_as_they_are() {
    const LETTERS: [&str; 6] = ["'", "\"", "\\", "$", "a", "--"];
    let mut values = vec![String::new()];
    for _ in 0..3 {
        let longer: Vec<String> =
            values.iter().flat_map(|value| LETTERS.map(|letter| format!("{value}{letter}"))).collect();
        values.extend(longer);
        values.sort();
        values.dedup();
    }
    for value in values.iter().filter(|value| !value.is_empty()) {
        let literal = format!("'{}'", value.replace('\'', "''"));
        let name = format!("\"{}\"", value.replace('"', "\"\""));
        // All that is printed is of the shards' text or the finishing one; each literal and name comes back whole.
        let having = finish(&format!("select count(*) || {literal} as k from t having count(*) > 0"));
        let at = having.find("|| '").unwrap() + 4;
        assert_eq!(unquoted(&having[at..], '\'').unwrap().0, *value, "{having}");
        let alias = finish(&format!("select count(*) + 1 as {name} from t"));
        let at = alias.find("AS \"").unwrap() + 4;
        let (read, length) = unquoted(&alias[at..], '"').unwrap();
        assert_eq!((read.as_str(), &alias[at + length..]), (value.as_str(), " FROM mtdd_g"), "{alias}");
        let national = finish(&format!("select count(*) || N{literal} as k from t"));
        let at = national.find("|| N'").unwrap() + 5;
        assert_eq!(unquoted(&national[at..], '\'').unwrap().0, *value, "{national}");
        let ordered = read_shard(&format!("select * from t where b <> {literal} order by a"));
        let at = ordered.find("<> '").unwrap() + 4;
        assert_eq!(unquoted(&ordered[at..], '\'').unwrap().0, *value, "{ordered}");
        let escaped = format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"));
        let escaped = finish(&format!("select count(*) || {escaped} as k from t"));
        let printed = value.replace('\\', "\\\\").replace('\'', "\\'");
        assert!(escaped.contains(&format!("|| E'{printed}' AS \"k\" FROM mtdd_g")), "{escaped}");
        let separated = format!("select string_agg(name, {literal} order by name) as k from t");
        let separated = finish(&separated);
        assert!(separated.contains(&literal), "{separated}");
    }
}

fn read_shard(sql: &str) -> String {
    read(sql).shard.sql
}

#[test]
fn marks_cannot_be_forged() {
    for sql in [
        r"select count(*) || E'\x010\x02' as k from t",
        r"select count(*) || E'\u00010\u0002' as k from t",
        r"select x from t where name <> E'\001' order by x",
        r"select count(*) || U&'\00010\0002' as k from t",
        "select count(*) || '\u{1}0\u{2}' as k from t",
        "select count(*) as mtdd_m0 from t",
        r"select distinct E'\v' = chr(11) as k from t",
    ] {
        refused(sql);
    }
}

#[test]
fn literals_that_go_on_in_a_later_line_are_one() {
    let sql = "select 'a'\n  'b' -- so\n 'c', E'd'\n'e' from t where tenant_id = now()::text";
    let Ok(Plan::Read(read)) = planned(sql) else { panic!("{:?}", planned(sql)) };
    assert!(read.shard.sql.contains("'abc'") && read.shard.sql.contains("de'"), "{}", read.shard.sql);
    assert!(planned("select 'a' 'b' from t").is_err());
}

#[test]
fn what_nests_too_deeply_is_refused_for_its_depth() {
    let deep = format!("select {}1{} from t", "case when true then ".repeat(200), " end".repeat(200));
    assert!(refused(&deep).contains("CASE or parentheses 200 deep"), "{}", refused(&deep));
}
