/**
 * The Dart clients up to 0.0.6, by the rules of their published source: how they ask, how they read what comes, and how it
 * gets into their SQLite database.
 */

const http = require('node:http');
const { token } = require('./http-app');

/** SQLite gives a text that is a number to a column of numbers as the number. */
const AFFINITIES = {
  INTEGER: (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value),
  REAL: (value) => (typeof value === 'string' && value !== '' && !Number.isNaN(+value) ? +value : value),
  TEXT: (value) => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : value),
};

/** A table of SQLite with a primary key. */
class SqliteTable {
  #columns;
  #key;
  /** By the key. @type {Map<string, Record<string, unknown>>} */
  rows = new Map();

  /**
   * @param {string} key
   * @param {Record<string, 'INTEGER' | 'REAL' | 'TEXT'>} columns
   */
  constructor(key, columns) {
    this.#key = key;
    this.#columns = columns;
  }

  /** INSERT OR REPLACE: columns that the row lacks become null. */
  replace(row) {
    const stored = Object.fromEntries(
      Object.entries(this.#columns).map(([name, type]) => {
        const value = row[name] ?? null;
        if (typeof value === 'number' && Number.isSafeInteger(value) && type === 'INTEGER')
          return [name, BigInt(value)];
        return [name, AFFINITIES[type](value)];
      }),
    );
    this.rows.set(String(stored[this.#key]), stored);
  }

  has(name) {
    return Object.hasOwn(this.#columns, name);
  }

  /** SELECT max(column) */
  max(column) {
    const values = [...this.rows.values()].map((row) => row[column]).filter((value) => value !== null);
    return values.reduce((most, value) => (most === null || value > most ? value : most), null);
  }
}

/** What the client makes of a row: columns that its table has, with values that SQLite takes. */
function storable(table, row) {
  const entries = Object.entries(row).filter(([name]) => table.has(name));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value === 'boolean') return [name, value ? 1 : 0];
      if (typeof value === 'object' && value !== null) return [name, JSON.stringify(value)];
      return [name, value];
    }),
  );
}

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Splits a stream into lines, also where a line ends within a chunk, or CR and LF come apart. */
class Lines {
  #rest = '';

  /** The lines that are complete now. */
  take(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    return lines;
  }
}

/** What reads server-sent events as package:eventsource does: every block is an event, also one without data. */
class EventSourceReader {
  #lines = new Lines();
  #data = null;
  #take;

  constructor(take) {
    this.#take = take;
  }

  read(text) {
    for (const line of this.#lines.take(text)) {
      if (line === '') {
        if (this.#data !== null) this.#take(this.#data.slice(0, -1));
        this.#data = null;
        continue;
      }
      const [, field, value = ''] = /^([^:]*):? ?(.*)?$/s.exec(line);
      if (field === 'data') this.#data = `${this.#data ?? ''}${value}\n`;
    }
  }
}

/** What reads them line by line. */
class LineReader {
  #lines = new Lines();
  #takeEvent;
  #takeMessage;

  constructor(takeEvent, takeMessage) {
    this.#takeEvent = takeEvent;
    this.#takeMessage = takeMessage;
  }

  read(text) {
    for (const line of this.#lines.take(text).map((one) => one.trim())) {
      if (!line.startsWith('data: ')) continue;
      const data = line.slice(6).trim();
      let event;
      try {
        event = JSON.parse(data);
      } catch {
        this.#takeMessage(data);
        continue;
      }
      if (isMap(event)) this.#takeEvent(event);
      else this.#takeMessage(data);
    }
  }
}

/** A client with its database. */
class DartClient {
  /** What it could not make sense of. @type {string[]} */
  faults = [];
  /** What it has been told beside rows. @type {string[]} */
  messages = [];
  /** The changes that it has applied, in their order. */
  events = [];
  raw = '';
  isClosed = false;
  #request;

  /**
   * @param {object} options
   * @param {number} options.port
   * @param {object} options.claims of its token
   * @param {Record<string, SqliteTable>} options.tables
   * @param {'events' | 'lines'} [options.reads] how it reads the stream
   */
  constructor({ port, claims, tables, reads = 'events' }) {
    this.port = port;
    this.token = token(claims);
    this.tables = tables;
    this.reader =
      reads === 'lines'
        ? new LineReader(
            (event) => this.#apply(event),
            (message) => this.messages.push(message),
          )
        : new EventSourceReader((data) => this.#takeData(data));
  }

  #takeData(data) {
    if (data === 'Connected') {
      this.messages.push(data);
      return;
    }
    try {
      const text = JSON.parse(data);
      if (typeof text !== 'string') throw new Error('jsonDecode expects a String');
      this.#apply(JSON.parse(text));
    } catch (error) {
      this.faults.push(`${error.message}: ${data}`);
    }
  }

  #apply(event) {
    const { table, data } = event;
    if (typeof table !== 'string' || !isMap(data)) {
      this.faults.push(`no change: ${JSON.stringify(event)}`);
      return;
    }
    this.events.push(event);
    const target = this.tables[table];
    if (target !== undefined) target.replace(storable(target, data));
  }

  /** Opens the stream, with headers as phones do, or by the URL as browsers have to. */
  listen({ how = 'headers', deviceId = '281474976710655' } = {}) {
    const inUrl = how === 'url';
    const query = inUrl ? `?deviceId=${deviceId}&token=${encodeURIComponent(this.token)}` : '';
    const headers = inUrl ? {} : { deviceId, Authorization: `Bearer ${this.token}` };
    return new Promise((resolve, reject) => {
      this.#request = http.get(
        { host: '127.0.0.1', port: this.port, path: `/mtdd/events${query}`, headers, agent: false },
        (response) => {
          this.headers = response.headers;
          response.setEncoding('utf8').on('data', (text) => {
            this.raw += text;
            this.reader.read(text);
          });
          response.on('error', () => {});
          response.on('close', () => {
            this.isClosed = true;
          });
          resolve(response.statusCode);
        },
      );
      this.#request.on('error', reject);
    });
  }

  /**
   * Loads a table: all of the answer in one transaction, or nothing.
   *
   * @param {string} name
   * @param {{ deviceId?: string | null, extra?: Record<string, string>, onChunk?: (text: string) => void }} [options]
   * @returns {Promise<unknown>} the answer
   */
  async load(name, { deviceId = '281474976710655', extra = {}, onChunk } = {}) {
    const table = this.tables[name];
    const query = new URLSearchParams({
      tableName: name,
      lastUpdated: String(table.max('mtds_lastUpdatedTxid') ?? 0),
      ...(deviceId !== null && { deviceId }),
      ...extra,
    });
    const headers = { Authorization: `Bearer ${this.token}`, Accept: 'application/json' };
    const response = await fetch(`http://127.0.0.1:${this.port}/mtdd/Load?${query}`, { headers });
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      onChunk?.(chunk);
    }
    if (response.status !== 200) throw new Error(`Failed with status code: ${response.status}`);
    const answer = JSON.parse(text);
    const rows = Array.isArray(answer) ? answer : [answer];
    for (const row of rows.map((one) => storable(table, one))) table.replace(row);
    return answer;
  }

  close() {
    this.#request?.destroy();
  }
}

module.exports = { DartClient, SqliteTable };
