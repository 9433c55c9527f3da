select pg_catalog.string_agg(name, ', ') from (
  -- Foreign servers with sessions of their own. One extension says which it has; of others nothing is known.
  select 'foreign-data wrapper ' operator(pg_catalog.||) fdwname::pg_catalog.text as name
  from pg_catalog.pg_foreign_data_wrapper w
  join pg_catalog.pg_proc p on p.oid operator(pg_catalog.=) w.fdwhandler
  where p.proname operator(pg_catalog.<>) all (array['file_fdw_handler', 'postgres_fdw_handler']::pg_catalog.name[])
    and exists (select from pg_catalog.pg_foreign_server where srvfdw operator(pg_catalog.=) w.oid)
  union all
  select 'a foreign server''s session'
  from pg_catalog.pg_foreign_data_wrapper w
  join pg_catalog.pg_proc p on p.oid operator(pg_catalog.=) w.fdwhandler
  where p.proname operator(pg_catalog.=) 'postgres_fdw_handler'
    and exists (select from pg_catalog.pg_foreign_server where srvfdw operator(pg_catalog.=) w.oid)
    and coalesce((
      -- Its functions may be in any schema: they are named while this runs.
      select pg_catalog.strpos(pg_catalog.query_to_xml(
        pg_catalog.format('select ''connected'' as s from %I.postgres_fdw_get_connections() limit 1', n.nspname),
        false, true, '')::pg_catalog.text, 'connected') operator(pg_catalog.>) 0
      from pg_catalog.pg_proc f
      join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) f.pronamespace
      where f.proname operator(pg_catalog.=) 'postgres_fdw_get_connections'
        and f.pronamespace operator(pg_catalog.=) p.pronamespace), true)
  union all
  -- Asked only where there are origins, and only by who may ask; else by what could have set one up.
  select 'a replication origin'
  where exists (select from pg_catalog.pg_replication_origin)
    and case
      when pg_catalog.has_function_privilege('pg_catalog.pg_replication_origin_session_is_setup()', 'execute') then
        pg_catalog.strpos(pg_catalog.query_to_xml(
          'select pg_catalog.pg_replication_origin_session_is_setup() as s',
          false, true, '')::pg_catalog.text, 'true') operator(pg_catalog.>) 0
      else
        exists (
          select from pg_catalog.pg_proc
          where oid operator(pg_catalog.>=) 16384 and prosecdef and pg_catalog.has_function_privilege(
            proowner, 'pg_catalog.pg_replication_origin_session_is_setup()', 'execute'))
        or exists (
          select from pg_catalog.pg_roles
          where pg_catalog.pg_has_role(oid, 'member') and pg_catalog.has_function_privilege(
            oid, 'pg_catalog.pg_replication_origin_session_is_setup()', 'execute'))
    end
) as keepers
