const assert = require('node:assert/strict');
const http2 = require('node:http2');
const { once } = require('node:events');
const { after, before, describe, it } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { startPostgres } = require('../../testkit/postgres');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');

const CALLS = 300;

describe('a client that cancels many calls at once keeps its connection', () => {
  let postgres;
  const servers = {};

  before(async () => {
    postgres = await startPostgres();
    servers.query = await startQueryServer({ databaseUrl: await postgres.createDatabase('shard') });
    servers.lookup = await startLookupServer({ shards: 1 });
  });
  after(async () => {
    for (const server of Object.values(servers)) await server.stop();
    await postgres?.destroy();
  });

  for (const kind of ['query', 'lookup']) {
    it(`to the ${kind} server`, async () => {
      const connection = http2.connect(`http://${servers[kind].address}`);
      let goodbye;
      connection.on('goaway', (code) => {
        goodbye = code;
      });
      connection.on('error', () => {});
      await once(connection, 'connect');
      const headers = {
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      };
      for (let round = 0; round < 10; round++) {
        const calls = Array.from({ length: CALLS }, () => connection.request(headers).on('error', () => {}));
        await turn();
        for (const call of calls) call.close(http2.constants.NGHTTP2_CANCEL);
        await turn();
      }
      const call = connection.request(headers);
      call.end(Buffer.from([0, 0, 0, 0, 0]));
      const [answer] = await once(call, 'response');
      assert.deepEqual([answer[':status'], goodbye], [200, undefined]);
      call.resume();
      await once(call, 'close');
      connection.close();
    });
  }
});
