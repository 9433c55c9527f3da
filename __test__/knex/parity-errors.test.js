const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { Client, DatabaseError } = require('pg');
const { startSides } = require('../support/sides');

const SEED = [
  'create extension btree_gist',
  'create table parent (id int primary key)',
  `create table child (
     id int primary key,
     parent_id int references parent,
     name varchar(5) not null default 'x',
     age smallint constraint adult check (age >= 18),
     email text constraint "one, only" unique,
     late int constraint later unique deferrable initially deferred)`,
  'create table booking (room int, during int4range, exclude using gist (room with =, during with &&))',
  'insert into parent values (1)',
  "insert into child values (1, 1, 'Ann', 20, 'ann@example.com', 1)",
  'create domain positive as int constraint above_zero check (value > 0)',
  'create role pauper',
  `create function fails() returns int language plpgsql as $$ begin return 1 / 0; end $$`,
  `create function misspelt() returns int language plpgsql as $$ begin execute 'selec 1'; end $$`,
  `create function complains() returns void language plpgsql as $$
   begin
     raise exception 'everything is said, é%', 1 using
       detail = 'a detail', hint = 'a hint', errcode = 'P0001', column = 'a column', constraint = 'a constraint',
       datatype = 'a type', table = 'a table', schema = 'a schema';
   end $$`,
];

/** SQLSTATE, what it is, text, bindings */
const ERRORS = [
  ['23505', 'a unique violation', "insert into child (id, email) values (2, 'ann@example.com')"],
  ['23503', 'a foreign key violation', 'insert into child (id, parent_id) values (2, 99)'],
  ['23503', 'a row that others refer to', 'delete from parent'],
  ['23502', 'a null that may not be', 'insert into child (id, name) values (?, ?)', [2, null]],
  ['23514', 'a check', 'insert into child (id, age) values (?, ?)', [2, 17]],
  ['23514', 'the check of a domain', 'select ?::positive', [-1]],
  ['23P01', 'an exclusion', "insert into booking values (1, '[1,5)'), (1, '[4,9)')"],
  [
    '23505',
    'a deferred constraint, which speaks only at the end',
    'insert into child (id, late) values (2, 1)',
  ],
  ['23505', 'a deferred constraint, with a binding', 'insert into child (id, late) values (2, ?)', [1]],
  ['22P02', 'a text that is no number', "select 'x'::int"],
  ['22P02', 'a binding that is no number', 'select * from child where id = ?', ['x']],
  ['22P02', 'JSON that is none, with a context', 'select ?::jsonb', ['{"a": tru}']],
  ['22012', 'a division by zero', 'select 1 / 0'],
  ['22012', 'a division by zero within a function', 'select fails()'],
  ['22012', 'a failure after some rows', 'select 1 / (5 - i) from generate_series(1, 10) i'],
  [
    '22012',
    'a failure after many rows',
    "select repeat('x', 1000), 1 / (5000 - i) from generate_series(1, 9000) i",
  ],
  [
    '22012',
    'a failure after many rows, with a binding',
    'select i, 1 / (? - i) from generate_series(1, 9000) i',
    [8000],
  ],
  ['22012', 'the second of three statements', 'select 1; select 1 / 0; select 2'],
  ['22001', 'a text too long', "update child set name = 'too long'"],
  ['22003', 'a number too large', 'select ?::int2', ['40000']],
  ['22008', 'a day that is none', "select '2024-02-30'::date"],
  ['22021', 'bytes that are no text', "select convert_from('\\xff', 'UTF8')"],
  ['42P01', 'a table that is not there', 'select * from nowhere'],
  ['42703', 'a column that is not there, with a hint', 'select nam from child'],
  ['42601', 'a syntax error', 'select * form child'],
  ['42601', 'a syntax error after unicode and a line break', "select 'é漢\u{1F600}',\n  from from child"],
  ['42883', 'a function that is not there', "select nothing_like_it(1, 'x')"],
  ['42804', 'types that do not fit', 'select 1 union select true'],
  ['42P02', 'a parameter without a binding', 'select $1::int'],
  ['08P01', 'fewer bindings than parameters', 'select ?::int, $2::int', [1]],
  ['42P18', 'a parameter of no known type', 'select pg_typeof(?)', [1]],
  ['42702', 'a name that could be two', 'select id from child join parent on true'],
  ['42803', 'a column that is not grouped', 'select name, count(*) from child'],
  ['42501', 'a table that is not one’s own', 'set local role pauper; select * from child'],
  ['25006', 'a write in a read-only transaction', 'set transaction read only; delete from child'],
  ['25001', 'a statement that runs alone', 'select 1; vacuum child'],
  ['0A000', 'what PostgreSQL cannot do', 'select count(distinct id) over () from child'],
  ['0A000', 'row locks of groups', 'select count(*) from child for update'],
  ['57014', 'a statement timeout', "set local statement_timeout = '30ms'; select pg_sleep(30)"],
  ['57014', 'a COPY without a source', 'copy child from stdin'],
  [
    '40001',
    'a serialization failure',
    "do $$ begin raise exception using errcode = '40001', message = 'again'; end $$",
  ],
  ['P0001', 'everything that RAISE can say', 'select complains()'],
  ['P0002', 'no row', 'do $$ declare x int; begin select id into strict x from child where false; end $$'],
  ['42601', 'an error in a text that PostgreSQL runs itself', 'select misspelt()'],
  ['54000', 'a value too large', "select repeat('x', 2000000000)"],
  ['54001', 'a stack too deep', `select 1${' + 1'.repeat(9000)}`],
  ['54011', 'too many columns', `select ${Array.from({ length: 1665 }, (_, index) => index).join(', ')}`],
  ['3D000', 'a database that is not there', 'drop database nothing_like_it'],
  ['22023', 'a setting of a wrong value', "set local work_mem = 'much'"],
];

