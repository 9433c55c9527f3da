/** Deletes the changes of a log that are no longer kept. */

const { TRIM } = require('./change-log');

/** Milliseconds. */
const INTERVAL = 60_000;
const AT_ONCE = 20_000;

/**
 * Deletes all that are due, in portions.
 *
 * @param {import('./databases').Databases} databases
 * @param {number | 'local'} shard
 * @param {AbortSignal} [signal]
 */
async function trimLog(databases, shard, signal) {
  for (let deleted = AT_ONCE; deleted >= AT_ONCE && !signal?.aborted; ) {
    const [row] = await databases.onShard(shard, TRIM, [String(AT_ONCE)], { operation: 'write' });
    deleted = Number(row.deleted);
  }
}

/** Trims the logs of all shards now and then, where no reader does. */
class Trimming {
  #databases;
  #logger;
  #last = 0;

  /**
   * @param {import('./databases').Databases} databases
   * @param {any} logger
   */
  constructor(databases, logger) {
    this.#databases = databases;
    this.#logger = logger;
  }

  /** Begins to, unless that was done a moment ago. */
  nowAndThen() {
    const now = Date.now();
    if (now - this.#last < INTERVAL) return;
    this.#last = now;
    for (let shard = 0; shard < this.#databases.count; shard++) {
      trimLog(this.#databases, shard).catch((error) => {
        this.#logger.debug({ shard, err: error }, 'Cannot trim the change log');
      });
    }
  }
}

module.exports = { INTERVAL, Trimming, trimLog };
