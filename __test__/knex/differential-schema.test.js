/** Knex's schema builder, columnInfo and raws that define things; the definitions that they leave are compared too. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startSides, TENANT } = require('../support/sides');
const { assertSame } = require('../../testkit/same');

/** PostgreSQL names no table by number here: each side makes its own. */
const COMMANDS = {
  'hasTable, there and not': async (db, route) => [
    await route(db.schema.hasTable('users')),
    await route(db.schema.hasTable('nowhere')),
  ],
  'hasTable with a schema': (db, route) => route(db.schema.withSchema('pg_catalog').hasTable('pg_class')),
  'hasColumn, there and not': async (db, route) => [
    await route(db.schema.hasColumn('users', 'age')),
    await route(db.schema.hasColumn('users', 'nothing')),
  ],
  'createTable with every kind of column': (db, route) =>
    route(
      db.schema.createTable('fresh', (t) => {
        t.increments('id');
        t.bigIncrements('big', { primaryKey: false });
        t.uuid('uuid').defaultTo(db.fn.uuid());
        t.string('name', 20).notNullable().unique();
        t.text('text').comment("it's text");
        t.integer('user_id')
          .unsigned()
          .references('id')
          .inTable('users')
          .onDelete('cascade')
          .onUpdate('set null');
        t.float('float').defaultTo(1.5);
        t.decimal('exact', 10, 3).nullable();
        t.boolean('flag').defaultTo(false).index('flags');
        t.date('date');
        t.timestamp('at', { useTz: false, precision: 3 }).defaultTo(db.fn.now(3));
        t.timestamps(true, true, true);
        t.binary('bytes');
        t.enu('kind', ['a', 'b'], { useNative: true, enumName: 'kinds' });
        t.enu('checked', ['x', 'y']);
        t.json('json');
        t.jsonb('document').defaultTo(JSON.stringify({ a: 1 }));
        t.specificType('range', 'int4range');
        t.check('?? > ??', ['float', 'id']);
        t.unique(['name', 'flag'], { indexName: 'both', deferrable: 'deferred' });
        t.index(['date', 'at'], 'dates', { indexType: 'btree' });
        t.comment('a table');
      }),
    ),
  'createTable in an array of statements, awaited once': (db, route) =>
    route(
      db.schema
        .createTable('fresh', (t) => t.integer('id'))
        .createTable('fresh2', (t) => t.string('a'))
        .renameTable('fresh2', 'fresh3'),
    ),
  createTableLike: (db, route) => route(db.schema.createTableLike('fresh', 'users')),
  'alterTable: add, alter, rename and drop': async (db, route) => {
    await route(
      db.schema.createTable('fresh', (t) => {
        t.integer('id');
        t.string('a');
        t.string('b');
        t.integer('c');
      }),
    );
    await route(
      db.schema.alterTable('fresh', (t) => {
        t.string('d').defaultTo('x');
        t.string('a', 5).notNullable().alter();
        t.renameColumn('b', 'renamed');
        t.dropColumn('c');
        t.primary('id', { constraintName: 'fresh_key' });
        t.index('a');
      }),
    );
    await route(
      db.schema.table('fresh', (t) => {
        t.setNullable('a');
        t.dropPrimary('fresh_key');
        t.dropIndex('a');
        t.dropNullable('id');
      }),
    );
    return route(db('fresh').columnInfo());
  },
  'foreign keys and constraints, made and dropped': async (db, route) => {
    await route(
      db.schema.createTable('fresh', (t) => {
        t.integer('user_id');
        t.foreign('user_id').references('users.id').deferrable('deferred');
      }),
    );
    await route(
      db.schema.alterTable('fresh', (t) => {
        t.dropForeign('user_id');
        t.unique('user_id');
      }),
    );
    return route(db.schema.alterTable('fresh', (t) => t.dropUnique('user_id')));
  },
  'checks on columns': (db, route) =>
    route(
      db.schema.createTable('fresh', (t) => {
        t.integer('a').checkPositive();
        t.integer('b').checkBetween([1, 5]);
        t.string('c').checkIn(['x', 'y']);
        t.string('d').checkLength('<', 5);
      }),
    ),
  'dropTable, dropTableIfExists and renameTable': async (db, route) => {
    await route(db.schema.createTable('fresh', (t) => t.integer('id')));
    await route(db.schema.renameTable('fresh', 'renamed'));
    await route(db.schema.dropTable('renamed'));
    return route(db.schema.dropTableIfExists('renamed'));
  },
  views: async (db, route) => {
    await route(
      db.schema.createView('seen', (v) => {
        v.columns(['id', 'n']);
        v.as(db('users').select('id', 'name').where('age', '>', 20));
      }),
    );
    await route(
      db.schema.createViewOrReplace('seen', (v) => {
        v.columns(['id', 'n']);
        v.as(db('users').select('id', 'name'));
      }),
    );
    const rows = await route(db('seen').orderBy('id'));
    await route(db.schema.alterView('seen', (v) => v.column('n').rename('named')));
    await route(db.schema.renameView('seen', 'seen2'));
    return [rows, await route(db.schema.dropViewIfExists('nothing'))];
  },
  'materialized views': async (db, route) => {
    await route(
      db.schema.createMaterializedView('seen', (v) => {
        v.columns(['id']);
        v.as(db('users').select('id'));
      }),
    );
    await route(db.schema.refreshMaterializedView('seen'));
    const rows = await route(db('seen').orderBy('id'));
    return [rows, await route(db.schema.dropMaterializedView('seen'))];
  },
  schemas: async (db, route) => {
    await route(db.schema.createSchema('other'));
    await route(db.schema.createSchemaIfNotExists('other'));
    await route(db.schema.withSchema('other').createTable('fresh', (t) => t.integer('id').primary()));
    await route(db.withSchema('other').table('fresh').insert({ id: 5 }));
    return [
      await route(db.withSchema('other').from('fresh')),
      await route(db.schema.withSchema('other').hasTable('fresh')),
      await route(db('fresh').withSchema('other').columnInfo()),
    ];
  },
  'dropSchema with cascade': async (db, route) => {
    await route(db.schema.createSchema('other').withSchema('other'));
    return route(db.schema.dropSchema('other', true));
  },
  extensions: async (db, route) => [
    await route(db.schema.createExtensionIfNotExists('plpgsql')),
    await route(db.schema.dropExtensionIfExists('nothing')),
  ],
  'schema.raw, with bindings and in a chain': (db, route) =>
    route(
      db.schema
        .raw('create table ?? (a int)', ['fresh'])
        .raw("comment on table fresh is 'x'")
        .dropTable('fresh'),
    ),
  'a builder of nothing': (db, route) => route(db.schema),
  'toString, toSQL and generateDdlCommands first': async (db, route) => {
    const builder = route(db.schema.createTable('fresh', (t) => t.increments()));
    const said = [
      builder.toString(),
      builder.toQuery(),
      builder.toSQL().map(({ sql, bindings }) => [sql, bindings]),
    ];
    return [said, await builder.generateDdlCommands(), await builder];
  },
  'columnInfo with defaults and lengths': async (db, route) => {
    await route(
      db.schema.createTable('fresh', (t) => {
        t.string('a', 5).defaultTo('x');
        t.specificType('b', 'int[]').notNullable();
      }),
    );
    return [
      await route(db('fresh').columnInfo()),
      await route(db('fresh').columnInfo('a')),
      await route(db('fresh').columnInfo('none')),
    ];
  },
};

