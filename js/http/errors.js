/**
 * What a request gets that fails: the error as JSON with its status. SQL, values, stacks, addresses of servers and
 * tokens are never shown.
 */

const { MtddError, AuthenticationError, AuthorizationError, ValidationError } = require('../errors');

const INTERNAL = {
  status: 500,
  code: 'INTERNAL',
  message: 'Something went wrong: the log of the service says what.',
};
/**
 * What is said of an error whose own sentence is for the application's developers: it may name servers.
 *
 * @type {Record<string, string>}
 */
const SENTENCES = {
  CLIENT_CLOSED: 'The service is starting or stopping: try again later.',
  TENANT_NOT_FOUND: 'The tenant is not known.',
  SHARD_NOT_FOUND: "The tenant's data cannot be found now: try again later.",
  SHARD_UNAVAILABLE: 'The data cannot be reached now: try again later.',
  LOOKUP_UNAVAILABLE: 'The data cannot be reached now: try again later.',
  OVERLOADED: 'Too many requests are under way: try again later.',
  TIMEOUT: 'The request took too long: try again later.',
  CANCELLED: 'The request was cancelled.',
};
/** Seconds after which it is worth trying again. */
const RETRY_AFTER = { 429: 1, 503: 5 };
/** Errors that are written for the caller. */
const FOR_CALLERS = [ValidationError, AuthenticationError, AuthorizationError];

/** An error of the HTTP routes alone, whose message is for the caller. */
class HttpError extends MtddError {}

/** @param {string} route the path, as it is configured */
function methodNotAllowed(route) {
  return new HttpError(`${route} is read: use GET.`, 'METHOD_NOT_ALLOWED', 405);
}

/** @param {string} message a whole sentence for the caller */
function notFound(message) {
  return new HttpError(message, 'NOT_FOUND', 404);
}

/** @param {string} reason for the log */
function rateLimited(reason) {
  return new HttpError('Too many requests: try again later.', 'RATE_LIMITED', 429, { reason });
}

/**
 * @param {string} reason for the log
 * @param {unknown} [cause]
 */
function authUnavailable(reason, cause) {
  const message = 'Tokens cannot be verified now: try again later.';
  return new HttpError(message, 'AUTH_UNAVAILABLE', 503, { reason }, cause);
}

/**
 * What a caller may see of an error.
 *
 * @param {any} error
 * @returns {{ status: number, code: string, message: string }}
 */
function shownOf(error) {
  if (!(error instanceof MtddError)) {
    // A wrong argument is a TypeError, see `argumentError`.
    const isArgument = error instanceof TypeError && /** @type {any} */ (error).code === 'VALIDATION_ERROR';
    return isArgument ? { status: 400, code: 'VALIDATION_ERROR', message: error.message } : INTERNAL;
  }
  const { code, statusCode, message } = error.toJSON();
  const isForCallers = error instanceof HttpError || FOR_CALLERS.some((Class) => error instanceof Class);
  if (isForCallers) return { status: statusCode, code, message };
  const known = SENTENCES[code];
  return known === undefined ? INTERNAL : { status: statusCode, code, message: known };
}

/**
 * Sets the headers that belong to an error's status. Whoever answers, ours or the application, may add to them.
 *
 * @param {import('node:http').ServerResponse} res
 * @param {number} status
 */
function setHeaders(res, status) {
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer');
  if (status === 405) res.setHeader('Allow', 'GET, HEAD, OPTIONS');
  if (status in RETRY_AFTER && !res.hasHeader('Retry-After'))
    res.setHeader('Retry-After', RETRY_AFTER[status]);
}

/**
 * Answers a request with an error. What has begun to answer already is broken off, so that the caller does not take a
 * part for the whole.
 *
 * @param {import('node:http').ServerResponse} res
 * @param {unknown} error
 */
function answerError(res, error) {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, code, message } = shownOf(error);
  const body = JSON.stringify({ error: { code, message } });
  res.statusCode = status;
  setHeaders(res, status);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(body);
}

module.exports = {
  answerError,
  authUnavailable,
  methodNotAllowed,
  notFound,
  rateLimited,
  setHeaders,
  shownOf,
};
