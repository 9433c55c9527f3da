/**
 * What a client may load: a table that is tracked on the shard, or a function get_<table>(bigint, text) of the
 * application. Names from outside are values of these queries, never SQL.
 */

const { ProtocolError } = require('../errors');
const { hasNoLog } = require('./change-log');

const FUNCTION = `SELECT format('%I.%I', nspname, proname) AS name FROM pg_catalog.pg_proc
  JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace
  WHERE proname IN ('get_' || $1, lower('get_' || $1)) AND proargtypes = '20 25' AND prokind = 'f'
    AND pg_catalog.pg_function_is_visible(pg_proc.oid)
  ORDER BY proname = 'get_' || $1 DESC LIMIT 1`;

const TABLE = `SELECT t.name, CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || format('%I.%I', n.nspname, c.relname) AS relation, t.tenant_column,
    (SELECT format('%I.%I', tn.nspname, ty.typname) FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid JOIN pg_catalog.pg_namespace tn ON tn.oid = ty.typnamespace
      WHERE a.attrelid = c.oid AND a.attname = t.tenant_column) AS tenant_type,
    (SELECT format('%I', a.attname) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attname = t.tenant_type_column) AS type_column,
    t.tenant_type_column IS NOT NULL AS has_type,
    (SELECT json_agg(json_build_array(a.attname, format('%I.%I', tn.nspname, ty.typname), ty.typcategory IN ('A', 'C'))
        ORDER BY k.place)
      FROM unnest(t.key_columns) WITH ORDINALITY k (name, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = k.name
      JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
      JOIN pg_catalog.pg_namespace tn ON tn.oid = ty.typnamespace)::text AS keys,
    (SELECT coalesce(json_agg(format('%I', a.attname)), '[]') FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen = -1 AND a.attgenerated <> 'v')::text AS sizes,
    cardinality(t.key_columns)::text AS key_count,
    EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'action'
      AND a.attnum > 0 AND NOT a.attisdropped) AS has_action
  FROM mtdd.tracked_tables t JOIN pg_catalog.pg_class c ON c.oid = t.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE t.name = $1 OR lower(t.name) = lower($1)
  ORDER BY t.name = $1 DESC, t.name = lower($1) DESC LIMIT 1`;

/**
 * @typedef {object} TrackedTable
 * @property {string} name as events call it
 * @property {string} relation quoted, with its schema, as it follows FROM
 * @property {string} tenantColumn
 * @property {string} tenantType quoted
 * @property {string | null} typeColumn quoted: the column of the tenant's type, if there is one
 * @property {[name: string, type: string, isComposed: boolean][]} keys the types quoted; arrays and composites
 * @property {string[]} sizes quoted: the columns of any length
 * @property {string} mark the name under which a tombstone says so
 */

/**
 * @param {import('./databases').Databases} databases
 * @param {{ tid: string, tenantType: number }} user
 * @param {string} name
 * @param {AbortSignal} signal
 * @returns {Promise<TrackedTable | undefined>} undefined: no such table is tracked on the tenant's shard
 */
async function findTable(databases, user, name, signal) {
  try {
    const [row] = await databases.onShardOf(user, TABLE, [name], { operation: 'read', signal });
    if (row === undefined) return undefined;
    const keys = JSON.parse(row.keys ?? '[]');
    const hasType = row.has_type === 't';
    if (
      row.tenant_type === null ||
      (hasType && row.type_column === null) ||
      keys.length !== Number(row.key_count)
    ) {
      throw new ProtocolError(
        `The columns of ${row.relation} have changed since it was tracked: run mtdd-server track again.`,
      );
    }
    return {
      name: row.name,
      relation: row.relation,
      tenantColumn: row.tenant_column,
      tenantType: row.tenant_type,
      typeColumn: hasType ? row.type_column : null,
      keys,
      sizes: JSON.parse(row.sizes),
      mark: row.has_action === 't' ? '$action' : 'action',
    };
  } catch (error) {
    if (hasNoLog(error)) return undefined;
    throw error;
  }
}

/**
 * @returns {Promise<string | undefined>} the function's name, quoted, with its schema
 */
async function findFunction(databases, user, name, signal) {
  const [row] = await databases.onShardOf(user, FUNCTION, [name], { operation: 'read', signal });
  return row?.name;
}

module.exports = { findFunction, findTable };
