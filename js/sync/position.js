/**
 * Positions in the change log of a shard, as clients send them back. To clients they are opaque.
 *
 * A client has seen what is visible in a snapshot. In the middle of what became visible until a later one, it has also seen
 * the changes of that one up to a number.
 */

const { formatSnapshot, hasEnded, parseSnapshot } = require('./snapshot');

/** The longest text of a position that is read. Characters. */
const LONGEST = 15_000;
const SYNTAX = /^([0-9a-f]{1,32})\.([0-9a-z-]+)(?:\.([0-9a-z-]+)\.([0-9a-z]{1,11}))?(?:!([A-Za-z0-9_-]+))?$/;

/**
 * @typedef {object} Position
 * @property {string} log the log's id
 * @property {import('./snapshot').Snapshot} base
 * @property {import('./snapshot').Snapshot | null} until
 * @property {number} number of the last change that was seen of those between; 0 without `until`
 */

/** @returns {string} */
function formatPosition({ log, base, until, number }) {
  const rest = until === null ? '' : `.${formatSnapshot(until)}.${number.toString(36)}`;
  return `${log}.${formatSnapshot(base)}${rest}`;
}

/**
 * A position in the middle of a first load, which goes on after the row with this key.
 *
 * @param {Position} position where the changes begin that are not in the load
 * @param {string[]} key the texts of the key columns
 * @returns {string}
 */
function formatCursor(position, key) {
  return `${formatPosition(position)}!${Buffer.from(JSON.stringify(key)).toString('base64url')}`;
}

/**
 * @param {string} text
 * @returns {{ position: Position, key?: string[] } | undefined} undefined: it is none of ours
 */
function parsePosition(text) {
  const match = text.length > LONGEST ? null : SYNTAX.exec(text);
  if (match === null) return undefined;
  const [, log, first, second, digits, cursor] = match;
  const base = parseSnapshot(first);
  const until = second === undefined ? null : parseSnapshot(second);
  const number = digits === undefined ? 0 : Number.parseInt(digits, 36);
  if (base === undefined || until === undefined || !Number.isSafeInteger(number)) return undefined;
  const position = { log, base, until, number };
  if (cursor === undefined) return { position };
  const key = keyOf(cursor);
  return key === undefined ? undefined : { position, key };
}

function keyOf(cursor) {
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isKey = Array.isArray(key) && key.length > 0 && key.every((part) => typeof part === 'string');
    return isKey ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {Position} position
 * @param {{ xid: number, number: number }} change
 */
function hasSeen({ base, until, number }, change) {
  if (hasEnded(base, change.xid)) return true;
  return until !== null && change.number <= number && hasEnded(until, change.xid);
}

module.exports = { formatCursor, formatPosition, hasSeen, parsePosition };
