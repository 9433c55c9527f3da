/**
 * The value that a function returns to `withTenant`, `runLocal` or `withSignal` may start its work after the context has
 * been left. These functions bind such a value to the context.
 */

const { AsyncResource } = require('node:async_hooks');
const { CAPTURED, NO_SIGNALS, SIGNALS, contextRoute, contextSignals, union } = require('./async-context');

const ASYNC_ITERATOR = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
);
const ITERATOR = Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())));

/**
 * Called inside the context. A Knex builder captures the context, unless it did when it was made. A promise is running
 * already. A thenable that starts its query when it is awaited (Objection's queries, lazy promises) is awaited here. The
 * body of a generator runs here, wherever its `next` is called. Anything else is returned as it is: the queries in an
 * array, for example, belong to the context where they were made, or else to the one where they are awaited.
 *
 * @param {any} value
 * @returns {any}
 */
function bindResult(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  if (typeof value.client?.runner === 'function') {
    // A transaction and a Knex instance have a client too, and are under way.
    return typeof value.toSQL === 'function' ? boundBuilder(value) : value;
  }
  const { then } = value;
  if (typeof then === 'function') {
    // A subclass of Promise may have a `then` of its own, which begins the work.
    if (then === Promise.prototype.then) return value;
    return new Promise((resolve, reject) => {
      then.call(value, resolve, reject);
    });
  }
  return isIterator(value) ? boundIterator(value) : value;
}

/** A view of the builder, because the same builder may be returned in another context at the same time. */
function boundBuilder(builder) {
  /** @type {PropertyDescriptorMap} */
  const notes = {};
  const current = contextRoute();
  if (builder[CAPTURED] === undefined && current !== undefined) notes[CAPTURED] = noted(current);
  const made = builder[SIGNALS];
  const here = contextSignals();
  if (here !== undefined && made === undefined) notes[SIGNALS] = noted(here);
  else if (here !== undefined && here !== made && here !== NO_SIGNALS && made !== NO_SIGNALS) {
    notes[SIGNALS] = noted(union(made, here));
  }
  return Reflect.ownKeys(notes).length === 0 ? builder : Object.create(builder, notes);
}

function noted(value) {
  return { value, writable: true, configurable: true, enumerable: true };
}

function isIterator(value) {
  return Object.prototype.isPrototypeOf.call(ITERATOR, value) || isAsyncIterator(value);
}

function isAsyncIterator(value) {
  return Object.prototype.isPrototypeOf.call(ASYNC_ITERATOR, value);
}

/** A view of the iterator whose `next`, `return` and `throw` run in this context. */
function boundIterator(iterator) {
  const here = new AsyncResource('MTDD_ITERATOR');
  /** @type {PropertyDescriptorMap} */
  const steps = {};
  for (const name of ['next', 'return', 'throw']) {
    if (typeof iterator[name] !== 'function') continue;
    // A value that a generator yields leaves the context too.
    steps[name] = noted((...args) => here.runInAsyncScope(() => step(iterator[name](...args))));
  }
  return Object.create(iterator, steps);
}

function step(result) {
  if (typeof result?.then === 'function') return result;
  return typeof result === 'object' && result !== null && result.done === false
    ? { ...result, value: bindResult(result.value) }
    : result;
}

module.exports = { bindResult };
