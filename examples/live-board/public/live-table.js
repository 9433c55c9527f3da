/**
 * A live copy of the tenant's rows of one table: loads them page by page from /mtdd/Load, and then follows /mtdd/events
 * from where the load began.
 */

/** Milliseconds between attempts to reach the server. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;

/**
 * Tells what happens by events, with these in `detail`:
 *
 * - `loaded`: all rows were read.
 * - `changed`: `{ action, row, before }`, one row was inserted, updated or deleted.
 * - `state`: `{ state, reason }`. `state` is 'loading', 'live', 'offline', 'failed' or 'closed'.
 */
export class LiveTable extends EventTarget {
  /** The rows by their keys. @type {Map<string, any>} */
  rows = new Map();
  /** @type {'loading' | 'live' | 'offline' | 'failed' | 'closed'} */
  state = 'closed';
  /** What the server has said about the state. @type {string | undefined} */
  reason;
  #table;
  #key;
  #login;
  /** Where a new stream begins: everything up to it is in the rows. */
  #position = '';
  #token;
  /** @type {EventSource | undefined} */
  #source;
  /** Changes that come while the table is loaded. */
  #held = [];
  #isLoading = false;
  #mustLoadAgain = false;
  #isClosed = false;
  #reopening;
  #pause = FIRST_PAUSE;

  /**
   * @param {object} options
   * @param {string} options.table
   * @param {string} options.key the column of its primary key
   * @param {() => Promise<string>} options.login gives a token; called at first, and whenever the last one is refused
   */
  constructor({ table, key, login }) {
    super();
    this.#table = table;
    this.#key = key;
    this.#login = login;
  }

  /** Loads and follows the table until `close`. */
  async open() {
    this.#setState('loading');
    await this.#load();
    await this.#listen();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#reopening);
    this.#source?.close();
    this.#setState('closed');
  }

  /** A request with the token. After 401 it logs in, and asks once more. */
  async fetch(path, options = {}) {
    for (let attempt = 1; ; attempt++) {
      this.#token ??= await this.#login();
      const headers = { ...options.headers, Authorization: `Bearer ${this.#token}` };
      const response = await fetch(path, { ...options, headers });
      if (response.status !== 401 || attempt === 2) return response;
      this.#token = undefined;
    }
  }

  /** Reads all pages. What the stream brings meanwhile may be newer than a page that was read before, and waits. */
  async #load() {
    this.#isLoading = true;
    do {
      this.#mustLoadAgain = false;
      this.#held = [];
      const rows = new Map();
      let hasMore = true;
      let timestamp = '';
      while (hasMore && !this.#mustLoadAgain && !this.#isClosed) {
        const page = await this.#page(timestamp);
        if (page === undefined) break;
        if (page.reset) rows.clear();
        for (const row of page.data) {
          if (row.action === 'DELETE') rows.delete(row[this.#key]);
          else rows.set(row[this.#key], row);
        }
        ({ timestamp, hasMore } = page);
      }
      if (this.#isClosed || this.state === 'failed') return;
      if (this.#mustLoadAgain) continue;
      this.rows = rows;
      if (this.#source === undefined) this.#position = timestamp;
    } while (this.#mustLoadAgain);
    this.#isLoading = false;
    this.#tell('loaded');
    for (const change of this.#held.splice(0)) this.#apply(change);
  }

  /** The page after a timestamp. Asks until the server answers; undefined if it refuses. */
  async #page(timestamp) {
    const query = new URLSearchParams({ tableName: this.#table, lastUpdated: timestamp });
    for (let pause = FIRST_PAUSE; !this.#isClosed; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      let response = await this.fetch(`/mtdd/Load?${query}`).catch(() => undefined);
      if (response?.ok) {
        // The connection may be lost in the middle of the page.
        const page = await response.json().catch(() => undefined);
        if (page !== undefined) return page;
        response = undefined;
      }
      if (response !== undefined && response.status < 500 && response.status !== 429) {
        const { error } = await response.json().catch(() => ({}));
        this.#setState('failed', error?.message);
        return undefined;
      }
      this.#setState('offline');
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return undefined;
  }

  /**
   * Opens the stream. When the connection is lost, EventSource comes back by itself and sends the id of the last event
   * it has got; the server prefers that to `lastEventId` in the URL, which stays as it is here.
   */
  async #listen() {
    if (this.#isClosed || this.state === 'failed') return;
    try {
      this.#token ??= await this.#login();
    } catch {
      this.#reopen(this.reason);
      return;
    }
    if (this.#isClosed) return;
    const query = new URLSearchParams({ token: this.#token, lastEventId: this.#position });
    const source = new EventSource(`/mtdd/events?${query}`);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#pause = FIRST_PAUSE;
      this.#setState(this.#isLoading ? 'loading' : 'live');
    });
    source.addEventListener('message', (event) => {
      // An event without an id leaves the position where it is.
      this.#position = event.lastEventId || this.#position;
      const change = JSON.parse(event.data);
      if (change.table !== this.#table) return;
      if (this.#isLoading) this.#held.push(change);
      else this.#apply(change);
    });
    // What comes next does not follow what is here: the table is read again, while the stream goes on.
    source.addEventListener('refetch', (event) => {
      this.#position = event.lastEventId || this.#position;
      const { table } = JSON.parse(event.data);
      if (table === undefined || table === this.#table) this.#loadAgain();
    });
    // The server ends the stream, and says why: it is stopping, or the token has expired.
    source.addEventListener('closed', (event) => {
      source.close();
      this.#reopen(JSON.parse(event.data).reason);
    });
    source.addEventListener('error', () => {
      // The server has refused it, and does not tell the page why: the token may have expired.
      if (source.readyState === EventSource.CLOSED) this.#reopen();
      else this.#setState('offline');
    });
  }

  /** Logs in again after a pause, and opens a stream that goes on where the last one was. */
  #reopen(reason) {
    if (this.#isClosed) return;
    this.#token = undefined;
    this.#setState('offline', reason);
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(() => this.#listen(), this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  async #loadAgain() {
    if (this.#isLoading) {
      this.#mustLoadAgain = true;
      return;
    }
    this.#setState('loading');
    await this.#load();
    if (this.#source?.readyState === EventSource.OPEN) this.#setState('live');
  }

  /** A change may come that a page has had already. */
  #apply({ action, data }) {
    const key = data[this.#key];
    const before = this.rows.get(key);
    if (action === 'DELETE') {
      if (!this.rows.delete(key)) return;
    } else {
      if (JSON.stringify(before) === JSON.stringify(data)) return;
      this.rows.set(key, data);
    }
    this.#tell('changed', { action, row: data, before });
  }

  #setState(state, reason) {
    if (state === this.state && reason === this.reason) return;
    this.state = state;
    this.reason = reason;
    this.#tell('state', { state, reason });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
