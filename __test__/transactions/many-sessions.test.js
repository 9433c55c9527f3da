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
    await onConnection(url, 'create table notes (n int)');
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
