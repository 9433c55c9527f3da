/**
 * One database that holds all rows, and the same rows on shards behind the library: for tests that ask both the same
 * hand-written SQL for all shards. (support/differential asks generated SQL.)
 */

const assert = require('node:assert/strict');
const express = require('express');
const knex = require('knex');
const { Client } = require('pg');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { difference } = require('./random-fan-out/compare');
const { outcome } = require('./random-fan-out/run');

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nowhere';

/**
 * @typedef {Record<string, object[]>} Tables rows by table; those with `tenant_id` live on their tenant's shard, all
 *   others on every shard
 */

class FanOutPair {
  #cluster;
  #tables;
  #homeOf;

  constructor(cluster, { whole, library, handle, tables, homeOf }) {
    this.#cluster = cluster;
    this.#tables = tables;
    this.#homeOf = homeOf;
    /** Plain Knex on all rows. */
    this.whole = whole;
    /** Knex under the library. */
    this.library = library;
    this.handle = handle;
  }

  /** Puts the rows in again, after a statement that changed them. */
  async fill() {
    const { local, shards } = this.#cluster;
    await Promise.all([
      fill(local.databaseUrl, this.#tables, () => true),
      ...shards.map(({ databaseUrl }, shard) =>
        fill(databaseUrl, this.#tables, ({ tenant_id: tenant }) => this.#homeOf(tenant) === shard),
      ),
    ]);
  }

  /**
   * Asks both sides.
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
    const query = this.library.raw(sql, bindings);
    return outcome(() => (options === undefined ? query.mtdd() : query.mtdd(options)));
  }

  /** After a statement that may have changed rows: fails if other rows are there; then puts the rows in again. */
  async assertSameRows() {
    const { local, shards } = this.#cluster;
    for (const [table, [{ tenant_id: tenant }]] of Object.entries(this.#tables)) {
      const whole = await rowsOf(local.databaseUrl, table);
      const parts = await Promise.all(shards.map(({ databaseUrl }) => rowsOf(databaseUrl, table)));
      if (tenant === undefined) for (const part of parts) assert.deepEqual(part, whole, table);
      else assert.deepEqual(parts.flat().sort(), whole, table);
    }
    await this.fill();
  }

  async stop() {
    await this.handle.close();
    await Promise.all([this.whole.destroy(), this.library.destroy()]);
    await this.#cluster.stop();
  }
}

async function rowsOf(databaseUrl, table) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(`select t::text as row from ${table} t`);
  await client.end();
  return rows.map(({ row }) => row).sort();
}

async function fill(databaseUrl, tables, isHere) {
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
 * Starts both sides.
 *
 * @param {object} options
 * @param {number} options.shards
 * @param {string[]} options.definitions statements that make the tables
 * @param {Tables} options.tables
 * @param {(tenant: string) => number} options.homeOf a tenant's shard
 * @param {string[]} options.referenceTables
 * @returns {Promise<FanOutPair>}
 */
async function startFanOutPair({ shards, definitions, tables, homeOf, referenceTables }) {
  const cluster = await startCluster({ shards, seed: definitions });
  try {
    const connect = (connection) => knex({ client: 'pg', connection, pool: { min: 0, max: 4 } });
    const [whole, library] = [connect(cluster.local.databaseUrl), connect(NOWHERE)];
    const handle = await InitializeReplication(express(), library, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        referenceTables,
      },
      portal: { tenantColumnName: 'tenant_id' },
    });
    const pair = new FanOutPair(cluster, { whole, library, handle, tables, homeOf });
    await pair.fill();
    return pair;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

module.exports = { startFanOutPair };
