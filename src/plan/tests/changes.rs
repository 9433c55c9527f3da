//! Statements that change rows, and commands.

use super::*;

/// How the replies of a change become one; None: it is none.
fn changed(plan: Result<Plan, Refusal>) -> Option<Broadcast> {
    match plan {
        Ok(Plan::Change(change)) => Some(change.how),
        _ => None,
    }
}

#[test]
fn changes_run_on_every_shard() {
    assert_eq!(changed(planned("update t set a = 1 where b = 2 returning *")), Some(Broadcast::Sum));
    assert_eq!(changed(planned("delete from t using o where o.tenant_id = t.tenant_id")), Some(Broadcast::Sum));
    assert_eq!(changed(planned("update countries set name = 'x'")), Some(Broadcast::Same));
    let consent = |sql| plan(sql, FanOutConsent::AllServers, &layout());
    assert_eq!(changed(consent("insert into countries values (1)")), Some(Broadcast::Same));
    assert_eq!(changed(consent("insert into t values (1)")), Some(Broadcast::Sum));
    assert_eq!(
        consent("create policy p on t using (true) with check (a = any(b))"),
        Ok(Plan::Broadcast(Broadcast::Same))
    );
    assert_eq!(plan("call p()", FanOutConsent::Null, &layout()), Ok(Plan::Broadcast(Broadcast::Same)));
}

#[test]
fn what_ends_with_its_connection_or_says_not_whose_it_is_is_refused_however_it_is_asked_for() {
    for (sql, part) in [
        ("listen orders", "handle.listen()"),
        ("unlisten *", "handle.listen()"),
        ("explain select * from t", "handle.explain()"),
        ("set timezone = 'UTC'", "knex.transaction()"),
        ("reset all", "knex.transaction()"),
        ("discard all", "knex.transaction()"),
        ("lock table t", "knex.transaction()"),
        ("prepare p as select 1", "knex.transaction()"),
        ("execute p", "knex.transaction()"),
        ("deallocate all", "knex.transaction()"),
        ("declare c cursor with hold for select 1", "knex.transaction()"),
        ("close all", "knex.transaction()"),
        ("set constraints all deferred", "knex.transaction()"),
        ("create temp table x (id int)", "without TEMPORARY"),
        ("create table pg_temp.x (id int)", "without TEMPORARY"),
        ("create temp table x as select * from t", "without TEMPORARY"),
        ("select * into temp x from t", "without TEMPORARY"),
        ("select set_config('app.x', '1', false)", "set_config()"),
        ("select set_config('app.x', '1', a) from t", "set_config()"),
        ("select pg_advisory_lock(1)", "pg_advisory_lock()"),
        ("select pg_catalog.pg_try_advisory_lock_shared(1), a from t", "knex.transaction()"),
        ("select pg_advisory_unlock_all()", "knex.transaction()"),
        ("create local temporary recursive view x (a) as select 1", "without TEMPORARY"),
    ] {
        for consent in [FanOutConsent::Null, FanOutConsent::AllServers] {
            let reason = plan(sql, consent, &layout()).unwrap_err().to_string();
            assert!(reason.contains(part), "{sql}: {reason}");
        }
    }
}

#[test]
fn what_ends_with_its_transaction_may_be_called_on_every_shard() {
    for sql in ["select set_config('app.x', '1', true), a from t", "select pg_advisory_xact_lock(1)"] {
        assert!(plan(sql, FanOutConsent::AllServers, &layout()).is_ok(), "{sql}");
    }
}

#[test]
fn a_change_of_the_tenant_column_is_refused_however_it_is_asked_for() {
    for sql in [
        "update t set tenant_id = 'b'",
        "update t set (a, TENANT_ID) = (1, 'b')",
        "with x as (select 1) update t set tenant_id = 'b'",
        "insert into t values (1) on conflict (id) do update set tenant_id = excluded.tenant_id",
        "insert into t values (1) on conflict (tenant_id, id) do update set tenant_id = 'b'",
        "merge into t using o on o.id = t.id when matched then update set tenant_id = 'b'",
        "with x as (update t set tenant_id = 'b' returning id) select count(*) from x",
        "with x as (update t set tenant_id = 'b' returning id) delete from o using x where x.id = o.id",
    ] {
        for consent in [FanOutConsent::Null, FanOutConsent::AllServers] {
            let reason = plan(sql, consent, &layout()).unwrap_err().to_string();
            let others = ["CTE", "a change that uses WITH", "INSERT without", "changes data"];
            let says = |part: &&str| reason.contains(part);
            assert!(
                says(&"a change of tenant_id") || consent == FanOutConsent::Null && others.iter().any(says),
                "{sql}: {reason}"
            );
        }
    }
    for sql in [
        "update t set a = 1 where tenant_id = 'b'",
        "update countries set tenant_id = 'b'",
        "insert into t values (1) on conflict (tenant_id, id) do update set tenant_id = excluded.tenant_id, a = 1",
    ] {
        assert!(plan(sql, FanOutConsent::AllServers, &layout()).is_ok(), "{sql}");
    }
}

