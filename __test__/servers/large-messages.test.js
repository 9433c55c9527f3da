/**
 * Large messages: one that its server does not take is refused before it is sent, and one that it takes holds up nobody
 * on its way.
 */

const assert = require('node:assert/strict');
const net = require('node:net');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication, ValidationError } = require('../../js');
const { startCluster } = require('../../testkit/cluster');

const MEBIBYTE = 1024 * 1024;

const failureOf = (promise) =>
  Promise.resolve(promise).then(
    () => assert.fail('it has not failed'),
    (error) => error,
  );

/** Passes connections on, the client's bytes no faster than this many a second. */
async function startSlowProxy(address, bytesPerSecond) {
  const [host, port] = address.split(':');
  const sockets = new Set();
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    upstream.pipe(client);
    client.on('data', (chunk) => {
      upstream.write(chunk);
      if (chunk.length < 4096) return;
      client.pause();
      setTimeout(() => client.resume(), (1000 * chunk.length) / bytesPerSecond);
    });
    client.on('end', () => upstream.end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function open(queryServers, lookupServer) {
  const db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } });
  await InitializeReplication(express(), db, {
    mtdd: { useMtdd: true, queryServers, lookupServer, logLevel: 'silent' },
  });
  return db;
}

describe('large messages', () => {
  let cluster;
  let db;

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      seed: ['create table files (id serial, body text)'],
      serverArgs: ['--max-message-size', String(4 * MEBIBYTE), '--pool-size', '4'],
    });
    db = await open(cluster.queryServers, cluster.lookupServer);
    await db('files').mtdd('t', null);
  });
  after(async () => {
    await db?.destroy();
    await cluster?.stop();
  });

  const isTooLarge = (error) => {
    assert.ok(error instanceof ValidationError, error.stack);
    assert.match(error.message, /would have \d+ bytes, more than the 4194304 .*--max-message-size/);
  };

  it('one that its server does not take is refused, and no other query notices', async () => {
    const others = Array.from({ length: 20 }, () =>
      db.raw('select 1 as a from pg_sleep(0.3)').mtdd('t').then(),
    );
    isTooLarge(
      await failureOf(
        db('files')
          .insert({ body: 'x'.repeat(5 * MEBIBYTE) })
          .mtdd('t'),
      ),
    );
    const rows = Array.from({ length: 9 }, () => ({ body: 'y'.repeat(MEBIBYTE) }));
    isTooLarge(await failureOf(db('files').insert(rows).mtdd('t')));
    await db('files')
      .insert({ body: 'z'.repeat(3 * MEBIBYTE) })
      .mtdd('t');
    await Promise.all(others);
    const [{ n }] = await db('files').select(db.raw('sum(length(body))::int as n')).mtdd('t');
    assert.equal(n, 3 * MEBIBYTE);
  });

  it('a transaction goes on after one', async () => {
    await db.transaction(async (trx) => {
      isTooLarge(
        await failureOf(
          trx('files')
            .insert({ body: 'x'.repeat(5 * MEBIBYTE) })
            .mtdd('t'),
        ),
      );
      await trx('files').insert({ body: 'small' }).mtdd('t');
    });
    assert.equal((await db('files').where({ body: 'small' }).mtdd('t')).length, 1);
  });

  it('a reply that is too large is refused, and nothing of its statement is in doubt', async () => {
    const large = "select repeat('x', 5000000)";
    const isRefused = (error) => {
      assert.ok(error instanceof ValidationError, error.stack);
      assert.match(
        error.message,
        /--max-message-size\); (it was stopped|the statement only reads|PostgreSQL had already finished)/,
      );
      assert.doesNotMatch(error.message, /not known|took effect/);
    };
    isRefused(await failureOf(db.raw(large).mtdd('t')));
    const write = "insert into files (body) values ('large') returning repeat(body, 1000000)";
    for (const sql of [large, write]) {
      const trx = await db.transaction();
      await trx('files').insert({ body: 'before' }).mtdd('t');
      isRefused(await failureOf(trx.raw(sql).mtdd('t')));
      assert.equal((await failureOf(trx('files').mtdd('t'))).code, '25P02');
      await trx.rollback();
    }
    assert.deepEqual(await db('files').whereIn('body', ['before', 'large']).mtdd('t'), []);
  });

  it('an error that is too large is PostgreSQL’s own, and cut', async () => {
    const raise = "do $$ begin raise exception '%', repeat('x', 6000000); end $$";
    const error = await failureOf(db.raw(raise).mtdd('t'));
    assert.equal(error.code, 'P0001', error.stack);
    assert.match(error.message, /x\.\.\. \(cut off: the error has 6\d{6} bytes, too many for a message\)$/);
    assert.ok(error.length > 6_000_000);
  });

  it('the errors of all shards together are cut to one size', async () => {
    // In JSON a control character takes six bytes.
    const raise = "do $$ begin raise exception '%', repeat(chr(1), 1000000); end $$";
    const error = await failureOf(db.raw(raise).mtdd({ allServers: true }));
    const texts = [error, error.cause, ...(error.outcomes ?? []).map((outcome) => outcome.error)].filter(
      Boolean,
    );
    const size = texts.reduce((sum, { message }) => sum + message.length, 0);
    assert.ok(size < MEBIBYTE / 4, `${size} characters in ${texts.length} errors: ${error.code}`);
    for (const { message } of texts) assert.match(message, /cut off: the text has/);
  });

  it('a query for all shards is refused before any of them has it', async () => {
    const body = 'w'.repeat(5 * MEBIBYTE);
    isTooLarge(await failureOf(db('files').update({ body }).mtdd({ allServers: true })));
    isTooLarge(await failureOf(db('files').where({ body }).mtdd({ allServers: true })));
    assert.equal((await db('files').whereRaw("body like 'w%'").mtdd({ allServers: true })).length, 0);
  });

  it('sizes around the limits arrive whole', async () => {
    for (const size of [0, 1, 65_535, 65_536, 262_144, MEBIBYTE, 4 * MEBIBYTE - 200]) {
      const { rows } = await db.raw('select length(?::text) as n', ['x'.repeat(size)]).mtdd('t');
      assert.equal(rows[0].n, size);
    }
  });

  it('point queries pass one that is on its way', async () => {
    const big = await startCluster({ shards: 1, seed: ['create table files (body text)'] });
    const proxy = await startSlowProxy(big.queryServers[0], 15 * MEBIBYTE);
    const slow = await open([proxy.address]);
    try {
      await slow.raw('select 1').mtdd('t');
      let done = false;
      const insert = slow('files')
        .insert({ body: Buffer.alloc(60 * MEBIBYTE, 'x') })
        .mtdd('t')
        .then(() => {
          done = true;
        });
      await sleep(200);
      const times = [];
      for (let index = 0; index < 10; index++) {
        const since = performance.now();
        await slow.raw('select 1').mtdd('t');
        times.push(Math.round(performance.now() - since));
      }
      assert.equal(done, false, 'the large one is still on its way');
      assert.ok(Math.max(...times) < 1500, `${times} ms`);
      await insert;
    } finally {
      await slow.destroy();
      await proxy.stop();
      await big.stop();
    }
  });
});
