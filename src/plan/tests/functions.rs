//! Functions, attributes and the clock.

use super::*;

#[test]
fn one_clock_serves_all_shards() {
    let plan = read("select now(), current_date, a from t where b < current_timestamp");
    assert_eq!(
        plan.shard.sql,
        "SELECT CAST($1 AS TIMESTAMP WITH TIME ZONE) AS \"now\", \
         CAST(CAST($1 AS TIMESTAMP WITH TIME ZONE) AS DATE) AS \"current_date\", a FROM t \
         WHERE b < CAST($1 AS TIMESTAMP WITH TIME ZONE)"
    );
    assert_eq!(plan.shard.params, [ParamSource::Now]);
    // An age begins with today.
    assert_eq!(
        read("select age(b), age(b, c) from t").shard.sql,
        "SELECT age(CAST(CAST($1 AS TIMESTAMP WITH TIME ZONE) AS DATE), b) AS \"age\", age(b, c) FROM t"
    );
}

#[test]
fn an_attribute_of_an_expression_may_be_a_function() {
    // Of what every shard holds, it is told apart by nobody.
    for sql in [
        "select (1).total",
        "select (1).charge",
        "select $1.charge",
        "select ('s'::regclass).nextval",
        "select (c.a).lower.charge from countries c",
        "select c.a[1].charge from countries c",
        "select 1 from countries c where (c.a).charge > 0",
        "select (1).\"Charge\"",
        "select (select (1).charge)",
        "select (t.a).max from t",
        "select a from t order by (a).count",
    ] {
        for consent in [FanOutConsent::Implicit, FanOutConsent::Null, FanOutConsent::AllServers] {
            let plan = plan(sql, consent, &layout());
            assert!(matches!(plan, Err(Refusal::Unsupported(_))), "{sql}: {plan:?}");
        }
    }
    // Of the rows of tenants, the catalog knows whether there is such a function.
    assert_eq!(read("select (t.a).charge, t.b[1].x, t.c[2], (t.d).lower from t").functions, ["charge", "x"]);
    assert!(refused("update t set a = (b).charge").contains("charge()"));
    assert_eq!(planned("select c.a[1], (c.b).lower from countries c"), Ok(Plan::AnyShard));
}

#[test]
fn functions_that_are_not_postgresqls_own_are_named() {
    let sql = "select my_fn(a), lower(b), app.Other(c), \"Mixed\"(d) from t";
    assert_eq!(read(sql).functions, ["\"Mixed\"", "app.other", "my_fn"]);
}

#[test]
fn a_function_that_has_the_name_of_postgresqls_own_is_not_taken_for_it() {
    let layout = Layout { shadowed: ["max", "lower"].map(str::to_owned).into(), ..layout() };
    let planned = |sql: &str| plan(sql, FanOutConsent::Implicit, &layout);
    let reason = planned("select max(a) from t").unwrap_err().to_string();
    assert!(reason.contains("write pg_catalog.max()"), "{reason}");
    assert!(planned("select pg_catalog.max(a) from t").is_ok());
    let computes = planned("select lower(a), upper(a) from t");
    assert!(matches!(&computes, Ok(Plan::Read(read)) if read.functions == ["lower"]), "{computes:?}");
    assert!(read("select avg(a) from t").shard.sql.contains("pg_catalog.sum((a) OPERATOR(pg_catalog.*) 1)"));
}

#[test]
fn a_field_that_may_be_a_function_of_its_row_is_judged_as_a_call() {
    let mut layout = layout();
    let table = Relation { has_tenant: true, parts: (0, "a integer\ncount integer".into()), ..Relation::default() };
    layout.relations.insert("known".into(), table);
    layout.row_functions.extend(["charge".to_owned(), "a".to_owned()]);
    let planned = |sql: &str| plan(sql, FanOutConsent::Null, &layout);
    for sql in [
        "select k.charge from known k",
        "select known.charge from known",
        "select a from known k order by k.charge",
        "select a from known k where exists (select from known i where i.tenant_id = k.tenant_id and k.charge > 1)",
    ] {
        assert!(
            matches!(planned(sql), Ok(Plan::Read(read)) if read.functions == ["charge"]),
            "{sql}: {:?}",
            planned(sql)
        );
    }
    for sql in ["select k.a, k.count from known k", "select s.count from (select a, count(*) from known group by 1) s"]
    {
        assert!(matches!(planned(sql), Ok(Plan::Read(read)) if read.functions.is_empty()), "{sql}: {:?}", planned(sql));
    }
    assert!(planned("select c.charge from countries c").unwrap_err().to_string().contains("a call of charge()"));
    assert!(planned("select k.max from known k").unwrap_err().to_string().contains("the field max of a row"));
}
