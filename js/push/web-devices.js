/**
 * Web devices: the open responses (server-sent events) of each device, by event. A device may have several responses for
 * an event: one for each tab. Devices of different tenants never meet, whatever their ids are.
 */

const { kindOf } = require('../describe');
const { argumentError } = require('../errors');
const { checkedDeviceId, checkedText, keyOf, tenantOf } = require('./device');
const { ReadOnlyMap } = require('./read-only-map');

const NO_TENANT = keyOf(null);

/** The web devices of one ActiveClients. */
class WebDevices {
  /** Responses by event, by device id, by the tenant's key. */
  #byTenant = new Map([[NO_TENANT, new Map()]]);
  /** Which tenant a response belongs to, and what to forget when it is closed. */
  #belonging = new WeakMap();

  /** Keeps a response until it is closed. One that is closed already is not kept. */
  add(deviceId, eventName, response, options) {
    const call = 'AddWebDeviceEvent()';
    const key = keyOf(tenantOf(options, call));
    checkedDeviceId(deviceId, call);
    checkedText(eventName, 'eventName', call);
    if (response === null || typeof response !== 'object') {
      throw argumentError(`res: expected an Express response, got ${kindOf(response)}`, call);
    }
    if (isClosed(response)) return;
    const belonging = this.#belongingOf(response, key, call);
    const devices = childOf(this.#byTenant, key);
    const events = childOf(devices, deviceId);
    if (!events.has(eventName)) events.set(eventName, new Set());
    events.get(eventName).add(response);
    belonging.places.push([deviceId, eventName]);
  }

  /** Forgets all responses of a device for an event. */
  deleteEvent(deviceId, eventName, options) {
    const call = 'DeleteWebDeviceEvents()';
    const key = keyOf(tenantOf(options, call));
    this.#remove(key, checkedDeviceId(deviceId, call), checkedText(eventName, 'eventName', call));
  }

  /** Forgets a device. Its responses stay open. */
  delete(deviceId, options) {
    const call = 'DeleteWebDevice()';
    const key = keyOf(tenantOf(options, call));
    this.#byTenant.get(key)?.delete(checkedDeviceId(deviceId, call));
    this.#tidy(key);
  }

  /** A copy of what a device has: what to write to, by event. Undefined for an unknown device. */
  events(deviceId, options) {
    const call = 'GetWebDeviceEvents()';
    const key = keyOf(tenantOf(options, call));
    const events = this.#byTenant.get(key)?.get(checkedDeviceId(deviceId, call));
    return events === undefined ? undefined : writables(events);
  }

  /** The responses of a device for an event, the oldest first. */
  responses(deviceId, eventName, options) {
    const call = 'GetWebDeviceResponses()';
    const key = keyOf(tenantOf(options, call));
    checkedDeviceId(deviceId, call);
    checkedText(eventName, 'eventName', call);
    return [...(this.#byTenant.get(key)?.get(deviceId)?.get(eventName) ?? [])];
  }

  has(deviceId, eventName, options) {
    const call = 'HasWebDeviceEvent()';
    const key = keyOf(tenantOf(options, call));
    checkedDeviceId(deviceId, call);
    checkedText(eventName, 'eventName', call);
    return this.#byTenant.get(key)?.get(deviceId)?.has(eventName) ?? false;
  }

  /** 1.x's map of device ids to events: the devices without a tenant, read only. */
  get view() {
    return new ReadOnlyMap(this.#byTenant.get(NO_TENANT), writables);
  }

  #belongingOf(response, key, call) {
    const known = this.#belonging.get(response);
    if (known === undefined) {
      const belonging = { key, places: [] };
      this.#belonging.set(response, belonging);
      response.once?.('close', () => {
        for (const [deviceId, eventName] of belonging.places)
          this.#remove(key, deviceId, eventName, response);
      });
      return belonging;
    }
    if (known.key === key) return known;
    throw argumentError('res: expected a response of one tenant, got one that belongs to another', call);
  }

  /** Without `response`: all of them. */
  #remove(key, deviceId, eventName, response) {
    const events = this.#byTenant.get(key)?.get(deviceId);
    const responses = events?.get(eventName);
    if (responses === undefined) return;
    if (response !== undefined) responses.delete(response);
    if (response === undefined || responses.size === 0) events.delete(eventName);
    if (events.size === 0) this.#byTenant.get(key).delete(deviceId);
    this.#tidy(key);
  }

  /** A tenant without devices is forgotten. */
  #tidy(key) {
    if (key !== NO_TENANT && this.#byTenant.get(key)?.size === 0) this.#byTenant.delete(key);
  }
}

/** What to write to for several tabs: each open one gets what is written. */
class Tabs {
  #responses;

  constructor(responses) {
    this.#responses = [...responses];
  }

  /** @returns {boolean} false if one of them should not be written to before it drains */
  write(chunk, encoding) {
    const open = this.#responses.filter((response) => !isClosed(response));
    return open.map((response) => response.write(chunk, encoding)).every((more) => more !== false);
  }

  end() {
    for (const response of this.#responses) if (!isClosed(response)) response.end();
  }
}

/** 1.x had one response for an event; it is still that one if there is no other tab. */
function writables(events) {
  return new Map(
    [...events].map(([eventName, responses]) => [
      eventName,
      responses.size === 1 ? [...responses][0] : new Tabs(responses),
    ]),
  );
}

function isClosed(response) {
  return response.destroyed === true || response.writableEnded === true || response.closed === true;
}

function childOf(map, key) {
  if (!map.has(key)) map.set(key, new Map());
  return map.get(key);
}

module.exports = { WebDevices };
