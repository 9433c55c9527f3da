/** One database behind two places of `queryServers` is no two shards: its rows would count twice. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { startQueryServer } = require('../../testkit/servers');

describe('two query servers on one database', () => {
  let cluster;
  let second;
  let db;
  before(async () => {
    cluster = await startCluster({ shards: 2, seed: ['create table items (tenant text, n int)'] });
    second = await startQueryServer({
      databaseUrl: cluster.shards[0].databaseUrl,
      args: ['--shard', '1'],
    });
    db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } });
    await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: [cluster.shards[0].address, second.address],
        lookupServer: cluster.lookupServer,
        logLevel: 'silent',
      },
      portal: { tenantColumnName: 'tenant' },
    });
  });
  after(async () => {
    await db?.destroy();
    await second?.stop();
    await cluster?.stop();
  });

  it('are refused by their numbers for all that runs on all shards', async () => {
    for (const sql of [
      'select count(*) from items',
      'select 1',
      'update items set n = n + 1',
      'insert into items values (1)',
      'create table more (id int)',
      "do 'begin insert into items values (1); end'",
    ]) {
      await assert.rejects(db.raw(sql).mtdd({ allServers: true }), {
        code: 'PLAN_UNSUPPORTED',
        message: /shards 0 and 1 have one and the same database/,
      });
    }
  });
});
