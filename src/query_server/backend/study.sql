-- What must be known of a text that has just been parsed in this transaction, whose locks name its relations.
-- $1 names before a parenthesis, $2 all its names, $3 names where a type may stand, $4 whether it may write.
-- One row: under which condition it still means the same (NULL: that cannot be told), whether it is proven that it
-- leaves nothing in the session, and whether it is proven that it reads no setting.
with recursive direct as materialized (
  select c.oid, c.relname, c.relkind, c.relpersistence, n.nspname
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.oid in (
    select relation from pg_catalog.pg_locks
    where locktype = 'relation' and pid = pg_catalog.pg_backend_pid() and relation is not null)
),
-- Where a write goes on to: partitions, and what foreign keys change.
reached (oid) as (
  select oid from direct
  union
  select further.oid
  from reached, lateral (
    select conrelid from pg_catalog.pg_constraint
    where confrelid = reached.oid and contype = 'f'
      and (confupdtype in ('c', 'n', 'd') or confdeltype in ('c', 'n', 'd'))
    union all
    select inhrelid from pg_catalog.pg_inherits where inhparent = reached.oid
  ) as further (oid)
  where $4::pg_catalog.bool
),
relations as materialized (
  select c.oid, c.relname, c.relkind, n.nspname
  from reached
  join pg_catalog.pg_class c on c.oid = reached.oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),
