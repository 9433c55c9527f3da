/**
 * `withTenant` and `runLocal`: run a function whose queries belong to a tenant, or to the local database, by default.
 */

const { LOCAL, tenants } = require('./async-context');
const { bindResult } = require('./bind-result');
const { checkedFunction, routeOfTenant } = require('./route');

/**
 * Runs a function whose queries belong to a tenant, on every Knex instance that the library was set up on. The tenant
 * also covers what the function awaits, starts or returns (bind-result.js). In nested calls the innermost tenant counts;
 * a query's own `.mtdd()` comes before it.
 *
 * @param {string | number | bigint} tenantId
 * @param {...any} rest the tenant's type, by default 1, and the function; or the function alone
 * @returns {any} what the function returns, or a promise of what a thenable comes to
 * @throws {TypeError} for a wrong tenant, type or function; the function is not run
 */
function withTenant(tenantId, ...rest) {
  const [tenantType, fn] = rest.length < 2 ? [undefined, rest[0]] : rest;
  const route = routeOfTenant('withTenant()', tenantId, tenantType);
  checkedFunction('withTenant()', fn);
  return tenants.run(route, () => bindResult(fn()));
}

/**
 * Runs a function without a tenant from the context: its queries without `.mtdd()` run on the local connection, even
 * if they are awaited outside, and even with `mtdd.requireTenant`. For migrations and the like.
 *
 * @template T
 * @param {() => T} fn
 * @returns {T} what the function returns
 * @throws {TypeError} if it is no function
 */
function runLocal(fn) {
  checkedFunction('runLocal()', fn);
  return tenants.run(LOCAL, () => bindResult(fn()));
}

module.exports = { withTenant, runLocal };
