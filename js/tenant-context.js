/**
 * `tenantContext(resolve)`: the Express middleware that gives each request its tenant.
 */

const { describe } = require('./describe');
const { ValidationError } = require('./errors');
const { withTenant } = require('./knex/context');
const { refusal } = require('./knex/route');

/**
 * Makes a middleware: whatever comes after it in a request runs inside `withTenant`. Put it behind what finds out who
 * asks, and in front of the routes.
 *
 * @param {(req: object) => unknown} resolve the request's tenant: an id, `{ tenantId, tenantType }`, or a promise of
 *   one. `undefined`: the request has none, and its queries run as without this middleware. Anything else, as well as
 *   a throw or a rejection, goes to `next` as an error, and no route runs
 * @returns {(req: object, res: object, next: (error?: unknown) => void) => void}
 * @throws {TypeError} if `resolve` is no function
 */
function tenantContext(resolve) {
  if (typeof resolve !== 'function') {
    throw refusal(`resolve: expected a function, got ${describe(resolve)}`, 'tenantContext()');
  }
  return function tenantContext(req, _res, next) {
    let answer;
    try {
      answer = resolve(req);
    } catch (error) {
      next(errorOf(error));
      return;
    }
    // At once where it can be: a promise would cost every request a turn.
    if (typeof answer?.then !== 'function') enter(answer, next);
    else {
      answer.then(
        (tenant) => enter(tenant, next),
        (error) => next(errorOf(error)),
      );
    }
  };
}

function enter(tenant, next) {
  if (tenant === undefined) {
    next();
    return;
  }
  const isObject = tenant !== null && typeof tenant === 'object';
  const { tenantId, tenantType } = isObject ? tenant : { tenantId: tenant };
  let hasEntered = false;
  try {
    withTenant(tenantId, tenantType, () => {
      hasEntered = true;
      next();
    });
  } catch (error) {
    // What the routes throw is theirs.
    if (hasEntered) throw error;
    next(error);
  }
}

/** Express goes on without an error for `next(undefined)`, and elsewhere for `next('route')`. */
function errorOf(error) {
  if (error instanceof Error) return error;
  return new ValidationError('tenantContext(): resolve failed without giving an Error.', undefined, error);
}

module.exports = { tenantContext };
