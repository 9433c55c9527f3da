/**
 * Two Knex instances on databases of the same content: one plain, one whose queries go through the library. The
 * second one's own connection leads nowhere, so a query that stays local by mistake cannot pass.
 */

const assert = require('node:assert/strict');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { assertSame } = require('../../testkit/same');

/** Nothing listens there; the name of the database is the shard's, because Knex's columnInfo asks by it. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/shard0';
/** The tenant of every routed query here; with a single query server each tenant lives on shard 0. */
const TENANT = 'tenant-of-the-tests';

/**
 * What both sides of a comparison run.
 *
 * @callback Question
 * @param {import('knex').Knex} db
 * @param {<T>(query: T) => T} route marks a query for the library; on the local side it returns it as it is
 * @returns {unknown} a query, or a promise of any value
 */

class Parity {
  constructor(cluster, local, remote, handle) {
    this.cluster = cluster;
    /** Plain Knex and pg. */
    this.local = local;
    /** Knex under the library. */
    this.remote = remote;
    this.handle = handle;
  }

  /**
   * Both sides succeed with the same value.
   *
   * @param {Question} question
   * @returns {Promise<any>} the value
   */
  async same(question) {
    const [local, remote] = await this.#ask(question);
    if (local.error) throw local.error;
    if (remote.error)
      throw new Error(`only the library fails: ${remote.error.stack}`, { cause: remote.error });
    assertSame(remote.value, local.value);
    return local.value;
  }

  /**
   * Both sides fail with the same error.
   *
   * @param {Question} question
   * @param {string|RegExp} [expected] the `code`, or what the message must match
   * @returns {Promise<any>} the error
   */
  async sameError(question, expected) {
    const [local, remote] = await this.#ask(question);
    assert.ok(local.error, 'the local side does not fail');
    assert.ok(remote.error, 'the library does not fail');
    if (expected instanceof RegExp) assert.match(local.error.message, expected);
    else if (expected) assert.equal(local.error.code, expected, local.error.message);
    assertSame(remote.error, local.error, 'error');
    return local.error;
  }

  /**
   * Both sides come to the same end, whichever it is.
   *
   * @param {Question} question
   * @returns {Promise<{ value?: any, error?: any }>}
   */
  async agree(question) {
    const [local, remote] = await this.#ask(question);
    assertSame(remote, local, 'outcome');
    return local;
  }

  /** Both sides give the same pg Result for a text. */
  sql(text, bindings) {
    return this.same((db, route) => route(bindings === undefined ? db.raw(text) : db.raw(text, bindings)));
  }

  /** Runs statements on both sides, past the library: what a test needs to be there. */
  async prepare(...statements) {
    for (const database of [this.cluster.local, this.cluster.shards[0]]) {
      await onConnection(database.databaseUrl, ...statements);
    }
  }

  /**
   * New connections for the local side: the older versions of `pg` leave theirs waiting for ever after a value that
   * could not be converted.
   */
  async reconnectLocal() {
    await this.local.destroy();
    this.local.initialize();
  }

  async stop() {
    await this.handle?.close();
    await Promise.all([this.local?.destroy(), this.remote?.destroy()]);
    await this.cluster.stop();
  }

  async #ask(question) {
    const local = await outcome(() => question(this.local, (query) => query));
    const remote = await outcome(() => question(this.remote, (query) => query.mtdd(TENANT)));
    return [local, remote];
  }
}

/** What a call came to, whether it throws, rejects or succeeds. */
async function outcome(call) {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

/**
 * Starts a PostgreSQL, a query server, and the two Knex instances.
 *
 * @param {object} [options]
 * @param {string[]} [options.seed] statements that make the content of both databases
 * @param {Record<string, string>} [options.databaseSettings] for `ALTER DATABASE ... SET` on both
 * @param {object} [options.knex] more of Knex's configuration, for both
 * @param {object} [options.connection] more of Knex's `connection`, for both
 * @returns {Promise<Parity>}
 */
async function startParity({ seed, databaseSettings = {}, knex: more = {}, connection = {} } = {}) {
  const cluster = await startCluster({ shards: 1, seed });
  try {
    const [shard] = cluster.shards;
    const settings = Object.entries(databaseSettings);
    if (settings.length > 0) {
      const commands = (name) =>
        settings.map(([key, value]) => `alter database "${name}" set ${key} to ${value}`);
      await onConnection(cluster.postgres[0].url(), ...commands('local'), ...commands('shard0'));
      // Its first connection is older than the settings.
      await shard.restart();
    }
    return new Parity(
      cluster,
      ...(await connect(cluster.local.databaseUrl, shard.address, more, connection)),
    );
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/**
 * The two Knex instances alone.
 *
 * @returns {Promise<[import('knex').Knex, import('knex').Knex, object]>} plain, under the library, and its handle
 */
async function connect(databaseUrl, address, more = {}, connection = {}) {
  const make = (text) => {
    const url = new URL(text);
    const { hostname: host, username: user, password } = url;
    const place = { host, port: Number(url.port), user, password, database: url.pathname.slice(1) };
    return knex({
      client: 'pg',
      ...more,
      connection: { ...place, ...connection },
      pool: { min: 0, max: 10 },
    });
  };
  const local = make(databaseUrl);
  const remote = make(NOWHERE);
  const handle = await InitializeReplication(express(), remote, {
    mtdd: { useMtdd: true, queryServers: [address] },
  });
  return [local, remote, handle];
}

module.exports = { startParity, connect, Parity, TENANT };
