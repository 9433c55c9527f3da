/**
 * The tables that the generator's queries read: `orders` with a column of nearly every type, its child `items`, and
 * `kinds`, which is the same on all shards. And the values that their columns hold: few, odd, and often equal.
 */

/** In a column's values, so that what string_agg joined can be taken apart again. */
const SEPARATOR = '⋮';

/**
 * Values of each type, as PostgreSQL reads them. Equal ones with different texts (1.0 and 1.00, 1 day and 24 hours,
 * a and A) are there on purpose.
 */
const VALUES = {
  int2: ['0', '1', '2', '3', '-1', '-7', '32767', '-32768'],
  int4: ['0', '1', '2', '3', '4', '5', '-1', '-2', '10', '100', '-40', '99999'],
  int8: [
    '0',
    '1',
    '2',
    '-3',
    '7',
    '5000000000',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
  ],
  numeric: [
    '0',
    '0.0',
    '0.000',
    '1',
    '1.0',
    '1.00',
    '2.5',
    '2.50',
    '-1',
    '-1.0',
    '0.1',
    '0.10',
    '-0.001',
    '33.333',
    '1000',
    '123456789012345678901234567890.12345',
    '-99999999999999999999',
    '0.00000000000000000001',
    '7.7',
  ],
  'numeric(12,2)': ['0', '1', '1.1', '2.55', '-3.3', '99.99', '1000000.01', '-0.01'],
  // Sums of these do not depend on their order.
  float4: ['0', '-0', '0.25', '1.5', '-2.75', '100', '3', '12.5', '640.25'],
  float8: [
    '0',
    '-0',
    '0.1',
    '1.5',
    '-1.5',
    '1e300',
    '-1e300',
    '1e-300',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e15',
    '123456.789',
  ],
  // Of one sign and near to each other in size: sums in another order differ by rounding only.
  tame: ['1.1', '2.2', '3.3', '10.01', '33.3', '71.9', '512.125', '100.7', '7', '19.19'],
  bool: ['true', 'false'],
  text: [
    '',
    ' ',
    'a',
    'A',
    'b',
    'B',
    'a ',
    'a  ',
    ' a',
    'ab',
    'Ab',
    'aB',
    'a_b',
    'a b',
    'z',
    'Z',
    'ä',
    'Ä',
    'é',
    'e',
    'E',
    'ß',
    'ss',
    'résumé',
    'resume',
    'Resume',
    'co-op',
    'coop',
    'CO-OP',
    '10',
    '9',
    '漢',
    '\u{1F600}',
    '\u{1F44D}\u{1F3FD}',
    "it's",
    'back\\slash',
    '"quoted"',
    '{1,2}',
    'null',
    'NULL',
    'ñ',
    'ø',
    'œ',
    'i',
    'I',
    'ı',
  ],
  varchar: ['', 'a', 'A', 'b', 'abc', 'ABC', 'é', 'x y', '12'],
  char: ['', 'a', 'A', 'ab', 'AB', 'é', 'b'],
  uuid: [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '10000000-0000-4000-8000-00000000000a',
    '0a000000-0000-4000-8000-000000000001',
  ],
  date: [
    '2024-02-29',
    '2024-03-01',
    '1999-12-31',
    '1970-01-01',
    'infinity',
    '-infinity',
    '0044-03-15 BC',
    '2024-01-31',
    '10000-01-01',
  ],
  timestamp: [
    '2024-02-29 12:00:00',
    '2024-02-29 12:00:00.000001',
    '1999-12-31 23:59:59.999999',
    '1970-01-01',
    'infinity',
    '-infinity',
    '0044-03-15 10:00:00 BC',
    '2024-06-30 00:00:00.5',
  ],
  timestamptz: [
    '2024-02-29 12:00:00+00',
    '2024-02-29 13:00:00+01',
    '2024-03-10 02:30:00-05',
    '2024-11-03 01:30:00-04',
    '2024-11-03 01:30:00-05',
    '1999-12-31 23:59:59.999999+00',
    'infinity',
    '-infinity',
    '0044-03-15 10:00:00+00 BC',
    '1880-01-01 00:00:00+00',
  ],
  interval: [
    '1 day',
    '24 hours',
    '1 mon',
    '30 days',
    '-1 day',
    '00:00:00.000001',
    '1 year',
    '12 mons',
    '0',
    '36:00:00',
  ],
  time: ['00:00', '12:30', '23:59:59.999999', '24:00', '12:30:00.5'],
  jsonb: [
    '{"a": 1}',
    '{"a": 1.0}',
    '{"a": 2, "b": [1, "x"]}',
    '[1, 2]',
    '"x"',
    'null',
    '1',
    '1.00',
    '{"a": {"b": null}}',
    '{}',
    '[]',
  ],
  json: ['{"a": 1}', '{"a":1}', '[1,2]', '"x"', '{"b": "é", "b": 2}'],
  bytea: ['\\x', '\\x00', '\\x00ff', '\\xff', '\\x616263'],
  mood: ['sad', 'ok', 'happy'],
  'int4[]': ['{}', '{1,2}', '{2,1}', '{1,2,3}', '{NULL}', '{1,NULL}', '{10}'],
  'text[]': ['{}', '{a,b}', '{"",NULL}', '{A}', '{"a b","c,d"}', '{é}'],
  kind: ['red', 'green', 'blue', 'none'],
};

