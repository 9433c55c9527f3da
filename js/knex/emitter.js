/**
 * Event emitters and the async context. An emitter calls its listeners in the context of whatever made it emit, which
 * is a socket's or the native client's: the tenant of the code that listens would be lost, or another's.
 */

const { AsyncResource } = require('node:async_hooks');

/**
 * From now on an emitter emits in the context of this call.
 *
 * @template {import('node:events').EventEmitter} T
 * @param {T} emitter
 * @returns {T} the same
 */
function emitHere(emitter) {
  const here = new AsyncResource('MTDD_EMITTER');
  const { emit } = emitter;
  emitter.emit = (...args) => here.runInAsyncScope(emit, emitter, ...args);
  return emitter;
}

/**
 * From now on the listeners of an emitter are called in the context in which they are added. Those that it has already
 * stay as they are.
 *
 * @param {import('node:events').EventEmitter} emitter
 */
function bindListeners(emitter) {
  if (typeof emitter.prependListener !== 'function') return;
  for (const name of ['on', 'addListener', 'prependListener']) {
    const add = emitter[name];
    emitter[name] = function (event, listener) {
      return add.call(this, event, bound(listener, listener));
    };
  }
  const { on, prependListener } = emitter;
  emitter.once = function (event, listener) {
    return on.call(this, event, onceOf(this, event, listener));
  };
  emitter.prependOnceListener = function (event, listener) {
    return prependListener.call(this, event, onceOf(this, event, listener));
  };
}

function onceOf(emitter, event, listener) {
  if (typeof listener !== 'function') return listener;
  const once = function (...args) {
    emitter.removeListener(event, listener);
    return listener.apply(this, args);
  };
  once.listener = listener;
  return once;
}

/** Node takes what is at `listener` for the function to remove, and to show. */
function bound(call, listener) {
  // Node refuses it, in its own words.
  if (typeof call !== 'function') return call;
  const inside = AsyncResource.bind(call);
  inside.listener = listener.listener ?? listener;
  return inside;
}

module.exports = { bindListeners, emitHere };
