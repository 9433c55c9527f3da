/** An application whose browsers and phones keep copies: the library on a cluster, its routes, and clients of them. */

const http = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { track } = require('../../testkit/track');
const { SECRET, request, token } = require('./http-app');

/**
 * @param {{ local: object, queryServers: string[], lookupServer: string }} cluster
 * @param {object} [config] more of the library's configuration
 * @param {{ port?: number, before?: (app: import('express').Express) => void }} [options] `before`: adds to the
 *   application before the routes
 */
async function startLiveApp({ local, queryServers, lookupServer }, config = {}, { port = 0, before } = {}) {
  const app = express();
  before?.(app);
  const db = knex({ client: 'pg', connection: local.databaseUrl });
  const { mtdd, ...others } = config;
  const handle = await InitializeReplication(app, db, {
    auth: { secret: SECRET },
    ...others,
    mtdd: {
      useMtdd: true,
      queryServers,
      lookupServer,
      requireTenant: false,
      logLevel: 'silent',
      ...mtdd,
    },
  });
  const server = http.createServer(app);
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    app,
    db,
    handle,
    server,
    port: address.port,
    /** `get('/mtdd/Load?tableName=t', { tid: 'acme' })` → the status and the parsed body. */
    get: (path, claims = {}, how = {}) => request(address.port, path, { token: token(claims), ...how }),
    /** Opens a stream, and resolves once it has been answered. */
    events: (claims, options) => new EventClient(address.port, claims, options).opened,
    async close() {
      await handle.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.destroy();
    },
  };
}

/** A client of /mtdd/events that keeps what it gets, as a browser's EventSource reads it. */
class EventClient {
  #buffer = '';
  #request;

  constructor(port, claims = {}, { lastEventId, query = '', headers = {} } = {}) {
    /** @type {{ id: string, event: string, data: string }[]} */
    this.events = [];
    this.lastEventId = lastEventId ?? '';
    this.raw = '';
    this.isClosed = false;
    const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    this.opened = new Promise((resolve, reject) => {
      this.#request = http.get(
        {
          host: '127.0.0.1',
          port,
          path: `/mtdd/events${query}`,
          agent: false,
          headers: { authorization: `Bearer ${token(claims)}`, ...resume, ...headers },
        },
        (res) => {
          this.status = res.statusCode;
          this.headers = res.headers;
          this.response = res;
          res.setEncoding('utf8').on('data', (text) => this.#take(text));
          res.on('error', () => {});
          res.on('close', () => {
            this.isClosed = true;
          });
          resolve(this);
        },
      );
      this.#request.on('error', (error) => {
        this.isClosed = true;
        reject(error);
      });
    });
  }

  #take(text) {
    this.raw += text;
    this.#buffer += text;
    const blocks = this.#buffer.split('\n\n');
    this.#buffer = blocks.pop();
    for (const block of blocks) this.#dispatch(block);
  }

  #dispatch(block) {
    let event = 'message';
    const data = [];
    for (const line of block.split('\n')) {
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (field === 'id') this.lastEventId = value;
      else if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
    if (data.length > 0) this.events.push({ id: this.lastEventId, event, data: data.join('\n') });
  }

  /** The changes so far, parsed. */
  get changes() {
    return this.events.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data));
  }

  /** Waits until it has so many events, and returns them. */
  async until(count, patience = 10_000) {
    for (const begun = Date.now(); this.events.length < count; await sleep(5)) {
      if (Date.now() - begun > patience)
        throw new Error(`${this.events.length} events of ${count}: ${this.raw}`);
    }
    return this.events;
  }

  /** Waits until it knows its position. */
  async positioned(patience = 10_000) {
    for (const begun = Date.now(); this.lastEventId === ''; await sleep(5)) {
      if (Date.now() - begun > patience) throw new Error(`no position: ${this.raw}`);
    }
    return this;
  }

  close() {
    this.#request.destroy();
  }
}

/** Waits until something holds. */
async function until(holds, patience = 10_000) {
  for (const begun = Date.now(); !(await holds()); await sleep(10)) {
    if (Date.now() - begun > patience) throw new Error(`it did not come to hold: ${holds}`);
  }
}

module.exports = { EventClient, startLiveApp, track, until };
