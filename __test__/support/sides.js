/**
 * Two sides that must come to the same: plain Knex on a database, and Knex under the library with a query server in
 * front of one. The library's own pool leads to an empty database, and every connection that is asked of it is counted:
 * what stays local by mistake finds no table, leaves something behind, or is counted.
 */

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { Client } = require('pg');
const { createMtddKnex, InitializeReplication, withTenant } = require('../../js');
const { startPostgres, onConnection } = require('../../testkit/postgres');
const { startQueryServer } = require('../../testkit/servers');
const { assertSame, outcome } = require('../../testkit/same');
const { DEFINITIONS, RESET, READ } = require('./content');

/** Milliseconds that plain Knex has to end. */
const PATIENCE = 2000;
const TENANT = 'acme';

const asItIs = (query) => query;
/** The ways to say whose a query is; each runs a case and gives what it comes to. */
const WAYS = {
  '.mtdd()': ({ library }, run) => run(library, (query) => query.mtdd(TENANT, 1)),
  withTenant: ({ library }, run) => withTenant(TENANT, () => run(library, asItIs)),
  forTenant: ({ factory }, run) => run(factory.forTenant(TENANT), asItIs),
  'a transaction for the tenant': ({ library }, run) =>
    library.transaction((trx) => run(trx, asItIs), { mtdd: { tenantId: TENANT } }),
};

/**
 * What both sides run.
 *
 * @callback Case
 * @param {import('knex').Knex} db
 * @param {<T>(query: T) => T} route marks a query for the library, where this way of saying it needs that
 * @returns {unknown} a query, or a promise of any value
 */

/** The sides; made by `startSides`. */
class Sides {
  #parts;
  #opened = [];

  /**
   * @param {object} parts
   * @param {string} parts.plain the database of plain Knex
   * @param {string} [parts.shard] that of the query server; `plain` by default
   * @param {string} parts.empty that of the library's own pool
   * @param {{ address: string }} parts.server
   * @param {boolean} [parts.anew] every run begins with the rows of ./content, and what it leaves is compared
   * @param {object} [parts.postgres]
   * @param {Client} [parts.admin]
   */
  constructor(parts) {
    this.#parts = { shard: parts.plain, ...parts };
    /** A connection to the shard's database, past both sides. */
    this.admin = parts.admin;
  }

