/** Random aggregate calls and window functions, with what the comparison of results must know about their values. */

const { SEPARATOR } = require('./tables');
const { sql, plain, value, condition, columnOf, COMPARABLE, LOOSE_TYPES } = require('./expressions');

const INTEGERS = ['int2', 'int4', 'int8'];
/** What min and max take; a uuid only from PostgreSQL 18 on, and no bool, jsonb. */
const ORDERED = COMPARABLE.filter(
  (type) => !['bool', 'uuid', 'jsonb', 'bytea', 'int4[]', 'text[]'].includes(type),
);
/** What sum gives for a type. */
const SUMS = {
  int2: 'int8',
  int4: 'int8',
  int8: 'numeric',
  numeric: 'numeric',
  float4: 'float4',
  tame: 'tame',
};

/**
 * @param {import('./expressions').Scope & { unique: import('./expressions').Expression[] }} scope `unique`: columns
 *   that together tell rows apart
 * @returns {import('./expressions').Expression}
 */
function aggregate(scope) {
  const { random } = scope;
  const kinds = [
    [5, count],
    [5, sum],
    [4, average],
    [5, extreme],
    [2, booleans],
    [2, bits],
    [2, deviation],
    [2, strings],
    [2, arrays],
    [1, objects],
    [1, orderedSet],
  ];
  return random.weighted(...kinds)(scope) ?? count(scope);
}

function count(scope) {
  const { random } = scope;
  return random.weighted(
    [3, () => filtered(scope, plain('int8', 'count(*)', { knex: { method: 'count', args: ['*'] } }))],
    [2, () => filtered(scope, sql('int8')`count(${value(scope, 1)})`)],
    [2, () => sql('int8')`count(DISTINCT ${columnOf(scope, COMPARABLE)})`],
  )();
}

function sum(scope) {
  const one = columnOf(scope, Object.keys(SUMS));
  if (one === undefined) return undefined;
  const type = SUMS[one.type];
  const approximate = one.type === 'tame';
  if (scope.random.chance(0.2))
    return sql(type, { approximate, loose: LOOSE_TYPES.has(one.type) })`sum(DISTINCT ${one})`;
  const knex = { method: 'sum', args: [one.sql] };
  return filtered(scope, sql(type, { approximate, knex })`sum(${one})`);
}

function average(scope) {
  const one = columnOf(scope, [...INTEGERS, 'numeric', 'tame']);
  if (one === undefined) return undefined;
  if (one.type === 'tame') return filtered(scope, sql('float8', { approximate: true })`avg(${one})`);
  // Of numerics that are equal, the one that counts decides how many digits the average has.
  if (one.type !== 'numeric' && scope.random.chance(0.15)) return sql('numeric')`avg(DISTINCT ${one})`;
  return filtered(scope, sql('numeric', { knex: { method: 'avg', args: [one.sql] } })`avg(${one})`);
}

function extreme(scope) {
  const one = columnOf(scope, ORDERED);
  if (one === undefined) return undefined;
  const name = scope.random.pick(['min', 'max']);
  const type = ['varchar', 'char'].includes(one.type) ? 'text' : one.type;
  const knex = { method: name, args: [one.sql] };
  return filtered(scope, sql(type, { loose: LOOSE_TYPES.has(one.type), knex })`${name}(${one})`);
}

function booleans(scope) {
  const name = scope.random.pick(['bool_and', 'bool_or', 'every']);
  return filtered(scope, sql('bool')`${name}(${columnOf(scope, ['bool']) ?? condition(scope, 0)})`);
}

function bits(scope) {
  const one = columnOf(scope, INTEGERS);
  return (
    one && filtered(scope, sql(one.type)`${scope.random.pick(['bit_and', 'bit_or', 'bit_xor'])}(${one})`)
  );
}

function deviation(scope) {
  const one = columnOf(scope, [...INTEGERS, 'tame']);
  if (one === undefined) return undefined;
  const name = scope.random.pick(['stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp']);
  const approximate = one.type === 'tame';
  return filtered(scope, sql(approximate ? 'float8' : 'numeric', { approximate })`${name}(${one})`);
}

function strings(scope) {
  const one = columnOf(scope, ['text', 'varchar', 'text C']);
  if (one === undefined) return undefined;
  // A value in a constant argument is the statement's own, whatever is gathered around it.
  const separator = scope.random.chance(0.4) ? bound(SEPARATOR, '?::text') : `'${SEPARATOR}'`;
  return scope.random.pick([
    () => sql('text')`string_agg(${one}, ${separator} ORDER BY ${one}, ${scope.unique})`,
    () => sql('text', { unordered: true })`string_agg(${one}, ${separator})`,
    () => sql('text')`string_agg(DISTINCT ${one}, ${separator})`,
    () =>
      sql(
        'text',
      )`string_agg(${one}, ${separator} ORDER BY ${scope.unique.map((key) => `${key.sql} DESC`).join(', ')})`,
  ])();
}

