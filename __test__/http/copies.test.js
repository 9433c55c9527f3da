/**
 * Many clients keep copies of their tenants' rows, while rows change and everything on the way restarts: at the end each
 * copy is equal to the database. MTDD_TEST_CHANGES: how many changes (default 100,000).
 */

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const children = require('../../testkit/children');
const { startCluster } = require('../../testkit/cluster');
const { Random } = require('../../testkit/random');
const { announced } = require('../../testkit/servers');
const { startLiveApp, track, until } = require('../support/live-app');
const { TableCopy } = require('../support/table-copy');

const SERVER = path.join(__dirname, '..', 'support', 'live-server.js');
const CHANGES = Number(process.env.MTDD_TEST_CHANGES ?? 100_000);
const TENANTS = 50;
const SEED = ['create table items (id bigint primary key, tenant_id text not null, n int, text text)'];

describe('copies of a tenant’s rows', () => {
  let cluster;
  let homes;
  let server;
  let port = 0;
  const copies = [];

  const startServer = async () => {
    const { local, queryServers, lookupServer } = cluster;
    const settings = {
      cluster: { local, queryServers, lookupServer },
      port,
      config: { http: { rateLimit: false } },
    };
    for (;;) {
      server = children.start(process.execPath, [SERVER, JSON.stringify(settings)]);
      const address = await announced(server);
      if (address !== undefined) {
        port = Number(address.split(':')[1]);
        return;
      }
      await sleep(100);
    }
  };

  before(async () => {
    cluster = await startCluster({ shards: 3, seed: SEED, separate: true, durableLookup: true });
    for (const { databaseUrl } of cluster.shards) {
      track(databaseUrl, '--table', 'items', '--tenant-column', 'tenant_id');
    }
    const app = await startLiveApp(cluster);
    homes = new Map();
    for (let tenant = 0; tenant < TENANTS; tenant++) {
      const { shardIndex } = await app.handle.addTenant(`t${tenant}`);
      homes.set(`t${tenant}`, shardIndex);
    }
    await app.close();
    await startServer();
  });
  after(async () => {
    for (const copy of copies) await copy.stop();
    if (server !== undefined) await children.stop(server, 'SIGKILL');
    await cluster?.stop();
  });

  /** Changes rows of a shard until it has made its share, whatever breaks. */
  async function write(shard, share, seed) {
    const random = new Random(`writer ${seed}`);
    const below = (limit) => random.next() % limit;
    const tenants = [...homes].filter(([, home]) => home === shard).map(([tenant]) => tenant);
    let client;
    let made = 0;
    let nextId = (seed + 1) * 10_000_000;
    while (made < share) {
      try {
        client ??= await connect(cluster.shards[shard].databaseUrl);
        await client.query('begin');
        let inTransaction = 0;
        for (let statement = 1 + below(4); statement > 0; statement--) {
          const tenant = tenants[below(tenants.length)];
          const rows = 1 + below(20);
          const { rowCount } = await client.query(...change(below(10), tenant, rows, nextId, below(1000)));
          nextId += rows;
          inTransaction += rowCount;
        }
        // Some last, so that transactions end out of order; some never happened.
        if (below(20) === 0) await sleep(below(40));
        const isKept = below(15) > 0;
        await client.query(isKept ? 'commit' : 'rollback');
        if (isKept) made += inTransaction;
      } catch {
        await client?.end().catch(() => {});
        client = undefined;
        await sleep(20);
      }
    }
    await client?.end();
  }

  async function connect(connectionString) {
    const client = new Client({ connectionString });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** The text and values of one statement. */
  function change(kind, tenant, rows, id, n) {
    const some = `id in (select id from items where tenant_id = $1 order by (id * 7919 + $2) % 1013 limit ${rows})`;
    if (kind < 5) {
      return [
        `insert into items select $3 + g, $1, $2, repeat('x', 1 + ($2 % 50)) from generate_series(1, ${rows}) g`,
        [tenant, n, id],
      ];
    }
    if (kind < 8) return [`update items set n = $2, text = 'u' || n where ${some}`, [tenant, n]];
    if (kind < 9) return [`update items set id = id + 100000000 where ${some}`, [tenant, n]];
    return [`delete from items where ${some}`, [tenant, n]];
  }

  it('are equal to the database at the end, and no event came twice, or to another tenant', async () => {
    for (const tenant of homes.keys()) {
      for (const limit of [50, 1000]) {
        copies.push(new TableCopy({ claims: { tid: tenant }, portOf: () => port, table: 'items', limit }));
      }
    }
    const share = Math.ceil(CHANGES / 6);
    let isWriting = true;
    const writing = Promise.all([0, 1, 2, 0, 1, 2].map((shard, seed) => write(shard, share, seed))).then(
      () => {
        isWriting = false;
      },
    );
    const random = new Random('faults');
    const faults = [
      async () => {
        await children.stop(server, 'SIGKILL');
        await startServer();
      },
      () => cluster.shards[1].server.restart(),
      () => cluster.postgres[2].restart('immediate'),
      () => cluster.shards[0].server.kill().then(() => cluster.shards[0].server.start()),
      async () => {
        await children.stop(server, 'SIGTERM');
        await startServer();
      },
      () => cluster.postgres[0].restart(),
    ];
    for (let next = 0; isWriting || next < faults.length; next++) {
      for (let count = 0; count < 10; count++) {
        copies[random.next() % copies.length].drop();
        await sleep(50);
      }
      if (next < faults.length) await faults[next]();
    }
    await writing;

    const truth = await rowsByTenant();
    const unequal = () => copies.map((copy) => differences(copy, truth.get(copy.tenant))).filter(Boolean);
    await until(() => unequal().length === 0, 60_000).catch(() => {});
    assert.deepEqual(unequal(), []);
    assert.deepEqual(
      copies.flatMap(({ faults: found }) => found),
      [],
    );
    const sum = (name) => copies.reduce((total, copy) => total + copy[name], 0);
    const events = copies.reduce((total, { ids }) => total + ids.size, 0);
    // Most of them came as events, not by reading everything again.
    assert.ok(events > CHANGES / 2, `${events} events, ${sum('refetches')} refetches`);
    assert.equal(sum('refetches'), 0);
  });

  /** What of a copy is not as it is in the database, in a sentence; undefined: nothing. */
  function differences({ tenant, rows, isLive, refetches }, truth) {
    const ids = new Set([...rows.keys(), ...truth.keys()]);
    const differing = [...ids].filter((id) => JSON.stringify(rows.get(id)) !== JSON.stringify(truth.get(id)));
    if (differing.length === 0) return undefined;
    const [id] = differing;
    const shown = [id, rows.get(id), truth.get(id)].map((value) => JSON.stringify(value)).join(' ');
    return `${tenant} on ${homes.get(tenant)}, ${isLive ? 'live' : 'away'}, ${refetches} refetches: ${differing.length} of ${truth.size}: ${shown}`;
  }

  async function rowsByTenant() {
    const truth = new Map([...homes.keys()].map((tenant) => [tenant, new Map()]));
    for (const { databaseUrl } of cluster.shards) {
      const client = await connect(databaseUrl);
      const { rows } = await client.query('select row_to_json(items)::text as row from items');
      for (const { row } of rows) {
        const parsed = JSON.parse(row);
        truth.get(parsed.tenant_id).set(String(parsed.id), parsed);
      }
      await client.end();
    }
    return truth;
  }
});
