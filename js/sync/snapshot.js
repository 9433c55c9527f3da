/**
 * PostgreSQL's snapshots (pg_snapshot): which transactions have ended. Those of one log are in an order, because the later
 * one has all that the earlier one has.
 */

/**
 * @typedef {object} Snapshot
 * @property {number} xmin every transaction before it has ended
 * @property {number} xmax no transaction from it on has ended
 * @property {number[]} running those in between that have not ended, in order
 */

/**
 * @param {string} text as PostgreSQL writes it: `10:20:10,14`
 * @returns {Snapshot}
 */
function fromPostgres(text) {
  const [xmin, xmax, running] = text.split(':');
  return {
    xmin: Number(xmin),
    xmax: Number(xmax),
    running: running === '' ? [] : running.split(',').map(Number),
  };
}

/** @param {Snapshot} snapshot */
function toPostgres({ xmin, xmax, running }) {
  return `${xmin}:${xmax}:${running.join(',')}`;
}

/**
 * A short text without special characters: the first number, and how far the others are from it.
 *
 * @param {Snapshot} snapshot
 */
function formatSnapshot({ xmin, xmax, running }) {
  const parts = [xmin, xmax - xmin, ...running.map((xid) => xid - xmin)];
  return parts.map((part) => part.toString(36)).join('-');
}

/**
 * @param {string} text
 * @returns {Snapshot | undefined} undefined: it is none
 */
function parseSnapshot(text) {
  const [xmin, distance, ...others] = text.split('-').map((part) => Number.parseInt(part, 36));
  const snapshot = { xmin, xmax: xmin + distance, running: others.map((other) => xmin + other) };
  const { running, xmax } = snapshot;
  const isOrdered = running.every((xid, index) => xid < xmax && (index === 0 || xid > running[index - 1]));
  const isSafe =
    xmin > 0 && distance >= 0 && Number.isSafeInteger(xmax) && others.every((other) => other >= 0);
  return isSafe && isOrdered ? snapshot : undefined;
}

/** True if a transaction has ended in a snapshot. */
function hasEnded({ xmin, xmax, running }, xid) {
  return xid < xmin || (xid < xmax && !running.includes(xid));
}

/** Negative if the first snapshot is the earlier one, 0 if the same transactions have ended in both. */
function compareSnapshots(one, other) {
  return one.xmax - other.xmax || one.xmin - other.xmin || other.running.length - one.running.length;
}

module.exports = { compareSnapshots, formatSnapshot, fromPostgres, hasEnded, parseSnapshot, toPostgres };
