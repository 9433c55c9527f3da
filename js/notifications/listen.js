/**
 * Listens to PostgreSQL's notifications: checks the arguments, and makes one subscription for all shards that were named.
 * The native client listens on the shards; with `useMtdd: false`, `local-listener.js` listens on the local database.
 */

const { AsyncResource } = require('node:async_hooks');
const { describe } = require('../describe');
const { ClientClosedError, argumentError } = require('../errors');
const { LocalListener } = require('./local-listener');
const { routeOfTenant } = require('../knex/route');
const { throwLater } = require('../native/result');

const CALL = 'listen()';
/** PostgreSQL cuts longer names. Bytes. */
const LONGEST_NAME = 63;
const OPTIONS = ['tenantId', 'tenantType', 'shard', 'onGap'];

/**
 * @param {import('../knex/runtime').Runtime} runtime
 * @param {object} client Knex's
 * @param {string} channel
 * @param {(notification: object) => void} listener
 * @param {object} [options] see `MtddListenOptions`
 * @returns {Promise<Subscription>} once LISTEN is in force on every shard
 * @throws {TypeError} for a wrong argument, by its name
 */
async function listen(runtime, client, channel, listener, options) {
  const { route, shard, onGap } = checked(runtime, channel, listener, options);
  const { native } = runtime;
  if (native === null) return listenLocally(runtime, client, channel, listener, onGap);
  const tell = notifierOf(channel, listener, onGap);
  const listeners = startsOf(runtime, channel, route, shard).map(
    (start) => new ShardListener(native, start, tell),
  );
  const outcomes = await Promise.allSettled(listeners.map((one) => one.inForce));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return new Subscription(channel, listeners);
  await Promise.all(listeners.map((one) => one.close()));
  throw failed.reason;
}

/**
 * Listens on the local database, whatever the configuration says. The arguments have been checked.
 *
 * @param {import('../knex/runtime').Runtime} runtime
 * @param {object} client Knex's
 * @param {string} channel
 * @param {(notification: object) => void} listener
 * @param {(gap: object) => void} [onGap]
 * @returns {Promise<Subscription>}
 */
async function listenLocally(runtime, client, channel, listener, onGap) {
  const news = notifierOf(channel, listener, onGap)(0);
  const local = new LocalListener(client, channel, news, runtime.logger);
  return new Subscription(channel, [await started(local, runtime)]);
}

/** A listener of the runtime's, which closes it, until it is closed. */
async function started(local, runtime) {
  runtime.listeners.add(local);
  try {
    await local.start();
  } catch (error) {
    runtime.listeners.delete(local);
    throw error;
  }
  local.onClose = () => runtime.listeners.delete(local);
  return local;
}

/** What starts each of the native listeners, and returns its id. */
function startsOf({ native, shards }, channel, route, shard) {
  if (route !== undefined) {
    return [(listener) => native.listenFor(route.tenant, route.tenantType, channel, listener)];
  }
  const indexes = shard === undefined ? Array.from({ length: shards }, (_, index) => index) : [shard];
  return indexes.map((index) => (listener) => native.listen(index, channel, listener));
}

function checked(runtime, channel, listener, options) {
  if (runtime.isClosed) throw new ClientClosedError();
  if (typeof channel !== 'string' || channel === '' || channel.includes('\0')) {
    throw argumentError(`channel: expected a name, got ${describe(channel)}`, CALL);
  }
  const bytes = Buffer.byteLength(channel);
  if (bytes > LONGEST_NAME) {
    throw argumentError(`channel: expected at most ${LONGEST_NAME} bytes, got ${bytes}`, CALL);
  }
  if (typeof listener !== 'function') {
    throw argumentError(`listener: expected a function, got ${describe(listener)}`, CALL);
  }
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object') {
    throw argumentError(`options: expected an object, got ${describe(options)}`, CALL);
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw argumentError(`options.${unknown}: there is no such option`, CALL);
  const { shard, onGap } = options;
  if (onGap !== undefined && typeof onGap !== 'function') {
    throw argumentError(`options.onGap: expected a function, got ${describe(onGap)}`, CALL);
  }
  // An explicit undefined is a mistake, as in .mtdd(). It must not mean the notifications of all tenants.
  const route = 'tenantId' in options ? routeOfTenant(CALL, options.tenantId, options.tenantType) : undefined;
  if ('shard' in options) {
    if (route !== undefined)
      throw argumentError('options.shard: expected none, because tenantId names one', CALL);
    const last = Math.max(runtime.shards, 1) - 1;
    if (!Number.isInteger(shard) || shard < 0 || shard > last) {
      throw argumentError(
        `options.shard: expected a whole number from 0 to ${last}, got ${describe(shard)}`,
        CALL,
      );
    }
  }
  return { route, shard, onGap };
}

