/**
 * The answer of a query server that speaks the 1.x protocol. Its rows are the objects in its JSON, and only the names of
 * the columns are known.
 */

const { ProtocolError } = require('../errors');

/** PostgreSQL's type `unknown`. */
const UNKNOWN_TYPE = 705;

/**
 * Fills a `pg` result.
 *
 * @param {import('./driver').Driver} driver
 * @param {object} result
 * @param {boolean} asArray rows as arrays
 * @param {[string, number, string]} answer command, row count, rows as a JSON array of objects
 * @returns {import('../errors').MtddError | null}
 */
function fillFromLegacy(driver, result, asArray, [command, rowCount, json]) {
  let rows;
  try {
    rows = JSON.parse(json);
  } catch (cause) {
    return unreadable(cause);
  }
  if (!Array.isArray(rows) || !rows.every(isRow)) return unreadable();
  const names = rows.length === 0 ? [] : Object.keys(rows[0]);
  result.fields = names.map((name) => new driver.Field(name, 0, 0, UNKNOWN_TYPE, -1, -1, 'text'));
  result.rows = asArray ? rows.map(Object.values) : rows;
  result.command = command;
  result.rowCount = rowCount;
  return null;
}

function isRow(row) {
  return row !== null && typeof row === 'object' && !Array.isArray(row);
}

function unreadable(cause) {
  const message = 'The query server, which speaks the 1.x wire, answered with something else than JSON rows.';
  return new ProtocolError(message, undefined, cause);
}

module.exports = { fillFromLegacy };
