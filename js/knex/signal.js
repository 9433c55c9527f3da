/**
 * AbortSignals that stop queries on shards: that of one query (the option `signal`), and those around whatever a
 * function does (`withSignal`). A query obeys all that there are. What begins and ends a transaction obeys none: it is
 * for the transaction's own code to roll back, and a COMMIT must not be left in doubt.
 */

const { describe } = require('../describe');
const { QueryCancelledError, argumentError } = require('../errors');
const { NO_SIGNALS, signals: storage, contextSignals } = require('./async-context');
const { bindResult } = require('./bind-result');
const { checkedFunction, isSignal } = require('./route');

/** Who obeys a signal. Each signal gets one listener, however many queries it has. */
const followers = new WeakMap();

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
 * The signals that a query obeys, if it runs here and now: its own, and those of the places where it was made and runs.
 *
 * @param {import('./route').Route | undefined} route
 * @param {readonly AbortSignal[] | undefined} made what was noted on the builder when it was made
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
function refuseIfAborted(signals) {
  const aborted = signals?.find((signal) => signal.aborted);
  if (aborted !== undefined) throw cancelledBy(aborted);
}

/**
 * Obeys signals, none of which is aborted yet, until it is told to stop.
 *
 * @param {readonly AbortSignal[]} signals
 * @param {(error: Error) => void} stop called once, if one of them is aborted
 * @returns {() => void} ends it
 */
function obey(signals, stop) {
  const end = () => {
    for (const signal of signals) followers.get(signal)?.delete(follower);
  };
  const follower = (signal) => {
    end();
    stop(cancelledBy(signal));
  };
  for (const signal of signals) followersOf(signal).add(follower);
  return end;
}

/**
 * Waits for a promise, but no longer than the signals allow.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {readonly AbortSignal[] | undefined} signals
 * @returns {Promise<T>} rejects with QueryCancelledError if a signal is aborted first
 */
function unlessAborted(promise, signals) {
  if (signals === undefined) return promise;
  return new Promise((resolve, reject) => {
    const end = obey(signals, reject);
    promise.then(resolve, reject).finally(end);
  });
}

function followersOf(signal) {
  let all = followers.get(signal);
  if (all === undefined) {
    all = new Set();
    followers.set(signal, all);
    const tell = () => {
      for (const follower of all) follower(signal);
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

module.exports = { withSignal, signalsFor, refuseIfAborted, obey, unlessAborted };