/** Makes, for each shard, what calls the application's functions in the async context where `listen` was called. */
function notifierOf(channel, givenListener, givenOnGap) {
  const listener = AsyncResource.bind(givenListener);
  const onGap = givenOnGap && AsyncResource.bind(givenOnGap);
  return (shard) => ({
    notification([payload, processId, receivedAt]) {
      const time = new Date(receivedAt);
      callSafely(listener, {
        channel,
        payload,
        shard,
        processId: processId ?? undefined,
        receivedAt: Number.isNaN(time.getTime()) ? new Date() : time,
      });
    },
    gap(reason) {
      if (onGap !== undefined) callSafely(onGap, { channel, shard, reason });
    },
  });
}

/** As with `pg`, what the application's function throws is thrown to the process, and stops no other listener. */
function callSafely(listener, argument) {
  try {
    listener(argument);
  } catch (error) {
    throwLater(error);
  }
}

/** One shard's part of a subscription, as the native client's replies are. */
class ShardListener {
  #client;
  #id;
  #tell;
  #news;
  #settle;
  #isClosed = false;

  /**
   * @param {object} client `js/native/client.js`
   * @param {(listener: ShardListener) => number} start
   * @param {(shard: number) => { notification(parts: unknown[]): void, gap(reason: string): void }} tell
   */
  constructor(client, start, tell) {
    this.#client = client;
    this.#tell = tell;
    /** The shard where it listens, or has listened last. */
    this.shard = undefined;
    /** Whoever waits for the end. */
    this.onEnd = undefined;
    /** Resolves once LISTEN is in force; rejects if it never is. */
    this.inForce = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#id = start(this);
  }

  /** LISTEN is in force on a shard. `reason`: why some may have been missed before; null the first time. */
  listening([shard, reason]) {
    if (shard !== this.shard) {
      this.shard = shard;
      this.#news = this.#tell(shard);
    }
    if (reason === null) this.#settle.resolve();
    else if (!this.#isClosed) this.#news.gap(reason);
  }

  notification(parts) {
    if (!this.#isClosed) this.#news.notification(parts);
  }

  /** What has been taken may be followed by as much. */
  takeCredit(bytes) {
    return bytes;
  }

  finish(error) {
    this.#settle.reject(error ?? new ClientClosedError());
    if (this.onEnd !== undefined) for (const listener of this.onEnd) listener();
  }

  close() {
    this.#isClosed = true;
    return this.#client.cancel(this.#id);
  }
}

/** What `handle.listen` resolves to. */
class Subscription {
  #listeners;
  #closing;

  constructor(channel, listeners) {
    this.channel = channel;
    this.#listeners = listeners;
  }

  /** The indexes of the shards. That of a tenant changes when the tenant is moved. */
  get shards() {
    return Object.freeze(this.#listeners.map(({ shard }) => shard));
  }

  /**
   * Stops listening. The application's functions are not called again. Idempotent.
   *
   * @returns {Promise<void>}
   */
  close() {
    this.#closing ??= Promise.all(this.#listeners.map((one) => one.close())).then(() => {});
    return this.#closing;
  }
}

module.exports = { listen, listenLocally };
