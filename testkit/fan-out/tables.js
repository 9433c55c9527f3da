/** The tables of the support matrix and their rows. */

/** What the statements are about. `countries` is a reference table; the others are split by `tenant_id`. */
const DEFINITIONS = [
  'create table orders (tenant_id text, id int, name text, country text, amount int, total numeric(12, 2), ' +
    'paid bool, placed timestamptz, tags text[], info jsonb, primary key (tenant_id, id))',
  'create table items (tenant_id text, id int, order_id int, product text, qty int, price numeric(12, 2), primary key (tenant_id, id))',
  'create table countries (code text primary key, title text, vat numeric(4, 2))',
  'create sequence numbers',
  "create function shout(text) returns text language sql immutable as $$ select upper($1) || '!' $$",
  "create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  'create domain price as numeric(8, 2)',
  'create view fresh as select tenant_id, id from orders where placed < now()',
  'create view newest as select tenant_id, id from fresh',
  'create materialized view stamped as select tenant_id, id, now() as at from orders',
  'create function dice() returns int language sql volatile as $$ select 4 $$',
];

const NAMES = ['Tea', 'tea', 'Écru', 'Zebra', 'apple', 'Apple', null, '', 'coffee'];
const TENANTS = ['acme', 'umbrella', 'initech', 'hooli', 'stark'];

const TABLES = {
  orders: TENANTS.flatMap((tenant, place) =>
    Array.from({ length: 3 + 4 * place }, (_, index) => ({
      tenant_id: tenant,
      id: index + 1,
      name: NAMES[(index * 5 + place) % NAMES.length],
      country: ['de', 'fr', 'nl', null][(index + place) % 4],
      amount: (index * 7 + place) % 10,
      total: `${(index * 331) % 97}.${10 + place}`,
      paid: [true, false, null][(index + place) % 3],
      placed: `2024-0${1 + (index % 9)}-15T1${place}:00:00Z`,
      tags: index % 2 === 0 ? ['new', tenant] : [],
      info: { index, deep: { place } },
    })),
  ),
  items: TENANTS.flatMap((tenant, place) =>
    Array.from({ length: 12 }, (_, index) => ({
      tenant_id: tenant,
      id: index + 1,
      order_id: (index % (3 + place)) + 1,
      product: ['cup', 'pot', 'leaf', null][(index * 3 + place) % 4],
      qty: (index + place) % 5,
      price: `${index}.5`,
    })),
  ),
  countries: [
    { code: 'de', title: 'Germany', vat: '0.19' },
    { code: 'fr', title: 'France', vat: '0.20' },
    { code: 'se', title: 'Sweden', vat: '0.25' },
  ],
};

/** Three shards; the second has no rows. */
const homeOf = (tenant) => (TENANTS.indexOf(tenant) % 2) * 2;

module.exports = { DEFINITIONS, TABLES, homeOf };
