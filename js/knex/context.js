/**
 * Whose a query is. A builder may say it itself (`.mtdd()`), its Knex instance may be bound to a tenant
 * (`forTenant`), or the async context has one (`withTenant`). `routeOf` is the one answer for all of them; it sends
 * nothing and refuses nothing.
 */

const { AsyncLocalStorage } = require('node:async_hooks');
const { PIN } = require('./pin');
const { Route, checkedFunction, routeOfTenant } = require('./route');

/** Where `.mtdd()` keeps its route on a builder. */
const ROUTE = Symbol('mtdd.route');
/** On a Knex client: the route of all its queries. */
const BOUND = Symbol('mtdd.bound');
/** On a builder: what the async context said when it was made. */
const CAPTURED = Symbol('mtdd.captured');
/** What the context says inside `runLocal`. Not the same as saying nothing: it also holds for builders that leave it. */
const LOCAL = Symbol('the local database');

/** @type {AsyncLocalStorage<Route | LOCAL>} */
const storage = new AsyncLocalStorage();

/**
 * Runs a function in whose queries, on every Knex instance that the library was set up on, belong to a tenant without
 * saying so. Whatever it awaits or starts belongs to it too, and what it returns: a builder of Knex's keeps the tenant,
 * any other thenable is awaited inside. In nested calls the inner one holds; a query's own `.mtdd()` outranks it.
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
  return storage.run(route, () => startedHere(fn()));
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
  return storage.run(LOCAL, () => startedHere(fn()));
}

/**
 * What makes its query only when it is awaited, as a query of Objection does, is awaited here, before the context is
 * left. Knex's own builders know where they were made, and promises are under way.
 *
 * @template T
 * @param {T} value
 * @returns {T | Promise<unknown>}
 */
function startedHere(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  if (value instanceof Promise || typeof value.client?.runner === 'function') return value;
  if (typeof value.then !== 'function') return value;
  return new Promise((resolve, reject) => {
    value.then(resolve, reject);
  });
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
  const around = builder[CAPTURED] ?? storage.getStore() ?? client?.[PIN]?.route;
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

/** @returns {Route | typeof LOCAL | undefined} what the async context says here and now */
function ambientRoute() {
  return storage.getStore();
}

module.exports = {
  ROUTE,
  BOUND,
  CAPTURED,
  LOCAL,
  withTenant,
  runLocal,
  startedHere,
  routeOf,
  statedRoute,
  ambientRoute,
};
