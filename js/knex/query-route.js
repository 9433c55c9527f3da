/**
 * Whose a query is. A builder may say it itself (`.mtdd()`), its Knex instance may be bound to a tenant
 * (`forTenant`), or the async context has one (`withTenant`). `routeOf` is the one answer for all of them; it sends
 * nothing and refuses nothing.
 */

const { ValidationError } = require('../errors');
const { CAPTURED, LOCAL, contextRoute } = require('./async-context');
const { TRANSACTION_TENANT } = require('./transaction-tenant');
const { Route } = require('./route');

/** Where `.mtdd()` keeps its route on a builder. */
const ROUTE = Symbol('mtdd.route');
/** On a Knex client: the route of all its queries. */
const BOUND_ROUTE = Symbol('mtdd.bound');

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
  const around =
    builder[CAPTURED] ?? contextRoute() ?? client?.[CAPTURED] ?? client?.[TRANSACTION_TENANT]?.route;
  // A connection that the query names outranks a tenant that was only in the air.
  return builder._connection !== undefined && around instanceof Route ? LOCAL : around;
}

/**
 * What the query or its Knex instance says, whatever the context.
 *
 * @returns {Route | undefined}
 */
function statedRoute(builder, client) {
  return builder[ROUTE] ?? client?.[BOUND_ROUTE];
}

/**
 * Why a query cannot belong to whoever it does: it has got its tenant from one context, and its transaction from that
 * of another.
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
