/** Devices in the memory of this process: the default. They are gone when the process ends. */

const { keyOf } = require('../device');

/** Answers everything at once. */
class MemoryDeviceStore {
  /** Devices by id, by the tenant's key. */
  #byTenant = new Map([[keyOf(null), new Map()]]);
  /** The devices that have a token. */
  #byToken = new Map();
  #size = 0;

  set({ tenant, deviceId, token }) {
    const key = keyOf(tenant);
    const devices = this.#byTenant.get(key) ?? new Map();
    this.#byTenant.set(key, devices);
    const previous = devices.get(deviceId);
    if (previous === undefined) this.#size += 1;
    else this.#withoutToken(previous);
    const device = { tenant, deviceId, token };
    devices.set(deviceId, device);
    const owners = this.#byToken.get(token) ?? new Set();
    this.#byToken.set(token, owners.add(device));
  }

  get(tenant, deviceId) {
    return this.#byTenant.get(keyOf(tenant))?.get(deviceId)?.token;
  }

  delete(tenant, deviceId) {
    const key = keyOf(tenant);
    const devices = this.#byTenant.get(key);
    const device = devices?.get(deviceId);
    if (device === undefined) return false;
    devices.delete(deviceId);
    // The devices without a tenant are shown as a map, which stays the same one.
    if (devices.size === 0 && tenant !== null) this.#byTenant.delete(key);
    this.#withoutToken(device);
    this.#size -= 1;
    return true;
  }

  deleteTokens(tokens) {
    const gone = tokens.flatMap((token) => [...(this.#byToken.get(token) ?? [])]);
    for (const { tenant, deviceId } of gone) this.delete(tenant, deviceId);
    return gone.length;
  }

  count(tenant) {
    return this.#byTenant.get(keyOf(tenant))?.size ?? 0;
  }

  countAll() {
    return this.#size;
  }

  *devices(tenant) {
    yield* this.#byTenant.get(keyOf(tenant))?.values() ?? [];
  }

  *allDevices() {
    for (const devices of this.#byTenant.values()) yield* devices.values();
  }

  /** @returns {Map<string, { token: string }>} the devices without a tenant, by id; always the same map */
  withoutTenant() {
    return this.#byTenant.get(keyOf(null));
  }

  #withoutToken(device) {
    const owners = this.#byToken.get(device.token);
    owners.delete(device);
    if (owners.size === 0) this.#byToken.delete(device.token);
  }
}

module.exports = { MemoryDeviceStore };
