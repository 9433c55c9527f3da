/**
 * What remembers where a tenant lives learns that the tenant has moved: listeners, `tenantShard()` and transactions.
 */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');
const { CrossShardTransactionError } = require('../../js');
const support = require('../support/app');
const { startCluster } = require('../../testkit/cluster');
const { BINARY } = require('../../testkit/servers');

const run = promisify(execFile);

describe('what remembers a tenant’s shard, after the tenant has moved', () => {
  let cluster;
  let app;

  /** An application of its own, which remembers what others have changed since. */
  const startApp = (logger) => support.startApp(cluster, logger ? { logger } : { logLevel: 'silent' });

  const lookup = (...args) =>
    run(BINARY, ['lookup', ...args], { env: { ...process.env, DATABASE_URL: cluster.lookupDatabaseUrl } });
  const moveTo = (tenant, shard) => lookup('move', tenant, '--to', String(shard), '--shards', '2');
  const register = (tenant, shard) => lookup('add', tenant, '--shard', String(shard), '--shards', '2');

  async function until(holds) {
    for (const begun = Date.now(); !holds(); await sleep(10)) {
      assert.ok(Date.now() - begun < 30_000, 'it did not come to hold');
    }
  }

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      durableLookup: true,
      fenced: true,
      seed: ['create table notes (tenant text not null, n int not null)'],
    });
    app = await startApp();
  });
  after(async () => {
    await app?.close();
    await cluster?.stop();
  });

  it('a listener follows its tenant, and is told of the gap; a new one starts where the tenant lives', async () => {
    const { db, handle } = app;
    await register('heard', 0);
    const heard = [];
    const gaps = [];
    const subscription = await handle.listen('news', ({ shard, payload }) => heard.push([shard, payload]), {
      tenantId: 'heard',
      onGap: ({ shard, reason }) => gaps.push({ shard, reason }),
    });
    assert.deepEqual(subscription.shards, [0]);
    const notify = (payload) => db.raw("select pg_notify('news', ?)", [payload]).mtdd('heard');
    await notify('before');
    await until(() => heard.length === 1);

    await moveTo('heard', 1);
    await until(() => gaps.length === 1);
    assert.equal(gaps[0].shard, 1);
    assert.match(gaps[0].reason, /tenant "heard" is moved or removed/);
    assert.deepEqual(subscription.shards, [1]);
    await notify('after');
    await until(() => heard.length === 2);

    await moveTo('heard', 0);
    await until(() => gaps.length === 2);
    // Another application still takes the tenant for shard 1.
    const other = await startApp();
    await other.db.raw('select 1').mtdd('heard');
    await moveTo('heard', 1);
    const late = await other.handle.listen('news', ({ payload }) => heard.push(['late', payload]), {
      tenantId: 'heard',
    });
    assert.deepEqual(late.shards, [1]);
    await until(() => gaps.length === 3);
    await notify('to both');
    await until(() => heard.length === 4);
    assert.deepEqual(
      heard.sort(([a], [b]) => String(a).localeCompare(String(b))),
      [
        [0, 'before'],
        [1, 'after'],
        [1, 'to both'],
        ['late', 'to both'],
      ],
    );
    await Promise.all([subscription.close(), late.close()]);
    await other.close();
  });

  it('a move of one tenant ends no listener of another, nor of a shard', async () => {
    const { db, handle } = app;
    await Promise.all([register('stays', 0), register('goes', 0)]);
    const heard = [];
    const onGap = ({ reason }) => heard.push(reason);
    const hear = ({ payload }) => heard.push(payload);
    const subscriptions = [
      await handle.listen('quiet', hear, { tenantId: 'stays', onGap }),
      await handle.listen('quiet', hear, { shard: 0, onGap }),
    ];
    await moveTo('goes', 1);
    await db.raw("select pg_notify('quiet', 'one')").mtdd('stays');
    await until(() => heard.length === 2);
    assert.deepEqual(heard, ['one', 'one']);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  });

  it('a listener that is refused after a loss says so once, goes on trying, and listens when it may again', async () => {
    const warnings = [];
    const logger = { level: 'warn', debug() {}, info() {}, error() {}, child: () => logger };
    logger.warn = ({ error }, message) => warnings.push(`${message}: ${error}`);
    const { db, handle, close } = await startApp(logger);
    await register('refused', 0);
    const heard = [];
    const subscription = await handle.listen('news', ({ payload }) => heard.push(payload), {
      tenantId: 'refused',
      onGap: () => heard.push('gap'),
    });
    await lookup('remove', 'refused');
    const refusals = () => warnings.filter((warning) => warning.startsWith('cannot listen again'));
    await until(() => refusals().length > 0);
    assert.match(refusals()[0], /tenant "refused"/);
    // It has tried again by then, several times.
    await sleep(1000);
    assert.equal(refusals().length, 1);
    await register('refused', 1);
    await until(() => heard.length === 1);
    await db.raw("select pg_notify('news', 'back')").mtdd('refused');
    await until(() => heard.length === 2);
    assert.deepEqual(heard, ['gap', 'back']);
    assert.deepEqual(subscription.shards, [1]);
    await close();
  });

  it('tenantShard() says where the tenant lives now, and that it was removed', async () => {
    const { db, handle } = app;
    await register('asked', 0);
    await db.raw('select 1').mtdd('asked');
    await moveTo('asked', 1);
    assert.equal(await handle.tenantShard('asked'), 1);
    await lookup('remove', 'asked');
    await assert.rejects(handle.tenantShard('asked'), { code: 'TENANT_NOT_FOUND' });
    await assert.rejects(
      handle.listen('news', () => {}, { tenantId: 'asked' }),
      { code: 'TENANT_NOT_FOUND' },
    );
  });

  describe('the second tenant of a transaction', () => {
    const inOne = (first, second) =>
      app.db.transaction(async (trx) => {
        await trx('notes').insert({ tenant: first, n: 1 }).mtdd(first);
        await trx('notes').insert({ tenant: second, n: 2 }).mtdd(second);
      });

    it('that has come to the shard of the first may take part', async () => {
      await Promise.all([register('host', 0), register('comer', 1)]);
      await app.db('notes').mtdd('comer');
      await moveTo('comer', 0);
      await inOne('host', 'comer');
    });

    it('that has left it is refused once, and from then on by its new shard', async () => {
      await Promise.all([register('left', 0), register('leaver', 0)]);
      await inOne('left', 'leaver');
      await moveTo('leaver', 1);
      await assert.rejects(inOne('left', 'leaver'), { code: 'SHARD_NOT_FOUND' });
      await assert.rejects(inOne('left', 'leaver'), (error) => {
        assert.ok(error instanceof CrossShardTransactionError, String(error));
        assert.equal(error.otherShardIndex ?? error.context?.otherShardIndex, 1);
        return true;
      });
    });
  });
});
