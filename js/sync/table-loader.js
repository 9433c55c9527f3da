/**
 * Loads a tenant's rows of a table, page by page: first the whole table in the order of its key, then what has changed
 * since. Pages can be asked for again, and rows may change meanwhile: what the first load has missed is among the changes.
 */

const { ValidationError } = require('../errors');
const { LOG_ID, READ_OF_TABLE, after, endOf, isBroken, isLast, readLog, readPage } = require('./change-log');
const { withExactNumbers } = require('./json-numbers');
const { formatCursor, formatPosition } = require('./position');
const { fromPostgres } = require('./snapshot');

/** PostgreSQL's codes for a text that is no value of a type: of its class 22, and of a domain. */
const NO_VALUE = /^(22...|23514)$/;
/** How many bytes of rows a page may have, unless it is one row alone. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** The same on the disk, where they may be compressed. */
const STORED_BYTES = 2 * 1024 * 1024;

/**
 * @typedef {object} LoadedPage
 * @property {string[]} data rows as JSON
 * @property {string} timestamp what to send as `lastUpdated` next
 * @property {boolean} hasMore
 * @property {boolean} reset this page begins the whole table: what the client has of it is outdated
 */

/**
 * @param {import('./databases').Databases} databases
 * @param {object} request
 * @param {{ tid: string, tenantType: number }} request.user
 * @param {import('./tracked-table').TrackedTable} request.table
 * @param {{ position: import('./position').Position, key?: string[] } | undefined} request.from where the client is
 * @param {number} request.limit
 * @param {AbortSignal} [request.signal]
 * @returns {Promise<LoadedPage>}
 */
async function loadPage(databases, { user, table, from, limit, signal }) {
  if (from === undefined) return wholeTable(databases, { user, table, limit, signal });
  const { position, key } = from;
  if (key !== undefined && key.length === table.keys.length) {
    return wholeTable(databases, { user, table, from: { position, key }, limit, signal });
  }
  const values = [...after(position), user.tid, String(user.tenantType), table.name, limit];
  const query = queryOf(databases, user, signal);
  const page = await readPage(query, READ_OF_TABLE, values, limit);
  if (
    key !== undefined ||
    isBroken(position, page) ||
    page.changes.some(({ action }) => action === 'RESET')
  ) {
    return wholeTable(databases, { user, table, limit, signal });
  }
  return {
    data: latestOf(page.changes, table),
    timestamp: formatPosition(endOf(position, page)),
    hasMore: !isLast(position, page),
    reset: false,
  };
}

/**
 * A page of the whole table: after a key, or from the beginning.
 *
 * @param {import('./databases').Databases} databases
 * @param {{ user: any, table: any, from?: any, limit: number, signal?: AbortSignal }} request
 */
async function wholeTable(databases, request) {
  const { user, table, from, limit, signal } = request;
  const values = [user.tid, limit, ...(from?.key ?? [])];
  const query = queryOf(databases, user, signal);
  let rows;
  try {
    const text = pageQuery(table, user.tenantType, from !== undefined);
    rows = await readLog(query, text, values);
  } catch (error) {
    // A name that is no value of the tenant column's type has no rows.
    if (!NO_VALUE.test(error.code)) throw error;
    if (from !== undefined) {
      throw new ValidationError('lastUpdated: expected the timestamp of an earlier answer', undefined, error);
    }
    const nothing = pageQuery(table, user.tenantType, false, 'false AND $1::text IS NULL');
    rows = await readLog(query, nothing, values.slice(0, 2));
  }
  const [first] = rows;
  const position = { log: first.log, base: fromPostgres(first.snapshot), until: null, number: 0 };
  // Positions of a log that has been replaced since the first page mean nothing now.
  if (from !== undefined && from.position.log !== position.log) {
    return wholeTable(databases, { user, table, limit, signal });
  }
  const found = first.row === null ? [] : rows;
  const begun = from?.position ?? position;
  const hasMore = found.length > 0 && (found.length === limit || found.length < Number(first.rows));
  const keyOf = (row) => table.keys.map((_, index) => row[`key${index}`]);
  return {
    data: found.map(({ row }) => withExactNumbers(row)),
    timestamp: hasMore ? formatCursor(begun, keyOf(found.at(-1))) : formatPosition(begun),
    hasMore,
    reset: from === undefined,
  };
}

function queryOf(databases, user, signal) {
  return (text, values, operation) => databases.onShardOf(user, text, values, { operation, signal });
}

