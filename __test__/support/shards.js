/**
 * A few shards with rows of their own, one database that holds all of them, and a Knex instance with the library on it:
 * what a query for all shards is compared with.
 */

const assert = require('node:assert/strict');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');

class Shards {
  constructor(cluster, db, handle, whole, databases) {
    this.cluster = cluster;
    /** Knex under the library. */
    this.db = db;
    this.handle = handle;
    /** Plain Knex on the database that holds all rows. */
    this.whole = whole;
    /** Plain Knex on each shard's own database. */
    this.databases = databases;
  }

  /**
   * The query gives on all shards what it gives on the whole.
   *
   * @param {(db: import('knex').Knex) => object} question makes a query
   * @param {{ ordered?: boolean, asked?: unknown[] }} [options] `ordered`: its rows have an order; `asked`: arguments of
   *   `.mtdd()`
   * @returns {Promise<any>} the result
   */
  async same(question, { ordered = true, asked = [] } = {}) {
    const expected = await question(this.whole);
    const actual = await question(this.db).mtdd(...asked);
    assert.deepStrictEqual(shown(actual, ordered), shown(expected, ordered));
    return actual;
  }

  /** Runs statements on every shard and on the whole, past the library. */
  async prepare(...statements) {
    for (const database of [...this.databases, this.whole]) {
      for (const statement of statements) await database.raw(statement);
    }
  }

  /** Rows for a table: those of each shard on it, and all of them on the whole. */
  async fill(table, rowsOfShards) {
    for (const [index, rows] of rowsOfShards.entries()) {
      if (rows.length > 0) await this.databases[index](table).insert(rows);
      if (rows.length > 0) await this.whole(table).insert(rows);
    }
  }

  /** Statements that the shards' PostgreSQLs are running now, by a mark in their text. */
  async running(mark) {
    const { rows } = await this.whole.raw(
      "select query from pg_stat_activity where state = 'active' and query like ? and pid <> pg_backend_pid()",
      [`%${mark}%`],
    );
    return rows.length;
  }

  async stop() {
    for (const instance of [this.db, this.whole, ...this.databases]) await instance.destroy();
    await this.cluster.stop();
  }
}

/** A result without the object ids of tables, which each database gives anew, and rows without an order in any order. */
function shown(result, ordered) {
  const sort = (rows) => {
    if (ordered || !Array.isArray(rows)) return rows;
    return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  };
  if (result === null || typeof result !== 'object' || Array.isArray(result)) return sort(result);
  return { ...result, rows: sort(result.rows) };
}

/**
 * Starts them.
 *
 * @param {object} [options]
 * @param {number} [options.shards] how many (default 3)
 * @param {string[]} [options.seed] statements that make the tables, everywhere
 * @param {object} [options.mtdd] more of the configuration
 * @param {object} [options.portal]
 * @param {string[]} [options.serverArgs] more flags for the query servers
 * @param {string} [options.options] of the connection under the library, as in `-c role=reader`
 * @returns {Promise<Shards>}
 */
async function startShards({
  shards = 3,
  seed = [],
  mtdd = {},
  portal = { tenantColumnName: 'tenant' },
  serverArgs = [],
  options,
} = {}) {
  const cluster = await startCluster({ shards, seed, serverArgs });
  const open = (connection) => knex({ client: 'pg', connection, pool: { min: 0, max: 4 } });
  const ours = options && { connectionString: cluster.local.databaseUrl, options };
  const db = open(ours ?? cluster.local.databaseUrl);
  const handle = await InitializeReplication(express(), db, {
    mtdd: {
      useMtdd: true,
      queryServers: cluster.queryServers,
      lookupServer: cluster.lookupServer,
      logLevel: 'silent',
      ...mtdd,
    },
    portal,
  });
  const databases = cluster.shards.map(({ databaseUrl }) => open(databaseUrl));
  return new Shards(cluster, db, handle, open(cluster.local.databaseUrl), databases);
}

module.exports = { startShards };
