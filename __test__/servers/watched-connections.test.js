/**
 * PostgreSQL ends the connections of a query server that is frozen, whatever role its sessions have; those of one that
 * runs it leaves alone, whatever else has gone wrong.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { Client } = require('pg');
const { InitializeReplication } = require('../../js');
const { startPostgres, onConnection } = require('../../testkit/postgres');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');

/** Connections that the login role of the query server may have. */
const MOST = 12;
/** For longer than PostgreSQL waits before it ends the connections: a lease of 3 s, and 7 s (ms). */
const LONG = 14_000;

describe('connections that PostgreSQL watches over', { timeout: 240_000 }, () => {
  const started = [];
  let host;
  let lookup;
  let server;
  let adminUrl;
  let appUrl;
  let db;
  let handle;

  before(async () => {
    host = await startPostgres();
    adminUrl = await host.createDatabase('shard');
    await onConnection(
      adminUrl,
      'create table notes (id text)',
      'grant all on notes to public',
      `create role app login password 'secret-of-app' connection limit ${MOST}`,
      'create role limited',
      'grant limited to app',
    );
    const url = new URL(adminUrl);
    url.username = 'app';
    url.password = 'secret-of-app';
    appUrl = url.href;
    lookup = await startLookupServer({ shards: 1 });
    started.push(lookup);
    const args = [
      '--shard',
      '0',
      '--lookup',
      lookup.address,
      '--max-placement-staleness',
      '3',
      '--pool-size',
      '4',
    ];
    server = await startQueryServer({ databaseUrl: appUrl, args: [...args, '--session-idle-timeout', '0'] });
    started.push(server);
    db = knex({ client: 'pg', connection: await host.createDatabase('local'), pool: { min: 0 } });
    handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: [server.address], lookupServer: lookup.address },
    });
    await handle.addTenant('acme');
  });
  after(async () => {
    for (const one of started) process.kill(one.pid, 'SIGCONT');
    await handle?.close();
    await db?.destroy();
    for (const one of started) await one.stop();
    await host?.destroy();
  });

  async function rows(sql) {
    const client = new Client({ connectionString: adminUrl });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async function until(condition) {
    const since = Date.now();
    while (!(await condition())) {
      assert.ok(Date.now() - since < 60_000, 'it takes too long');
      await sleep(100);
    }
  }

  it('stay when the lookup servers are out of reach for longer than a lease, though a statement of a tenant ran', async () => {
    const stopped = assert.rejects(
      db.raw('select pg_sleep(50)').mtdd('acme', 1, undefined, { timeout: 60_000 }).then(),
    );
    await until(
      async () =>
        (await rows("select 1 from pg_stat_activity where query = 'select pg_sleep(50)'")).length > 0,
    );
    process.kill(lookup.pid, 'SIGSTOP');
    try {
      await stopped;
      // This needs no lease.
      const insert = `insert into notes select 'everywhere' from pg_sleep(${LONG / 1000})`;
      await db.raw(insert).mtdd({ allServers: true, timeout: 60_000 });
    } finally {
      process.kill(lookup.pid, 'SIGCONT');
    }
    assert.equal((await rows('select from notes')).length, 1);
    await until(() =>
      db
        .raw('select 1')
        .mtdd('acme')
        .then(
          () => true,
          () => false,
        ),
    );
  });

  it('stay when PostgreSQL has no room for another one', async () => {
    const trx = await db.transaction();
    await trx.raw('select 1').mtdd('acme');
    const hogs = [];
    const takeAllRoom = async () => {
      for (;;) {
        const hog = new Client({ connectionString: appUrl });
        hog.on('error', () => {});
        if (
          !(await hog.connect().then(
            () => true,
            () => false,
          ))
        )
          break;
        hogs.push(hog);
      }
    };
    try {
      await takeAllRoom();
      // The connection that is kept to arm the next is gone, and so is the room for another.
      await rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'mtdd-server watchdog' and state = 'idle'`,
      );
      await takeAllRoom();
      const since = Date.now();
      while (Date.now() - since < LONG) {
        await trx.raw('select 1').mtdd('acme');
        await sleep(500);
      }
    } finally {
      for (const hog of hogs) await hog.end();
    }
    await trx.commit();
  });

  it('are ended when the server is frozen, though its sessions have another role than the one that logs in', async () => {
    await rows("alter role app set role = 'limited'");
    await server.restart();
    const { rows: roles } = await db.raw('select current_user as here').mtdd('acme');
    assert.equal(roles[0].here, 'limited');
    const late = db
      .raw("insert into notes select 'late' from pg_sleep(90)")
      .mtdd('acme', 1, undefined, { timeout: 120_000 })
      .then(
        () => 'done',
        () => 'failed',
      );
    const runs = async () =>
      (
        await rows(
          `select 1 from pg_stat_activity where usename = 'app' and state = 'active' and query like '%''late''%'`,
        )
      ).length > 0;
    await until(runs);
    process.kill(server.pid, 'SIGSTOP');
    try {
      await until(async () => !(await runs()));
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    assert.equal(await late, 'failed');
  });
});
