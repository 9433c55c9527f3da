const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { TenantNotFoundError } = require('../../js');
const support = require('../support/app');
const { startCluster } = require('../../testkit/cluster');
const { startCountingLookup } = require('../support/counting-lookup');

const SEED = ['create table notes (tenant text not null, n int not null)'];
const TENANTS = Array.from({ length: 20 }, (_, index) => `tenant ${index} é`);
const WHO_AND_WHERE = "current_setting('mtdd.tenant_id', true) as who, current_database() as shard";

describe('tenants on two shards', () => {
  let cluster;
  let lookup;
  const apps = [];

  /** An application of its own: a Knex instance under the library. */
  async function startApp() {
    const app = await support.startApp(cluster, { lookupServer: lookup.address });
    apps.push(app);
    return app;
  }

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    lookup = await startCountingLookup(cluster.lookupServer);
  });
  after(async () => {
    for (const app of apps) await app.close();
    lookup?.stop();
    await cluster?.stop();
  });

  it('twenty tenants with two thousand queries at once each see only their own rows, on their own shard', async () => {
    const { db, handle } = await startApp();
    const shardOf = new Map();
    for (const tenant of TENANTS) {
      const { shardIndex } = await handle.addTenant(tenant);
      shardOf.set(tenant, `shard${shardIndex}`);
      await db('notes')
        .insert(Array.from({ length: 5 }, (_, n) => ({ tenant, n })))
        .mtdd(tenant);
    }
    // The lookup server spreads tenants evenly.
    assert.equal([...shardOf.values()].filter((shard) => shard === 'shard0').length, 10);

    const answers = await Promise.all(
      Array.from({ length: 2000 }, async (_, index) => {
        const tenant = TENANTS[index % TENANTS.length];
        const query = db('notes')
          .select('tenant', db.raw(WHO_AND_WHERE))
          .whereRaw("tenant = current_setting('mtdd.tenant_id', true)");
        return { tenant, rows: await query.mtdd(tenant) };
      }),
    );
    for (const { tenant, rows } of answers) {
      assert.equal(rows.length, 5);
      for (const row of rows) assert.deepEqual(row, { tenant, who: tenant, shard: shardOf.get(tenant) });
    }
    assert.deepEqual(await db('notes').count(), [{ count: '0' }], 'nothing has run on the local database');
  });

  it('the tenant of one query is not seen by the next', async () => {
    const { db } = await startApp();
    for (let round = 0; round < 20; round++) {
      const tenant = TENANTS[round % 2];
      for (const query of [
        db.raw(`select ${WHO_AND_WHERE}`),
        db.raw(`select ${WHO_AND_WHERE}, ?::int`, [1]),
      ]) {
        assert.equal((await query.mtdd(tenant)).rows[0].who, tenant);
      }
    }
  });

  it('a tenant is known to every application once one has registered it', async () => {
    const [first, second] = [await startApp(), await startApp()];
    const { rows } = await first.db.raw(`select ${WHO_AND_WHERE}`).mtdd('shared', null, 'addTenantShard');
    const again = await second.db.raw(`select ${WHO_AND_WHERE}`).mtdd('shared');
    assert.deepEqual(again.rows, rows);
    assert.equal(await second.handle.tenantShard('shared'), Number(rows[0].shard.at(-1)));
  });

  it('tenants of one name and another type are other tenants', async () => {
    const { handle } = await startApp();
    const one = await handle.addTenant('twin', 1);
    const two = await handle.addTenant('twin', 2);
    assert.notEqual(one.tenantId, two.tenantId);
    assert.deepEqual(await handle.addTenant('twin', 1), one);
  });

  it('a thousand queries at once of a tenant that is new to the application cause one lookup', async () => {
    const { handle } = await startApp();
    await handle.addTenant('popular');
    const { db } = await startApp();
    const before = lookup.counts.GetTenantShard;
    await Promise.all(Array.from({ length: 1000 }, (_, n) => db.raw('select ?::int', [n]).mtdd('popular')));
    assert.equal(lookup.counts.GetTenantShard - before, 1);
  });

  it('an unknown tenant is an error of its own, and its query runs nowhere', async () => {
    const { db } = await startApp();
    const insert = db('notes').insert({ tenant: 'stranger', n: 1 }).mtdd('stranger');
    await assert.rejects(insert, (error) => {
      assert.ok(error instanceof TenantNotFoundError);
      assert.equal(error.code, 'TENANT_NOT_FOUND');
      assert.equal(error.statusCode, 404);
      assert.match(error.message, /stranger/);
      return true;
    });
    for (const tenant of TENANTS.slice(0, 2)) {
      const rows = await db('notes').where('tenant', 'stranger').mtdd(tenant);
      assert.deepEqual(rows, []);
    }
    assert.deepEqual(await db('notes').where('tenant', 'stranger'), []);
  });

  it('a thousand queries at once of an unknown tenant cause two lookups at most', async () => {
    const { db } = await startApp();
    const before = lookup.counts.GetTenantShard;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, () => db.raw('select 1').mtdd('nobody')),
    );
    assert.ok(outcomes.every(({ reason }) => reason?.code === 'TENANT_NOT_FOUND'));
    // Those who joined the first are not told of what it may have missed: they share a second.
    assert.ok(lookup.counts.GetTenantShard - before <= 2);
  });

  it('an unknown tenant can be registered right after it was not found', async () => {
    const { db } = await startApp();
    await assert.rejects(db.raw('select 1').mtdd('latecomer'), { code: 'TENANT_NOT_FOUND' });
    await db.raw('select 1').mtdd('latecomer', null);
    assert.deepEqual((await db.raw('select 1 as a').mtdd('latecomer')).rows, [{ a: 1 }]);
  });

  it('one hundred registrations of one tenant at once give one shard', async () => {
    const [first, second] = [await startApp(), await startApp()];
    const added = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? first : second).handle.addTenant('crowded')),
    );
    for (const one of added) assert.deepEqual(one, added[0]);
  });
});
