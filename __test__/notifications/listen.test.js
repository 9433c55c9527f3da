const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const {
  ClientClosedError,
  InitializeReplication,
  OverloadedError,
  TenantNotFoundError,
} = require('../../js');
const support = require('../support/app');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');

/** Waits until something holds. */
async function until(holds, patience = 10_000) {
  for (const begun = Date.now(); !holds(); await sleep(10)) {
    assert.ok(Date.now() - begun < patience, 'it did not come to hold');
  }
}

/** Ends the connections that listen in a database, as an administrator can. */
const TERMINATE =
  "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ~ '^LISTEN'";

describe('handle.listen', () => {
  let cluster;
  const apps = [];

  /** An application of its own. */
  async function startApp(mtdd) {
    const app = await support.startApp(cluster, { logLevel: 'silent', ...mtdd });
    apps.push(app);
    return app;
  }

  const notify = (shard, channel, payload) =>
    onConnection(cluster.shards[shard].databaseUrl, {
      text: 'select pg_notify($1, $2)',
      values: [channel, payload],
    });

  before(async () => {
    cluster = await startCluster({ shards: 2, serverArgs: ['--max-listeners', '20'] });
  });
  after(async () => {
    for (const app of apps) await app.close();
    await cluster?.stop();
  });

  it('hears every shard, or only one, or only a tenant’s', async () => {
    const { handle } = await startApp();
    for (const tenant of ['on 0', 'on 1']) await handle.addTenant(tenant);
    const heard = { all: [], one: [], tenant: [] };
    const put = (name) => (notification) => heard[name].push(notification);
    const subscriptions = await Promise.all([
      handle.listen('Ünïcode "x"', put('all')),
      handle.listen('Ünïcode "x"', put('one'), { shard: 0 }),
      handle.listen('Ünïcode "x"', put('tenant'), { tenantId: 'on 1' }),
    ]);
    assert.deepEqual(
      subscriptions.map(({ channel, shards }) => [channel, shards]),
      [
        ['Ünïcode "x"', [0, 1]],
        ['Ünïcode "x"', [0]],
        ['Ünïcode "x"', [1]],
      ],
    );
    await notify(0, 'Ünïcode "x"', '{"a": "é漢"}');
    await notify(1, 'Ünïcode "x"', '');
    await notify(1, 'another', 'unheard');
    await until(() => heard.all.length === 2 && heard.one.length === 1 && heard.tenant.length === 1);
    const [{ processId, receivedAt, ...rest }] = heard.one;
    assert.deepEqual(rest, { channel: 'Ünïcode "x"', payload: '{"a": "é漢"}', shard: 0 });
    assert.ok(processId > 0 && Math.abs(Date.now() - receivedAt.getTime()) < 10_000);
    assert.deepEqual([heard.tenant[0].payload, heard.tenant[0].shard], ['', 1]);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await notify(0, 'Ünïcode "x"', 'late');
    await sleep(100);
    assert.equal(heard.all.length, 2);
    await subscriptions[0].close();
  });

  it('twenty thousand notifications come in order, none missing, while queries go on', async () => {
    const { db, handle } = await startApp();
    const heard = [];
    const gaps = [];
    const subscription = await handle.listen('many', ({ payload }) => heard.push(parseInt(payload, 10)), {
      shard: 0,
      onGap: (gap) => gaps.push(gap),
    });
    await handle.addTenant('on 0');
    for (let batch = 0; batch < 20; batch++) {
      await db
        .raw("select pg_notify('many', ? + n || repeat('x', 1000)) from generate_series(0, 999) n", [
          batch * 1000,
        ])
        .mtdd('on 0');
    }
    await until(() => heard.length === 20_000);
    assert.deepEqual(
      heard,
      Array.from({ length: 20_000 }, (_, n) => n),
    );
    assert.deepEqual(gaps, []);
    await subscription.close();
  });

  it('tells of a gap once it listens again: after a lost connection, after a server that was away', async () => {
    const { handle } = await startApp();
    const heard = [];
    const gaps = [];
    const subscription = await handle.listen('c', ({ payload }) => heard.push(payload), {
      onGap: (gap) => gaps.push(gap),
    });
    await onConnection(cluster.shards[1].databaseUrl, TERMINATE);
    await until(() => gaps.length === 1);
    assert.deepEqual([gaps[0].channel, gaps[0].shard], ['c', 1]);
    assert.match(gaps[0].reason, /notifications may have been missed/);
    await notify(1, 'c', 'after the first gap');
    await until(() => heard.length === 1);

    await cluster.shards[0].kill();
    await sleep(300);
    await cluster.shards[0].start();
    await until(() => gaps.length === 2);
    assert.equal(gaps[1].shard, 0);
    await notify(0, 'c', 'after the second gap');
    await until(() => heard.length === 2);
    await subscription.close();
  });

  it('what a listener throws is the application’s, and stops no other', async () => {
    const { handle } = await startApp();
    const thrown = [];
    const note = (error) => thrown.push(error.message);
    // node:test has a listener of its own, which would fail this test.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
    try {
      const heard = [];
      const bad = await handle.listen('c', () => {
        throw new Error('on purpose');
      });
      const good = await handle.listen('c', ({ payload }) => heard.push(payload));
      await notify(0, 'c', '1');
      await notify(0, 'c', '2');
      await until(() => heard.length === 2 && thrown.length === 2);
      assert.deepEqual(thrown, ['on purpose', 'on purpose']);
      await Promise.all([bad.close(), good.close()]);
    } finally {
      process.removeListener('uncaughtException', note);
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });

  it('a wrong argument is a TypeError that names it', async () => {
    const { handle } = await startApp();
    const nothing = () => {};
    for (const [args, message] of [
      [[undefined, nothing], 'listen(): channel: expected a name, got undefined'],
      [['', nothing], 'listen(): channel: expected a name'],
      [['a\0', nothing], 'listen(): channel: expected a name'],
      [['é'.repeat(32), nothing], 'listen(): channel: expected at most 63 bytes, got 64'],
      [['c'], 'listen(): listener: expected a function, got undefined'],
      [['c', nothing, 5], 'listen(): options: expected an object'],
      [['c', nothing, { shards: [1] }], 'listen(): options.shards: there is no such option'],
      [['c', nothing, { shard: 2 }], 'listen(): options.shard: expected a whole number from 0 to 1, got 2'],
      [['c', nothing, { shard: undefined }], 'listen(): options.shard: expected a whole number'],
      [
        ['c', nothing, { tenantId: undefined }],
        'listen(): tenantId: expected a string or a number, got undefined',
      ],
      [['c', nothing, { tenantId: null }], 'listen(): tenantId: expected a string or a number, got null'],
      [['c', nothing, { tenantId: 't', shard: 0 }], 'listen(): options.shard: expected none'],
      [['c', nothing, { onGap: 'x' }], 'listen(): options.onGap: expected a function'],
    ]) {
      await assert.rejects(handle.listen(...args), (error) => {
        assert.ok(error instanceof TypeError && error.code === 'VALIDATION_ERROR', error.stack);
        assert.ok(error.message.startsWith(message), `${error.message} / ${message}`);
        return true;
      });
    }
    await assert.rejects(handle.listen('c', nothing, { tenantId: 'unknown' }), TenantNotFoundError);
  });

  it('what one shard refuses is refused as a whole, and nothing is left listening', async () => {
    const { handle } = await startApp();
    const kept = await Promise.all(
      Array.from({ length: 20 }, () => handle.listen('c', () => {}, { shard: 1 })),
    );
    const heard = [];
    await assert.rejects(
      handle.listen('refused', (one) => heard.push(one)),
      (error) => error instanceof OverloadedError && error.message.includes('--max-listeners'),
    );
    await notify(0, 'refused', 'x');
    await sleep(100);
    assert.deepEqual(heard, []);
    await Promise.all(kept.map((subscription) => subscription.close()));
  });

  it('closing the handle, or Knex, ends every subscription', async () => {
    const { handle } = await startApp();
    const { db, handle: other } = await startApp();
    const heard = [];
    for (const one of [handle, other]) await one.listen('c', ({ payload }) => heard.push(payload));
    const begun = Date.now();
    await handle.close();
    await db.destroy();
    assert.ok(Date.now() - begun < 2000, 'without waiting for what does not end');
    await notify(0, 'c', 'late');
    await sleep(100);
    assert.deepEqual(heard, []);
    await assert.rejects(
      handle.listen('c', () => {}),
      ClientClosedError,
    );
  });

  describe('with useMtdd false', () => {
    const local = (channel, payload) =>
      onConnection(cluster.local.databaseUrl, {
        text: 'select pg_notify($1, $2)',
        values: [channel, payload],
      });

    it('listens on the local database, tells of gaps, and stops', async () => {
      const { handle } = await startApp({ useMtdd: false });
      const heard = [];
      const gaps = [];
      const subscription = await handle.listen('Local "x"', (notification) => heard.push(notification), {
        tenantId: 'anybody',
        onGap: (gap) => gaps.push(gap),
      });
      assert.deepEqual(subscription.shards, [0]);
      await local('Local "x"', 'one');
      await until(() => heard.length === 1);
      const [{ processId, receivedAt, ...rest }] = heard;
      assert.deepEqual(rest, { channel: 'Local "x"', payload: 'one', shard: 0 });
      assert.ok(processId > 0 && receivedAt instanceof Date);

      await onConnection(cluster.local.databaseUrl, TERMINATE);
      await until(() => gaps.length === 1);
      assert.equal(gaps[0].shard, 0);
      await local('Local "x"', 'two');
      await until(() => heard.length === 2);
      await subscription.close();
      await local('Local "x"', 'three');
      await sleep(100);
      assert.equal(heard.length, 2);
    });

    it('the handle and Knex end it; a database that is away is refused', async () => {
      const { db, handle } = await startApp({ useMtdd: false });
      await handle.listen('c', () => {});
      await handle.listen('c', () => {});
      const count = async () => {
        const looking = knex({ client: 'pg', connection: cluster.local.databaseUrl });
        const [{ n }] = await looking('pg_stat_activity')
          .whereRaw("datname = current_database() and query ~ '^LISTEN'")
          .count('* as n');
        await looking.destroy();
        return Number(n);
      };
      assert.equal(await count(), 2);
      await db.destroy();
      for (let attempt = 0; (await count()) > 0; attempt++) {
        assert.ok(attempt < 100);
        await sleep(20);
      }
      await assert.rejects(
        handle.listen('c', () => {}),
        ClientClosedError,
      );

      const away = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere' });
      const nowhere = await InitializeReplication(express(), away, {
        mtdd: { useMtdd: false, logLevel: 'silent' },
      });
      await assert.rejects(
        nowhere.listen('c', () => {}),
        { code: 'ECONNREFUSED' },
      );
      await nowhere.close();
      await away.destroy();
    });
  });
});
