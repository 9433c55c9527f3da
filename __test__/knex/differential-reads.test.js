/** Every kind of reading chain of Knex's query builder, in every way to say whose it is, at every place. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startSides } = require('../support/sides');
const { everyPlace } = require('../support/places');
const { assertSame } = require('../../testkit/same');

const ordered = (db) => db('users').orderBy('users.id');

/** Each makes a query on `users` and its neighbours. */
const READS = {
  select: (db) => ordered(db).select('id', 'name as n'),
  'select with an object of aliases': (db) => ordered(db).select({ a: 'id', b: 'name' }),
  'columns, column and as a sub-query': (db) =>
    ordered(db).columns('id', db('orders').count().where('user_id', db.ref('users.id')).as('orders')),
  'select from the instance': (db) => db.select('id').from('users').orderBy('id'),
  'queryBuilder()': (db) => db.queryBuilder().from('users').orderBy('id').select('name'),
  'from an object': (db) => db({ u: 'users' }).select('u.id').orderBy('u.id'),
  'from a sub-query': (db) =>
    db(db('users').where('age', '>', 20).as('old'))
      .select('old.name')
      .orderBy('name'),
  'from a callback': (db) =>
    db
      .from((inner) => inner.from('users').as('u'))
      .select('u.name')
      .orderBy('name'),
  fromRaw: (db) => db.fromRaw('(select * from users order by id) u').select('u.id'),
  'fromRaw with a function of its own': (db) =>
    db.select('*').fromRaw('generate_series(?::int, ?::int) g', [1, 3]),
  first: (db) => ordered(db).first(),
  'first with columns': (db) => ordered(db).first('id', 'tags'),
  'first of nothing': (db) => ordered(db).where('id', 99).first(),
  pluck: (db) => ordered(db).pluck('name'),
  'pluck of a column with a table': (db) => ordered(db).pluck('users.age'),
  'pluck of nothing': (db) => ordered(db).where('id', 99).pluck('name'),
  'every aggregate': (db) =>
    db('users')
      .count('* as n')
      .min('age as a')
      .max('age as b')
      .sum('age as c')
      .avg('age as d')
      .countDistinct('age as e')
      .sumDistinct('age as f')
      .avgDistinct('age as g'),
  'count with several columns': (db) => db('users').count({ a: 'id', b: 'age' }),
  'distinct and distinctOn': (db) =>
    db('orders').distinctOn('item').orderBy('item').orderBy('id').select('item', 'id'),
  distinct: (db) => db('orders').distinct('item').orderBy('item'),
  'where of every shape': (db) =>
    ordered(db)
      .where({ age: 36 })
      .orWhere('age', '>', 40)
      .orWhere((w) => w.where('name', 'bob').whereNot('id', 7))
      .andWhere('id', '<', 10)
      .orWhereRaw('name = ?', ['dee'])
      .orWhereNot({ id: 99 }),
  'whereIn with values, with a callback, with a builder, with several columns': (db) =>
    ordered(db)
      .whereIn('id', [1, 2, 3])
      .whereIn('id', (q) => q.select('user_id').from('orders'))
      .whereIn('id', db('orders').select('user_id'))
      .whereIn(
        ['id', 'name'],
        [
          [1, 'ada'],
          [2, 'bob'],
        ],
      ),
  'whereIn with nothing': (db) => ordered(db).whereIn('id', []),
  'whereNotIn, whereNull, whereNotNull, whereBetween, whereNotBetween': (db) =>
    ordered(db)
      .whereNotIn('id', [9])
      .whereNull('tags')
      .orWhereNotNull('age')
      .whereBetween('id', [1, 4])
      .whereNotBetween('id', [7, 8]),
  'whereLike, whereILike, whereColumn': (db) =>
    ordered(db)
      .whereLike('name', 'a%')
      .orWhereILike('name', 'B%')
      .orWhereColumn('id', '=', 'big')
      .select('id'),
  'whereExists with a callback and with a builder': (db) =>
    ordered(db)
      .whereExists(function () {
        this.select('*').from('orders').whereRaw('orders.user_id = users.id');
      })
      .whereNotExists(db('orders').whereColumn('orders.user_id', 'users.id').where('paid', true)),
  'join, leftJoin with a callback, using, joinRaw': (db) =>
    ordered(db)
      .join('orders', 'orders.user_id', 'users.id')
      .leftJoin('tree', function () {
        this.on('tree.id', '=', 'users.id').andOnVal('tree.parent', '=', 1).orOnNull('tree.parent');
      })
      .joinRaw('left join docs on docs.id = users.id')
      .select('users.name', 'orders.item', 'tree.parent', 'docs.doc')
      .orderBy('orders.id'),
  'join using': (db) =>
    db('users')
      .join('docs', (j) => j.using('id'))
      .orderBy('id')
      .select('id', 'doc'),
  'columns of one name in a join': (db) =>
    ordered(db).innerJoin('orders', { 'orders.user_id': 'users.id' }).orderBy('orders.id'),
  'right, full and cross joins': (db) =>
    db('users')
      .rightJoin('docs', 'docs.id', 'users.id')
      .fullOuterJoin('tree', 'tree.id', 'users.id')
      .crossJoin(db.raw('(values (1), (2)) v(x)'))
      .orderByRaw('1, 2, 3, 4')
      .select('users.id as u', 'docs.id as d', 'tree.id as t', 'x'),
  'groupBy, having and orderBy of every shape': (db) =>
    db('orders')
      .select('item')
      .count()
      .groupBy('item')
      .having(db.raw('count(*)'), '>', 0)
      .havingRaw('count(*) < ?', [9])
      .orderBy([{ column: 'item', order: 'desc', nulls: 'last' }]),
  'groupByRaw, havingIn, orderByRaw': (db) =>
    db('orders').select('item').groupByRaw('item').havingIn('item', ['tea', 'nut']).orderByRaw('item desc'),
  'limit and offset': (db) => ordered(db).limit(2).offset(1),
  with: (db) =>
    db
      .with('old', db('users').where('age', '>', 20))
      .from('old')
      .orderBy('id'),
  'with a callback and columns': (db) =>
    db
      .with('o', ['a'], (q) => q.select('id').from('users'))
      .from('o')
      .orderBy('a'),
  withRecursive: (db) =>
    db
      .withRecursive('up', (q) =>
        q
          .from('tree')
          .where('id', 3)
          .unionAll((u) => u.from('tree').join('up', 'tree.id', 'up.parent').select('tree.*')),
      )
      .from('up')
      .orderBy('id'),
  'withMaterialized and withNotMaterialized': (db) =>
    db
      .withMaterialized('a', db('users'))
      .withNotMaterialized('b', db('orders'))
      .from('a')
      .join('b', 'b.user_id', 'a.id')
      .select('a.name', 'b.item')
      .orderBy('b.id'),
  'with that writes': (db) => db.with('new', db('tree').insert({ id: 9 }).returning('*')).from('new'),
  'union with a callback, an array and wrapping': (db) =>
    db('users')
      .select('id')
      .where('id', 1)
      .union((q) => q.select('id').from('users').where('id', 2))
      .unionAll([db('users').select('id').where('id', 3)], true)
      .orderBy('id'),
  'intersect and except': (db) =>
    db('users').select('id').intersect(db('orders').select('user_id')).orderBy('id'),
  except: (db) =>
    db('users')
      .select('id')
      .except((q) => q.select('user_id').from('orders'))
      .orderBy('id'),
  withSchema: (db) => db.withSchema('public').from('users').orderBy('id'),
  'ref, raw and fn in a select': (db) =>
    ordered(db)
      .select(
        db.ref('name').withSchema('users').as('n'),
        db.raw('? || ?? as x', ['a', 'name']),
        db.raw(':v::int as v', { v: 4 }),
      )
      .whereRaw('? < ?', [db.raw("'2000-01-01'::timestamptz"), db.fn.now()]),
  'a view': (db) => db('adults').orderBy('id'),
  'forUpdate with tables, skipLocked': (db) => ordered(db).forUpdate('users').skipLocked(),
  'forShare, noWait': (db) => ordered(db).forShare().noWait(),
  'forNoKeyUpdate and forKeyShare': (db) => ordered(db).forNoKeyUpdate().forKeyShare(),
  modify: (db) => ordered(db).modify((q, age) => q.where('age', '>', age), 20),
  'clear, clearSelect, clearWhere, clearOrder, clearGroup, clearHaving': (db) =>
    ordered(db)
      .select('age')
      .clearSelect()
      .where('id', 1)
      .clearWhere()
      .clearOrder()
      .orderBy('id', 'desc')
      .groupBy('age')
      .clearGroup()
      .having('age', '>', 1)
      .clearHaving()
      .limit(1)
      .clear('limit'),
  'comment and hintComment': (db) => ordered(db).comment('why').hintComment('SeqScan(users)'),
  'timeout that does not pass': (db) => ordered(db).timeout(10_000, { cancel: true }),
  'rowMode array': (db) => ordered(db).options({ rowMode: 'array' }),
  'rowMode array of a join': (db) =>
    ordered(db).join('orders', 'user_id', 'users.id').orderBy('orders.id').options({ rowMode: 'array' }),
  'types of the query alone': (db) =>
    ordered(db).options({ types: { getTypeParser: () => (text) => `<${text}>` } }),
  'types and rowMode, in two calls': (db) =>
    ordered(db)
      .options({ rowMode: 'array' })
      .options({ types: { getTypeParser: () => String } }),
  'queryContext and debug off': (db) => ordered(db).queryContext({ a: 1 }).debug(false),
  jsonExtract: (db) => db('docs').jsonExtract('doc', '$.a.b[0]', 'x').orderBy('id'),
  'jsonExtract of several': (db) =>
    db('docs')
      .jsonExtract([
        ['doc', '$.s', 's'],
        ['doc', '$.n', 'n'],
      ])
      .orderBy('id'),
  'jsonSet, jsonInsert, jsonRemove': (db) => db('docs').jsonSet('doc', '$.s', '"y"', 'a').orderBy('id'),
  jsonInsert: (db) => db('docs').jsonInsert('doc', '$.new', '"y"', 'a').orderBy('id'),
  jsonRemove: (db) => db('docs').jsonRemove('doc', '$.s', 'a').orderBy('id'),
  whereJsonObject: (db) => db('docs').whereJsonObject('doc', { a: null, n: 5 }),
  whereJsonPath: (db) => db('docs').whereJsonPath('doc', '$.n', '>', 4),
  'whereJsonSupersetOf and whereJsonSubsetOf': (db) =>
    db('docs').whereJsonSupersetOf('doc', { n: 5 }).orWhereJsonSubsetOf('doc', { s: 'x' }),
  'rank, denseRank and rowNumber': (db) =>
    ordered(db)
      .select('id')
      .rank('r', 'age')
      .denseRank('d', (w) => w.orderBy('age'))
      .rowNumber('n', db.raw('order by id desc')),
  columnInfo: (db) => db('users').columnInfo(),
  'columnInfo of one column': (db) => db('users').columnInfo('age'),
  'columnInfo with a schema': (db) => db('users').withSchema('public').columnInfo(),
  'columnInfo of no table': (db) => db('nowhere').columnInfo(),
};

describe('a chain that reads comes to the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  describe('in every way to say whose it is', () => {
    for (const [name, chain] of Object.entries(READS)) {
      it(name, () => sides.same((db, route) => route(chain(db))));
    }
  });

  describe('wherever .mtdd() stands in it', () => {
    for (const [name, chain] of Object.entries(READS)) {
      it(name, async () => {
        const expected = await sides.outcome(() => chain(sides.own.plain));
        assert.ifError(expected.error);
        for (const [place, make] of everyPlace(chain, sides.own.library).entries()) {
          assertSame(await sides.outcome(make), expected, `after ${place} calls`);
        }
      });
    }
  });
});
