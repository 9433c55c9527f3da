const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const {
  ConfigError,
  InitializeReplication,
  LookupUnavailableError,
  ShardUnavailableError,
} = require('../../js');
const { startPostgres } = require('../../testkit/postgres');
const { startLookupServer, startQueryServer } = require('../../testkit/servers');

describe('tokens between the library and its servers', () => {
  let postgres;
  let url;
  let server;
  let lookup;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-tokens-'));
  const file = path.join(directory, 'tokens');
  const accept = (...tokens) => fs.writeFileSync(file, tokens.join('\n'));

  before(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase('shard');
    accept('first-secret');
    const args = ['--token-file', file];
    [server, lookup] = await Promise.all([
      startQueryServer({ databaseUrl: url, args }),
      startLookupServer({ shards: 1, args }),
    ]);
  });
  after(async () => {
    await Promise.all([server?.stop(), lookup?.stop()]);
    await postgres?.destroy();
    fs.rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    accept('first-secret');
    await Promise.all([server.restart(), lookup.restart()]);
  });

  /** Runs `use` with a Knex instance whose library has this token. */
  async function withToken(token, use, more = {}) {
    const db = knex({ client: 'pg', connection: url });
    try {
      const handle = await InitializeReplication(express(), db, {
        mtdd: {
          useMtdd: true,
          queryServers: [server.address],
          lookupServer: lookup.address,
          token,
          logLevel: 'silent',
          ...more,
        },
      });
      try {
        await use(db, handle);
      } finally {
        await handle.close();
      }
    } finally {
      await db.destroy();
    }
  }

  const one = async (db) => (await db.raw('select 1 as one').mtdd('t')).rows[0].one;

  it('what is open by a token that is removed from the file ends', async () => {
    await withToken('first-secret', async (db, handle) => {
      await handle.addTenant('t');
      assert.equal(await one(db), 1);
      const gaps = [];
      await handle.listen('news', () => {}, { onGap: (gap) => gaps.push(gap) });
      const trx = await db.transaction();
      await trx.raw('select 1').mtdd('t');
      accept('second-secret');
      let error;
      for (let tries = 0; !error && tries < 300; tries++) {
        error = await one(db).then(
          () => sleep(100),
          (refused) => refused,
        );
      }
      assert.ok(error instanceof ShardUnavailableError, String(error));
      // What was begun may end.
      assert.equal((await trx.raw('select 2 as two').mtdd('t')).rows[0].two, 2);
      await trx.commit();
      const direct = knex({ client: 'pg', connection: url });
      try {
        for (let tries = 0; tries < 300; tries++) {
          const { rows } = await direct.raw(
            'select 1 from pg_stat_activity where datname = current_database() and query = \'LISTEN "news";\'',
          );
          if (rows.length === 0) return;
          await sleep(100);
        }
      } finally {
        await direct.destroy();
      }
      assert.fail('still listening');
    });
  });

  it('a function is awaited at start, so that the first query has its token', async () => {
    let asked = 0;
    const slow = async () => {
      asked++;
      await sleep(200);
      return 'first-secret';
    };
    await withToken(slow, async (db, handle) => {
      await handle.addTenant('t');
      assert.equal(await one(db), 1);
      assert.equal(asked, 1);
    });
    await withToken(
      () => 'first-secret',
      async (db) => assert.equal(await one(db), 1),
    );
  });

  it('a function that fails, or gives no token, is a ConfigError at start, and can be corrected', async () => {
    const db = knex({ client: 'pg', connection: url });
    const start = (token) =>
      InitializeReplication(express(), db, {
        mtdd: { useMtdd: true, queryServers: [server.address], token, logLevel: 'silent' },
      });
    try {
      const failing = async () => {
        throw new Error('the vault is sealed');
      };
      await assert.rejects(start(failing), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /^mtdd\.token: the function failed: the vault is sealed/);
        return true;
      });
      for (const wrong of [undefined, null, '', 5, 'hunter 2', 'hunter2\n', {}]) {
        await assert.rejects(
          start(() => wrong),
          (error) => {
            assert.ok(error instanceof ConfigError);
            assert.match(error.message, /^mtdd\.token: expected the function to return/);
            assert.doesNotMatch(error.message, /hunter/);
            return true;
          },
        );
      }
      const handle = await start(() => 'first-secret');
      assert.equal(await one(db), 1);
      await handle.close();
    } finally {
      await db.destroy();
    }
  });

  it('after a refusal it is asked again, once for all who wait, and nobody hears of it', async () => {
    let secret = 'first-secret';
    let asked = 0;
    const token = async () => {
      asked++;
      await sleep(20);
      return secret;
    };
    await withToken(token, async (db, handle) => {
      await handle.addTenant('t');
      assert.equal(await one(db), 1);
      secret = 'second-secret';
      accept(secret);
      await Promise.all([server.restart(), lookup.restart()]);
      asked = 0;
      assert.deepEqual(await Promise.all(Array.from({ length: 20 }, () => one(db))), Array(20).fill(1));
      assert.equal(asked, 1);
      secret = 'third-secret';
      accept(secret);
      await Promise.all([server.restart(), lookup.restart()]);
      await sleep(1100);
      assert.equal((await handle.addTenant('other')).shardIndex, 0);
      await db.transaction(async (trx) => {
        assert.equal((await trx.raw('select 1 as one').mtdd('t')).rows[0].one, 1);
      });
      assert.equal(asked, 2);
    });
  });

  it("a refusal for good is the servers' unavailability, 503, and never the end user's 401", async () => {
    for (const token of ['wrong-secret', () => 'wrong-secret', null]) {
      await withToken(
        token,
        async (db, handle) => {
          await assert.rejects(handle.addTenant('t'), (error) => {
            assert.ok(error instanceof LookupUnavailableError, `${error}`);
            assert.deepEqual([error.statusCode, error.context.lookupServer], [503, lookup.address]);
            assert.match(error.message, /rejected the credentials.*check mtdd\.token/);
            assert.doesNotMatch(error.message, /secret/);
            return true;
          });
          void db;
        },
        { maxRetries: 0 },
      );
      await withToken(
        token,
        async (db, handle) => {
          for (const failing of [
            async () => db.raw('select 1').mtdd('t'),
            async () => db.raw('select 1').mtdd(null),
            async () => db.transaction(async (trx) => trx.raw('select 1').mtdd('t')),
            async () => handle.listen('c', () => {}, { shard: 0 }),
          ]) {
            await assert.rejects(failing(), (error) => {
              assert.ok(error instanceof ShardUnavailableError, `${error}`);
              assert.deepEqual([error.statusCode, error.context.queryServer], [503, server.address]);
              assert.match(error.message, /rejected the credentials.*check mtdd\.token/);
              return true;
            });
          }
        },
        { lookupServer: null, maxRetries: 0 },
      );
    }
  });
});
