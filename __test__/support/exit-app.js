/**
 * A small application that ends in the way its argument names; `process-exit.test.js` watches how. Prints `done` when
 * it came to where it wanted to.
 *
 * node exit-app.js WAY QUERY_SERVER_ADDRESS
 */

const { Worker } = require('node:worker_threads');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');

const [way, address] = process.argv.slice(2);

/** Nothing listens there: the local side plays no part. */
const db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } });
const ask = (text = 'select 1') => db.raw(text).mtdd('a tenant');
const done = () => console.log('done');

const WAYS = {
  async 'close after a query'(handle) {
    await ask();
    await handle.close();
    await handle.close();
    done();
  },
  async 'close without a query'(handle) {
    await handle.close();
    done();
  },
  async 'no close after a query'() {
    await ask();
    done();
  },
  async 'no close and no query'() {
    done();
  },
  async 'an awaited query as the only thing left'() {
    await ask('select pg_sleep(0.5)');
    done();
  },
  async 'many awaited queries as the only thing left'() {
    await Promise.all(Array.from({ length: 500 }, () => ask('select pg_sleep(0.01)')));
    done();
  },
  async 'destroy of Knex'() {
    await ask();
    await db.destroy();
    const error = await ask().catch((reason) => reason);
    if (error.code === 'CLIENT_CLOSED') done();
  },
  async 'close with a query in flight'(handle) {
    const query = ask('select pg_sleep(30)').catch((error) => error);
    setTimeout(async () => {
      await handle.close();
      const error = await query;
      if (['CANCELLED', 'CLIENT_CLOSED'].includes(error.code)) done();
      else console.log(error);
    }, 200);
  },
  async 'a subscription as the only thing left, until it is closed'(handle) {
    const subscription = await handle.listen('news', async () => {
      await subscription.close();
      done();
    });
    // By itself it keeps nobody alive.
    setTimeout(() => ask("select pg_notify('news', '')").then(() => {}), 300).unref();
  },
  async 'close with a subscription open'(handle) {
    await handle.listen('news', () => {});
    await handle.close();
    done();
  },
  async 'process.exit with queries in flight'() {
    for (let count = 0; count < 50; count++) ask('select pg_sleep(30)').catch(() => {});
    setTimeout(() => {
      done();
      process.exit(0);
    }, 200);
  },
  async 'process.exit with a large result on its way'() {
    ask("select repeat('x', 1000) from generate_series(1, 200000)").catch(() => {});
    setTimeout(() => {
      done();
      process.exit(0);
    }, 100);
  },
  async 'an uncaught exception with queries in flight'() {
    ask('select pg_sleep(30)').catch(() => {});
    setTimeout(() => {
      done();
      throw new Error('uncaught, on purpose');
    }, 100);
  },
  async 'an unhandled rejection of a query'() {
    done();
    ask('select 1 / 0').then(() => {});
  },
  async 'an exception in a callback'() {
    ask().asCallback(() => {
      done();
      setImmediate(() => {
        throw new Error('uncaught, on purpose');
      });
    });
  },
  async 'waiting for a signal'() {
    await ask();
    done();
    setInterval(() => {}, 1000);
  },
  async 'a worker thread that ends'(handle) {
    await handle.close();
    const worker = new Worker(__filename, { argv: ['no close after a query', address] });
    worker.once('exit', (code) => (code === 0 ? done() : console.log(`the worker ended with ${code}`)));
  },
  async 'a worker thread that is terminated with queries in flight'(handle) {
    await handle.close();
    const worker = new Worker(__filename, { argv: ['queries for ever', address] });
    setTimeout(async () => {
      await worker.terminate();
      done();
    }, 700);
  },
  async 'queries for ever'() {
    for (;;) await Promise.all([ask(), ask("select repeat('x', 100) from generate_series(1, 1000)")]);
  },
};

async function main() {
  const handle = await InitializeReplication(express(), db, {
    mtdd: { useMtdd: true, queryServers: [address] },
  });
  await WAYS[way](handle);
}

main();