#[test]
fn the_rows_that_merge_changes_are_counted_on_every_shard() {
    let merge = |table: &str, action: &str| {
        format!("merge into {table} using o on o.id = {table}.id and o.tenant_id = {table}.tenant_id when {action}")
    };
    let update = |table: &str| merge(table, "matched then update set a = 1");
    let insert = merge("t", "not matched then insert values (1)");
    let planned = |sql: &str, consent| plan(sql, consent, &layout());
    assert_eq!(changed(planned(&update("t"), FanOutConsent::Null)), Some(Broadcast::Sum));
    for consent in [FanOutConsent::Null, FanOutConsent::AllServers] {
        assert!(planned(&update("countries"), consent).is_err(), "depends on rows that differ between shards");
    }
    let copied = merge("countries", "matched then update set a = 1").replace("using o", "using cities o");
    assert_eq!(
        changed(planned(&copied.replace("cities", "geo.cities"), FanOutConsent::AllServers)),
        Some(Broadcast::Same)
    );
    assert!(planned(&update("t"), FanOutConsent::Implicit).is_err());
    assert!(planned(&insert, FanOutConsent::Null).unwrap_err().to_string().contains("allServers: true"));
    assert_eq!(changed(planned(&insert, FanOutConsent::AllServers)), Some(Broadcast::Sum));
}

#[test]
fn a_change_has_one_time_for_all_shards() {
    let text = |sql: &str, consent| match plan(sql, consent, &layout()) {
        Ok(Plan::Change(change)) => change.shard.clone(),
        other => panic!("{sql}: {other:?}"),
    };
    let of_own =
        text("update t set a = $1, at = now() where b < current_date returning now()", FanOutConsent::Implicit);
    assert_eq!(
        of_own.sql,
        "UPDATE t SET a = $1, at = CAST($2 AS TIMESTAMP WITH TIME ZONE) WHERE b < CAST(CAST($2 AS TIMESTAMP WITH TIME ZONE) AS DATE) \
         RETURNING CAST($2 AS TIMESTAMP WITH TIME ZONE) AS \"now\""
    );
    assert_eq!(of_own.params, [ParamSource::Param(0), ParamSource::Now]);
    let as_written = "update t set a = 1 -- now()";
    assert_eq!(text(as_written, FanOutConsent::Implicit).sql, as_written);
    assert_eq!(
        text("insert into countries (id, at) values (1, now())", FanOutConsent::AllServers).sql,
        "INSERT INTO countries (id, at) VALUES (1, CAST($1 AS TIMESTAMP WITH TIME ZONE))"
    );
}

#[test]
fn null_waives_what_functions_do_and_not_that_a_change_is_exact() {
    let by = |sql: &str, consent| plan(sql, consent, &layout());
    for sql in [
        "update t set a = (select max(a) from t)",
        "delete from t where a > (select avg(a) from t)",
        "delete from countries where id in (select country_id from t)",
        "update t set tenant_id = 'b'",
        "merge into t using o on o.id = t.id when matched then update set a = o.a",
        "merge into t using countries c on c.id = t.a when matched then update set a = (select max(a) from t)",
        "merge into countries c using t on t.a = c.id when matched then delete",
    ] {
        assert!(by(sql, FanOutConsent::Null).is_err(), "{sql}");
    }
    for sql in [
        "update t set a = mine(a)",
        "delete from t where mine(a)",
        "merge into t using countries c on c.id = t.a when matched then update set a = c.id",
        "merge into t using o on o.id = t.id and o.tenant_id = t.tenant_id when matched then delete",
    ] {
        assert_eq!(changed(by(sql, FanOutConsent::Null)), Some(Broadcast::Sum), "{sql}");
    }
}
