/**
 * Sample literals for every base type of PostgreSQL, as SQL text. `parity-types.test.js` fails when pg_type has a base
 * type that is missing here.
 */

const MICROSECONDS = [
  '.000001',
  '.00001',
  '.0001',
  '.001',
  '.01',
  '.1',
  '.12',
  '.123',
  '.1234',
  '.12345',
  '.123456',
  '.5',
  '.999',
  '.9999',
  '.999999',
];

const TIMES = ['00:00:00', '23:59:59.999999', '24:00:00', ...MICROSECONDS.map((part) => `12:34:56${part}`)];

const DAYS = [
  '2024-02-29',
  '1970-01-01',
  '1969-12-31',
  '0001-01-01',
  '0099-12-31',
  '0100-01-01',
  '0999-06-15',
  '1883-11-18',
  '9999-12-31',
  '10000-01-01',
  '12345-06-07',
  '0001-01-01 BC',
  '0044-03-15 BC',
  '4713-01-01 BC',
  'infinity',
  '-infinity',
];

/** Days at which a zone's clock jumped, and days from before there were zones. */
const MOMENTS = [
  ...DAYS,
  ...MICROSECONDS.map((part) => `2001-02-03 04:05:06${part}`),
  ...MICROSECONDS.map((part) => `1969-12-31 23:59:59${part}`),
  '2024-03-10 02:30:00',
  '2024-11-03 01:30:00',
  '1883-11-18 12:03:57',
  '1700-01-01 00:00:00',
  '294276-12-31 23:59:59.999999',
  '0097-02-16 17:32:01 BC',
];

const FLOATS = ['0', '-0', '1', '-1.5', 'NaN', 'Infinity', '-Infinity', '0.1', '1e-30', '1e30'];

const TEXTS = [
  '',
  ' ',
  'NULL',
  'null',
  'plain',
  "it's",
  'say "hi"',
  'back\\slash',
  'tab\tnew\nline\rreturn',
  '{braces,and,commas}',
  'é ß ñ — Ω ж 漢字 ﷽',
  '\u{1F600}\u{10FFFF}\u{1F468}\u200D\u{1F469}',
  '\u0001\u007F\u0080\u00FF\uFEFF\uFFFD',
];

const JSONS = [
  'null',
  'true',
  '0',
  '-0',
  '-0.0',
  '1e400',
  '12345678901234567890',
  '0.1000000000000000055511151231257827',
  '""',
  '"\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9 \\ud83d\\ude00"',
  '"é漢\u{1F600}"',
  '[]',
  '{}',
  '[1,"a",null,[true,{}]]',
  ' { "spaced" : [ 1 , 2 ] } ',
  '{"__proto__":{"polluted":true},"constructor":1,"toString":null}',
  '{"same":1,"same":2}',
  '{"b":1,"a":2,"10":3,"9":4,"":5}',
  `${'['.repeat(300)}${']'.repeat(300)}`,
  `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`,
];

const SNAPSHOTS = ['10:20:10,14,15', '1:1:'];

