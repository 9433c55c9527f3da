/**
 * Listens on the local database, with `useMtdd: false`. It opens a connection of its own with the Knex instance's driver
 * and settings, and reconnects until it is closed.
 */

const { setTimeout: sleep } = require('node:timers/promises');
const { connectionConfigOf } = require('../knex/connection-settings');

/** Milliseconds between attempts to connect again; doubled each time. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;

class LocalListener {
  #client;
  #channel;
  #news;
  #logger;
  #connection;
  /** Resolves to the reason once the connection is lost. */
  #lost;
  #isClosed = false;
  /** Ends the pause between attempts. */
  #abort = new AbortController();
  shard = 0;
  /** Called once it is closed. */
  onClose = () => {};

  /**
   * @param {object} client Knex's
   * @param {string} channel
   * @param {{ notification(parts: unknown[]): void, gap(reason: string): void }} news
   * @param {{ warn(fields: object, message: string): void }} logger
   */
  constructor(client, channel, news, logger) {
    this.#client = client;
    this.#channel = channel;
    this.#news = news;
    this.#logger = logger;
  }

  /**
   * @returns {Promise<void>} once LISTEN is in force
   * @throws what `pg` says when it cannot connect
   */
  async start() {
    await this.#open();
    this.#watch();
  }

  async #open() {
    const { driver } = this.#client;
    const connection = new driver.Client(await connectionConfigOf(this.#client));
    this.#connection = connection;
    this.#lost = new Promise((resolve) => {
      connection.on('error', (error) => resolve(error.message));
      connection.on('end', () => resolve('the connection was closed'));
    });
    connection.on('notification', ({ channel, payload, processId }) => {
      if (channel === this.#channel && !this.#isClosed) {
        this.#news.notification([payload, processId, Date.now()]);
      }
    });
    try {
      await connection.connect();
      await connection.query(`LISTEN ${connection.escapeIdentifier(this.#channel)}`);
    } catch (error) {
      await this.#end();
      throw error;
    }
    if (this.#isClosed) await this.#end();
  }

  async #watch() {
    const reason = await this.#lost;
    await this.#end();
    if (this.#isClosed) return;
    this.#logger.warn({ channel: this.#channel, reason }, 'Notifications are interrupted');
    for (let pause = FIRST_PAUSE; !this.#isClosed; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        await sleep(pause, undefined, { signal: this.#abort.signal });
        await this.#open();
      } catch {
        // The database is not back yet, or nobody waits for it any more.
        continue;
      }
      if (!this.#isClosed) this.#news.gap(reason);
      this.#watch();
      return;
    }
  }

  /** Ends the connection, which may be broken. */
  async #end() {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.end().catch(() => {});
  }

  /** @returns {Promise<void>} */
  async close() {
    this.#isClosed = true;
    this.#abort.abort();
    this.onClose();
    await this.#end();
  }
}

module.exports = { LocalListener };