const FAILURES = {
  'createTable that is there': (db, route) => route(db.schema.createTable('users', (t) => t.integer('id'))),
  'dropTable of what is not there': (db, route) => route(db.schema.dropTable('nowhere')),
  'a column of an unknown type': (db, route) =>
    route(db.schema.createTable('fresh', (t) => t.specificType('a', 'nothing'))),
  'a table that its callback does not define': (db, route) => route(db.schema.createTable('fresh')),
  'a callback that throws': (db, route) =>
    route(
      db.schema.createTable('fresh', () => {
        throw new Error('defined');
      }),
    ),
};

/** In a transaction the first failure would be the end. */
const GOING_ON = {
  'a failure midway leaves what was before it': async (db, route) => {
    await route(
      db.schema
        .createTable('fresh', (t) => t.integer('id'))
        .createTable('users', (t) => t.integer('id'))
        .createTable('fresh2', (t) => t.integer('id')),
    ).catch(() => {});
    return [await route(db.schema.hasTable('fresh')), await route(db.schema.hasTable('fresh2'))];
  },
  'asCallback, then with two functions, catch and finally': async (db, route) => [
    await new Promise((resolve) => {
      route(db.schema.hasTable('users')).asCallback((...args) => resolve(args));
    }).then((args) => args),
    await route(db.schema.hasTable('users')).then((value) => [value]),
    await route(db.schema.dropTable('nowhere')).catch(({ code }) => code),
    await route(db.schema.hasTable('users')).finally(() => 5),
  ],
};

