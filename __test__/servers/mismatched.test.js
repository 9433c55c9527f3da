const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const express = require('express');
const knex = require('knex');
const {
  InitializeReplication,
  LookupUnavailableError,
  ProtocolError,
  ShardUnavailableError,
} = require('../../js');
const { Authority, DAY } = require('../support/authority');
const { startLegacyLookupServer, startLegacyQueryServer } = require('../support/legacy/servers');
const { startPostgres } = require('../../testkit/postgres');
const { startProxy } = require('../support/proxy');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');

describe('a client and a server that are set up for different connections', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-mismatched-'));
  const authority = new Authority();
  const stranger = new Authority('another authority');
  const own = authority.sign('127.0.0.1');
  const client = { ca: authority.pem, ...authority.sign('client') };
  const closing = [];
  let postgres;
  let url;
  let plain;
  let plainLookup;
  let secure;
  let secureLookup;
  let mutual;

  const file = (name, text) => {
    const at = path.join(directory, name);
    fs.writeFileSync(at, text);
    return at;
  };
  const certified = (name, { cert, key }) => [
    '--tls-cert',
    file(`${name}.pem`, cert),
    '--tls-key',
    file(`${name}.key`, key),
  ];
  const query = async (args = []) => {
    const server = await startQueryServer({ databaseUrl: url, args });
    closing.push(() => server.stop());
    return server;
  };
  const lookup = async (args = []) => {
    const server = await startLookupServer({ shards: 1, args });
    closing.push(() => server.stop());
    return server;
  };
  /** The address of a server of Node's. */
  const listening = async (server) => {
    const sockets = new Set();
    const note = (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    };
    server.on('connection', note);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return `127.0.0.1:${server.address().port}`;
  };

  before(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase('shard');
    const secured = certified('own', own);
    const clients = ['--tls-client-ca', file('clients.pem', authority.pem)];
    [plain, plainLookup, secure, secureLookup, mutual] = await Promise.all([
      query(),
      lookup(),
      query(secured),
      lookup(secured),
      query([...secured, ...clients]),
    ]);
  });
  after(async () => {
    await Promise.all(closing.map((close) => close()));
    await postgres?.destroy();
    fs.rmSync(directory, { recursive: true });
  });

  /** Runs `use` with a Knex instance whose library has this configuration. */
  async function configured(mtdd, use) {
    const db = knex({ client: 'pg', connection: url });
    try {
      const handle = await InitializeReplication(express(), db, {
        mtdd: {
          useMtdd: true,
          requireTenant: false,
          logLevel: 'silent',
          maxRetries: 0,
          timeout: 10_000,
          ...mtdd,
        },
      });
      try {
        return await use(db, handle);
      } finally {
        await handle.close();
      }
    } finally {
      await db.destroy();
    }
  }

  /** What every way to a query server is refused with. */
  async function refused(address, settings, pattern, type = ShardUnavailableError) {
    await configured({ queryServers: [address], ...settings }, async (db, handle) => {
      for (const [way, run] of Object.entries({
        query: async () => db.raw('select 1').mtdd('t'),
        'all shards': async () => db.raw('select 1').mtdd(null),
        large: async () => db.raw('select length(?)', ['x'.repeat(300_000)]).mtdd('t'),
        transaction: async () => db.transaction(async (trx) => trx.raw('select 1').mtdd('t')),
        listen: async () => handle.listen('c', () => {}, { shard: 0 }),
      })) {
        const began = Date.now();
        await assert.rejects(run(), (error) => {
          assert.ok(error instanceof type, `${way}: ${error}`);
          assert.match(error.message, pattern, way);
          assert.ok(error.message.includes(address), `${way}: ${error}`);
          return true;
        });
        assert.ok(Date.now() - began < 3000, `${way}: ${Date.now() - began} ms`);
      }
    });
  }

  /** What asking a lookup server for a tenant is refused with. */
  async function unknown(address, settings, pattern, type = LookupUnavailableError) {
    const lookupServer = [address].flat();
    await configured({ queryServers: [plain.address], lookupServer, ...settings }, async (_, handle) => {
      for (const run of [() => handle.tenantShard('t'), () => handle.addTenant('t')]) {
        await assert.rejects(run(), (error) => {
          assert.ok(error instanceof type, `${error}`);
          assert.match(error.message, pattern);
          assert.ok(error.message.includes(lookupServer[0]), `${error}`);
          return true;
        });
      }
    });
  }

  const works = (address, settings) =>
    configured({ queryServers: [address], ...settings }, async (db) => {
      assert.equal((await db.raw('select 1 as one').mtdd('t')).rows[0].one, 1);
    });

  /** Waits for a line of a server's log. */
  async function logged(server, pattern) {
    for (let attempt = 0; !pattern.test(server.output); attempt++) {
      assert.ok(attempt < 200, `${pattern} is not in ${server.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('works where they fit: in plain text, with TLS, with certificates on both sides', async () => {
    await works(plain.address, {});
    await works(secure.address, { tls: { ca: authority.pem } });
    await works(mutual.address, { tls: client });
    await configured(
      { queryServers: [secure.address], lookupServer: secureLookup.address, tls: { ca: authority.pem } },
      async (_, handle) => assert.equal((await handle.addTenant('t')).shardIndex, 0),
    );
  });

  it('plain text to a TLS port', async () => {
    const pattern = /is unavailable: the server expects TLS, and this client used plain text: set mtdd\.tls/;
    await refused(secure.address, {}, pattern);
    await refused(mutual.address, {}, pattern);
    await unknown(secureLookup.address, {}, pattern);
    await logged(secure, /the client did not use TLS, which this server requires: set mtdd\.tls/);
    // OpenSSL hangs up without a word, or answers in plain text.
    await refused(await listening(tls.createServer(own)), {}, pattern);
    await refused(await listening(http2.createSecureServer(own)), {}, pattern);
  });

  it('TLS to a plain text port', async () => {
    const settings = { tls: { ca: authority.pem } };
    const pattern =
      /is unavailable: the server uses plain text, and this client used TLS: start the server with --tls-cert and --tls-key, or leave out mtdd\.tls/;
    await refused(plain.address, settings, pattern);
    await unknown(plainLookup.address, settings, pattern);
    await logged(plain, /the client used TLS, but this server listens in plain text/);
    const old = await startLegacyQueryServer(url);
    closing.push(() => old.stop());
    await refused(old.address, settings, pattern);
  });

  it('a client certificate that is missing, of another authority, or expired', async () => {
    const ca = authority.pem;
    const wanted =
      /the server requires a client certificate: set mtdd\.tls\.cert and mtdd\.tls\.key to .*--tls-client-ca/;
    await refused(mutual.address, { tls: { ca } }, wanted);
    await logged(mutual, /the client sent no certificate, which --tls-client-ca requires/);
    const foreign = { ca, ...stranger.sign('client') };
    await refused(
      mutual.address,
      { tls: foreign },
      /refused this client's certificate: the server does not know the authority/,
    );
    const expired = { ca, ...authority.sign('client', { until: Date.now() - DAY }) };
    await refused(mutual.address, { tls: expired }, /refused this client's certificate: it has expired/);
  });

  it("a server's certificate of an unknown authority, for another name, expired, or not valid yet", async () => {
    const trusting = { tls: { ca: authority.pem } };
    const unknownAuthority =
      /its certificate is signed by an authority that this client does not know: set mtdd\.tls\.ca/;
    await refused(secure.address, { tls: { ca: stranger.pem } }, unknownAuthority);
    await unknown(secureLookup.address, { tls: { ca: stranger.pem } }, unknownAuthority);
    await logged(secure, /the client does not know the authority that signed --tls-cert|DecryptError/);
    await refused(
      secure.address,
      { tls: { ca: authority.pem, serverName: 'db.example.com' } },
      /its certificate is for .*127\.0\.0\.1.*, not for db\.example\.com: .*mtdd\.tls\.serverName/,
    );
    const named = await query(certified('named', authority.sign('db.example.com')));
    await refused(
      named.address,
      trusting,
      /its certificate is for .*db\.example\.com.*, not for 127\.0\.0\.1/,
    );
    await works(named.address, { tls: { ca: authority.pem, serverName: 'db.example.com' } });
    const expired = await query(
      certified('expired', authority.sign('127.0.0.1', { until: Date.now() - DAY })),
    );
    await refused(expired.address, trusting, /its certificate has expired: renew it/);
    const early = await query(
      certified(
        'early',
        authority.sign('127.0.0.1', { from: Date.now() + DAY, until: Date.now() + 2 * DAY }),
      ),
    );
    await refused(early.address, trusting, /its certificate is not valid yet/);
  });

  it('a port where something else answers', async () => {
    const web = await listening(http.createServer((_, response) => response.end('hello')));
    const secureWeb = await listening(https.createServer(own, (_, response) => response.end('hello')));
    const shell = await listening(net.createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')));
    const settings = { tls: { ca: authority.pem } };
    await refused(web, {}, /what answers there speaks HTTP\/1, not gRPC: check host and port/);
    await refused(web, settings, /what answers there speaks HTTP\/1, not gRPC: check host and port/);
    await refused(secureWeb, settings, /what answers there speaks TLS, but not HTTP\/2 and so not gRPC/);
    await refused(shell, {}, /does not speak gRPC \(it began with "SSH-2\.0-OpenSSH_9\.6/);
    await unknown(web, {}, /what answers there speaks HTTP\/1, not gRPC/);
  });

  it('PostgreSQL itself', async () => {
    const { host } = new URL(url);
    for (const settings of [{}, { tls: { ca: authority.pem } }]) {
      const pattern =
        /is unavailable: PostgreSQL itself answers there: use the address of the mtdd-server in front of it/;
      await refused(host, settings, pattern);
      await unknown(host, settings, pattern);
    }
  });

  it('HTTP/2 without gRPC is not taken for a server of 1.x, nor sent a query', async () => {
    for (const [status, headers] of [
      [404, { 'content-type': 'text/html' }],
      [404, {}],
      [200, { 'content-type': 'text/html' }],
    ]) {
      const paths = [];
      const address = await listening(
        http2.createServer((request, response) => {
          paths.push(request.url);
          response.writeHead(status, headers);
          response.end('<html>');
        }),
      );
      await refused(address, {}, /speaks HTTP\/2, but not gRPC/);
      assert.ok(!paths.some((one) => one.startsWith('/DB.')), paths.join());
    }
  });

  it('a lookup server in queryServers, and the reverse', async () => {
    const pattern = /this is a lookup server, which cannot run queries: list it in mtdd\.lookupServer/;
    await refused(plainLookup.address, {}, pattern);
    await logged(plainLookup, /a call that was meant for the other kind of server/);
    await unknown(plain.address, {}, /this is a query server, which does not know where tenants live/);
    // Another lookup server is asked all the same.
    await configured(
      { queryServers: [plain.address], lookupServer: [plain.address, plainLookup.address] },
      async (_, handle) => assert.equal((await handle.addTenant('t')).shardIndex, 0),
    );
  });

  it('a server of 1.x of the other kind is sent no query, and not said to speak the wire of 1.x', async () => {
    const oldLookup = await startLegacyLookupServer(1);
    const oldQuery = await startLegacyQueryServer(url);
    closing.push(
      () => oldLookup.stop(),
      () => oldQuery.stop(),
    );
    await refused(
      oldLookup.address,
      {},
      /speaks neither mtdd\.v1 nor the 1\.x protocol.*right kind/,
      ProtocolError,
    );
    await unknown(
      oldQuery.address,
      {},
      /speaks neither mtdd\.v1 nor the 1\.x protocol.*right kind/,
      ProtocolError,
    );
    await works(oldQuery.address, {});
    assert.deepEqual(
      oldQuery.queries.map(({ query }) => query),
      ['select 1 as one'],
    );
  });

  it('a server that is gone, or hangs up at once, is said to be just that', async () => {
    const gone = await startProxy(plain.address);
    gone.stop();
    await refused(gone.address, {}, /is unavailable: .*refused/i);
    await refused(gone.address, { tls: { ca: authority.pem } }, /is unavailable: .*refused/i);
    const hangingUp = await listening(net.createServer((socket) => socket.destroy()));
    for (const settings of [{}, { tls: { ca: authority.pem } }]) {
      await refused(hangingUp, settings, /is unavailable: (?!.*(set mtdd|TLS,|PostgreSQL|HTTP\/1))/);
    }
  });
});
