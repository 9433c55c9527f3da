/**
 * `withTenant` and `runLocal`: functions whose queries belong to a tenant, or to the local database, without saying so.
 */

const { LOCAL, tenants } = require('./async-context');
const { bindResult } = require('./bind-result');
const { checkedFunction, routeOfTenant } = require('./route');

/**
 * Runs a function in whose queries, on every Knex instance that the library was set up on, belong to a tenant without
 * saying so. Whatever it awaits or starts belongs to it too, and what it returns (returned.js). In nested calls the inner one holds; a query's own `.mtdd()` outranks it.
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
 * Runs a function in which no tenant is in the air: queries without `.mtdd()` run on the local connection, also those
 * that are only made inside and awaited outside, and also with `mtdd.requireTenant`. For migrations and the like.
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
