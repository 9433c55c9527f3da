/**
 * The async context of queries: their tenant (`withTenant`, `runLocal`), and the signals that stop them (`withSignal`).
 * A builder captures both when it is made, and a transaction when it is begun, because either may be used later in
 * another context.
 */

const { AsyncLocalStorage } = require('node:async_hooks');

/** On a builder, and on a transaction's Knex client: the tenant of the context when it was made. */
const CAPTURED = Symbol('mtdd.captured');
/** On the same: the signals around the place where it was made. */
const SIGNALS = Symbol('mtdd.signals');
/** The context inside `runLocal`. Unlike no context, builders that leave it keep it. */
const LOCAL = Symbol('the local database');
/** Inside `withSignal(null, fn)`. Unlike no call at all, builders that leave it keep it. */
const NO_SIGNALS = Object.freeze([]);

/** @type {AsyncLocalStorage<import('./route').Route | typeof LOCAL>} */
const tenants = new AsyncLocalStorage();
/** @type {AsyncLocalStorage<readonly AbortSignal[] | undefined>} */
const signals = new AsyncLocalStorage();

/** @returns {import('./route').Route | typeof LOCAL | undefined} the tenant of the current context */
function contextRoute() {
  return tenants.getStore();
}

/** @returns {readonly AbortSignal[] | undefined} the signals of the current context; undefined outside of every `withSignal` */
function contextSignals() {
  return signals.getStore();
}

/**
 * Stores the current context on what has just been made, or begun.
 *
 * @param {object} made a builder, or a transaction's Knex client
 * @param {object} [origin] the Knex client that it comes from: queries keep the context of their transaction
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
 * Runs a function in the context that a builder has captured, if it has captured one.
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

/** Whether a builder has captured another context than the current one. */
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