/** What SQL calls a type of `VALUES`, where that is something else. */
const SQL_TYPES = {
  tame: 'float8',
  varchar: 'varchar(12)',
  char: 'char(6)',
  kind: 'text',
  'text C': 'text collate "C"',
  'text ci': 'text collate ci',
};

/** @typedef {{ name: string, type: string, values: string }} TableColumn `type`: what expressions know it by */

const column = (name, type, values = type) => ({ name, type, values });

/** @type {TableColumn[]} beside `tenant_id` and `id` */
const ORDER_COLUMNS = [
  column('i2', 'int2'),
  column('i4', 'int4'),
  column('i8', 'int8'),
  column('n', 'numeric'),
  column('n2', 'numeric', 'numeric(12,2)'),
  column('f4', 'float4'),
  column('f8', 'float8'),
  column('g8', 'tame'),
  column('b', 'bool'),
  column('t', 'text'),
  column('tc', 'text C', 'text'),
  column('ti', 'text ci', 'text'),
  column('vc', 'varchar'),
  column('ch', 'char'),
  column('u', 'uuid'),
  column('d', 'date'),
  column('ts', 'timestamp'),
  column('tz', 'timestamptz'),
  column('iv', 'interval'),
  column('tm', 'time'),
  column('j', 'jsonb'),
  column('js', 'json'),
  column('ba', 'bytea'),
  column('e', 'mood'),
  column('ai', 'int4[]'),
  column('at', 'text[]'),
  column('kind', 'text', 'kind'),
];

/** @type {TableColumn[]} beside `tenant_id`, `id` and `order_id` */
const ITEM_COLUMNS = [
  column('qty', 'int4'),
  column('price', 'numeric', 'numeric(12,2)'),
  column('note', 'text'),
  column('sent', 'timestamptz'),
  column('flag', 'bool'),
];

/** @type {TableColumn[]} beside `code` */
const KIND_COLUMNS = [column('label', 'text'), column('weight', 'numeric'), column('rank', 'int4')];

const sqlType = ({ type, values }) => SQL_TYPES[type] ?? SQL_TYPES[values] ?? values;
const listed = (columns) => columns.map((one) => `${one.name} ${sqlType(one)}`).join(', ');

/** Statements that make the types and tables in the current schema. */
const DEFINITIONS = [
  "create type mood as enum ('sad', 'ok', 'happy')",
  "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  `create table orders (tenant_id text not null, id int4 not null, ${listed(ORDER_COLUMNS)}, primary key (tenant_id, id))`,
  `create table items (tenant_id text not null, id int4 not null, order_id int4, ${listed(ITEM_COLUMNS)}, primary key (tenant_id, id))`,
  `create table kinds (code text primary key, ${listed(KIND_COLUMNS)})`,
  'create table scratch (like orders including all)',
];

/** A text as a literal of SQL. */
function quote(text) {
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

module.exports = {
  VALUES,
  ORDER_COLUMNS,
  ITEM_COLUMNS,
  KIND_COLUMNS,
  DEFINITIONS,
  SEPARATOR,
  SQL_TYPES,
  sqlType,
  quote,
};
