const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const pg = require('pg');
const { InitializeReplication, ShardUnavailableError } = require('../../js');
const { startPostgres, onConnection } = require('../../testkit/postgres');
const { startQueryServer } = require('../../testkit/servers');

describe('a transaction that cannot begin yet', () => {
  let postgres;
  let url;
  let server;
  let db;
  let handle;

  before(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase('shard');
    await onConnection(url, 'create table notes (n int)');
    server = await startQueryServer({ databaseUrl: url });
    db = knex({ client: 'pg', connection: url });
    handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: [server.address], maxRetries: 15, logLevel: 'silent' },
    });
  });
  after(async () => {
    await handle?.close();
    await db?.destroy();
    await server?.stop();
    await postgres?.destroy();
  });

  const note = (n) =>
    db.transaction(async (trx) => {
      await trx('notes').insert({ n }).mtdd('t');
    });
  const count = async (n) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query('select count(*)::int as c from notes where n = $1', [n])).rows[0].c;
    } finally {
      await client.end();
    }
  };

  it('begins once its query server is there', async () => {
    await server.stop();
    const written = note(1);
    await sleep(300);
    await server.start();
    await written;
    assert.equal(await count(1), 1);
  });

  it('begins on the new server while the old one drains', async () => {
    await note(2);
    for (let round = 0; round < 3; round++) {
      const restarted = server.restart();
      await Promise.all([note(2), sleep(30).then(() => note(2)), restarted]);
    }
    assert.equal(await count(2), 7);
  });

  it('begins once PostgreSQL is there, though the session stands already', async () => {
    await note(3);
    await postgres.stop();
    const written = note(3);
    await sleep(300);
    await postgres.start();
    await written;
    assert.equal(await count(3), 2);
  });

  it('says that its shard is unavailable, if it never can', async () => {
    const other = knex({ client: 'pg', connection: url });
    const away = await InitializeReplication(express(), other, {
      mtdd: { useMtdd: true, queryServers: ['127.0.0.1:1'], maxRetries: 1, logLevel: 'silent' },
    });
    try {
      await assert.rejects(
        other.transaction((trx) => trx.raw('select 1').mtdd('t')),
        ShardUnavailableError,
      );
    } finally {
      await away.close();
      await other.destroy();
    }
  });

  it('is not begun again once something has run in it', async () => {
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('notes').insert({ n: 4 }).mtdd('t');
        await server.kill();
        await server.start();
        await trx('notes').insert({ n: 4 }).mtdd('t');
      }),
    );
    assert.equal(await count(4), 0);
  });
});
