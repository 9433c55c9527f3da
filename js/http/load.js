/**
 * GET /mtdd/Load: the tenant's rows of a table, and what has changed since.
 */

const { AuthorizationError, ValidationError } = require('../errors');
const { parsePosition } = require('../sync/position');
const { findFunction, findTable } = require('../sync/tracked-table');
const { loadByFunction, loadPage } = require('../sync/table-loader');
const { notFound } = require('./errors');
const { permittedTables } = require('./permitted-tables');

/** PostgreSQL cuts longer names. Bytes. */
const LONGEST_NAME = 63;
const GREATEST_INT64 = 2n ** 63n - 1n;

/**
 * @param {object} options
 * @param {import('../sync/databases').Databases} options.databases
 * @param {import('../config/sync-settings').SyncSettings} options.settings
 * @returns {(request: import('./routes').HttpRequest) => Promise<void>}
 */
function loadHandler({ databases, settings }) {
  const { load, tablesByRole, compat } = settings;

  return async function answer({ params, user, req, res, signal }) {
    const name = tableName(params.get('tableName'));
    const lastUpdated = params.get('lastUpdated') ?? '';
    const from = positionOf(lastUpdated);
    const limit = limitOf(params.get('limit'), load);
    const isPermitted = permittedTables(tablesByRole, user);
    const table = await findTable(databases, user, name, signal);
    if (!isPermitted(table?.name ?? name)) {
      throw new AuthorizationError(`Your roles may not read ${JSON.stringify(name)}.`);
    }
    const whole = compat === 'dart-0.0' && table !== undefined;
    if (whole) {
      await answerWhole({ databases, user, table, limit: load.maxLimit, signal, req, res });
      return;
    }
    const page =
      table === undefined
        ? await loadFromFunction({ databases, user, name, lastUpdated, signal })
        : await loadPage(databases, { user, table, from, limit, signal });
    const { data, timestamp, hasMore, reset } = page;
    const rows = `[${data.join(',')}]`;
    const rest = JSON.stringify({ timestamp, hasMore, ...(reset && { reset }) });
    send(req, res, compat === 'dart-0.0' ? rows : `{"data":${rows},${rest.slice(1)}`);
  };
}

async function loadFromFunction({ databases, user, name, lastUpdated, signal }) {
  const called = await findFunction(databases, user, name, signal);
  if (called === undefined) throw notFound(`There is no table ${JSON.stringify(name)} to load.`);
  const since = lastUpdated === '' ? '0' : lastUpdated;
  if (!/^-?\d{1,19}$/.test(since) || BigInt(since) > GREATEST_INT64 || BigInt(since) < -GREATEST_INT64 - 1n) {
    throw new ValidationError('lastUpdated: expected a whole number for this table');
  }
  return loadByFunction(databases, user, called, since, signal);
}

/** The Dart clients know no pages: they get the table in one array, which is read page by page. */
async function answerWhole({ databases, user, table, limit, signal, req, res }) {
  const first = await loadPage(databases, { user, table, from: undefined, limit, signal });
  if (!first.hasMore) {
    send(req, res, `[${first.data.join(',')}]`);
    return;
  }
  setHeaders(res);
  res.write(`[${first.data.join(',')}`);
  const next = async ({ timestamp }) => {
    if (res.writableNeedDrain) await drained(res, signal);
    const page = await loadPage(databases, { user, table, from: parsePosition(timestamp), limit, signal });
    if (page.reset) throw new Error('The table was replaced while it was loaded.');
    return page;
  };
  const write = (rows) => rows.length > 0 && res.write(`,${rows.join(',')}`);
  let page = first;
  while (page.hasMore && !signal.aborted) {
    page = await next(page);
    write(page.data);
  }
  // Rows that have changed since their page was read come again, and these clients keep what comes last.
  do {
    if (signal.aborted) return;
    page = await next(page);
    write(page.data.filter((row) => JSON.parse(row)[table.mark] !== 'DELETE'));
  } while (page.hasMore);
  res.end(']');
}

function drained(res, signal) {
  return new Promise((resolve) => {
    res.once('drain', resolve);
    signal.addEventListener('abort', resolve, { once: true });
  });
}

function send(req, res, body) {
  setHeaders(res);
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(req.method === 'HEAD' ? undefined : body);
}

function setHeaders(res) {
  res.statusCode = 200;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
}

function tableName(name) {
  if (name === null || name === '') throw new ValidationError('tableName: expected the name of a table');
  if (name.includes('\0') || Buffer.byteLength(name) > LONGEST_NAME || !name.isWellFormed()) {
    throw new ValidationError(`tableName: expected a name of at most ${LONGEST_NAME} bytes`);
  }
  return name;
}

/**
 * Where a client is. A number is none of ours: of what a table has changed since, it says nothing.
 *
 * @returns {ReturnType<typeof parsePosition>}
 */
function positionOf(lastUpdated) {
  if (lastUpdated === '' || /^-?\d+(\.\d+)?$/.test(lastUpdated)) return undefined;
  const from = parsePosition(lastUpdated);
  if (from === undefined) {
    throw new ValidationError('lastUpdated: expected the timestamp of an earlier answer');
  }
  return from;
}

function limitOf(text, { limit, maxLimit }) {
  if (text === null || text === '') return limit;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) {
    throw new ValidationError(`limit: expected a whole number from 1 to ${maxLimit}`);
  }
  return Math.min(Number(text), maxLimit);
}

module.exports = { loadHandler };
