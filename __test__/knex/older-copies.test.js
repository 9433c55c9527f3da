/**
 * Copies of a Knex instance that are older than the library on it, and what hangs on an instance beside its queries: none
 * of them is a way to the local database that names no tenant.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const {
  ConfigError,
  InitializeReplication,
  ValidationError,
  createMtddKnex,
  runLocal,
  withTenant,
} = require('../../js');
const { startCluster } = require('../../testkit/cluster');

const TENANT = 'a tenant';

const failureOf = (query) =>
  Promise.resolve(query).then(
    () => assert.fail('it has not failed'),
    (error) => error,
  );

describe('copies that are older than the library', () => {
  let cluster;
  let shard;
  const instances = [];

  before(async () => {
    cluster = await startCluster({ shards: 1, seed: ['create table notes (id int)'] });
    shard = knex({ client: 'pg', connection: cluster.shards[0].databaseUrl });
  });
  after(async () => {
    for (const instance of [shard, ...instances]) await instance?.destroy();
    await cluster?.stop();
  });

  const open = (more) => {
    const db = knex({ client: 'pg', connection: cluster.local.databaseUrl, pool: { min: 0 }, ...more });
    instances.push(db);
    return db;
  };
  const mtdd = (more) => ({
    mtdd: { useMtdd: true, queryServers: cluster.queryServers, logLevel: 'silent', ...more },
  });
  const where = async (query) => (await query).rows[0].name;
  const name = 'select current_database() as name';
  const databaseOf = (url) => new URL(url).pathname.slice(1);
  const onShard = () => databaseOf(cluster.shards[0].databaseUrl);
  const locally = () => databaseOf(cluster.local.databaseUrl);

  it('clones of withUserParams, and clones of those, route', async () => {
    const db = open();
    const clones = [
      db.withUserParams({ a: 1 }),
      db.withUserParams({}).withUserParams({ b: 2 }),
      db.withUserParams({}),
      db.withUserParams({}),
    ];
    const held = clones[3].raw(name);
    await InitializeReplication(express(), db, mtdd());
    assert.equal(await where(clones[0].raw(name).mtdd(TENANT)), onShard());
    assert.equal(await where(withTenant(TENANT, () => clones[1].raw(name))), onShard());
    // Made inside, awaited outside, on one that has not been used before.
    const { made } = withTenant(TENANT, () => ({ made: clones[2].raw(name) }));
    assert.equal(await where(made), onShard());
    assert.equal(await where(withTenant(TENANT, () => held)), onShard());
    const inside = await clones[0].transaction((trx) => where(trx.raw(name).mtdd(TENANT)));
    assert.equal(inside, onShard());
    assert.equal(clones[0].userParams.a, 1);
    assert.equal(await where(clones[0].raw(name)), locally());
  });

  it('with requireTenant their queries need one', async () => {
    const db = open();
    const clone = db.withUserParams({});
    await InitializeReplication(express(), db, mtdd({ requireTenant: true }));
    const error = await failureOf(clone.raw(name));
    assert.ok(error instanceof ValidationError && /requireTenant/.test(error.message), error.stack);
    assert.equal(await where(runLocal(() => clone.raw(name))), locally());
  });

  it('a transaction that is older runs nothing for a tenant, and nothing unnamed where all must be named', async () => {
    for (const requireTenant of [false, true, 'transaction']) {
      const db = open();
      const trx = await db.transaction();
      const ofClone = await db.withUserParams({}).transaction();
      await InitializeReplication(express(), db, mtdd({ requireTenant }));
      for (const older of [trx, ofClone]) {
        for (const query of [
          () => older.raw(name).mtdd(TENANT),
          () => withTenant(TENANT, () => older.raw(name)),
          () => older.transaction((nested) => nested.raw(name).mtdd(TENANT)),
        ]) {
          const error = await failureOf(query());
          assert.ok(error instanceof ValidationError, error.stack);
          assert.match(error.message, /begun on the local database before InitializeReplication/);
        }
        assert.throws(() => older.transaction(() => {}, { mtdd: TENANT }), /before InitializeReplication/);
        if (requireTenant) {
          const error = await failureOf(older.raw(name));
          assert.ok(error instanceof ValidationError && /requireTenant/.test(error.message), error.stack);
          assert.equal(await where(runLocal(() => older.raw(name))), locally());
        } else {
          assert.equal(await where(older.raw(name)), locally());
          assert.equal(await older.transaction((nested) => where(nested.raw(name))), locally());
        }
        await older.rollback();
      }
    }
  });

  it('other instances, and their copies, stay as they are', async () => {
    const db = open();
    const other = open();
    const clone = other.withUserParams({});
    const trx = await other.transaction();
    await InitializeReplication(express(), db, mtdd({ requireTenant: true }));
    for (const instance of [other, clone, trx]) {
      assert.equal(await where(withTenant(TENANT, () => instance.raw(name))), locally());
      assert.throws(() => instance.raw(name).mtdd(TENANT), ConfigError);
    }
    await trx.rollback();
  });

  it('the end of a clone is the end of everything, as it is of the pool', async () => {
    const db = open();
    const clone = db.withUserParams({});
    await InitializeReplication(express(), db, mtdd());
    await clone.destroy();
    assert.equal((await failureOf(db.raw(name).mtdd(TENANT))).code, 'CLIENT_CLOSED');
  });

  it('a clone cannot be set up beside its original', async () => {
    const db = open();
    const clone = db.withUserParams({});
    await InitializeReplication(express(), db, mtdd());
    await assert.rejects(
      InitializeReplication(express(), clone, mtdd()),
      /has been called on this Knex instance/,
    );
  });

  it('a transaction whose client is closed has been rolled back: to roll it back is no failure, to commit it is', async () => {
    for (const ending of ['rollback', 'commit']) {
      const db = open();
      const handle = await InitializeReplication(express(), db, mtdd());
      const trx = await db.transaction();
      await trx('notes').insert({ id: 1 }).mtdd(TENANT);
      await handle.close();
      if (ending === 'rollback') await trx.rollback();
      else {
        trx.commit();
        const error = await failureOf(trx.executionPromise);
        assert.equal(error.code, 'CLIENT_CLOSED');
        assert.match(error.message, /what it did on the shard was rolled back/);
      }
      const busy = `select count(*)::int as n from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`;
      for (let turn = 0; turn < 250 && (await shard.raw(busy)).rows[0].n > 0; turn++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(await shard('notes'), []);
    }
  });

  it('migrate and seed refuse a tenant in their options', async () => {
    const db = open();
    await InitializeReplication(express(), db, mtdd());
    const made = await createMtddKnex({
      knex: { client: 'pg', connection: cluster.local.databaseUrl },
      ...mtdd(),
    });
    instances.push(made);
    const trx = await db.transaction();
    for (const instance of [db, db.withUserParams({}), made, made.forTenant(TENANT), trx]) {
      for (const call of [
        () => instance.migrate.latest({ mtdd: { tenantId: TENANT } }),
        () => instance.migrate.make('one', { tenantId: TENANT }),
        () => instance.migrate.rollback({ mtd: TENANT }, true),
        () => instance.seed.run({ mtdd: TENANT }),
      ]) {
        assert.throws(
          call,
          (error) => error instanceof TypeError && /withTenant\(tenant, \(\) => db\./.test(error.message),
        );
      }
    }
    await trx.rollback();
    for (const tool of ['migrations', 'seeds']) {
      await assert.rejects(
        InitializeReplication(express(), open({ [tool]: { mtdd: { tenantId: TENANT } } }), mtdd()),
        (error) => error instanceof ConfigError && error.message.startsWith(`${tool}.mtdd: `),
      );
    }
  });

  it('so do those of older copies, and those that were made before', async () => {
    const [db, other] = [open(), open()];
    const clone = db.withUserParams({});
    const trx = await db.transaction();
    const nested = await trx.transaction();
    const ofOther = other.withUserParams({});
    const tools = [
      db,
      clone,
      clone.withUserParams({}),
      trx,
      nested,
      db.withUserParams({}).withUserParams({}),
    ];
    const before = tools.slice(0, 4).map(({ migrate, seed }) => ({ migrate, seed }));
    await InitializeReplication(express(), db, mtdd());
    class Options {
      get tenantId() {
        return TENANT;
      }
    }
    try {
      for (const { migrate, seed } of [...before, ...tools]) {
        for (const options of [{ tenantId: TENANT }, new Options(), Object.create({ mtd: TENANT })]) {
          const refused = (error) => error instanceof TypeError && /withTenant/.test(error.message);
          assert.throws(() => migrate.latest(options), refused);
          assert.throws(() => seed.run(options), refused);
        }
      }
    } finally {
      await nested.rollback().catch(() => {});
      await trx.rollback();
    }
    const migrationSource = { getMigrations: async () => [] };
    const seedSource = { getSeeds: async () => [] };
    for (const { migrate, seed } of [other, ofOther]) {
      assert.deepEqual((await migrate.list({ migrationSource, tenantId: TENANT }))[1], []);
      assert.deepEqual(await seed.run({ seedSource, tenantId: TENANT }), [[]]);
    }
  });
});
