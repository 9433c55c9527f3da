/**
 * The queries that the demo runs twice: through the library, and with plain Knex and pg on the tenant's own shard.
 * `run` gets a Knex instance and what to do with a query before it is awaited.
 */

/** The table, in every shard. */
const SCHEMA = [
  `create table orders (
     tenant text not null,
     id int not null,
     item text not null,
     amount numeric(12, 2) not null,
     placed timestamptz not null default now(),
     primary key (tenant, id))`,
  `create table samples (
     whole int, big bigint, exact numeric, real8 double precision, yes boolean, note text, moment timestamptz,
     day date, bytes bytea, document jsonb, tags text[], span interval, place point, address inet, period tstzrange)`,
  `insert into samples values
     (42, 9223372036854775807, 12345678901234567890.0123456789, 'NaN', true, 'héllo, 世界 \u{1F600}', '2024-02-29 12:34:56.789+05:30',
      '0044-03-15 BC', '\\x00ff', '{"a": [1, null, {"b": "c"}]}', array['x', null, 'it''s, "fine"'], '1 year 2 mons 3 days 04:05:06.789',
      '(1.5,-2)', '2001:db8::1/64', '[2024-01-01, infinity)'),
     (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`,
];

const ORDERS = [
  { id: 1, item: 'Radio', amount: '49.90', placed: new Date('2024-05-01T10:00:00Z') },
  { id: 2, item: 'Lampe à huile', amount: '12.00', placed: new Date('2024-05-02T11:30:00Z') },
  { id: 3, item: '茶', amount: '7.25', placed: new Date('2024-05-03T08:15:00Z') },
];

const QUERIES = [
  {
    title: 'insert ... returning',
    code: "db('orders').insert(orders).returning('*').mtdd(tenant)",
    run: (db, route, tenant) =>
      route(
        db('orders')
          .insert(ORDERS.map((order) => ({ tenant, ...order })))
          .returning('*'),
      ),
    // Plain Knex goes first and clears up, so that both insert into the same table.
    undo: (db, tenant) => db('orders').where({ tenant }).del(),
  },
  {
    title: 'builder',
    code: "db('orders').where({ tenant }).orderBy('id').mtdd(tenant)",
    run: (db, route, tenant) => route(db('orders').where({ tenant }).orderBy('id')),
  },
  {
    title: 'raw, with a binding',
    code: "db.raw('select sum(amount) from orders where tenant = ?', [tenant]).mtdd(tenant)",
    run: (db, route, tenant) =>
      route(db.raw('select sum(amount), count(*) from orders where tenant = ?', [tenant])),
  },
  {
    title: 'a row of many types',
    code: "db('samples').mtdd(tenant)",
    run: (db, route) => route(db('samples')),
  },
  {
    title: 'update, counted',
    code: "db('orders').where({ tenant, id: 1 }).update({ amount: 50 }).mtdd(tenant)",
    run: (db, route, tenant) => route(db('orders').where({ tenant, id: 1 }).update({ amount: 50 })),
  },
  {
    title: 'a unique violation',
    code: "db('orders').insert({ tenant, id: 1, ... }).mtdd(tenant)",
    run: (db, route, tenant) => route(db('orders').insert({ tenant, id: 1, item: 'Twice', amount: 1 })),
    fails: '23505',
  },
];

module.exports = { SCHEMA, QUERIES };
