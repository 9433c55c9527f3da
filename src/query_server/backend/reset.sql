select
  (select pg_catalog.count(*) from pg_catalog.pg_prepared_statements where from_sql),
  (select pg_catalog.count(*) from pg_catalog.pg_prepared_statements where not from_sql),
  (select pg_catalog.string_agg(name, ', ') from (
    select 'language ' operator(pg_catalog.||) lanname::pg_catalog.text as name
    from pg_catalog.pg_language
    where lanname operator(pg_catalog.<>) all (array['internal', 'c', 'sql', 'plpgsql']::pg_catalog.name[])
    union all
    select 'extension ' operator(pg_catalog.||) extname::pg_catalog.text
    from pg_catalog.pg_extension
    where extname operator(pg_catalog.=) any (array[
      'dblink', 'hypopg', 'orafce', 'pg_background', 'pg_session_jwt', 'pg_variables', 'pgtt', 'session_variable',
      'set_user']::pg_catalog.name[])
    union all
    select 'a temporary replication slot'
    from pg_catalog.pg_get_replication_slots()
    where temporary and active_pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
  ) as keepers),
  exists (select from pg_catalog.pg_foreign_server) or exists (select from pg_catalog.pg_replication_origin),
  pg_catalog.pg_advisory_unlock_all(),
  pg_catalog.setseed(