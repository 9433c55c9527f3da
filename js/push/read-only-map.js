/** A map that can be read, and not changed. */

const { argumentError } = require('../errors');

/** Shows a Map as it is at each moment. */
class ReadOnlyMap {
  #map;
  #read;

  /**
   * @param {Map<string, any>} map
   * @param {(value: any) => any} [read] what is shown of a value
   */
  constructor(map, read = (value) => value) {
    this.#map = map;
    this.#read = read;
  }

  get size() {
    return this.#map.size;
  }

  has(key) {
    return this.#map.has(key);
  }

  get(key) {
    return this.#map.has(key) ? this.#read(this.#map.get(key)) : undefined;
  }

  keys() {
    return this.#map.keys();
  }

  *values() {
    for (const value of this.#map.values()) yield this.#read(value);
  }

  *entries() {
    for (const [key, value] of this.#map) yield [key, this.#read(value)];
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  forEach(callback, self) {
    for (const [key, value] of this) callback.call(self, value, key, this);
  }

  set() {
    throw readOnly('set()');
  }

  delete() {
    throw readOnly('delete()');
  }

  clear() {
    throw readOnly('clear()');
  }
}

function readOnly(call) {
  return argumentError('this map is read only: call the methods of ActiveClients', call);
}

module.exports = { ReadOnlyMap };
