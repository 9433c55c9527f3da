/**
 * Whose a query is. A builder may say it itself (`.mtdd()`), its Knex instance may be bound to a tenant
 * (`forTenant`), or the async context has one (`withTenant`). `routeOf` is the one answer for all of them; it sends
 * nothing and refuses nothing.
 */

const { ValidationError } = require('../errors');
const { CAPTURED, LOCAL, ambientRoute, tenants } = require('./ambient');
const { PIN } = require('./pin');
const { startedHere } = require('./returned');
const { Route, checkedFunction, routeOfTenant } = require('./route');

/** Where `.mtdd()` keeps its route on a builder. */
const ROUTE = Symbol('mtdd.route');
/** On a Knex client: the route of all its queries. */
const BOUND = Symbol('mtdd.bound');

/**
 * Runs a function in whose queries, on every Knex instance that the library was set up on, belong to a tenant without
 * saying so. Whatever it awaits or starts belongs to it too, and what it returns (returned.js). In nested calls the inner one holds; a query's own `.mtdd()` outranks it.
 *
 * @template T
 * @param {string | number | bigint} tenantId
 * @param {number | string} [tenantType] default 1; may be left out: `withTenant(tenantId, fn)`
 * @param {() => T} fn
 * @returns {T} what the function returns, or a promise of what a thenable comes to
 * @throws {TypeError} for a wrong tenant, type or function; the function is not run
 */
function withTenant(tenantId, ...rest) {
  const [tenantType, fn] = rest.length < 2 ? [undefined, rest[0]] : rest;
  const route = routeOfTenant('withTenant()', tenantId, tenantType);
  checkedFunction('withTenant()', fn);
  return tenants.run(route, () => startedHere(fn()));
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
  return tenants.run(LOCAL, () => startedHere(fn()));
}

/**
 * Where a query goes.
 *
 * @param {object} builder
 * @param {object} client the Knex client that is to run it
 * @returns {Route | typeof LOCAL | undefined} undefined: nobody has said
 */
function routeOf(builder, client) {
  const stated = statedRoute(builder, client);
  if (stated !== undefined) return stated;
  // Outside of every context, the query of a transaction belongs to where that was begun.
  const around = builder[CAPTURED] ?? ambientRoute() ?? client?.[CAPTURED] ?? client?.[PIN]?.route;
  // A connection that the query names outranks a tenant that was only in the air.
  return builder._connection !== undefined && around instanceof Route ? LOCAL : around;
}

/**
 * What the query or its Knex instance says, whatever the context.
 *
 * @returns {Route | undefined}
 */
function statedRoute(builder, client) {
  return builder[ROUTE] ?? client?.[BOUND];
}

/**
 * Why a query cannot belong to whoever it does: it has got its tenant from one context, and its transaction from that
 * of another.
 *
 * @returns {ValidationError | undefined}
 */
function conflictOf(route, builder, client) {
  const begun = client?.[CAPTURED];
  if (!(begun instanceof Route) || !(route instanceof Route) || route.isSameTenant(begun)) return undefined;
  if (statedRoute(builder, client) !== undefined) return undefined;
  return new ValidationError(
    `This query was made in the context of ${route}, and its transaction was begun in that of ${begun}: nothing was sent. Say which is meant with .mtdd().`,
  );
}

module.exports = {
  ROUTE,
  BOUND,
  withTenant,
  runLocal,
  routeOf,
  statedRoute,
  conflictOf,
};
