/**
 * Servers of 1.x, as deployed: `@grpc/grpc-js` in front of plain `pg`. They know nothing of mtdd.v1, and answer its
 * calls with UNIMPLEMENTED.
 */

const grpc = require('@grpc/grpc-js');
const pg = require('pg');
const { DBService, LookupService } = require('./wire');

/** Serves on a port of loopback, a free one if it does not matter. */
async function serve(definition, handlers, at = '127.0.0.1:0') {
  const server = new grpc.Server();
  server.addService(definition.service, handlers);
  const port = await new Promise((resolve, reject) => {
    server.bindAsync(at, grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, server };
}

/**
 * A query server.
 *
 * @param {string} databaseUrl
 * @param {string} [at] host:port
 * @param {(payload: string) => string} [dataOf] what it sends of a notification; by the contract a JSON string
 * @returns {Promise<{ address: string, queries: object[], listeners(): number, stop(): Promise<void> }>} `queries`: the
 *   requests that came, in order; `listeners`: how many listen at this moment
 */
async function startLegacyQueryServer(databaseUrl, at, dataOf = JSON.stringify) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const listeners = new Set();
  const queries = [];
  const { address, server } = await serve(
    DBService,
    {
      executeQuery(call, callback) {
        const { query, params } = call.request;
        queries.push(call.request);
        pool
          .query(
            query,
            params.map((text) => (text === 'null' ? null : text)),
          )
          .then(
            ({ rows, rowCount, command }) =>
              callback(null, { result: JSON.stringify(rows), rowCount: rowCount ?? 0, command }),
            (error) => callback({ code: grpc.status.INTERNAL, message: error.message }),
          );
      },
      async listenToChannel(call) {
        const { channelName } = call.request;
        const client = new pg.Client({ connectionString: databaseUrl });
        listeners.add(client);
        client.on('error', () => call.end());
        client.on('notification', ({ channel, payload }) =>
          call.write({ channelName: channel, data: dataOf(payload), timestamp: new Date().toISOString() }),
        );
        call.on('cancelled', () => {
          listeners.delete(client);
          client.end();
        });
        await client.connect();
        await client.query(`LISTEN ${client.escapeIdentifier(channelName)}`);
      },
    },
    at,
  );
  return {
    address,
    queries,
    listeners: () => listeners.size,
    async stop() {
      server.forceShutdown();
      await Promise.all([pool.end(), ...[...listeners].map((client) => client.end())]);
    },
  };
}

/**
 * A lookup server that keeps its tenants in memory, and places them in turn.
 *
 * @param {number} shards
 * @returns {Promise<{ address: string, stop(): Promise<void> }>}
 */
async function startLegacyLookupServer(shards) {
  const tenants = new Map();
  const key = ({ tenant_name, tenant_type }) => JSON.stringify([tenant_name, tenant_type]);
  const { address, server } = await serve(LookupService, {
    GetTenantShard({ request }, callback) {
      const found = tenants.get(key(request));
      if (found) callback(null, found);
      else callback({ code: grpc.status.NOT_FOUND, message: 'unknown tenant' });
    },
    AddTenantShard({ request }, callback) {
      const number = tenants.size;
      // As the deployed ones do.
      if (tenants.has(key(request))) {
        callback({ code: grpc.status.ALREADY_EXISTS, message: 'tenant exists' });
        return;
      }
      tenants.set(key(request), { tenant_id: `id-${number}`, shard_index: number % shards });
      callback(null, tenants.get(key(request)));
    },
  });
  return { address, stop: async () => server.forceShutdown() };
}

module.exports = { startLegacyQueryServer, startLegacyLookupServer };
