/**
 * Finds the tenant of a query. A builder may name it itself (`.mtdd()`), its Knex instance may be bound to a tenant
 * (`forTenant`), or the async context has one (`withTenant`). `routeOf` decides between them; it sends nothing
 * and rejects nothing.
 */

const { ValidationError } = require('../errors');
const { CAPTURED, LOCAL, contextRoute } = require('./async-context');
const { TRANSACTION_TENANT } = require('./transaction-tenant');
const { Route } = require('./route');

/** On a builder: the route that `.mtdd()` has set. */
const ROUTE = Symbol('mtdd.route');
/** On a Knex client: the route of all its queries. */
const BOUND_ROUTE = Symbol('mtdd.bound');

/**
 * Where a query goes.
 *
 * @param {object} builder
 * @param {object} client the Knex client that is to run it
 * @returns {Route | typeof LOCAL | undefined} undefined: none has been named
 */
function routeOf(builder, client) {
  const stated = statedRoute(builder, client);
  if (stated !== undefined) return stated;
  // Outside of every context, a query in a transaction belongs to the context in which that was begun.
  const around =
    builder[CAPTURED] ?? contextRoute() ?? client?.[CAPTURED] ?? client?.[TRANSACTION_TENANT]?.route;
  // A connection that the query names comes before a tenant that only the context has named.
  return builder._connection !== undefined && around instanceof Route ? LOCAL : around;
}

/**
 * The route that the query or its Knex instance names, whatever the context.
 *
 * @returns {Route | undefined}
 */
function statedRoute(builder, client) {
  return builder[ROUTE] ?? client?.[BOUND_ROUTE];
}

/**
 * The error of a query that has its tenant from one context, and its transaction from the context of another tenant.
 *
 * @returns {import('../errors').MtddError | undefined}
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
  BOUND_ROUTE,
  routeOf,
  statedRoute,
  conflictOf,
};
