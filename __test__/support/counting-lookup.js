/**
 * A gRPC server between the library and a real lookup server that counts the calls it passes on. The lookup server
 * itself has no need to count.
 */

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const PROTO = path.join(__dirname, '..', '..', 'proto', 'lookup.proto');

/**
 * @param {string} target host:port of the lookup server
 * @returns {Promise<{ address: string, counts: { GetTenantShard: number, AddTenantShard: number }, stop(): void }>}
 */
async function startCountingLookup(target) {
  const { LookupService } = grpc.loadPackageDefinition(loader.loadSync(PROTO)).mtdd.v1;
  const client = new LookupService(target, grpc.credentials.createInsecure());
  const counts = { GetTenantShard: 0, AddTenantShard: 0 };
  const passOn = (method) => (call, callback) => {
    counts[method] += 1;
    client[method](call.request, callback);
  };
  const server = new grpc.Server();
  server.addService(LookupService.service, {
    GetTenantShard: passOn('GetTenantShard'),
    AddTenantShard: passOn('AddTenantShard'),
  });
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    counts,
    stop() {
      client.close();
      server.forceShutdown();
    },
  };
}

module.exports = { startCountingLookup };
