/**
 * What the async context says of the queries in it: whose they are (`withTenant`, `runLocal`), and which signals stop
 * them (`withSignal`). A builder notes both when it is made, a transaction when it is begun: either may be used later,
 * where another context holds.
 */

const { AsyncLocalStorage } = require('node:async_hooks');

/** On a builder, and on a transaction's Knex client: what the context said of the tenant when it was made. */
const CAPTURED = Symbol('mtdd.captured');
/** On the same: the signals around the place where it was made. */
const SIGNALS = Symbol('mtdd.signals');
/** What the context says inside `runLocal`. Not the same as saying nothing: it also holds for builders that leave it. */
const LOCAL = Symbol('the local database');
/** Inside `withSignal(null, fn)`. Not the same as no call around: it also holds for builders that leave it. */
const NO_SIGNALS = Object.freeze([]);

/** @type {AsyncLocalStorage<import('./route').Route | typeof LOCAL>} */
const tenants = new AsyncLocalStorage();
/** @type {AsyncLocalStorage<readonly AbortSignal[] | undefined>} */
const signals = new AsyncLocalStorage();

/** @returns {import('./route').Route | typeof LOCAL | undefined} what the async context says here and now */
function contextRoute() {
  return tenants.getStore();
}

/** @returns {readonly AbortSignal[] | undefined} the signals here and now; undefined outside of every `withSignal` */
function contextSignals() {
  return signals.getStore();
}

/**
 * Notes the context on what has just been made, or begun.
 *
 * @param {object} made a builder, or a transaction's Knex client
 * @param {object} [origin] the Knex client that it comes from: what a transaction was begun in, its queries keep
 */
function capture(made, origin) {
  const current = contextRoute();
  if (current !== undefined) made[CAPTURED] = current;
  const here = contextSignals();
  const begun = origin?.[SIGNALS];
  const all = here === undefined ? begun : here === NO_SIGNALS ? here : union(begun, here);
  if (all !== undefined) made[SIGNALS] = all;
}

/** The signals of both places. */
function union(some, others) {
  if (some === undefined || some === others) return others;
  return [...new Set([...some, ...others])];
}

/**
 * Runs a function in the context that a builder has noted, as far as it has.
 *
 * @template T
 * @param {object} builder
 * @param {() => T} fn
 * @returns {T}
 */
function runInContextOf(builder, fn) {
  const made = builder[CAPTURED];
  const inTenant = made === undefined || made === contextRoute() ? fn : () => tenants.run(made, fn);
  const own = builder[SIGNALS];
  const here = contextSignals();
  if (own === undefined || own === here) return inTenant();
  const all = own === NO_SIGNALS || here === undefined ? own : union(own, here);
  return signals.run(all, inTenant);
}

/** Whether a builder has noted another context than that of here and now. */
function isElsewhere(builder) {
  const made = builder[CAPTURED];
  const own = builder[SIGNALS];
  return (made !== undefined && made !== contextRoute()) || (own !== undefined && own !== contextSignals());
}

module.exports = {
  CAPTURED,
  SIGNALS,
  LOCAL,
  NO_SIGNALS,
  tenants,
  signals,
  contextRoute,
  contextSignals,
  capture,
  union,
  runInContextOf,
  isElsewhere,
};
