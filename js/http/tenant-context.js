/**
 * `tenantContext(resolve)`: the Express middleware that gives each request its tenant.
 */

const { describe, isMisspelt } = require('../describe');
const { ValidationError, argumentError } = require('../errors');
const { withTenant } = require('../knex/with-tenant');
const { bindListeners } = require('../knex/emitter');
const { withSignal } = require('../knex/signal');

const TENANT_NAMES = ['tenantId', 'tenantType'];

/**
 * Makes a middleware that runs the rest of a request inside `withTenant`. Put it after authentication and before the
 * routes.
 *
 * @param {(req: object) => any} resolve the request's tenant: an id, `{ tenantId, tenantType }`, or a promise of
 *   one. `undefined`: the request has none, and its queries run as without this middleware. Anything else, as well as
 *   a throw or a rejection, goes to `next` as an error, and no route runs
 * @param {{ cancelOnClose?: boolean }} [options] `cancelOnClose` (default false): a client that goes away before it has
 *   been answered stops the queries of its request, writes too: for requests that only read
 * @returns {(req: object, res: object, next: (error?: unknown) => void) => void}
 * @throws {TypeError} if `resolve` is no function, or an option is wrong
 */
function tenantContext(resolve, options) {
  if (typeof resolve !== 'function') {
    throw argumentError(`resolve: expected a function, got ${describe(resolve)}`, 'tenantContext()');
  }
  const unknown = Object.keys(options ?? {}).find((name) => name !== 'cancelOnClose');
  if (unknown !== undefined) {
    throw argumentError(`options.${unknown}: unknown option; there is "cancelOnClose"`, 'tenantContext()');
  }
  const cancelOnClose = options?.cancelOnClose ?? false;
  if (typeof cancelOnClose !== 'boolean') {
    throw argumentError(
      `options.cancelOnClose: expected true or false, got ${describe(cancelOnClose)}`,
      'tenantContext()',
    );
  }
  return function tenantContext(req, res, goOn) {
    const next = cancelOnClose ? stoppedWith(res, goOn) : goOn;
    let answer;
    try {
      answer = resolve(req);
    } catch (error) {
      next(errorOf(error));
      return;
    }
    // Without a promise where possible, which would cost every request a turn of the event loop.
    if (typeof answer?.then !== 'function') enter(answer, next, [req, res]);
    else {
      answer.then(
        (tenant) => enter(tenant, next, [req, res]),
        (error) => next(errorOf(error)),
      );
    }
  };
}

/** A `next` whose queries stop when the response is closed before it has been given. */
function stoppedWith(res, next) {
  const gone = new AbortController();
  res.once('close', () => {
    // What a route does after it has answered is not stopped.
    if (!res.writableEnded) gone.abort(new Error('The client closed the connection before it was answered.'));
  });
  return (...args) => withSignal(gone.signal, () => next(...args));
}

function enter(tenant, next, emitters) {
  if (tenant === undefined) {
    next();
    return;
  }
  const isObject = tenant !== null && typeof tenant === 'object';
  const { tenantId, tenantType } = isObject ? tenant : { tenantId: tenant };
  let hasEntered = false;
  try {
    if (isObject) refuseUnknown(tenant);
    withTenant(tenantId, tenantType, () => {
      hasEntered = true;
      // Their events come from the connection, which belongs to no request.
      emitters.forEach(bindListeners);
      next();
    });
  } catch (error) {
    // An error that a route throws is not this middleware's.
    if (hasEntered) throw error;
    next(error);
  }
}

/** A type that is overlooked, under another name, would make it another tenant. */
function refuseUnknown(tenant) {
  const unknown = Object.keys(tenant).find((name) => !TENANT_NAMES.includes(name));
  if (unknown === undefined) return;
  const meant = TENANT_NAMES.find((name) => isMisspelt(unknown, name, 1));
  throw argumentError(
    `${unknown}: unknown; ${meant === undefined ? 'there are "tenantId" and "tenantType"' : `did you mean "${meant}"?`}`,
    'tenantContext()',
  );
}

/** Express goes on without an error for `next(undefined)`, and elsewhere for `next('route')`. */
function errorOf(error) {
  if (error instanceof Error) return error;
  return new ValidationError('tenantContext(): resolve failed without giving an Error.', undefined, error);
}

module.exports = { tenantContext };