const MIGRATIONS = {
  '1_make': {
    up: (db) => db.schema.createTable('fresh', (t) => t.increments('id')),
    down: (db) => db.schema.dropTable('fresh'),
  },
  '2_fill': {
    up: async (db) => {
      await db('fresh').insert([{ id: 1 }, { id: 2 }]);
      await db.schema.alterTable('fresh', (t) => t.string('name'));
    },
    down: (db) => db.schema.alterTable('fresh', (t) => t.dropColumn('name')),
  },
  '3_fail': {
    up: async (db) => {
      await db('fresh').del();
      await db('nowhere');
    },
    down: async () => {},
  },
  '4_without_a_transaction': {
    config: { transaction: false },
    up: (db) => db.raw('create index concurrently on fresh (id)'),
    down: (db) => db.raw('drop index fresh_id_idx'),
  },
};
const sourceOf = (...names) => ({
  migrationSource: {
    getMigrations: async () => names,
    getMigrationName: (name) => name,
    getMigration: async (name) => MIGRATIONS[name],
  },
});

describe('a schema builder comes to the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  for (const [name, run] of Object.entries(COMMANDS)) {
    it(name, () => sides.same(run));
  }
  for (const [name, run] of Object.entries(FAILURES)) {
    it(`${name}, which fails`, () => sides.sameError(run));
  }
  for (const [name, run] of Object.entries(GOING_ON)) {
    it(name, () => sides.same(run, { ways: ['.mtdd()', 'withTenant', 'forTenant'] }));
  }

  describe('migrations and seeds', () => {
    // They make their queries themselves: the tenant is said around them.
    const ways = { ways: ['withTenant', 'forTenant'] };

    it('latest, list, status, currentVersion, up, down and rollback', async () => {
      const all = sourceOf('1_make', '2_fill', '4_without_a_transaction');
      await sides.same(
        async (db) => [
          await db.migrate.up(all),
          await db.migrate.latest(all),
          await db.migrate.latest(all),
          (await db.migrate.list(all)).map((list) => list.map((one) => one.name ?? one)),
          await db.migrate.status(all),
          await db.migrate.currentVersion(all),
          await db('fresh').orderBy('id'),
          await db.migrate.down(all),
          await db.migrate.rollback(all, true),
          await db.migrate.latest(sourceOf('1_make')),
        ],
        ways,
      );
    });

    it('one that fails leaves nothing of its batch', async () => {
      await sides.same(async (db) => {
        const [good, bad] = [sourceOf('1_make', '2_fill'), sourceOf('1_make', '2_fill', '3_fail')];
        const error = await db.migrate.latest(bad).catch((failure) => failure);
        const isLeft = await db.schema.hasTable('fresh');
        return [error, isLeft, await db.migrate.latest(good), await db.migrate.currentVersion(good)];
      }, ways);
    });

    it('seed.run', async () => {
      const seedSource = {
        getSeeds: async () => ['one'],
        getSeed: async () => ({ seed: (db) => db('tree').insert([{ id: 50 }, { id: 51 }]) }),
      };
      await sides.same(
        async (db) => [await db.seed.run({ seedSource }), await db('tree').orderBy('id')],
        ways,
      );
    });
  });

  it('wherever .mtdd() stands', async () => {
    const define = (t) => t.integer('id');
    const made = (db) =>
      db.schema.createTable('fresh', define).createTable('fresh2', define).hasTable('fresh');
    const { library, plain } = sides.own;
    const expected = await sides.outcome(() => made(plain));
    assert.ifError(expected.error);
    for (const make of [
      () =>
        library.schema
          .mtdd(TENANT)
          .createTable('fresh', define)
          .createTable('fresh2', define)
          .hasTable('fresh'),
      () =>
        library.schema
          .createTable('fresh', define)
          .mtdd(TENANT, 1)
          .createTable('fresh2', define)
          .hasTable('fresh'),
      () => made(library).mtdd({ tenantId: TENANT }),
      () =>
        library.schema
          .mtdd('another')
          .createTable('fresh', define)
          .createTable('fresh2', define)
          .hasTable('fresh')
          .mtdd(TENANT),
    ]) {
      assertSame(await sides.outcome(make), expected);
    }
  });

  it('columnInfo also where the local database has another name than the shard', async () => {
    // What all of this suite runs with.
    const { library } = sides.own;
    assert.equal(library.client.database(), 'empty');
    const info = await library('users').columnInfo('age').mtdd(TENANT);
    assert.equal(info.type, 'integer');
  });
});
