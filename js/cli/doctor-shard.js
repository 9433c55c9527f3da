/**
 * What `mtdd doctor` asks a shard's PostgreSQL: its settings, its clock, its encryption, and everything of its schema
 * that has to be the same on all shards. Reads only catalogs, and no rows of tables.
 */

/** Settings that decide how a value is written, and what a text means: those that queries for all shards compare. */
const SETTINGS = [
  'TimeZone',
  'DateStyle',
  'IntervalStyle',
  'server_encoding',
  'bytea_output',
  'extra_float_digits',
  'standard_conforming_strings',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'default_text_search_config',
  'xmlbinary',
  'xmloption',
  'transform_null_equals',
  'array_nulls',
  'timezone_abbreviations',
  'backslash_quote',
  'search_path',
];

const BASICS = `select current_setting('server_version_num')::int as version_number,
  current_setting('server_version') as version,
  pg_is_in_recovery() as is_standby,
  current_setting('default_transaction_read_only') = 'on' as is_read_only,
  d.datcollate as "LC_COLLATE", d.datctype as "LC_CTYPE",
  to_jsonb(d) ->> 'datcollversion' as collation_version
  from pg_database d where d.datname = current_database()`;

/** Since PostgreSQL 15. */
const COLLATION_VERSION = `select pg_database_collation_actual_version(oid) as version
  from pg_database where datname = current_database()`;

const CLOCK = 'select extract(epoch from clock_timestamp())::float8 * 1000 as now';

const SETTING_VALUES = 'select name, current_setting(name, true) as value from unnest($1::text[]) as s(name)';

/** Not PostgreSQL's own, and not part of an extension. */
const OWN = (schema, catalog, oid) => `${schema}.nspname not in ('pg_catalog', 'information_schema')
  and ${schema}.nspname not like 'pg\\_toast%' and ${schema}.nspname not like 'pg\\_temp%'
  and not exists (select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;

/** Everything that may differ: what kind it is, its name, the table that it belongs to, and what it is. */
const OBJECTS = `
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind,
    format('%I.%I', n.nspname, c.relname) as name, null as parent,
    concat_ws(' ', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
      'partition by ' || pg_get_partkeydef(c.oid), case when c.relpersistence = 'u' then 'unlogged' end) as definition
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'column', format('%I.%I.%I', n.nspname, c.relname, a.attname), format('%I.%I', n.nspname, c.relname),
    concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      'collate ' || (select quote_ident(l.collname) from pg_collation l, pg_type t where l.oid = a.attcollation and t.oid = a.atttypid and l.oid <> t.typcollation),
      case when a.attnotnull then 'not null' end,
      case when a.attidentity <> '' then 'identity' when a.attgenerated <> '' then 'generated ' || pg_get_expr(d.adbin, d.adrelid)
        else 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
      '(column ' || row_number() over (partition by a.attrelid order by a.attnum) || ')')
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped and ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'constraint', format('%I.%I: %I', n.nspname, c.relname, k.conname), format('%I.%I', n.nspname, c.relname),
    pg_get_constraintdef(k.oid)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where k.contype in ('c', 'f', 'p', 'u', 'x') and ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'index', format('%I.%I', n.nspname, i.relname), format('%I.%I', n.nspname, c.relname),
    concat(pg_get_indexdef(i.oid), case when not x.indisvalid then ' (invalid)' end)
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
  join pg_namespace n on n.oid = c.relnamespace
  where not exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')) and ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'trigger', format('%I.%I: %I', n.nspname, c.relname, g.tgname), format('%I.%I', n.nspname, c.relname),
    concat(pg_get_triggerdef(g.oid), case when g.tgenabled = 'D' then ' (disabled)' end)
  from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where not g.tgisinternal and ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'row-level security', format('%I.%I', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname),
    concat(case when c.relrowsecurity then 'on' else 'off' end, case when c.relforcerowsecurity then ', forced' end)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'policy', format('%I.%I: %I', n.nspname, c.relname, p.polname), format('%I.%I', n.nspname, c.relname),
    concat_ws(' ', p.polcmd, case when p.polpermissive then 'permissive' else 'restrictive' end,
      'using ' || pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid),
      (select 'to ' || string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname) from unnest(p.polroles) o left join pg_roles r on r.oid = o))
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where ${OWN('n', 'pg_class', 'c.oid')}
  union all
  select 'enum', format('%I.%I', n.nspname, t.typname), null,
    (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' and ${OWN('n', 'pg_type', 't.oid')}
  union all
  select 'domain', format('%I.%I', n.nspname, t.typname), null,
    concat_ws(' ', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end, 'default ' || t.typdefault,
      (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k where k.contypid = t.oid))
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'd' and ${OWN('n', 'pg_type', 't.oid')}
  union all
  select 'type', format('%I.%I', n.nspname, t.typname), null,
    (select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
     from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
  from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_class c on c.oid = t.typrelid
  where t.typtype = 'c' and c.relkind = 'c' and ${OWN('n', 'pg_type', 't.oid')}
  union all
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
    format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), null,
    case when p.prokind = 'a' then 'aggregate' else 'body ' || left(md5(pg_get_functiondef(p.oid)), 8) end
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OWN('n', 'pg_proc', 'p.oid')}
  union all
  select 'collation', format('%I.%I', n.nspname, l.collname), null, (to_jsonb(l) - 'oid' - 'collnamespace' - 'collowner')::text
  from pg_collation l join pg_namespace n on n.oid = l.collnamespace where ${OWN('n', 'pg_collation', 'l.oid')}
  union all
  select 'extension', quote_ident(x.extname), null, x.extversion from pg_extension x`;

/** Tables with a column of this name, and what protects their rows. Partitions are protected by their table. */
const TENANT_TABLES = `select format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity as is_on,
  c.relforcerowsecurity as is_forced, (select count(*) from pg_policy p where p.polrelid = c.oid)::int as policies
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = $1 and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p') and not c.relispartition and ${OWN('n', 'pg_class', 'c.oid')} order by 1`;

