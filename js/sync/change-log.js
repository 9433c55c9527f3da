/**
 * The SQL that reads the change log which `mtdd-server track` installs (src/tracking/install.sql).
 */

const { ProtocolError } = require('../errors');
const { fromPostgres, toPostgres } = require('./snapshot');

/** Changes of one reading. */
const PAGE = 1000;
/** How many bytes of rows one reading may have, unless it is one row alone. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** PostgreSQL's codes for a database without a log. */
const NO_LOG = new Set(['42P01', '3F000', '42883']);

/** The column `log`: the id of the log; null where it has to begin anew, see `readLog`. */
const LOG_ID = 'CASE WHEN id = mtdd.change_log_id() THEN id END AS log';

/** The first parameters: the position. What it has not seen is read up to its second snapshot, or up to now. */
const LOG = `WITH log AS MATERIALIZED (
  SELECT ${LOG_ID}, trimmed_xid::text,
    pg_snapshot_xmax(pg_current_snapshot())::text AS next_xid, $1::text::pg_snapshot AS base,
    coalesce($2::text::pg_snapshot, pg_current_snapshot()) AS until, $3::bigint AS number
  FROM mtdd.change_log)`;
const FOUND = `SELECT log.log, log.trimmed_xid, log.next_xid, log.until::text, found.xid::text, found.number::text,
  found.tenant, found.tenant_type::text, found.table_name, found.action, found.data::text, found.rows::text
FROM log LEFT JOIN LATERAL (
  SELECT *, count(*) OVER () AS rows, sum(bytes) OVER (ORDER BY number) - bytes AS bytes_before
  FROM (`;
const END = `) page) found ON found.bytes_before = 0 OR found.bytes_before + found.bytes <= ${PAGE_BYTES}
ORDER BY found.number`;
const UNSEEN = 'NOT pg_visible_in_snapshot(xid, log.base) AND pg_visible_in_snapshot(xid, log.until)';

/**
 * All changes, in the order of the primary key, beginning at the first one that was not seen: whoever is up to date reads
 * nothing but what is new, however long the log is. `+ 0`: that one is found by its transaction, not by the primary key.
 */
const READ = `${LOG}, seen AS MATERIALIZED (
  SELECT CASE WHEN number > 0 THEN number ELSE least(
    (SELECT min(number + 0) FROM mtdd.changes WHERE xid >= pg_snapshot_xmax(log.base)),
    (SELECT min(number + 0) FROM mtdd.changes WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(log.base))))
  ) - 1 END AS number FROM log)
${FOUND}SELECT * FROM mtdd.changes WHERE number > (SELECT number FROM seen) AND ${UNSEEN} ORDER BY number LIMIT ${PAGE}${END}`;

/** Those that concern a tenant; `+ 0`: by its index, and never by the primary key over the changes of all others. */
const readOfTenant = (condition, limit) => {
  const one = (tenant) => `SELECT * FROM mtdd.changes WHERE tenant = ${tenant} AND ${condition}
    (tenant_type IS NULL OR tenant_type = $5::integer) AND
    xid >= pg_snapshot_xmin(log.base) AND number > log.number AND ${UNSEEN} ORDER BY number + 0 LIMIT ${limit}`;
  return `${LOG}${FOUND}SELECT * FROM ((${one('$4')}) UNION ALL (${one("''")})) both_kinds ORDER BY number LIMIT ${limit}${END}`;
};
const READ_OF_TENANT = readOfTenant('', PAGE);
/** Those of a table that concern a tenant, up to a limit. */
const READ_OF_TABLE = readOfTenant('table_name = $6 AND', '$7::bigint');
/** Where the log is now. */
const LOOK = `SELECT ${LOG_ID}, trimmed_xid::text,
  pg_snapshot_xmax(pg_current_snapshot())::text AS next_xid, pg_current_snapshot()::text AS until, NULL AS xid
  FROM mtdd.change_log`;
/** Its transactions are those of another server, say: nothing of it can be used. */
const BEGIN = 'SELECT mtdd.begin_change_log() AS log';
const TRIM = 'SELECT mtdd.trim_changes($1::integer)::text AS deleted';

