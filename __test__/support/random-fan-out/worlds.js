/**
 * Where the generator's queries run: databases that are shards, each behind a query server, and databases that hold
 * the rows of all shards. A world is a schema of its own in some of them, with random data: 1 to 8 shards, by code
 * points or by a language's rules.
 */

const express = require('express');
const knex = require('knex');
const { Client } = require('pg');
const { InitializeReplication } = require('../../../js');
const { startPostgres, onConnection } = require('../../../testkit/postgres');
const { startQueryServer, startLookupServer } = require('../../../testkit/servers');
const { Random } = require('../../../testkit/random');
const { randomData, insertions, DEFINITIONS } = require('../sql-generator');

/** How databases compare text; the last needs a PostgreSQL whose machine has the locale. */
const LOCALES = {
  C: "locale 'C'",
  icu: "locale_provider icu icu_locale 'en-US' locale 'C'",
};

/** Shards of each world, and its locale. */
const WORLDS = [
  [3, 'icu'],
  [2, 'C'],
  [8, 'icu'],
  [4, 'C'],
  [2, 'icu'],
  [5, 'C'],
  [1, 'icu'],
  [3, 'C'],
  [6, 'icu'],
  [7, 'C'],
];

const SETTINGS = {
  max_connections: 500,
  timezone: 'America/New_York',
  jit: 'off',
  max_parallel_workers_per_gather: 0,
};

/** A schema with its data, plain Knex on all of it, and Knex under the library on its shards. */
class World {
  /** Oids in words, of the database with everything and of each shard. */
  #names;

  constructor({ name, locale, data, urls, whole, library, handle }) {
    this.name = name;
    this.locale = locale;
    this.data = data;
    /** Of the databases: `whole` has everything, `again` too, in another order; and the shards. */
    this.urls = urls;
    /** Plain Knex on everything. */
    this.whole = whole;
    /** Knex under the library. */
    this.library = library;
    this.handle = handle;
  }

  /**
   * What the library answers. Tests of the comparison itself put something else here.
   *
   * @param {(db: import('knex').Knex) => object} build makes the query
   */
  async answer(build) {
    return await build(this.library).mtdd();
  }

  /** Makes the tables and fills them. */
  async create() {
    // Shards that were not made alike: the same names have other oids.
    const { whole, again, shards } = this.urls;
    for (const [index, url] of [whole, again, ...shards].entries()) {
      const filler = Array.from(
        { length: index % 3 },
        (_, one) => `create type ${this.name}_filler${one} as enum ('x')`,
      );
      await onConnection(
        url,
        ...filler,
        `create schema ${this.name}`,
        `set search_path to ${this.name}`,
        ...DEFINITIONS,
      );
    }
    await this.fill(this.data);
    this.#names = await Promise.all([whole, again, ...shards].map(namesOf));
  }

  /** Replaces all rows, except those of `scratch`. */
  async fill(data) {
    const backwards = { ...data };
    for (const table of ['orders', 'items', 'kinds']) backwards[table] = data[table].toReversed();
    await this.everywhere((shard) => [
      'truncate orders, items, kinds',
      ...(shard === 'again' ? insertions(backwards) : insertions(data, shard)),
    ]);
  }

  /** Makes `scratch` a copy of `orders` again. */
  async refillScratch() {
    await this.everywhere(() => ['truncate scratch', 'insert into scratch select * from orders']);
  }

  /** Runs statements past the library; the shard is undefined where all rows are, and 'again' in the other one. */
  async everywhere(statementsOf) {
    const { whole, again, shards } = this.urls;
    const run = (url, shard) => onConnection(url, `set search_path to ${this.name}`, ...statementsOf(shard));
    await Promise.all([run(whole), run(again, 'again'), ...shards.map(run)]);
  }

  /** The rows of `scratch`, as one PostgreSQL has them, and as all shards together do. */
  async scratchRows() {
    const read = async (url) => {
      const client = new Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query(`select s::text as row from ${this.name}.scratch s order by 1`);
      await client.end();
      return rows.map(({ row }) => row);
    };
    const [whole, ...shards] = await Promise.all([this.urls.whole, ...this.urls.shards].map(read));
    return { whole: whole.sort(), shards: shards.flat().sort() };
  }

