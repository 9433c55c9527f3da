/**
 * AbortSignals that stop queries on shards: that of one query (the option `signal`), and those around whatever a
 * function does (`withSignal`). Each of its signals stops a query. None stops BEGIN, COMMIT or ROLLBACK: rolling back is up to the
 * transaction's own code, and the outcome of a COMMIT must not be left unknown.
 */

const { describe } = require('../describe');
const { QueryCancelledError, argumentError } = require('../errors');
const { NO_SIGNALS, signals: storage, contextSignals } = require('./async-context');
const { bindResult } = require('./bind-result');
const { checkedFunction, isSignal } = require('./route');

/** By signal: what is called when it is aborted. Each signal gets one event listener, however many queries it has. */
const listeners = new WeakMap();

/**
 * Runs a function in which a signal stops the queries: those under way are stopped on PostgreSQL and, like those that
 * come later, rejected with QueryCancelledError. A query that is made inside obeys it wherever it is awaited. In nested
 * calls each signal counts.
 *
 * @template T
 * @param {AbortSignal | null} signal null: no signal counts inside, nor those of the calls around it
 * @param {() => T} fn
 * @returns {T} what the function returns
 * @throws {TypeError} for a wrong signal or function; the function is not run
 */
function withSignal(signal, fn) {
  if (signal !== null && !isSignal(signal)) {
    throw argumentError(`signal: expected an AbortSignal or null, got ${describe(signal)}`, 'withSignal()');
  }
  checkedFunction('withSignal()', fn);
  return storage.run(signal === null ? NO_SIGNALS : [...(contextSignals() ?? []), signal], () =>
    bindResult(fn()),
  );
}

/**
 * The signals that stop a query which runs now: its own, those of the context where it was made, and the current ones.
 *
 * @param {import('./route').Route | undefined} route
 * @param {readonly AbortSignal[] | undefined} made those that the builder has captured
 * @returns {readonly AbortSignal[] | undefined} undefined: none
 */
function signalsFor(route, made) {
  const around = made === NO_SIGNALS ? NO_SIGNALS : (contextSignals() ?? NO_SIGNALS);
  const own = route?.options.signal;
  if (made === undefined && !own) return around.length === 0 ? undefined : around;
  const all = new Set([...(made ?? NO_SIGNALS), ...around]);
  if (own) all.add(own);
  return all.size === 0 ? undefined : [...all];
}

/**
 * @param {readonly AbortSignal[] | undefined} signals
 * @throws {QueryCancelledError} if one of them is aborted
 */
function throwIfAborted(signals) {
  const aborted = signals?.find((signal) => signal.aborted);
  if (aborted !== undefined) throw cancelledBy(aborted);
}

/**
 * Calls a function when one of these signals, none of which is aborted yet, is aborted.
 *
 * @param {readonly AbortSignal[]} signals
 * @param {(error: Error) => void} stop called once, if one of them is aborted
 * @returns {() => void} ends it
 */
function onAbort(signals, stop) {
  const end = () => {
    for (const signal of signals) listeners.get(signal)?.delete(listener);
  };
  const listener = (signal) => {
    end();
    stop(cancelledBy(signal));
  };
  for (const signal of signals) listenersOf(signal).add(listener);
  return end;
}

/**
 * Waits for a promise until a signal is aborted.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {readonly AbortSignal[] | undefined} signals
 * @returns {Promise<T>} rejects with QueryCancelledError if a signal is aborted first
 */
function unlessAborted(promise, signals) {
  if (signals === undefined) return promise;
  return new Promise((resolve, reject) => {
    const end = onAbort(signals, reject);
    promise.then(resolve, reject).finally(end);
  });
}

function listenersOf(signal) {
  let all = listeners.get(signal);
  if (all === undefined) {
    all = new Set();
    listeners.set(signal, all);
    const tell = () => {
      for (const listener of all) listener(signal);
    };
    signal.addEventListener('abort', tell, { once: true });
  }
  return all;
}

function cancelledBy({ reason }) {
  return new QueryCancelledError(
    'The query was cancelled, because its signal was aborted.',
    undefined,
    reason,
  );
}

/**
 * The error of a query that was under way when its signal was aborted.
 *
 * @param {Error} aborted as `onAbort` gives it
 * @param {{ message: string, context: object }} stopped what the native client says of the query: whether it ran, and
 *   what became of its transaction
 * @returns {Error}
 */
function withOutcome(aborted, stopped) {
  return new QueryCancelledError(
    `Its signal was aborted: ${stopped.message}`,
    stopped.context,
    aborted.cause,
  );
}

module.exports = { withSignal, signalsFor, throwIfAborted, onAbort, unlessAborted, withOutcome };