/** @type {Record<string, string[]>} by typname */
const SAMPLES = {
  bool: ['true', 'false'],
  bytea: ['', '\\x', '\\x00', '\\xdeadbeef', '\\x5c78', '\\000abc\\\\', 'abc'],
  char: ['', 'a', '\\377', '\\\\'],
  name: ['', 'a name', 'é'.repeat(31)],
  int2: ['0', '-32768', '32767'],
  int4: ['0', '-2147483648', '2147483647'],
  int8: ['0', '-1', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
  int2vector: ['', '1 2 3', '-1'],
  oidvector: ['', '1 4294967295'],
  oid: ['0', '4294967295'],
  xid: ['3', '4294967295'],
  xid8: ['3', '18446744073709551615'],
  cid: ['0', '42'],
  tid: ['(0,1)', '(4294967295,65535)'],
  text: TEXTS,
  varchar: TEXTS,
  bpchar: TEXTS,
  xml: ['', '<a/>', '<a b="c">text &amp; more</a>'],
  json: JSONS,
  jsonb: JSONS.filter((text) => !text.includes('1e400')),
  jsonpath: ['$', '$.a[*] ? (@ > 1)', 'strict $."b c"'],
  float4: [...FLOATS, '3.4028235e38', '1.17549435e-38', '16777217'],
  float8: [...FLOATS, '1.7976931348623157e308', '5e-324', '0.30000000000000004', '9007199254740993'],
  numeric: [
    '0',
    '-0',
    '0.0',
    '1.10',
    'NaN',
    'Infinity',
    '-Infinity',
    '123456789012345678901234567890.12345678901234567890',
    '1e-100',
    '-0.000001',
  ],
  money: ['0', '-12.34', '92233720368547758.07'],
  date: DAYS,
  time: TIMES,
  timetz: [...TIMES.map((time) => `${time}+00`), '12:00:00+05:30', '12:00:00-03:12:34', '12:00:00+15:59:59'],
  timestamp: MOMENTS,
  timestamptz: [
    ...MOMENTS,
    ...MOMENTS.filter((moment) => /^\d+-\d+-\d+ \d+:[\d:.]+$/.test(moment)).map(
      (moment) => `${moment}+05:30`,
    ),
    '2001-02-03 04:05:06+01:02:03',
  ],
  interval: [
    '0',
    '1 year',
    '-1 year',
    '1 mon',
    '3 days',
    '1 year 2 mons -3 days 04:05:06.789',
    '-00:00:00.000001',
    '00:00:00.1',
    '00:00:01.999999',
    '178000000 years',
    '1000:59:59.5',
    '-1 mons +2 days -03:04:05.000006',
    'infinity',
    '-infinity',
  ],
  bit: ['0', '1', '10101'],
  varbit: ['', '1', '1010'],
  point: ['(0,0)', '(-0,1.5)', '(NaN,Infinity)', '(1e300,-1e-300)'],
  lseg: ['[(0,0),(1,1)]'],
  path: ['[(0,0),(1,1)]', '((0,0),(1,1),(2,0))'],
  box: ['(1,1),(0,0)'],
  polygon: ['((0,0),(1,1),(2,0))'],
  line: ['{1,-1,0}'],
  circle: ['<(0,0),5>', '<(1.5,-2),0>'],
  inet: ['127.0.0.1', '10.1.2.3/8', '::1', '2001:db8::/32'],
  cidr: ['10.0.0.0/8', '2001:db8::/32'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  uuid: ['00000000-0000-0000-0000-000000000000', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
  pg_lsn: ['0/0', 'FFFFFFFF/FFFFFFFF'],
  pg_snapshot: SNAPSHOTS,
  txid_snapshot: SNAPSHOTS,
  tsvector: ['', 'a fat cat', "'Quo''te':1A,2B 'x':3"],
  tsquery: ['', 'a & !(b | c)', "'a':*AB <-> b"],
  aclitem: ['postgres=r/postgres', '=UC/postgres'],
  refcursor: ['', 'a cursor'],
  regproc: ['-', 'now'],
  regprocedure: ['-', 'abs(integer)'],
  regoper: ['0', '||/'],
  regoperator: ['0', '+(integer,integer)'],
  regclass: ['-', 'pg_class', '4294967295'],
  regtype: ['-', 'timestamptz', 'int4[]'],
  regrole: ['-', 'postgres'],
  regnamespace: ['-', 'pg_catalog'],
  regconfig: ['-', 'english'],
  regdictionary: ['-', 'simple'],
  regcollation: ['-', '"C"'],
};

/** Types without an input function that takes anything: an expression that yields a value, or a null of the type. */
const EXPRESSIONS = {
  pg_node_tree: '(select adbin from pg_attrdef limit 1)',
  pg_ndistinct: '(select stxdndistinct from pg_statistic_ext_data where stxdndistinct is not null limit 1)',
  pg_dependencies:
    '(select stxddependencies from pg_statistic_ext_data where stxddependencies is not null limit 1)',
  pg_mcv_list: '(select stxdmcv from pg_statistic_ext_data where stxdmcv is not null limit 1)',
  pg_brin_bloom_summary: 'null::pg_brin_bloom_summary',
  pg_brin_minmax_multi_summary: 'null::pg_brin_minmax_multi_summary',
  gtsvector: 'null::gtsvector',
};

/** Range types with a pair of bounds each; a multirange of a range type has its samples in braces. */
const RANGES = {
  int4range: ['1', '10'],
  int8range: ['-9223372036854775808', '9223372036854775807'],
  numrange: ['-1.5', '1e20'],
  daterange: ['0044-03-15 BC', 'infinity'],
  tsrange: ['"2001-02-03 04:05:06.7"', '"10000-01-01 00:00:00"'],
  tstzrange: ['"1883-11-18 12:03:57+00"', '"2024-01-01 00:00:00.000001+05:30"'],
};

module.exports = { SAMPLES, EXPRESSIONS, RANGES };
