/**
 * Reads the events that the native client reports beside rows. A failure becomes the application's error; its `context`
 * names the shard and the server it came from.
 */

const { PartialFailureError, errorFromCode } = require('../errors');

/**
 * Passes an event on to the reply that it concerns.
 *
 * @param {import('./driver').Driver} driver
 * @param {object} reply
 * @param {string} json as the Rust client writes it
 * @returns {unknown} the reply's outcome, if the event ends it: an error, a placement or an explanation; null: none
 */
function eventOf(driver, reply, json) {
  const event = JSON.parse(json);
  const { about, placement } = event;
  if (event.leavesTraces) reply.leavesTraces = true;
  if (about !== undefined) {
    return reply.tell({ ...about, failedShards: about.failedShards.map((said) => withError(driver, said)) });
  }
  if (placement !== undefined) return { tenantId: placement[0], shardIndex: placement[1] };
  if (event.explanation !== undefined) return event.explanation;
  if (event.answer !== undefined) return reply.legacyAnswer(event.answer);
  if (event.notification !== undefined) return reply.notification(event.notification);
  if (event.listening !== undefined) return reply.listening(event.listening);
  return event.leavesTraces ? null : errorOf(driver, event);
}

/** The error of a failure: PostgreSQL's own, one of this library's, or one that tells of each shard. */
function errorOf(driver, { database, code, message, context, cause, outcomes }) {
  if (database !== undefined) return databaseError(driver, database);
  if (outcomes === undefined) return errorFromCode(code, message, context);
  const ofShards = outcomes.map((said) => withError(driver, said));
  return new PartialFailureError(message, context, errorOf(driver, cause), ofShards);
}

/** The report of one shard, with its failure as an Error. */
function withError(driver, { error, ...said }) {
  return error === undefined ? said : { ...said, error: errorOf(driver, error) };
}

/** Why the native client cannot be opened: its message begins with a code. */
function openingError(error) {
  const match = /^([A-Z_]+):([\s\S]*)$/.exec(error.message);
  return match === null ? error : errorFromCode(match[1], match[2], undefined, error);
}

/** The fields of an error as the native client sends them, after message and length. */
const ERROR_FIELDS = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
];

/** PostgreSQL's refusal, as `pg` reports it. */
function databaseError(driver, [message, length, ...fields]) {
  const error = new driver.DatabaseError(message, length, 'error');
  for (let index = 0; index < ERROR_FIELDS.length; index++)
    error[ERROR_FIELDS[index]] = fields[index] ?? undefined;
  return error;
}

module.exports = { eventOf, openingError };
