/**
 * Shards, their query servers and a lookup server, started together and stopped together. One PostgreSQL process
 * serves all shards as one database each, unless asked otherwise.
 */

const { startPostgres, onConnection } = require('./postgres');
const { startQueryServer, startLookupServer } = require('./servers');

/**
 * Starts a cluster.
 *
 * @param {object} [options]
 * @param {number} [options.shards] how many (default 2)
 * @param {string[]} [options.seed] statements to run in every shard and in the local database. The databases are
 *   copies of one, so object ids are the same in all of them (except with `separate`)
 * @param {boolean} [options.separate] one PostgreSQL process per shard; the last one also has the local database
 *   and the lookup server's
 * @param {boolean} [options.durableLookup] the lookup server keeps its tenants in PostgreSQL, not in memory
 * @param {number} [options.lookups] how many lookup servers on that PostgreSQL (default 1; more need `durableLookup`)
 * @param {boolean} [options.fenced] the query servers check with the lookup servers where tenants live
 * @param {string[]} [options.serverArgs] more flags for the query servers
 * @returns {Promise<{
 *   shards: { databaseUrl: string, address: string, server: object, postgres: object,
 *     stop(): Promise, kill(): Promise, start(): Promise, restart(): Promise }[],
 *   lookup: object, lookups: object[], lookupDatabaseUrl: string | undefined, local: { databaseUrl: string }, queryServers: string[], lookupServer: string,
 *   postgres: object[], stop(): Promise<void>
 * }>} `shards[i]` is the query server on shard i; `local` a database of the same content without a query server
 */
async function startCluster({
  shards = 2,
  seed = [],
  separate = false,
  durableLookup = false,
  lookups = 1,
  fenced = false,
  serverArgs = [],
} = {}) {
  const started = [];
  const stop = async () => {
    // Servers first: they would only complain about their PostgreSQL going away.
    await Promise.all(started.filter((one) => !one.destroy).map((one) => one.stop()));
    await Promise.all(started.filter((one) => one.destroy).map((one) => one.destroy()));
  };
  const keep = async (starting) => {
    const one = await starting;
    started.push(one);
    return one;
  };
  try {
    const postgres = await Promise.all(
      Array.from({ length: separate ? shards : 1 }, () => keep(startPostgres())),
    );
    const hostOf = (index) => postgres[separate ? index : 0];
    const localHost = postgres[postgres.length - 1];

    for (const host of postgres) await onConnection(await host.createDatabase('content'), ...seed);
    const databases = [];
    for (let index = 0; index < shards; index++) {
      databases.push(await hostOf(index).createDatabase(`shard${index}`, { template: 'content' }));
    }
    const local = { databaseUrl: await localHost.createDatabase('local', { template: 'content' }) };
    const store = durableLookup ? await localHost.createDatabase('lookup') : undefined;

    const lookupServers = await Promise.all(
      Array.from({ length: lookups }, () => keep(startLookupServer({ shards, databaseUrl: store }))),
    );
    const lookup = lookupServers[0];
    const lookupAddresses = lookupServers.map((server) => server.address).join(',');
    const fence = fenced ? ['--lookup', lookupAddresses] : [];
    const servers = await Promise.all(
      databases.map((databaseUrl, shard) =>
        keep(startQueryServer({ databaseUrl, args: ['--shard', String(shard), ...fence, ...serverArgs] })),
      ),
    );
    return {
      shards: servers.map((server, index) => ({
        databaseUrl: databases[index],
        address: server.address,
        server,
        postgres: hostOf(index),
        stop: () => server.stop(),
        kill: () => server.kill(),
        start: () => server.start(),
        restart: () => server.restart(),
      })),
      lookup,
      lookups: lookupServers,
      lookupDatabaseUrl: store,
      local,
      queryServers: servers.map((server) => server.address),
      lookupServer: lookupAddresses,
      postgres,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

module.exports = { startCluster };
