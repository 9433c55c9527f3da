/**
 * The SQL that reads the change log which `mtdd-server track` installs (src/tracking/install.sql).
 */

const { ProtocolError } = require('../errors');

/** Changes of one reading. */
const PAGE = 1000;
/** About how many stored bytes of rows one reading may have. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** PostgreSQL's codes for a database without a log. */
const NO_LOG = new Set(['42P01', '3F000', '42883']);

const LOG = `WITH log AS MATERIALIZED (
  SELECT mtdd.change_log_id() AS log, trimmed_xid::text, trimmed_number::text,
    pg_snapshot_xmin(pg_current_snapshot()) AS horizon
  FROM mtdd.change_log)
SELECT log.log, log.trimmed_xid, log.trimmed_number, log.horizon::text, found.xid::text, found.number::text,
  found.tenant, found.table_name, found.action, found.data::text, found.rows::text
FROM log LEFT JOIN LATERAL (
  SELECT *, count(*) OVER () AS rows, sum(coalesce(pg_column_size(page.data), 0)) OVER (ORDER BY xid, number) AS bytes
  FROM (`;
const END = `) page) found ON found.bytes - coalesce(pg_column_size(found.data), 0) < ${PAGE_BYTES}
ORDER BY found.xid, found.number`;

const between = (condition) => `SELECT * FROM mtdd.changes
  WHERE ${condition} (xid, number) > ($1::text::xid8, $2::bigint) AND xid < log.horizon ORDER BY xid, number LIMIT ${PAGE}`;

/** All changes after a position. */
const READ = `${LOG}${between('')}${END}`;
/** Those of a tenant, and those that concern every tenant. */
const READ_OF_TENANT = `${LOG}SELECT * FROM ((${between('tenant = $3 AND')}) UNION ALL (${between("tenant = '' AND")})) both_kinds
  ORDER BY xid, number LIMIT ${PAGE}${END}`;
/** The same of one table. */
const READ_OF_TABLE = `${LOG}SELECT * FROM (
  (SELECT * FROM mtdd.changes WHERE tenant = $3 AND table_name = $4 AND (xid, number) > ($1::text::xid8, $2::bigint)
    AND xid < log.horizon ORDER BY xid, number LIMIT $5)
  UNION ALL
  (SELECT * FROM mtdd.changes WHERE tenant = '' AND table_name = $4 AND (xid, number) > ($1::text::xid8, $2::bigint)
    AND xid < log.horizon ORDER BY xid, number LIMIT $5)) both_kinds
  ORDER BY xid, number LIMIT $5${END}`;
/** Only where the log is. */
const LOOK = `${LOG}SELECT * FROM mtdd.changes WHERE false${END}`;
const TRIM = 'SELECT mtdd.trim_changes()::text AS deleted';

/**
 * @typedef {object} Change
 * @property {number} xid
 * @property {number} number
 * @property {string} tenant '' for a RESET
 * @property {string} table
 * @property {'INSERT' | 'UPDATE' | 'DELETE' | 'RESET'} action RESET: the table has to be read again
 * @property {string | null} data the row as JSON
 *
 * @typedef {object} Page
 * @property {string} log the log's id: positions of another id mean something else
 * @property {{ xid: number, number: number }} trimmed what comes up to it may be missing
 * @property {number} horizon every transaction before it has ended
 * @property {Change[]} changes in the order of their positions
 * @property {boolean} isWhole there are no more before the horizon
 * @property {{ xid: number, number: number }} end everything up to it has been read
 */

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
  const isWhole = changes.length === found && found < limit;
  const horizon = Number(first.horizon);
  const last = changes.at(-1);
  return {
    log: first.log,
    trimmed: { xid: Number(first.trimmed_xid), number: Number(first.trimmed_number) },
    horizon,
    changes,
    isWhole,
    end: isWhole ? { xid: horizon, number: 0 } : { xid: last.xid, number: last.number },
  };
}

function changeOf(row) {
  const { tenant, table_name: table, action, data } = row;
  return { xid: Number(row.xid), number: Number(row.number), tenant, table, action, data };
}

/** True if an error says that the database has no change log. */
function hasNoLog(error) {
  return NO_LOG.has(error?.code);
}

/** The first values of the queries: the position after which they read. */
function after({ xid, number }) {
  return [String(xid), String(number)];
}

module.exports = { LOOK, PAGE, READ, READ_OF_TABLE, READ_OF_TENANT, TRIM, after, hasNoLog, pageOf };