/** Columns that a sequence fills, and that alone are unique: with a tenant beside it, a number may come twice. */
const IDS = `select format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
  s.seqstart::text as start, s.seqincrement::text as increment, s.seqmin::text as least, s.seqmax::text as most
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_index x on x.indrelid = c.oid and x.indisunique and x.indnkeyatts = 1 and x.indkey[0] = a.attnum
  join pg_sequence s on s.seqrelid = pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)::regclass
  where c.relkind in ('r', 'p') and not c.relispartition and ${OWN('n', 'pg_class', 'c.oid')}
  and c.relname <> all ($1::text[]) group by 1, 2, 3, 4, 5 order by 1`;

/**
 * @typedef {object} Examined
 * @property {number} shard
 * @property {string} database host:port/database
 * @property {string} version
 * @property {number} major
 * @property {boolean} isStandby
 * @property {boolean} isReadOnly
 * @property {{ recorded: string | null, actual: string | null }} collation versions of the database's collation
 * @property {Map<string, string>} settings
 * @property {number} skew how far its clock is ahead of this machine's. Milliseconds
 * @property {number} uncertainty of the skew. Milliseconds
 * @property {{ isEncrypted: boolean, validTo?: string }} encryption
 * @property {{ kind: string, name: string, parent: string | null, definition: string }[]} objects
 * @property {{ name: string, is_on: boolean, is_forced: boolean, policies: number }[]} tenantTables
 * @property {{ name: string, start: string, increment: string, least: string, most: string }[]} ids
 */

/**
 * Asks a shard.
 *
 * @param {import('./shard').Shard} shard connected
 * @param {{ tenantColumn: string, knexTables: string[] }} options `knexTables`: whose ids are each shard's own
 * @returns {Promise<Examined>}
 */
async function examine(shard, { tenantColumn, knexTables }) {
  const [basics] = await shard.query(BASICS);
  const { LC_COLLATE, LC_CTYPE } = basics;
  const [collation] = basics.version_number >= 150_000 ? await shard.query(COLLATION_VERSION) : [];
  const settings = await shard.query(SETTING_VALUES, [SETTINGS]);
  const began = Date.now();
  const [{ now }] = await shard.query(CLOCK);
  const ended = Date.now();
  return {
    shard: shard.index,
    database: shard.describe(),
    version: basics.version,
    major: Math.floor(basics.version_number / 10_000),
    isStandby: basics.is_standby,
    isReadOnly: basics.is_read_only,
    collation: { recorded: basics.collation_version, actual: collation?.version ?? null },
    settings: new Map([
      ...settings.map(({ name, value }) => [name, value]),
      ...Object.entries({ LC_COLLATE, LC_CTYPE }),
    ]),
    skew: Math.round(now - (began + ended) / 2),
    uncertainty: Math.ceil((ended - began) / 2),
    encryption: shard.encryption(),
    objects: await shard.query(OBJECTS),
    tenantTables: await shard.query(TENANT_TABLES, [tenantColumn]),
    ids: await shard.query(IDS, [knexTables]),
  };
}

module.exports = { examine };