trees (tree) as materialized (
  select ev_action::pg_catalog.text from pg_catalog.pg_rewrite where ev_class in (select oid from relations)
  union all
  select ev_qual::pg_catalog.text from pg_catalog.pg_rewrite where ev_class in (select oid from relations)
  union all
  select polqual::pg_catalog.text from pg_catalog.pg_policy where polrelid in (select oid from relations)
  union all
  select polwithcheck::pg_catalog.text from pg_catalog.pg_policy where polrelid in (select oid from relations)
  union all
  select adbin::pg_catalog.text from pg_catalog.pg_attrdef where adrelid in (select oid from relations)
  union all
  select conbin::pg_catalog.text from pg_catalog.pg_constraint where conrelid in (select oid from relations)
  union all
  select indexprs::pg_catalog.text from pg_catalog.pg_index where indrelid in (select oid from relations)
  union all
  select indpred::pg_catalog.text from pg_catalog.pg_index where indrelid in (select oid from relations)
  union all
  select partexprs::pg_catalog.text from pg_catalog.pg_partitioned_table
  where partrelid in (select oid from relations)
),
called (oid) as materialized (
  select found[1]::pg_catalog.oid
  from trees, lateral pg_catalog.regexp_matches(tree, ':(?:funcid|aggfnoid|winfnoid) ([0-9]+)', 'g') as found
  union
  select oid from pg_catalog.pg_proc where proname = any ($1::pg_catalog.name[])
),
-- Functions that may leave something in the session, or read what others left.
unsafe as materialized (
  select p.oid from pg_catalog.pg_proc p
  where p.oid in (select oid from called)
    and case
      when p.oid < 16384 then
        pg_catalog.strpos(p.proname::pg_catalog.text, '_to_xml') > 0
        -- Whether sequences were used is noted only of what writes.
        or p.proname = 'nextval' and not $4::pg_catalog.bool
        or p.provolatile = 'v' and p.proname::pg_catalog.text <> all (array[
          'nextval', 'random', 'random_normal', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'clock_timestamp', 'timeofday',
          'pg_sleep', 'pg_notify', 'pg_is_in_recovery', 'pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared',
          'pg_try_advisory_xact_lock', 'pg_try_advisory_xact_lock_shared'])
      else
        p.prokind = 'a' or p.prolang not in (12, 13) or p.provolatile = 'v'
        or not exists (
          select from pg_catalog.pg_depend
          where classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and objid = p.oid and deptype = 'e')
      end
),
-- Operators, casts, index support and range functions run code where no function is named.
hidden as materialized (
  select p.oid from pg_catalog.pg_proc p
  where p.oid >= 16384 and p.prolang not in (12, 13) and p.oid in (
    select oprcode from pg_catalog.pg_operator where oid >= 16384
    union all
    select castfunc from pg_catalog.pg_cast where oid >= 16384
    union all
    select amproc from pg_catalog.pg_amproc where oid >= 16384
    union all
    select rngcanonical from pg_catalog.pg_range where rngtypid >= 16384
    union all
    select rngsubdiff from pg_catalog.pg_range where rngtypid >= 16384)
),
-- Functions that read settings, the tenant's among them. (SHOW and the view pg_settings are another matter.)
curious as materialized (
  select oid from pg_catalog.pg_proc
  where oid in (select oid from called) and proname in ('current_setting', 'pg_show_all_settings')
),
settings_view as materialized (
  select from pg_catalog.pg_locks
  where locktype = 'relation' and pid = pg_catalog.pg_backend_pid()
    and relation = 'pg_catalog.pg_settings'::pg_catalog.regclass
),
verdict as materialized (
  select
    not exists (select from pg_catalog.pg_proc where proname = any ($2::pg_catalog.name[]) and oid >= 16384)
    and not exists (
      select from pg_catalog.pg_type
      where oid >= 16384
        and (typname = any ($3::pg_catalog.name[]) or typrelid = 0 and typname = any ($1::pg_catalog.name[])))
    -- A literal becomes the number of an object.
    and not exists (
      select from pg_catalog.pg_proc p, lateral pg_catalog.unnest(p.proargtypes) as argument
      where p.proname = any ($1::pg_catalog.name[])
        and argument in (24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191))
    and not exists (select from direct where relpersistence = 't')
    -- What a composite type consists of changes unseen.
    and not exists (
      select from pg_catalog.pg_attribute a
      join pg_catalog.pg_type t on t.oid = a.atttypid
      left join pg_catalog.pg_type e on e.oid in (t.typelem, t.typbasetype)
      where a.attrelid in (select oid from direct) and a.attnum > 0 and not a.attisdropped
        and (t.typtype = 'c' or e.typtype in ('c', 'd')))
    and (select pg_catalog.count(*) from relations) <= 40 as keepable,
    not exists (select from unsafe)
    and not exists (select from hidden)
    and not exists (select from trees where tree like '%COERCETODOMAIN%')
    and not exists (select from relations where relkind = 'f')
    and not (
      $4::pg_catalog.bool
      and (
        exists (
          select from pg_catalog.pg_trigger where tgrelid in (select oid from relations) and not tgisinternal)
        or exists (
          select from pg_catalog.pg_attribute a
          join pg_catalog.pg_type t on t.oid = a.atttypid
          where a.attrelid in (select oid from relations) and not a.attisdropped and t.typtype = 'd')
        or exists (select from settings_view))) as proven,
    -- A foreign key's own queries obey the policies of the other table.
    not $4::pg_catalog.bool
    and not exists (select from curious)
    and not exists (select from settings_view) as blind
)
select
  case when keepable then pg_catalog.concat(
    -- A typed literal is evaluated when it is analysed: here, and again whenever one of the relations has changed.
    pg_catalog.format('(pg_catalog.timestamptz ''now'' operator(pg_catalog.=) pg_catalog.timestamptz %L',
      pg_catalog.to_char(pg_catalog.now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')),
    (select pg_catalog.string_agg(
        pg_catalog.format(' or exists (select from only %I.%I where false)', nspname, relname), '')
      from relations),
    ')',
    -- What no change of a relation tells: another one of that name, earlier in search_path.
    (select pg_catalog.string_agg(pg_catalog.format(
        ' and pg_catalog.to_regclass(%L)::pg_catalog.oid operator(pg_catalog.=) %s::pg_catalog.oid',
        pg_catalog.quote_ident(relname), oid), '')
      from direct
      where pg_catalog.pg_table_is_visible(oid) and nspname <> all ((pg_catalog.current_schemas(false))[1:1])),
    -- And another function of that name.
    (select ' and not exists (select from pg_catalog.pg_proc where proname operator(pg_catalog.=) any ('
        || pg_catalog.quote_literal(pg_catalog.array_agg(distinct proname)::pg_catalog.text)
        || '::pg_catalog.name[]) and oid operator(pg_catalog.>=) 16384)'
      from pg_catalog.pg_proc where proname = any ($1::pg_catalog.name[])
      having pg_catalog.count(*) > 0)
  ) end,
  keepable and proven,
  keepable and proven and blind
from verdict
