/**
 * Positions in the change log of a shard, as clients send them back: the log's id, a transaction's number, and the number
 * of a change in it. To clients they are opaque.
 */

/** The longest text of a position that is read. Characters. */
const LONGEST = 8192;
const SYNTAX = /^([0-9a-f]{1,32})\.([0-9a-z]{1,13})\.([0-9a-z]{1,13})(?:!([A-Za-z0-9_-]+))?$/;

/**
 * @typedef {object} Position everything up to it has been seen
 * @property {string} log
 * @property {number} xid
 * @property {number} number 0: nothing yet of this transaction, and everything of those before it
 */

/** @returns {string} */
function formatPosition({ log, xid, number }) {
  return `${log}.${xid.toString(36)}.${number.toString(36)}`;
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
  const [, log, xid, number, cursor] = match;
  const position = { log, xid: Number.parseInt(xid, 36), number: Number.parseInt(number, 36) };
  if (!Number.isSafeInteger(position.xid) || !Number.isSafeInteger(position.number)) return undefined;
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

/** Negative if the first is the earlier one. Of one log. */
function comparePositions(one, other) {
  return one.xid - other.xid || one.number - other.number;
}

module.exports = { comparePositions, formatCursor, formatPosition, parsePosition };