function arrays(scope) {
  const { random } = scope;
  const name = random.pick(['array_agg', 'json_agg', 'jsonb_agg']);
  const type = name === 'array_agg' ? 'array' : 'json';
  // pg gives arrays of numeric as numbers, and a json's numbers are numbers too: what differs in scale only is gone.
  const one = columnOf(scope, [
    'int4',
    'int8',
    'text',
    'text C',
    'bool',
    'date',
    'timestamptz',
    'uuid',
    'mood',
    'numeric',
  ]);
  if (one === undefined) return undefined;
  return random.pick([
    () => sql(type)`${name}(${bound('7', '?::int')})`,
    () => sql(type)`${name}(${bound('x', '?::text')} ORDER BY (${one}, ${scope.unique}))`,
    () => sql('text')`left(${name}(now() ORDER BY ${one}, ${scope.unique})::text, 2)`,
    () => sql(type, { unordered: true })`${name}(${one})`,
    () => sql(type)`${name}(${one} ORDER BY ${one}, ${scope.unique})`,
    () => sql(type)`${name}(${one} ORDER BY ${scope.unique})`,
    () => filtered(scope, sql(type, { unordered: true })`${name}(${one})`),
    () => sql(type)`${name}(DISTINCT ${one})`,
  ])();
}

function objects(scope) {
  const one = columnOf(scope, ['int4', 'text', 'bool']);
  if (one === undefined) return undefined;
  const key = scope.unique.map(({ sql: text }) => `coalesce(${text}::text, '')`).join(` || '/' || `);
  const name = scope.random.pick(['json_object_agg', 'jsonb_object_agg']);
  return sql('json')`${name}(${key}, ${one} ORDER BY ${scope.unique})`;
}

function orderedSet(scope) {
  const { random } = scope;
  const number = columnOf(scope, ['int4', 'int8', 'numeric']);
  const any = columnOf(scope, ['int4', 'text', 'date', 'bool', 'mood']);
  if (number === undefined || any === undefined) return undefined;
  return random.pick([
    () =>
      sql('float8', {
        approximate: true,
        label: 'percentile',
      })`percentile_cont(${bound(random.pick(['0', '0.25', '1']), '?::float8')}) WITHIN GROUP (ORDER BY ${number})`,
    () => sql(any.type, { label: 'percentile' })`percentile_disc(0.3) WITHIN GROUP (ORDER BY ${any})`,
    () => sql('int8')`rank(${bound('3', '?::numeric')}) WITHIN GROUP (ORDER BY ${number})`,
    () => sql(any.type, { label: 'mode' })`mode() WITHIN GROUP (ORDER BY ${any})`,
  ])();
}

/** A binding in a call. */
const bound = (text, sql) => ({ sql, bindings: [text], parts: [] });

function filtered(scope, call) {
  if (!scope.random.chance(0.2)) return call;
  const { type, loose, approximate, unordered } = call;
  const more = { loose, approximate, unordered };
  return sql(type, more)`${call} FILTER (WHERE ${condition(scope, 1)})`;
}

/** Something computed from aggregates. */
function overAggregates(scope) {
  const { random } = scope;
  const counted = random.pick([plain('int8', 'count(*)'), sql('int8')`count(${value(scope, 0)})`]);
  const number = columnOf(scope, ['int4', 'int2']);
  const total = number && sql('int8')`sum(${number})`;
  return (
    random.pick([
      () => sql('int8')`${counted} * 2 + 1`,
      () => sql('bool')`${counted} > 2`,
      () => total && sql('numeric')`${total}::numeric / nullif(${counted}, 0)`,
      () => total && sql('int8')`coalesce(${total}, 0) - ${counted}`,
      () =>
        total &&
        sql('text')`CASE WHEN ${total} > 3 THEN 'many' WHEN ${total} IS NULL THEN 'none' ELSE 'few' END`,
      () => number && sql('int8')`max(${number})::int8 - min(${number})`,
    ])() ?? counted
  );
}

/**
 * A window function.
 *
 * @param {boolean} byTenant whether each window is of one tenant
 */
function window(scope, byTenant) {
  const { random, unique } = scope;
  const one = value(scope, 0);
  const partition = byTenant
    ? [unique[0], ...(random.chance(0.3) ? [columnOf(scope, ['bool', 'mood'])] : [])].filter(Boolean)
    : [];
  const part = partition.length > 0 ? `PARTITION BY ${partition.map((key) => key.sql).join(', ')}` : '';
  const number = columnOf(scope, ['int4']);
  const order = sql('window')`ORDER BY ${random.chance(0.5) && number ? [number, ...unique] : unique}`;
  return (
    random.pick([
      () => sql('int8')`row_number() OVER (${part} ${order})`,
      () =>
        sql('int8')`rank() OVER (${part} ORDER BY ${columnOf(scope, ['int4', 'text', 'date']) ?? unique[0]})`,
      () => sql('int8')`count(*) OVER (${part})`,
      () => sql(one.type)`lag(${one}) OVER (${part} ${order})`,
      () => sql(one.type)`first_value(${one}) OVER (${part} ${order})`,
      () =>
        number &&
        sql('int8')`sum(${number}) OVER (${part} ${order} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)`,
      () => sql('int4')`ntile(3) OVER (${part} ${order})`,
    ])() ?? sql('int8')`count(*) OVER (${part})`
  );
}

module.exports = { aggregate, overAggregates, window };