  /** The databases of the two sides, which may be one. */
  get databases() {
    return [...new Set([this.#parts.plain, this.#parts.shard])];
  }

  /** The query server. */
  get server() {
    return this.#parts.server;
  }

  /**
   * Knex instances on both sides with the same configuration; ended with the suite.
   *
   * @param {object} [config] more of Knex's configuration
   * @param {object} [connection] more of its `connection`
   */
  async pair(config = {}, connection = {}) {
    const settings = (text) => {
      const { hostname: host, port, username: user, password, pathname } = new URL(text);
      const place = { host, port: Number(port), user, password, database: pathname.slice(1) };
      return { client: 'pg', pool: { min: 0, max: 10 }, ...config, connection: { ...place, ...connection } };
    };
    const { plain: url, empty, server } = this.#parts;
    const routing = { mtdd: { useMtdd: true, queryServers: [server.address] } };
    const plain = knex(settings(url));
    const library = knex(settings(empty));
    const handle = await InitializeReplication(express(), library, routing);
    const factory = await createMtddKnex({ knex: settings(empty), ...routing });
    const pair = { plain, library, factory, handle, locals: 0 };
    for (const db of [library, factory]) db.client.pool.on('acquireRequest', () => pair.locals++);
    this.#opened.push(pair);
    return pair;
  }

  /** Puts the data back to how every case finds it. */
  async reset() {
    await this.admin.query(RESET);
  }

  /** Everything that is in the database, as one text. */
  async content() {
    return (await this.admin.query(READ)).rows[0].content;
  }

  /** Runs statements on the database of each side, past both. */
  async prepare(...statements) {
    for (const database of this.databases) await onConnection(database, ...statements);
  }

  /**
   * A case succeeds with the same value on both sides.
   *
   * @param {Case} run
   * @param {object} [options] as those of `agree`
   * @returns {Promise<any>} the value
   */
  async same(run, options) {
    const { value, error } = await this.agree(run, options);
    if (error) throw error;
    return value;
  }

  /** A text gives the same `Result` on both sides. */
  sql(text, bindings) {
    return this.same((db, route) => route(bindings === undefined ? db.raw(text) : db.raw(text, bindings)));
  }

  /**
   * A case fails with the same error on both sides.
   *
   * @param {Case} run
   * @param {{ code?: string, message?: RegExp }} [options] what the error must have; and those of `agree`
   * @returns {Promise<any>} the error
   */
  async sameError(run, { code, message, ...options } = {}) {
    const { error } = await this.agree(run, options);
    assert.ok(error, 'it does not fail');
    if (code !== undefined) assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return error;
  }

  /**
   * Runs a case on plain Knex and on the library, and compares what they come to, value or error; where both have one
   * database, from the same data, and also the data that they leave.
   *
   * @param {Case} run
   * @param {object} [options]
   * @param {object} [options.on] the instances; those of the suite's own by default
   * @param {string[]} [options.ways] of WAYS; all of them, unless what a case does to its database stays
   * @param {number} [options.locals] connections that the case itself asks of the library's own pool
   * @returns {Promise<{ value?: any, error?: any }>} what plain Knex came to
   */
  async agree(run, { on = this.own, ways = this.#ways(), locals = 0 } = {}) {
    const expected = await this.outcome(() => run(on.plain, asItIs));
    for (const way of ways) {
      on.locals = 0;
      const actual = await this.outcome(() => WAYS[way](on, run));
      if (actual.error && !expected.error)
        throw new Error(`${way}: only the library fails: ${actual.error.stack}`, { cause: actual.error });
      assertSame(actual, expected, way);
      assert.equal(on.locals, locals, `${way}: it asked for local connections`);
    }
    return expected;
  }

  #ways() {
    return this.#parts.anew ? Object.keys(WAYS) : ['.mtdd()'];
  }

  /** What a call comes to; where every run begins anew, from the same data, and with what it leaves. */
  async outcome(call) {
    if (!this.#parts.anew) return outcome(call);
    await this.reset();
    return { ...(await outcome(call)), content: await this.content() };
  }

  /**
   * New connections for plain Knex: the older versions of `pg` leave theirs waiting for ever after a value that could
   * not be converted.
   */
  async reconnectPlain() {
    await this.own.plain.destroy();
    this.own.plain.initialize();
  }

  /** Ends the Knex instances. */
  async close() {
    for (const { plain, library, factory } of this.#opened) {
      await library.destroy();
      await factory.destroy();
      // Older versions of Knex never give back the connection of a stream that was broken off, and would wait for it.
      await Promise.race([plain.destroy(), sleep(PATIENCE, undefined, { ref: false })]);
    }
  }

  /** Ends everything; fails if anything has been left in the empty database. */
  async stop() {
    const { postgres, server, empty } = this.#parts;
    await this.close();
    await this.admin.end();
    try {
      await assertEmpty(empty);
    } finally {
      await server.stop();
      await postgres.destroy();
    }
  }
}

async function assertEmpty(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "select relname from pg_class c join pg_namespace n on n.oid = relnamespace where nspname !~ '^(pg_|information_schema)'",
  );
  await client.end();
  assert.deepEqual(rows, [], 'left in the local database');
}

/**
 * Starts a PostgreSQL with the databases, a query server, and the suite's own instances, `sides.own`.
 *
 * @param {object} [options]
 * @param {string[]} [options.seed] statements that make the content of two databases, one for each side, which keep what
 *   cases do to them. Without it both sides have one database, and every run begins with the rows of ./content
 * @param {Record<string, string>} [options.databaseSettings] for `ALTER DATABASE ... SET`
 * @param {object} [options.knex] more of Knex's configuration, for both
 * @param {object} [options.connection] more of Knex's `connection`, for both
 * @returns {Promise<Sides>}
 */
async function startSides({ seed, databaseSettings = {}, knex: config, connection } = {}) {
  const postgres = await startPostgres();
  let server;
  try {
    const anew = seed === undefined;
    const plain = await postgres.createDatabase('plain');
    await onConnection(plain, ...(anew ? DEFINITIONS : seed));
    // A copy, so that object ids are the same in both.
    const shard = anew ? plain : await postgres.createDatabase('shard', { template: 'plain' });
    const empty = await postgres.createDatabase('empty');
    for (const name of anew ? ['plain'] : ['plain', 'shard']) {
      for (const [key, value] of Object.entries(databaseSettings))
        await onConnection(postgres.url(), `alter database "${name}" set ${key} to ${value}`);
    }
    const admin = new Client({ connectionString: shard });
    await admin.connect();
    // A case that leaves a transaction open would make the next one's reset wait for ever.
    await admin.query("set lock_timeout = '10s'");
    server = await startQueryServer({ databaseUrl: shard });
    const sides = new Sides({ plain, shard, empty, server, anew, postgres, admin });
    sides.own = await sides.pair(config, connection);
    return sides;
  } catch (error) {
    await server?.stop();
    await postgres.destroy();
    throw error;
  }
}

module.exports = { startSides, Sides, TENANT };
