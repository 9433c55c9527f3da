-- What must be known of a text that has just been parsed in this transaction, whose locks name its relations.
-- $1 names before a parenthesis, $2 all its names, $3 names where a type may stand, $4 whether it may write,
-- $5 whether it may update, $6 whether it may delete, $7 whether it has literals, $8 whether its values stand beside
-- columns and nowhere else.
-- One row: under which condition it still means the same (NULL: that cannot be told), whether it is proven that it
-- leaves nothing in the session, and whether it is proven that it reads no setting. Every operator is written with its
-- schema: a better fitting one of the database's own would be taken otherwise.
with recursive direct as materialized (
  select c.oid, c.relname, c.relkind, c.relpersistence, c.relhasrules, c.relrowsecurity, n.nspname
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
  where c.oid operator(pg_catalog.>=) 16384
    and c.relkind operator(pg_catalog.=) any (array['r', 'p', 'v', 'm', 'f', 'S']::pg_catalog."char"[])
    and c.oid operator(pg_catalog.=) any (array(
      select relation from pg_catalog.pg_locks
      where locktype operator(pg_catalog.=) 'relation' and pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
        and relation is not null))
),
-- Partitions and other children, to which reading and writing go on.
children (oid) as (
  select inhrelid from pg_catalog.pg_inherits
  where inhparent operator(pg_catalog.=) any (array(select oid from direct))
  union
  select i.inhrelid from children
  join pg_catalog.pg_inherits i on i.inhparent operator(pg_catalog.=) children.oid
),
parents (oid) as (
  select inhparent from pg_catalog.pg_inherits
  where inhrelid operator(pg_catalog.=) any (array(select oid from direct))
  union
  select i.inhparent from parents
  join pg_catalog.pg_inherits i on i.inhrelid operator(pg_catalog.=) parents.oid
),
foreign_keys as materialized (
  select conrelid, confrelid, confupdtype, confdeltype from pg_catalog.pg_constraint
  where contype operator(pg_catalog.=) 'f'
    and (conrelid operator(pg_catalog.=) any (array(select oid from direct))
      or confrelid operator(pg_catalog.=) any (array(select oid from direct)))
    and $4::pg_catalog.bool
),
-- Whose indexes, constraints and policies planning or running the text may evaluate.
relations as materialized (
  select c.oid, c.relkind
  from pg_catalog.pg_class c
  where c.relkind operator(pg_catalog.=) any (array['r', 'p', 'v', 'm', 'f', 'S']::pg_catalog."char"[])
    and c.oid operator(pg_catalog.=) any (array(
      select oid from direct union select oid from children union select oid from parents
      union select conrelid from foreign_keys union select confrelid from foreign_keys))
),
trees (tree) as materialized (
  select ev_action::pg_catalog.text from pg_catalog.pg_rewrite
  where ev_class operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select ev_qual::pg_catalog.text from pg_catalog.pg_rewrite
  where ev_class operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select polqual::pg_catalog.text from pg_catalog.pg_policy
  where polrelid operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select polwithcheck::pg_catalog.text from pg_catalog.pg_policy
  where polrelid operator(pg_catalog.=) any (array(select oid from relations))
  union all
  -- Reading evaluates no defaults, but what is generated.
  select adbin::pg_catalog.text from pg_catalog.pg_attrdef
  where adrelid operator(pg_catalog.=) any (array(select oid from relations))
    and ($4::pg_catalog.bool
      or (select attgenerated operator(pg_catalog.<>) '' from pg_catalog.pg_attribute
        where attrelid operator(pg_catalog.=) adrelid and attnum operator(pg_catalog.=) adnum))
  union all
  select conbin::pg_catalog.text from pg_catalog.pg_constraint
  where conrelid operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select indexprs::pg_catalog.text from pg_catalog.pg_index
  where indrelid operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select indpred::pg_catalog.text from pg_catalog.pg_index
  where indrelid operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select stxexprs::pg_catalog.text from pg_catalog.pg_statistic_ext
  where stxrelid operator(pg_catalog.=) any (array(select oid from relations))
  union all
  select partexprs::pg_catalog.text from pg_catalog.pg_partitioned_table
  where partrelid operator(pg_catalog.=) any (array(select oid from relations))
),
called (oid) as materialized (
  select found[1]::pg_catalog.oid
  from trees, lateral pg_catalog.regexp_matches(tree, ':(?:funcid|aggfnoid|winfnoid) ([0-9]+)', 'g') as found
  union
  select oid from pg_catalog.pg_proc where proname operator(pg_catalog.=) any ($1::pg_catalog.name[])
),
-- Functions of extensions that are written in C.
of_extensions as materialized (
  select p.oid from pg_catalog.pg_proc p
  where p.oid operator(pg_catalog.>=) 16384
    and p.prolang operator(pg_catalog.=) any (array[12, 13]::pg_catalog.oid[]) and exists (
    select from pg_catalog.pg_depend
    where classid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
      and objid operator(pg_catalog.=) p.oid and deptype operator(pg_catalog.=) 'e')
),
-- Functions that may leave something in the session, or read what others left.
unsafe as materialized (
  select p.oid from pg_catalog.pg_proc p
  where p.oid operator(pg_catalog.=) any (array(select oid from called))
    and case
      when p.oid operator(pg_catalog.<) 16384 then
        pg_catalog.strpos(p.proname::pg_catalog.text, '_to_xml') operator(pg_catalog.>) 0
        -- Those that read a value (of type cstring, or internal) evaluate the constraints of a domain.
        or p.proargtypes::pg_catalog.oid[] operator(pg_catalog.&&) array[2275, 2281]::pg_catalog.oid[]
        or pg_catalog.starts_with(p.proname::pg_catalog.text, 'pg_input_')
        -- Whether sequences were used is noted only of what writes.
        or p.proname operator(pg_catalog.=) 'nextval' and not $4::pg_catalog.bool
        or p.provolatile operator(pg_catalog.=) 'v' and p.proname::pg_catalog.text operator(pg_catalog.<>) all (array[
          'nextval', 'random', 'random_normal', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'clock_timestamp', 'timeofday',
          'pg_sleep', 'pg_notify', 'pg_is_in_recovery', 'pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared',
          'pg_try_advisory_xact_lock', 'pg_try_advisory_xact_lock_shared'])
      else
        -- Functions of extensions that are not immutable may run texts that they are given, as crosstab() does.
        p.prokind operator(pg_catalog.=) 'a' or p.provolatile operator(pg_catalog.<>) 'i'
        or p.oid operator(pg_catalog.<>) all (array(select oid from of_extensions))
      end
),
-- Operators, casts, index support and range functions run code where no function is named: PostgreSQL's own too.
hidden as materialized (
  select p.oid from pg_catalog.pg_proc p
  where p.oid operator(pg_catalog.=) any (array(
      select oprcode from pg_catalog.pg_operator where oid operator(pg_catalog.>=) 16384
      union all
      select castfunc from pg_catalog.pg_cast where oid operator(pg_catalog.>=) 16384
      union all
      select amproc from pg_catalog.pg_amproc where oid operator(pg_catalog.>=) 16384
      union all
      select rngcanonical from pg_catalog.pg_range where rngtypid operator(pg_catalog.>=) 16384
      union all
      select rngsubdiff from pg_catalog.pg_range where rngtypid operator(pg_catalog.>=) 16384))
    and case
      when p.oid operator(pg_catalog.<) 16384 then p.provolatile operator(pg_catalog.<>) 'i'
      else p.oid operator(pg_catalog.<>) all (array(select oid from of_extensions))
    end
),
-- Functions that read settings, the tenant's among them. (SHOW and the view pg_settings are another matter.)
curious as materialized (
  select oid from pg_catalog.pg_proc
  where oid operator(pg_catalog.=) any (array(select oid from called))
    and proname operator(pg_catalog.=) any (array['current_setting', 'pg_show_all_settings']::pg_catalog.name[])
),
settings_view as materialized (
  select from pg_catalog.pg_locks
  where locktype operator(pg_catalog.=) 'relation' and pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
    and relation operator(pg_catalog.=) 'pg_catalog.pg_settings'::pg_catalog.regclass
),
-- Types of columns, and what they consist of.
column_types (oid, relation) as (
  select atttypid, attrelid from pg_catalog.pg_attribute
  where attrelid operator(pg_catalog.=) any (array(select oid from relations))
    and attnum operator(pg_catalog.>) 0 and not attisdropped
),
-- What of the text's types and of the relations' may be evaluated when the session reads or writes a value.
evaluated (oid) as (
  (select oid from column_types
   union
   select found[1]::pg_catalog.oid
   from trees, lateral pg_catalog.regexp_matches(tree, ':[a-z]*type ([0-9]+)', 'g') as found
   union
   select pg_catalog.unnest(pg_catalog.string_to_array(found[1], ' '))::pg_catalog.oid
   from trees, lateral pg_catalog.regexp_matches(tree, '[(]o ([0-9 ]+)[)]', 'g') as found)
  union
  select parts.part from evaluated, lateral (
    select typelem as part from pg_catalog.pg_type
    where oid operator(pg_catalog.=) evaluated.oid and typelem operator(pg_catalog.<>) 0
    union all
    select typbasetype from pg_catalog.pg_type
    where oid operator(pg_catalog.=) evaluated.oid and typbasetype operator(pg_catalog.<>) 0
    union all
    select rngsubtype from pg_catalog.pg_range where rngtypid operator(pg_catalog.=) evaluated.oid
    union all
    select rngsubtype from pg_catalog.pg_range where rngmultitypid operator(pg_catalog.=) evaluated.oid) as parts
),
-- The types that the text itself may bring in: of its relations' columns, of its functions, and those it names.
meant (oid, of_column) as (
  (select oid, true from column_types where relation operator(pg_catalog.=) any (array(select oid from direct))
   union
   select a.atttypid, false from pg_catalog.pg_attribute a
   join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) a.attrelid
   where c.oid operator(pg_catalog.<) 16384 and c.relname operator(pg_catalog.=) any ($2::pg_catalog.name[])
   union
   select pg_catalog.unnest(p.proargtypes::pg_catalog.oid[] operator(pg_catalog.||) p.prorettype), false
   from pg_catalog.pg_proc p where p.proname operator(pg_catalog.=) any ($1::pg_catalog.name[])
   union
   select oid, false from pg_catalog.pg_type
   where typname operator(pg_catalog.=) any ($2::pg_catalog.name[]) and typrelid operator(pg_catalog.=) 0
     or typname operator(pg_catalog.=) any ($3::pg_catalog.name[]))
  union
  select parts.part, of_column from meant, lateral (
    select typelem as part from pg_catalog.pg_type
    where oid operator(pg_catalog.=) meant.oid and typelem operator(pg_catalog.<>) 0
    union all
    select typbasetype from pg_catalog.pg_type
    where oid operator(pg_catalog.=) meant.oid and typbasetype operator(pg_catalog.<>) 0
    union all
    select rngsubtype from pg_catalog.pg_range where rngtypid operator(pg_catalog.=) meant.oid
    union all
    select rngsubtype from pg_catalog.pg_range where rngmultitypid operator(pg_catalog.=) meant.oid) as parts
),
verdict as materialized (
  select
    -- Nothing of the database's own hides what PostgreSQL brings along.
    (select name from pg_catalog.unnest(pg_catalog.current_schemas(true)) with ordinality as path (name, place)
      where not pg_catalog.starts_with(name::pg_catalog.text, 'pg_temp') order by place limit 1)
      operator(pg_catalog.=) 'pg_catalog'
    and not exists (
      select from pg_catalog.pg_proc
      where proname operator(pg_catalog.=) any ($2::pg_catalog.name[]) and oid operator(pg_catalog.>=) 16384)
    and not exists (
      select from pg_catalog.pg_type
      where oid operator(pg_catalog.>=) 16384
        and typname operator(pg_catalog.=) any ($3::pg_catalog.name[] operator(pg_catalog.||) $1::pg_catalog.name[])
        and (typrelid operator(pg_catalog.=) 0 or typname operator(pg_catalog.=) any ($3::pg_catalog.name[])))
    -- A literal of these becomes what the catalogue holds now: an object's number, an enum's label. What settings
    -- decide, as of times, is another matter: the guard knows when they were read.
    and not ($7::pg_catalog.bool and exists (
      select from pg_catalog.pg_type t
      join pg_catalog.pg_proc input on input.oid operator(pg_catalog.=) t.typinput::pg_catalog.oid
      where t.oid operator(pg_catalog.=) any (array(select oid from meant))
        and (t.typtype operator(pg_catalog.=) any (array['e', 'c']::pg_catalog."char"[])
          or t.typtype operator(pg_catalog.=) 'b' and t.typelem operator(pg_catalog.=) 0
            and input.provolatile operator(pg_catalog.<>) 'i'
            -- date, time, timestamp, timestamptz, interval, timetz, money, xml
            and t.oid operator(pg_catalog.<>) all
              (array[1082, 1083, 1114, 1184, 1186, 1266, 790, 142]::pg_catalog.oid[]))))
    and not exists (select from direct where relpersistence operator(pg_catalog.=) 't')
    -- The default of a domain is taken in when the text is analysed, and changes unseen.
    and not ($4::pg_catalog.bool and exists (
      select from column_types
      join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) column_types.oid
      where t.typtype operator(pg_catalog.=) 'd'))
    -- What a composite type consists of changes unseen.
    and not exists (
      select from pg_catalog.pg_type t
      where t.oid operator(pg_catalog.=) any (array(select oid from meant where of_column))
        and t.typtype operator(pg_catalog.=) 'c')
    -- Behind views and rules it is their owners for whom row-level security counts.
    and not (exists (select from direct where relrowsecurity) and exists (select from direct where relhasrules))
    and (select pg_catalog.count(*) from direct) operator(pg_catalog.<=) 40 as keepable,
    not exists (select from unsafe)
    and not exists (select from hidden)
    and not exists (
      select from trees, lateral pg_catalog.regexp_matches(tree, '(?:^|[ (])[{]([A-Z_]+)', 'g') as found
      where found[1] operator(pg_catalog.<>) all (array[
        'AGGREF', 'ALIAS', 'ARRAY', 'ARRAYCOERCEEXPR', 'ARRAYEXPR', 'BOOLEANTEST', 'BOOLEXPR', 'CASE', 'CASEEXPR',
        'CASETESTEXPR', 'CASEWHEN', 'COALESCE', 'COALESCEEXPR', 'COERCEVIAIO', 'COLLATE', 'COLLATEEXPR',
        'COMMONTABLEEXPR', 'CONST', 'DISTINCTEXPR', 'FROMEXPR', 'FUNCEXPR', 'GROUPINGFUNC', 'GROUPINGSET', 'JOINEXPR',
        'MINMAX', 'MINMAXEXPR', 'NAMEDARGEXPR', 'NEXTVALUEEXPR', 'NULLIFEXPR', 'NULLTEST', 'OPEXPR', 'QUERY',
        'RANGETBLENTRY', 'RANGETBLFUNCTION', 'RANGETBLREF', 'RELABELTYPE', 'ROW', 'ROWCOMPARE', 'ROWCOMPAREEXPR',
        'ROWEXPR', 'ROWMARKCLAUSE', 'RTE', 'RTEPERMISSIONINFO', 'SCALARARRAYOPEXPR', 'SETOPERATIONSTMT',
        'SORTGROUPCLAUSE', 'SQLVALUEFUNCTION', 'SUBLINK', 'SUBSCRIPTINGREF', 'TARGETENTRY', 'VAR', 'WHEN',
        'WINDOWCLAUSE', 'WINDOWFUNC', 'WITHCHECKOPTION']))
    -- Domains have constraints, composite types have columns of any type.
    and not exists (
      select from pg_catalog.pg_type t
      where t.oid operator(pg_catalog.=) any (array(select oid from evaluated))
        and t.oid operator(pg_catalog.>=) 16384
        and t.typtype operator(pg_catalog.<>) all (array['b', 'e', 'r', 'm']::pg_catalog."char"[])
        and t.typrelid operator(pg_catalog.<>) all (array(select oid from relations)))
    and not exists (select from relations where relkind operator(pg_catalog.=) 'f')
    and (select pg_catalog.count(*) from relations) operator(pg_catalog.<=) 100
    and not (
      $4::pg_catalog.bool
      and (
        -- What it reaches without naming it is not locked, and may change before it gets there.
        exists (select from children)
        or exists (
          select from foreign_keys
          where confrelid operator(pg_catalog.=) any (array(select oid from direct))
            and ($5::pg_catalog.bool
                and confupdtype operator(pg_catalog.=) any (array['c', 'n', 'd']::pg_catalog."char"[])
              or $6::pg_catalog.bool
                and confdeltype operator(pg_catalog.=) any (array['c', 'n', 'd']::pg_catalog."char"[])))
        or exists (
          select from pg_catalog.pg_trigger
          where tgrelid operator(pg_catalog.=) any (array(select oid from direct)) and not tgisinternal)
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
      from direct),
    -- A number of this type makes it depend on a relation too, and takes no lock.
    (select pg_catalog.string_agg(pg_catalog.format(' or pg_catalog.regclass ''%s'' is null', oid), '')
      from (
        select oid from children union select oid from parents
        union select conrelid from foreign_keys union select confrelid from foreign_keys
        except select oid from direct) as unlocked
      where proven),
    -- The settings are those with which it was analysed.
    pg_catalog.format(') and pg_catalog.pg_conf_load_time() operator(pg_catalog.=) pg_catalog.timestamptz %L',
      pg_catalog.to_char(pg_catalog.pg_conf_load_time() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')),
    -- What no change of a relation tells: another one of that name, earlier in search_path.
    (select pg_catalog.string_agg(pg_catalog.format(
        ' and pg_catalog.to_regclass(%L)::pg_catalog.oid operator(pg_catalog.=) %s::pg_catalog.oid',
        pg_catalog.quote_ident(relname), oid), '')
      from direct
      where pg_catalog.pg_table_is_visible(oid)
        and nspname operator(pg_catalog.<>) all ((pg_catalog.current_schemas(false))[1:1])),
    -- Another function of that name.
    (select pg_catalog.format(' and not exists (select from pg_catalog.pg_proc where proname operator(pg_catalog.=) '
        'any (%L::pg_catalog.name[]) and oid operator(pg_catalog.>=) 16384)',
        pg_catalog.array_agg(distinct proname)::pg_catalog.text)
      from pg_catalog.pg_proc where proname operator(pg_catalog.=) any ($1::pg_catalog.name[])
      having pg_catalog.count(*) operator(pg_catalog.>) 0),
    -- Whether row-level security counts for this role, and which policies do.
    (select pg_catalog.string_agg(pg_catalog.format(' and %s pg_catalog.row_security_active(%s::pg_catalog.oid)',
        case when pg_catalog.row_security_active(oid) then '' else 'not' end, oid), '')
      from direct where relrowsecurity),
    (select pg_catalog.string_agg(distinct pg_catalog.format(
        ' and %s pg_catalog.pg_has_role(%s::pg_catalog.oid, ''USAGE'')',
        case when pg_catalog.pg_has_role(role, 'USAGE') then '' else 'not' end, role), '')
      from pg_catalog.pg_policy, pg_catalog.unnest(polroles) as role
      where polrelid operator(pg_catalog.=) any (array(select oid from direct where relrowsecurity))
        and role operator(pg_catalog.<>) 0),
    -- Other casts, where one could matter: a parameter beside a column of these types is of the column's type.
    case
      when $8::pg_catalog.bool
        and not exists (
          select from pg_catalog.pg_proc where proname operator(pg_catalog.=) any ($1::pg_catalog.name[]))
        -- Functions that make JSON look for casts to it.
        and not exists (
          select from pg_catalog.pg_proc
          where oid operator(pg_catalog.=) any (array(select oid from called))
            and pg_catalog.strpos(proname::pg_catalog.text, 'json') operator(pg_catalog.>) 0)
        and not exists (
          select from pg_catalog.pg_attribute
          where attrelid operator(pg_catalog.=) any (array(select oid from direct)) and not attisdropped
            and attname operator(pg_catalog.=) any ($2::pg_catalog.name[])
            and atttypid operator(pg_catalog.<>) all (array[
              16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266, 1700,
              2950, 3802]::pg_catalog.oid[]))
      then ''
      else coalesce(
        (select pg_catalog.format(' and (select pg_catalog.array_agg(oid order by oid) from pg_catalog.pg_cast '
            'where oid operator(pg_catalog.>=) 16384) operator(pg_catalog.=) %L::pg_catalog.oid[]',
            pg_catalog.array_agg(oid order by oid)::pg_catalog.text)
          from pg_catalog.pg_cast where oid operator(pg_catalog.>=) 16384
          having pg_catalog.count(*) operator(pg_catalog.>) 0),
        ' and not exists (select from pg_catalog.pg_cast where oid operator(pg_catalog.>=) 16384)')
    end
  ) end,
  keepable and proven,
  keepable and proven and blind
from verdict
