const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep, setImmediate: turn } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startPostgres, onConnection } = require('../../testkit/postgres');
const { startQueryServer } = require('../../testkit/servers');

describe('many transactions at once', () => {
  let postgres;
  let server;
  let db;
  let handle;

  before(async () => {
    postgres = await startPostgres();
    const url = await postgres.createDatabase('shard');
    await onConnection(url, 'create table notes (n int)', 'create table steps (id serial, n int)');
    server = await startQueryServer({ databaseUrl: url });
    db = knex({ client: 'pg', connection: url });
    handle = await InitializeReplication(express(), db, {
      // A slow machine takes its time for so many.
      mtdd: { useMtdd: true, queryServers: [server.address], logLevel: 'silent', timeout: 300_000 },
    });
  });
  after(async () => {
    await handle?.close();
    await db?.destroy();
    await server?.stop();
    await postgres?.destroy();
  });

  /** Others write, in transactions and without, while `work` runs. @returns {Promise<Error[]>} what they failed with */
  const whileOthersWrite = async (work) => {
    const failures = [];
    let isOver = false;
    const write = async (one) => {
      while (!isOver) await one().catch((error) => failures.push(error));
    };
    const insert = 'insert into notes select 1 from (select pg_sleep(0.02)) as pause';
    const writing = [
      write(() => db.raw(insert).mtdd('other')),
      write(() => db.transaction((trx) => trx.raw(insert).mtdd('another'))),
    ];
    try {
      await work();
    } finally {
      isOver = true;
      await Promise.all(writing);
    }
    return failures;
  };
  const many = (count, one) => Promise.all(Array.from({ length: count }, (_, index) => one(index)));

  it('end nothing of anybody else when they are rolled back while they open', async () => {
    const failures = await whileOthersWrite(async () => {
      for (let round = 0; round < 4; round++) {
        await many(200, async () => {
          const trx = await db.transaction();
          trx
            .raw('select 1')
            .mtdd('busy')
            .catch(() => {});
          await turn();
          await trx.rollback();
        });
      }
      await sleep(300);
    });
    assert.deepEqual(failures, []);
  });

  it('end nothing of anybody else when they are aborted while they open', async () => {
    const failures = await whileOthersWrite(async () => {
      for (let round = 0; round < 6; round++) {
        const abort = new AbortController();
        const begun = many(200, () =>
          db
            .transaction((trx) => trx.raw('select 1').mtdd({ tenantId: 'busy', signal: abort.signal }))
            .catch(() => {}),
        );
        await sleep(round);
        abort.abort();
        await begun;
      }
      await sleep(300);
    });
    assert.deepEqual(failures, []);
  });

  it('leave others their turn, however many of one tenant wait', async () => {
    let release;
    const released = new Promise((resolve) => {
      release = resolve;
    });
    let waits = 0;
    const busy = many(1300, () =>
      db.transaction(async (trx) => {
        waits += 1;
        await trx.raw('select 1').mtdd('busy');
        await released;
      }),
    );
    busy.catch(() => {});
    while (waits < 1300) await sleep(20);
    await sleep(300);
    await db.transaction((trx) => trx.raw('insert into notes values (2)').mtdd('other').timeout(10_000));
    // A large text has a stream of its own.
    await db
      .raw(`select 1 /* ${'x'.repeat(300_000)} */`)
      .mtdd('other')
      .timeout(10_000);
    release();
    await busy;
  });

  it('each run any number of queries, in their order, whoever waits for them', async () => {
    const own = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/x' });
    const replication = await InitializeReplication(express(), own, {
      mtdd: {
        useMtdd: true,
        queryServers: [server.address],
        logLevel: 'silent',
        timeout: 300_000,
        maxInFlight: 1000,
      },
    });
    const step = (trx, n) => trx('steps').insert({ n }).mtdd('busy');
    try {
      await own.transaction((trx) => many(3000, (n) => step(trx, n)));
      const trx = await own.transaction();
      for (let n = 3000; n < 6000; n++) step(trx, n).catch(() => {});
      await turn();
      await trx.commit();
      const found = await own('steps').orderBy('id').pluck('n').mtdd('busy');
      assert.deepEqual(
        found,
        Array.from({ length: 6000 }, (_, n) => n),
      );
      // One that fails, among those that wait, fails those behind it, and nothing stays.
      const outcomes = [];
      const failing = own.transaction(async (trx) => {
        const steps = Array.from({ length: 2000 }, (_, n) =>
          n === 1000 ? trx.raw('select 1 / 0').mtdd('busy') : step(trx, n),
        );
        outcomes.push(...(await Promise.allSettled(steps)));
        throw new Error('enough');
      });
      await assert.rejects(failing, /enough/);
      const codes = outcomes.map(({ reason }) => reason?.code);
      assert.deepEqual(
        codes,
        Array.from({ length: 2000 }, (_, n) => (n < 1000 ? undefined : n === 1000 ? '22012' : '25P02')),
      );
      assert.deepEqual(await own('steps').count().mtdd('busy'), [{ count: '6000' }]);
    } finally {
      await replication.close();
      await own.destroy();
    }
  });

  it('are opened beside more listeners than one connection takes', async () => {
    const heard = [];
    const subscriptions = await many(1100, (index) =>
      handle.listen(`channel ${index}`, ({ channel, payload }) => heard.push([channel, payload]), {
        shard: 0,
      }),
    );
    await db.transaction((trx) => trx.raw("select pg_notify('channel 1099', 'hello')").mtdd('other'));
    while (heard.length === 0) await sleep(10);
    assert.deepEqual(heard, [['channel 1099', 'hello']]);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await db.transaction((trx) => trx.raw('select 1').mtdd('other'));
  });
});
