/**
 * What the native client says beside rows, read in one place: the failures, each made the error that the application
 * gets, with the shard and the server that it came from in `context`; and the few events that are no failures.
 */

const { PartialFailureError, errorFromCode } = require('../errors');

/**
 * Tells a reply what has been said of it.
 *
 * @param {import('./driver').Driver} driver
 * @param {object} reply
 * @param {string} json as `src/client/failure.rs` and those who call it write it
 * @returns {unknown} what the reply ends with, if this ends it: an error, or what was asked for in its stead (a
 *   placement, an explanation); null: nothing
 */
function newsOf(driver, reply, json) {
  const news = JSON.parse(json);
  const { about, placement } = news;
  if (news.leavesTraces) reply.leavesTraces = true;
  if (about !== undefined) {
    return reply.tell({ ...about, failedShards: about.failedShards.map((said) => withError(driver, said)) });
  }
  if (placement !== undefined) return { tenantId: placement[0], shardIndex: placement[1] };
  if (news.explanation !== undefined) return news.explanation;
  if (news.answer !== undefined) return reply.legacyAnswer(news.answer);
  if (news.notification !== undefined) return reply.notification(news.notification);
  if (news.listening !== undefined) return reply.listening(news.listening);
  return news.leavesTraces ? null : errorOf(driver, news);
}

/** The error of a failure: PostgreSQL's own, one of this library's, or one that tells of each shard. */
function errorOf(driver, { database, code, message, context, cause, outcomes }) {
  if (database !== undefined) return databaseError(driver, database);
  if (outcomes === undefined) return errorFromCode(code, message, context);
  const ofShards = outcomes.map((said) => withError(driver, said));
  return new PartialFailureError(message, context, errorOf(driver, cause), ofShards);
}

/** What a shard has said, its error made one. */
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

module.exports = { newsOf, openingError };
