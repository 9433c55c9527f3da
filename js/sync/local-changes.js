/**
 * In development, the changes of the local database reach the streams too, beside those of the shards: what its log has, and
 * what triggers of the application's own notify. They have no ids: a stream's positions are those of its tenant's shard.
 */

const { setTimeout: sleep } = require('node:timers/promises');
const { ChangeReader } = require('./change-reader');

/** Tells one database from another, also if they are reached by other addresses. */
const IDENTITY = `SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text AS server,
  (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())::text AS database`;
/** Milliseconds until it is asked again; doubled each time. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/**
 * @typedef {object} Delivery
 * @property {(payload: string, wake: () => void) => void} heard a notification
 * @property {(changes: import('./change-log').Change[]) => void} changes
 * @property {(reason: string) => void} reset some may have been missed
 */

class LocalChanges {
  #local;
  #shards;
  #listen;
  #logger;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * @param {object} options
   * @param {import('./databases').Databases} options.local
   * @param {import('./databases').Databases} options.shards
   * @param {(heard: (payload: string) => void, gap: () => void) => Promise<{ close(): Promise<void> }>} options.listen
   * @param {any} options.logger
   */
  constructor({ local, shards, listen, logger }) {
    this.#local = local;
    this.#shards = shards;
    this.#listen = listen;
    this.#logger = logger;
  }

  /** @param {Delivery} delivery */
  start(delivery) {
    if (this.#running !== undefined) return;
    const running = new AbortController();
    this.#running = running;
    this.#follow(delivery, running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #follow({ heard, changes, reset }, signal) {
    if (await this.#isShard(signal)) return;
    const follower = {
      changes: async (page) => () => changes(page.changes),
      reset,
      spacing: () => 0,
    };
    const listen = (wake) => this.#listen((payload) => heard(payload, wake), wake);
    const reader = new ChangeReader({
      databases: this.#local,
      shard: 'local',
      listen,
      follower,
      logger: this.#logger,
    });
    signal.addEventListener('abort', () => reader.stop(), { once: true });
    reader.start();
  }

  /** True if a shard is the same database, whose changes come already; or it is not to be known any more. */
  async #isShard(signal) {
    for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const places = Array.from({ length: this.#shards.count }, (_, shard) =>
          identityOf(this.#shards, shard),
        );
        const [local, ...shards] = await Promise.all([identityOf(this.#local, 0), ...places]);
        return signal.aborted || shards.includes(local);
      } catch (error) {
        this.#logger.debug({ err: error }, 'Cannot tell the local database from the shards yet');
        await sleep(pause, undefined, { ref: false });
      }
    }
    return true;
  }
}

async function identityOf(databases, shard) {
  const [{ server, database }] = await databases.onShard(shard, IDENTITY, []);
  return `${server}/${database}`;
}

module.exports = { LocalChanges };