describe('an error is the same through the library as through pg', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;

  before(async () => {
    sides = await startSides({ seed: SEED, databaseSettings: { max_stack_depth: "'200kB'" } });
  });
  after(() => sides?.stop());

  for (const [code, name, text, bindings] of ERRORS) {
    it(`${code}: ${name}`, async () => {
      const error = await sides.sameError((db, route) => route(db.raw(text, bindings ?? [])), { code });
      assert.ok(error instanceof DatabaseError);
    });
  }

  it('55P03: a row that another session holds', async () => {
    const holders = sides.databases.map((connectionString) => new Client({ connectionString }));
    try {
      for (const holder of holders) {
        await holder.connect();
        await holder.query('begin; select * from child for update');
      }
      await sides.sameError((db, route) => route(db('child').forUpdate().noWait()), { code: '55P03' });
    } finally {
      await Promise.all(holders.map((holder) => holder.end()));
    }
  });

  it('of builders, with all its fields', async () => {
    const error = await sides.sameError((db, route) => route(db('child').insert({ id: 1 }).returning('*')), {
      code: '23505',
    });
    assert.equal(error.constraint, 'child_pkey');
    assert.equal(error.table, 'child');
    await sides.sameError((db, route) => route(db('child').update({ parent_id: 7 })), { code: '23503' });
    await sides.sameError((db, route) => route(db('child').insert([{ id: 5 }, { id: 5 }])), {
      code: '23505',
    });
    await sides.sameError((db, route) => route(db.schema.createTable('child', (t) => t.increments())), {
      code: '42P07',
    });
  });

  it('is thrown, caught and called back in the same way', async () => {
    const query = (db, route) => route(db.raw('select 1 / 0'));
    await sides.same((db, route) => query(db, route).catch((error) => [error.code, error.message]));
    await sides.same(
      (db, route) =>
        new Promise((resolve) => {
          query(db, route).asCallback((error, value) => resolve([error.code, value]));
        }),
    );
  });

  it('leaves the way free for the next query', async () => {
    for (let round = 0; round < 20; round++) {
      await sides.sameError((db, route) => route(db.raw('select 1 / ?::int', [0])), { code: '22012' });
      await sides.sql('select ?::int as still_here', [round]);
    }
  });

  it('of an empty query is Knex’s own', () =>
    sides.sameError((db, route) => route(db.raw('')), { message: /query is empty/ }));
});
