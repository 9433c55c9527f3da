/**
 * A few shards with rows of their own, one database that holds all of them, and a Knex instance with the library on the
 * shards: what a query for all shards is compared with. (support/random-fan-out asks generated queries.)
 */

const assert = require('node:assert/strict');
const express = require('express');
const knex = require('knex');
const { Client } = require('pg');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { outcome } = require('../../testkit/same');
const { difference } = require('./random-fan-out/compare');

/** Nothing listens there: a query that stays local by mistake cannot pass. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nowhere';

class Shards {
  /** What `refill` puts in, and where each tenant lives. */
  #content;

  constructor({ cluster, db, handle, whole, databases, content }) {
    this.#content = content;
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
   * The query gives on all shards exactly what it gives on the whole.
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

  /**
   * Asks both sides, and says what is different in the eyes of SQL: rows that tie may change places, and sums of floats
   * may differ in their last digit.
   *
   * @param {string} sql
   * @param {any[]} [bindings]
   * @param {{ options?: object, anyOrder?: boolean }} [how] `options`: of `.mtdd()`; `anyOrder`: ORDER BY leaves the
   *   order open
   * @returns {Promise<{ expected: object, actual: object, difference: string | undefined }>} without ORDER BY at its
   *   end, rows may come in any order
   */
  async ask(sql, bindings = [], { options, anyOrder = false } = {}) {
    const expected = await outcome(() => this.whole.raw(sql, bindings));
    const actual = await this.askLibrary(sql, bindings, options);
    const items = (expected.value?.fields ?? []).map(({ name }) => ({
      alias: name,
      expression: { type: 'text' },
    }));
    const isOrdered = !anyOrder && /\border by [^()]*(\([^()]*\)[^()]*)*$/i.test(sql);
    const found = await difference({ kind: 'select', items, order: [] }, expected, actual, {
      describe: (fields) =>
        fields.map((field) => ({ ...field, tables: [field.tableID], types: [field.dataTypeID] })),
      ranked: async () =>
        expected.value.rows.map((row, index) => ({ ...row, mtdd_rank0: isOrdered ? index : 0 })),
    });
    return { expected, actual, difference: found };
  }

  /** Asks the library alone. @returns {Promise<import('./random-fan-out/compare').Outcome>} */
  askLibrary(sql, bindings = [], options = undefined) {
    const query = this.db.raw(sql, bindings);
    return outcome(() => (options === undefined ? query.mtdd() : query.mtdd(options)));
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

  /** Puts the rows of `tables` in, instead of those that are there. */
  async refill() {
    const { tables, homeOf } = this.#content;
    const { local, shards } = this.cluster;
    await Promise.all([
      replaceRows(local.databaseUrl, tables, () => true),
      ...shards.map(({ databaseUrl }, shard) =>
        replaceRows(databaseUrl, tables, ({ tenant_id: tenant }) => homeOf(tenant) === shard),
      ),
    ]);
  }

  /** After a statement that may have changed rows of `tables`: fails if other rows are there; then refills. */
  async assertSameRows() {
    const { local, shards } = this.cluster;
    for (const [table, [{ tenant_id: tenant }]] of Object.entries(this.#content.tables)) {
      const whole = await rowsOf(local.databaseUrl, table);
      const parts = await Promise.all(shards.map(({ databaseUrl }) => rowsOf(databaseUrl, table)));
      if (tenant === undefined) for (const part of parts) assert.deepEqual(part, whole, table);
      else assert.deepEqual(parts.flat().sort(), whole, table);
    }
    await this.refill();
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

/** All rows of a table, as sorted texts. */
async function rowsOf(databaseUrl, table) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(`select t::text as row from ${table} t`);
  await client.end();
  return rows.map(({ row }) => row).sort();
}

async function replaceRows(databaseUrl, tables, isHere) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [table, rows] of Object.entries(tables)) {
      const here = rows.filter((row) => row.tenant_id === undefined || isHere(row));
      await client.query(`truncate ${table}`);
      await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
        JSON.stringify(here),
      ]);
      await client.query(`analyze ${table}`);
    }
  } finally {
    await client.end();
  }
}

/**
 * Starts them.
 *
 * @param {object} [options]
 * @param {number} [options.shards] how many (default 3)
 * @param {string[]} [options.seed] statements that make the tables, everywhere
 * @param {Record<string, object[]>} [options.tables] rows by table, for `refill`, which runs at the start too; those with
 *   `tenant_id` live on their tenant's shard, all others on every shard
 * @param {(tenant: string) => number} [options.homeOf] a tenant's shard; `tables` need it
 * @param {object} [options.mtdd] more of the configuration
 * @param {object} [options.portal]
 * @param {string[]} [options.serverArgs] more flags for the query servers
 * @param {string} [options.options] of the connection under the library, as in `-c role=reader`
 * @returns {Promise<Shards>}
 */
async function startShards({
  shards = 3,
  seed = [],
  tables = {},
  homeOf,
  mtdd = {},
  portal = { tenantColumnName: 'tenant' },
  serverArgs = [],
  options,
} = {}) {
  const cluster = await startCluster({ shards, seed, serverArgs });
  try {
    const open = (connection) => knex({ client: 'pg', connection, pool: { min: 0, max: 4 } });
    const db = open({ connectionString: NOWHERE, options });
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
    const whole = open(cluster.local.databaseUrl);
    const started = new Shards({ cluster, db, handle, whole, databases, content: { tables, homeOf } });
    await started.refill();
    return started;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

module.exports = { startShards };