/**
 * @typedef {object} Change
 * @property {number} xid
 * @property {number} number
 * @property {string} tenant '': every tenant, of a RESET
 * @property {number | null} tenantType null: of every type
 * @property {string} table
 * @property {'INSERT' | 'UPDATE' | 'DELETE' | 'RESET'} action RESET: the table has to be read again
 * @property {string | null} data the row as JSON
 *
 * @typedef {object} Page
 * @property {string} log the log's id: positions of another id mean something else
 * @property {number} nextXid no transaction from it on has begun when it was read
 * @property {number} trimmed changes of this transaction, and of those before it, may be missing
 * @property {import('./snapshot').Snapshot} until what has been read is visible in it
 * @property {Change[]} changes in order
 * @property {boolean} isWhole there are no more until then
 */

/**
 * Runs a query that has `LOG_ID`. A log that was begun on another server, or at another time, begins anew before.
 *
 * @param {(text: string, values: any[], operation: 'read' | 'write') => Promise<Record<string, any>[]>} query
 * @param {string} text
 * @param {any[]} values
 * @returns {Promise<Record<string, any>[]>} the rows
 */
async function readLog(query, text, values) {
  const rows = await query(text, values, 'read');
  if (rows[0]?.log !== null) return rows;
  await query(BEGIN, [], 'write');
  return query(text, values, 'read');
}

/**
 * Runs one of the queries above, as `readLog` does.
 *
 * @param {Parameters<typeof readLog>[0]} query
 * @param {string} text
 * @param {any[]} values
 * @param {number} [limit]
 * @returns {Promise<Page>}
 */
async function readPage(query, text, values, limit) {
  return pageOf(await readLog(query, text, values), limit);
}

/**
 * @param {Record<string, any>[]} rows of one of the queries above
 * @param {number} limit
 * @returns {Page}
 */
function pageOf(rows, limit = PAGE) {
  const [first] = rows;
  if (first === undefined) throw new ProtocolError('The change log of this shard lost its settings.');
  const changes = first.xid === null ? [] : rows.map(changeOf);
  const found = Number(first.rows ?? 0);
  return {
    log: first.log,
    trimmed: Number(first.trimmed_xid),
    nextXid: Number(first.next_xid),
    until: fromPostgres(first.until),
    changes,
    isWhole: changes.length === found && found < limit,
  };
}

function changeOf(row) {
  const { tenant, table_name: table, action, data } = row;
  const tenantType = row.tenant_type === null ? null : Number(row.tenant_type);
  return { xid: Number(row.xid), number: Number(row.number), tenant, tenantType, table, action, data };
}

/**
 * Where a page that was read from a position ends.
 *
 * @param {import('./position').Position} position
 * @param {Page} page
 * @returns {import('./position').Position}
 */
function endOf({ base }, { log, until, changes, isWhole }) {
  if (isWhole) return { log, base: until, until: null, number: 0 };
  return { log, base, until, number: changes.at(-1).number };
}

/** True if nothing is left to be read after a page that was read from a position. */
function isLast({ until }, { isWhole }) {
  return isWhole && until === null;
}

/**
 * True if a page does not go on where the position is: the log is another one, changes were trimmed, or the database is at
 * an earlier time than the position.
 */
function isBroken({ log, base, until }, page) {
  return log !== page.log || base.xmin <= page.trimmed || (until ?? base).xmax > page.nextXid;
}

/** True if an error says that the database has no change log. */
function hasNoLog(error) {
  return NO_LOG.has(error?.code);
}

/** The first values of the queries. */
function after({ base, until, number }) {
  return [toPostgres(base), until === null ? null : toPostgres(until), String(number)];
}

module.exports = {
  LOG_ID,
  LOOK,
  READ,
  READ_OF_TABLE,
  READ_OF_TENANT,
  TRIM,
  after,
  endOf,
  hasNoLog,
  isBroken,
  isLast,
  pageOf,
  readLog,
  readPage,
};
