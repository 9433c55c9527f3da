/**
 * A map from numbers to pending replies. A number combines a slot with how often that slot has been used, so that it is
 * not reused soon.
 *
 * Not a Map: with many short-lived entries, a Map leaves old tables behind whose references survive V8's minor
 * collections. At thousands of queries a second, half of the garbage was promoted to the old generation.
 */

const SLOT_BITS = 20;
const MOST = 2 ** SLOT_BITS;
const USES = 2 ** (32 - SLOT_BITS);

class SlotMap {
  /** By slot; undefined where the slot is free. */
  #entries = [];
  /** How often each slot has been used, from 1 up and then anew. */
  #uses = [];
  #free = [];
  /** How many wait. */
  size = 0;

  /**
   * @param {object} entry
   * @returns {number} its number, from 1 up to 2^32 - 1; 0 if 2^20 wait already
   */
  add(entry) {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#entries.length;
      if (slot === MOST) return 0;
      this.#entries.push(undefined);
      this.#uses.push(0);
    }
    const use = (this.#uses[slot] % (USES - 1)) + 1;
    this.#uses[slot] = use;
    this.#entries[slot] = entry;
    this.size++;
    return use * MOST + slot;
  }

  /** @returns {object | undefined} who waits under this number */
  get(number) {
    const slot = number % MOST;
    return this.#uses[slot] === (number - slot) / MOST ? this.#entries[slot] : undefined;
  }

  /** The number, which somebody waits under, is free. */
  delete(number) {
    const slot = number % MOST;
    this.#entries[slot] = undefined;
    this.#free.push(slot);
    this.size--;
  }

  /** Frees all numbers. @returns {object[]} who waited */
  takeAll() {
    const waited = this.#entries.filter((entry) => entry !== undefined);
    this.#entries.forEach((entry, slot) => {
      if (entry === undefined) return;
      this.#entries[slot] = undefined;
      this.#free.push(slot);
    });
    this.size = 0;
    return waited;
  }
}

module.exports = { SlotMap };