/** Its values: the tenant, the limit, and the key after which it begins. */
function pageQuery(table, type, isNext, condition) {
  const { relation, tenantColumn, tenantType, typeColumn, keys, sizes } = table;
  const alias = quoted('mtdd row');
  const columns = keys.map(([name]) => `${alias}.${quoted(name)}`);
  const tenant = `${alias}.${quoted(tenantColumn)}`;
  const ofType = typeColumn === null ? '' : ` AND ${alias}.${typeColumn}::integer = ${Number(type)}`;
  const ofTenant =
    condition ??
    `${tenant} = $1::text::${tenantType} AND ${tenant}::text COLLATE "C" = $1::text COLLATE "C"${ofType}`;
  const beyond = keys.map(([, one], index) => `$${index + 3}::text::${one}`);
  const isAfter = isNext ? ` AND (${columns.join(', ')}) > (${beyond.join(', ')})` : '';
  // As the row's JSON has it: that does not depend on the session's settings.
  const texts = keys.map(([name, , isComposed], index) =>
    isComposed ? `page.column${index}::text AS key${index}` : `page.row ->> ${literal(name)} AS key${index}`,
  );
  const list = columns.join(', ');
  const sameRow = columns.map((column, index) => `${column} = page.column${index}`).join(' AND ');
  // Which rows are on the page is found out by what they take on the disk: their JSON may take long, and much room.
  return `WITH log AS MATERIALIZED (
    SELECT ${LOG_ID}, pg_current_snapshot()::text AS snapshot
    FROM mtdd.change_log), page AS MATERIALIZED (
    SELECT ${columns.map((column, index) => `${column} AS column${index}`).join(', ')},
      row_number() OVER (ORDER BY ${list}) AS place, count(*) OVER () AS rows,
      sum(${sizes.map((name) => `coalesce(pg_column_size(${alias}.${name}), 0)`).join(' + ') || '0'}) OVER (ORDER BY ${list}) AS stored
    FROM (SELECT * FROM ${relation} AS ${alias} WHERE ${ofTenant}${isAfter} ORDER BY ${list} LIMIT $2::bigint) AS ${alias}
  ), found AS MATERIALIZED (
    SELECT mtdd.row_json(${alias}) AS row, page.*
    FROM page JOIN ${relation} AS ${alias} ON ${sameRow}
    WHERE (page.place = 1 OR page.stored <= ${STORED_BYTES}) AND ${ofTenant})
  SELECT log.log, log.snapshot, shown.* FROM log LEFT JOIN (
    SELECT page.row::text AS row, ${texts.join(', ')}, place, rows,
      sum(octet_length(page.row::text)) OVER (ORDER BY place) AS bytes
    FROM found AS page) shown ON shown.place = 1 OR shown.bytes <= ${PAGE_BYTES}
  ORDER BY shown.place`;
}

/** The last change of each row, in the order of the log. A row that was deleted is its key, and a mark that says so. */
function latestOf(changes, { keys, mark }) {
  const latest = new Map();
  for (const { action, data } of changes) {
    const row = withExactNumbers(data);
    const parsed = JSON.parse(row);
    const key = JSON.stringify(keys.map(([name]) => parsed[name]));
    latest.delete(key);
    latest.set(key, action === 'DELETE' ? tombstone(parsed, keys, mark) : row);
  }
  return [...latest.values()];
}

function tombstone(row, keys, mark) {
  const fields = keys.map(([name]) => [name, row[name]]);
  return JSON.stringify(Object.fromEntries([...fields, [mark, 'DELETE']]));
}

function literal(text) {
  return ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function quoted(name) {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * What a function get_<table>(bigint, text) of the application returns, with the time when it was asked.
 *
 * @param {import('./databases').Databases} databases
 * @param {{ tid: string, tenantType: number }} user
 * @param {string} name quoted
 * @param {string} lastUpdated
 * @param {AbortSignal} signal
 * @returns {Promise<Omit<LoadedPage, 'timestamp'> & { timestamp: number }>}
 */
async function loadByFunction(databases, user, name, lastUpdated, signal) {
  const text = `SELECT now.seconds, found.row FROM (
    SELECT floor(extract(epoch FROM statement_timestamp()))::bigint::text AS seconds) now
  LEFT JOIN (SELECT to_json(called)::text AS row FROM ${name}($1::text::bigint, $2::text) AS called) found ON true`;
  const rows = await databases.onShardOf(user, text, [lastUpdated, user.tid], { signal });
  const data = rows.filter(({ row }) => row !== null).map(({ row }) => withExactNumbers(row));
  return { data, timestamp: Number(rows[0].seconds), hasMore: false, reset: false };
}

module.exports = { loadByFunction, loadPage };
