/** A client that keeps a copy of its tenant's rows, as docs/browser-sync.md says: Load, then events. */

const { setTimeout: sleep } = require('node:timers/promises');
const { request, token } = require('./http-app');
const { EventClient } = require('./live-app');

class TableCopy {
  rows = new Map();
  /** The ids of all events, to see that none comes twice. */
  ids = new Set();
  /** What must not happen, in words. */
  faults = [];
  refetches = 0;
  reconnects = 0;
  #claims;
  #portOf;
  #table;
  #limit;
  #client;
  #isStopped = false;
  #taken = 0;

  /**
   * @param {object} options
   * @param {object} options.claims of its token
   * @param {() => number} options.portOf the application's, now
   * @param {string} options.table
   * @param {number} options.limit rows of a page
   */
  constructor({ claims, portOf, table, limit }) {
    this.#claims = { exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
    this.tenant = claims.tid;
    this.#portOf = portOf;
    this.#table = table;
    this.#limit = limit;
    this.running = this.#run();
  }

  get isLive() {
    return this.#client !== undefined && !this.#client.isClosed;
  }

  async #run() {
    while (!this.#isStopped) {
      try {
        const timestamp = await this.#load();
        await this.#follow(timestamp);
      } catch {
        // The application is not back yet.
        await sleep(50);
      }
    }
  }

  /** The whole table; returns where the events begin. */
  async #load() {
    let since = '';
    for (;;) {
      const path = `/mtdd/Load?tableName=${this.#table}&limit=${this.#limit}&lastUpdated=${encodeURIComponent(since)}`;
      const { status, body } = await request(this.#portOf(), path, { token: token(this.#claims) });
      if (status !== 200) throw new Error(`Load: ${status}`);
      if (body.reset) this.rows.clear();
      for (const row of body.data) {
        if (row.action === 'DELETE') this.rows.delete(String(row.id));
        else this.rows.set(String(row.id), row);
      }
      since = body.timestamp;
      if (!body.hasMore) return since;
    }
  }

  /** Applies events, also over new connections, until it has to read everything again. */
  async #follow(timestamp) {
    let lastEventId = timestamp;
    while (!this.#isStopped) {
      try {
        const client = new EventClient(this.#portOf(), this.#claims, { lastEventId });
        this.#client = client;
        this.#taken = 0;
        await client.opened;
        if (client.status !== 200) throw new Error(`events: ${client.status}`);
        while (!client.isClosed && !this.#isStopped) {
          if (this.#apply(client)) {
            client.close();
            return;
          }
          await sleep(2);
        }
        if (this.#apply(client)) return;
        lastEventId = client.lastEventId;
      } catch {
        await sleep(50);
      }
      this.reconnects++;
    }
  }

  /** True if everything has to be read again. */
  #apply(client) {
    for (; this.#taken < client.events.length; this.#taken++) {
      const { id, event, data } = client.events[this.#taken];
      if (event === 'refetch') {
        this.refetches++;
        return true;
      }
      if (event !== 'message') continue;
      const { action, data: row, tenantId } = JSON.parse(data);
      if (tenantId !== this.#claims.tid) this.faults.push(`a row of ${tenantId} for ${this.#claims.tid}`);
      if (this.ids.has(id)) this.faults.push(`event ${id} came twice`);
      this.ids.add(id);
      if (action === 'DELETE') this.rows.delete(String(row.id));
      else this.rows.set(String(row.id), row);
    }
    client.events.length = 0;
    this.#taken = 0;
    client.raw = '';
    return false;
  }

  /** Breaks the connection off, as a phone in a tunnel does. */
  drop() {
    this.#client?.close();
  }

  async stop() {
    this.#isStopped = true;
    this.#client?.close();
    await this.running;
  }
}

module.exports = { TableCopy };
