/** Counts the open streams of each user, so that one user does not take all that its tenant may have. */
class UserStreams {
  /** @type {Map<string, Set<object>>} */
  #streams = new Map();

  /**
   * @param {import('./auth').User} user
   * @returns {number}
   */
  sizeOf(user) {
    return this.#streams.get(keyOf(user))?.size ?? 0;
  }

  /**
   * @param {import('./auth').User} user
   * @param {object} stream
   */
  add(user, stream) {
    const key = keyOf(user);
    const streams = this.#streams.get(key);
    if (streams === undefined) this.#streams.set(key, new Set([stream]));
    else streams.add(stream);
  }

  /** Idempotent. */
  delete(user, stream) {
    const key = keyOf(user);
    const streams = this.#streams.get(key);
    if (streams?.delete(stream) && streams.size === 0) this.#streams.delete(key);
  }
}

/** Two tenants may have users of one name. */
function keyOf({ tenantType, tid, sub }) {
  return JSON.stringify([tenantType, tid, sub]);
}

module.exports = { UserStreams };
