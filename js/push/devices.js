/**
 * Mobile devices and their FCM tokens. This file checks arguments; a store keeps the devices (stores/). What a store
 * answers at once is returned at once, what it promises is returned as a promise.
 */

const { kindOf } = require('../describe');
const { ValidationError, argumentError } = require('../errors');
const { checkedDeviceId, checkedToken, tenantOf } = require('./device');
const { ReadOnlyMap } = require('./read-only-map');
const { MemoryDeviceStore } = require('./stores/memory');

/** What a store has to have. */
const METHODS = ['set', 'get', 'delete', 'deleteTokens', 'count', 'countAll', 'devices', 'allDevices'];

/** The devices of one ActiveClients. */
class MobileDevices {
  #store = new MemoryDeviceStore();
  #onRejected;

  /** @param {(error: unknown, call: string) => void} onRejected hears of a store's promise that is rejected */
  constructor(onRejected) {
    this.#onRejected = onRejected;
  }

  /** Takes another store from now on. Devices of the previous one are not copied. */
  use(store) {
    const call = 'UseDeviceStore()';
    const missing = METHODS.filter((name) => typeof store?.[name] !== 'function');
    if (missing.length === METHODS.length) {
      throw argumentError(`store: expected a device store, got ${kindOf(store)}`, call);
    }
    if (missing.length > 0) {
      throw argumentError(`store: expected a device store, got one without ${missing.join(', ')}`, call);
    }
    this.#store = store;
  }

  add(deviceId, token, options) {
    const call = 'AddMobileDevice()';
    const device = {
      tenant: tenantOf(options, call),
      deviceId: checkedDeviceId(deviceId, call),
      token: checkedToken(token, call),
    };
    return this.#answer(this.#store.set(device), () => undefined, call);
  }

  delete(deviceId, options) {
    const call = 'DeleteMobileDevice()';
    const answer = this.#store.delete(tenantOf(options, call), checkedDeviceId(deviceId, call));
    return this.#answer(answer, () => undefined, call);
  }

  /** The device's token; undefined for an unknown device. */
  token(deviceId, options, call = 'GetMobileFcmToken()') {
    const answer = this.#store.get(tenantOf(options, call), checkedDeviceId(deviceId, call));
    return this.#answer(answer, (token) => token ?? undefined, call);
  }

  has(deviceId, options) {
    const call = 'HasMobileDevice()';
    const answer = this.#store.get(tenantOf(options, call), checkedDeviceId(deviceId, call));
    return this.#answer(answer, (token) => typeof token === 'string', call);
  }

  /** How many devices a tenant has; without a tenant, how many there are at all. */
  count(options) {
    const call = 'GetMobileDeviceCount()';
    const tenant = tenantOf(options, call);
    const answer = tenant === null ? this.#store.countAll() : this.#store.count(tenant);
    return this.#answer(answer, Number, call);
  }

  /** @returns {Iterable<object> | AsyncIterable<object>} `{ tenant, deviceId, token }` of each device of a tenant */
  ofTenant(tenant) {
    return this.#store.devices(tenant);
  }

  /** The same for every device. */
  all() {
    return this.#store.allDevices();
  }

  /** Removes the devices that have one of these tokens now. */
  async forget(tokens) {
    return this.#store.deleteTokens(tokens);
  }

  /** 1.x's map of device ids to tokens: the devices without a tenant, read only. */
  get view() {
    if (this.#store instanceof MemoryDeviceStore) {
      return new ReadOnlyMap(this.#store.withoutTenant(), ({ token }) => token);
    }
    throw new ValidationError(
      'ActiveClients.mobile: only the memory store has a map of its devices; call GetMobileFcmToken().',
    );
  }

  /** A promise of a store may be left alone without ending the process. */
  #answer(answer, read, call) {
    if (typeof answer?.then !== 'function') return read(answer);
    const answered = Promise.resolve(answer).then(read);
    answered.catch((error) => this.#onRejected(error, call));
    return answered;
  }
}

module.exports = { MobileDevices };
