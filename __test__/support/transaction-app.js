/**
 * A small application in the middle of a transaction that has inserted row 2 and holds a lock on row 1;
 * `transaction-kills.test.js` does things to it. Prints `ready` once it is there.
 *
 * node transaction-app.js WAY QUERY_SERVER_ADDRESS
 */

const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');

const [way, address] = process.argv.slice(2);
const TENANT = 'a tenant';

/** Nothing listens there: the local side plays no part. */
const db = knex({
  client: 'pg',
  connection: 'postgres://nobody@127.0.0.1:1/nowhere?application_name=mtdd-server',
  pool: { min: 0 },
});

const WAYS = {
  async 'between two statements'() {
    console.log('ready');
    await sleep(60_000);
  },
  async 'in a statement'(trx) {
    const statement = trx.raw('select pg_sleep(60)').mtdd(TENANT).then();
    console.log('ready');
    await statement;
  },
  /** Asks until it fails, says with what, and has another transaction done. */
  async 'asking all the time'(trx) {
    console.log('ready');
    try {
      for (;;) {
        await trx.raw('select 1').mtdd(TENANT);
        await sleep(50);
      }
    } catch (error) {
      console.log(`failed: ${error.code}`);
    }
    await db.transaction((next) => next('notes').insert({ id: 3 }).mtdd(TENANT));
    console.log('the next one works');
    process.exit(0);
  },
};

async function main() {
  await InitializeReplication(express(), db, {
    mtdd: { useMtdd: true, queryServers: [address], logLevel: 'silent' },
  });
  const trx = await db.transaction();
  trx.executionPromise.catch(() => {});
  await trx('notes').insert({ id: 2 }).mtdd(TENANT);
  await trx('notes').where('id', 1).forUpdate().mtdd(TENANT);
  await WAYS[way](trx);
}

main();