  /**
   * Fields with names instead of the oids of one database. Those of shards: with all names that an oid has on any of
   * them, for each shard has oids of its own.
   */
  describe(fields, side) {
    const maps = side === 'whole' ? [this.#names[0]] : this.#names.slice(1);
    const named = (oid, kind) => [...new Set(maps.map((map) => map[kind].get(oid)))].filter(Boolean);
    return fields.map(({ tableID, dataTypeID, ...field }) => ({
      ...field,
      tables: tableID === 0 ? [0] : named(tableID, 'tables'),
      types: dataTypeID < 16384 ? [dataTypeID] : named(dataTypeID, 'types'),
    }));
  }

  async stop() {
    await this.handle?.close();
    await Promise.all([this.whole.destroy(), this.library.destroy()]);
  }
}

async function namesOf(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const read = async (text) => new Map((await client.query(text)).rows.map(({ oid, name }) => [oid, name]));
  const tables = await read('select oid, oid::regclass::text as name from pg_class where oid >= 16384');
  const types = await read('select oid, format_type(oid, null) as name from pg_type where oid >= 16384');
  await client.end();
  return { tables, types };
}

/**
 * Starts PostgreSQL, the servers and the worlds.
 *
 * @param {{ seed: string, count?: number }} options `count`: worlds, up to ten
 * @returns {Promise<{ worlds: World[], stop(): Promise<void> }>}
 */
async function startWorlds({ seed, count = WORLDS.length }) {
  const wanted = WORLDS.slice(0, count);
  const postgres = await startPostgres({ settings: SETTINGS });
  const servers = [];
  const worlds = [];
  const stop = async () => {
    await Promise.all(worlds.map((world) => world.stop()));
    await Promise.all(servers.map((server) => server.stop()));
    await postgres.destroy();
  };
  try {
    const places = {};
    for (const [locale, options] of Object.entries(LOCALES)) {
      const shards = Math.max(0, ...wanted.filter(([, one]) => one === locale).map(([many]) => many));
      if (shards === 0) continue;
      const names = [
        `whole_${locale}`,
        `again_${locale}`,
        ...Array.from({ length: shards }, (_, index) => `shard${index}_${locale}`),
      ];
      for (const name of names)
        await onConnection(
          postgres.url(),
          `create database "${name}" template template0 encoding 'UTF8' ${options}`,
        );
      const [wholeUrl, againUrl, ...shardUrls] = names.map((name) => postgres.url(name));
      places[locale] = { whole: wholeUrl, again: againUrl, shards: shardUrls, addresses: [] };
      for (const databaseUrl of shardUrls) {
        const server = await startQueryServer({ databaseUrl, args: ['--pool-size', '8'] });
        servers.push(server);
        places[locale].addresses.push(server.address);
      }
    }
    const lookup = await startLookupServer({ shards: 8 });
    servers.push(lookup);
    for (const [index, [shards, locale]] of wanted.entries()) {
      const name = `w${index}`;
      const { addresses, ...all } = places[locale];
      const urls = { ...all, shards: all.shards.slice(0, shards) };
      const data = randomData(new Random(`${seed}/data/${index}`), shards);
      const queryServers = addresses.slice(0, shards);
      const [whole, library] = [
        connect(urls.whole, name),
        connect('postgres://nobody@127.0.0.1:1/nowhere', name),
      ];
      const handle = await InitializeReplication(express(), library, {
        mtdd: {
          useMtdd: true,
          queryServers,
          lookupServer: lookup.address,
          timeout: 20_000,
          referenceTables: ['kinds'],
        },
        portal: { tenantColumnName: 'tenant_id' },
      });
      const world = new World({ name, locale, data, urls, whole, library, handle });
      worlds.push(world);
      await world.create();
    }
    return { worlds, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Plain Knex on a database of a world. */
function connect(connection, searchPath) {
  return knex({ client: 'pg', connection, searchPath, pool: { min: 0, max: 4 } });
}

module.exports = { startWorlds, connect };
