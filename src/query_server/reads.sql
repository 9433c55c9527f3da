-- What lets a text that shows nothing but reading do more in this database: one line for each way, none if there is none.
-- $1: the names that such a text may call. Runs with pg_catalog as its search_path.
--
-- Code runs without being named by views, policies, domains, operators, casts, types, ranges and operator classes, as
-- attributes (`t.f` is `f(t)`), and under the name of a function that is PostgreSQL's own. What is found so is followed
-- into what it calls. A function that is not volatile cannot write itself, since PostgreSQL lets it run nothing but
-- queries; so it writes only by calling one that is, and names that, unless its text is made as it runs.
with recursive trees (tree) as materialized (
  select ev_action::text
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class
  where c.oid >= 16384 and c.relkind = 'v' and r.ev_type = '1'
  union all
  select polqual::text from pg_policy where polcmd in ('r', '*')
  union all
  select conbin::text from pg_constraint where contypid <> 0 and contypid >= 16384
  union all
  select adbin::text
  from pg_attrdef d
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  where a.attgenerated = 'v'
),
-- The planner runs what is not volatile in these.
planned (tree) as materialized (
  select conbin::text from pg_constraint where conrelid >= 16384 and contype = 'c'
  union all
  select indexprs::text from pg_index where indrelid >= 16384 and indexprs is not null
  union all
  select indpred::text from pg_index where indrelid >= 16384 and indpred is not null
  union all
  select partexprs::text from pg_partitioned_table where partexprs is not null
),
functions as materialized (
  select oid, proname, prolang, prokind, provolatile, proargtypes[0] as argument, provariadic,
    pronargs > 0 and pronargs - pronargdefaults <= 1 as takes_one
  from pg_proc
  where prokind <> 'p' and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
),
composite (oid) as materialized (
  select oid from pg_type where typtype = 'c'
  union
  select oid from pg_type
  where oid in ('record'::regtype, '"any"'::regtype, 'anyelement'::regtype, 'anynonarray'::regtype)
    or typname in ('anycompatible', 'anycompatiblenonarray')
  union
  select d.oid from pg_type d join pg_type b on b.oid = d.typbasetype where d.typtype = 'd' and b.typtype in ('c', 'd')
),
reached (oid) as (
  select root.oid
  from (
    select found[1]::oid
    from trees, lateral regexp_matches(tree, ':(?:funcid|aggfnoid|winfnoid|tsmhandler) ([0-9]+)', 'g') as found
    union
    select f.oid
    from planned
    cross join lateral regexp_matches(tree, ':funcid ([0-9]{5,})', 'g') as found
    join functions f on f.oid = found[1]::oid
    where f.oid >= 16384 and f.provolatile <> 'v'
    union
    select code::oid
    from pg_operator o, lateral unnest(array[o.oprcode, o.oprrest, o.oprjoin]) as code
    where o.oid >= 16384
    union
    select castfunc from pg_cast where oid >= 16384
    union
    select amproc::oid from pg_amproc where oid >= 16384
    union
    select code::oid
    from pg_range r, lateral unnest(array[r.rngcanonical, r.rngsubdiff]) as code
    where r.rngtypid >= 16384
    union
    select code::oid
    from pg_type t,
      lateral unnest(array[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout]) as code
    where t.oid >= 16384
    union
    select oid from functions where oid >= 16384 and proname = any ($1::text[]::name[])
    union
    select oid from functions
    where oid >= 16384 and takes_one
      and (argument in (select oid from composite) or provariadic in (select oid from composite))
  ) as root (oid)
  where root.oid <> 0
  union
  select callee.oid
  from reached
  join pg_proc p on p.oid = reached.oid and p.oid >= 16384
  cross join lateral (
    select code::oid
    from pg_aggregate a,
      lateral unnest(array[
        a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn,
        a.aggmfinalfn]) as code
    where a.aggfnoid = p.oid
    union all
    select f.oid
    from regexp_split_to_table(lower(p.prosrc), '[^[:alnum:]_$]+') as word
    join functions f on f.proname = word::name
    where p.prolang not in (12, 13) and (f.oid >= 16384 or f.provolatile = 'v')
    union all
    -- Names that are written in quotes.
    select f.oid
    from functions f
    where p.prolang not in (12, 13) and f.oid >= 16384 and f.proname::text !~ '^[a-z_][a-z0-9_$]*$'
      and (strpos(lower(p.prosrc), lower(f.proname::text)) > 0 or strpos(f.proname::text, '"') > 0)
    union all
    -- What was parsed when it was made: defaults of arguments, and a body, which PostgreSQL 13 does not have yet.
    select found[1]::oid
    from regexp_matches(
      concat(p.proargdefaults::text, to_jsonb(p) ->> 'prosqlbody'), ':(?:funcid|aggfnoid|winfnoid) ([0-9]+)', 'g')
      as found
  ) as callee (oid)
  where callee.oid <> 0
),
volatile_and_harmless (name) as (
  select unnest(array[
    'random', 'random_normal', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'clock_timestamp', 'timeofday', 'pg_sleep',
    'pg_sleep_for', 'pg_sleep_until', 'currval', 'lastval', 'pg_sequence_last_value', 'pg_is_in_recovery',
    'pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size', 'pg_database_size',
    'pg_tablespace_size', 'pg_lock_status', 'pg_stat_file', 'pg_timezone_names', 'pg_blocking_pids'])
)
select 'the function ' || p.oid::regprocedure::text
from reached
join pg_proc p on p.oid = reached.oid
where case
    when p.oid < 16384 then
      p.provolatile = 'v' and p.proname::text not in (select name from volatile_and_harmless)
    -- What it consists of is looked at by itself.
    when p.prokind = 'a' then false
    when p.prolang = 13 then
      p.provolatile = 'v'
        and not (
          p.proname ~ '^pg_(stat_statements(_info)?|buffercache(_numa|_os)?_pages)$'
          and p.probin in ('$libdir/pg_stat_statements', '$libdir/pg_buffercache'))
      -- They run texts that they are given.
      or p.probin ~ '(tablefunc|pgxml|dblink|pgrouting)'
    when p.provolatile = 'v' then true
    -- One of PostgreSQL's own under another name.
    when p.prolang = 12 then
      exists (
        select from pg_proc own
        where own.oid < 16384 and own.prosrc = p.prosrc and own.provolatile = 'v'
          and own.proname::text not in (select name from volatile_and_harmless))
    else
      p.prolang not in (select oid from pg_language where lanname in ('sql', 'plpgsql'))
      or lower(p.prosrc) ~ '(^|[^[:alnum:]_$])execute([^[:alnum:]_$]|$)'
      or strpos(lower(p.prosrc), 'u&') > 0
  end
union all
select 'the foreign table ' || oid::regclass::text from pg_class where relkind = 'f'
union all
-- A row that becomes something else by itself has that one's functions for attributes.
select 'the implicit cast of ' || castsource::regtype::text
from pg_cast
where oid >= 16384 and castcontext = 'i' and castsource in (select oid from composite)
limit 1
