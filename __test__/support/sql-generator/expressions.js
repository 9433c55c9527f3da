/**
 * Random expressions over the columns that a query has at hand: values and conditions. Each knows its type and
 * whatever the comparison of results must know about it.
 */

const { VALUES, quote } = require('./tables');

/**
 * @typedef {object} Expression
 * @property {string} sql with `?` for each binding
 * @property {string[]} bindings
 * @property {string} type a name as in tables.js, or one that aggregates give; `text ci`: compared regardless of case
 * @property {Expression[]} parts what it is made of
 * @property {boolean} [loose] of values that are equal it may be either: 1.0 or 1.00
 * @property {boolean} [approximate] a float whose last digits depend on the order of additions
 * @property {boolean} [unordered] its elements come in any order
 * @property {{ method: string, args: any[] }} [knex] the same as a method of Knex's builder
 */

/** Types with an order and equality in PostgreSQL, which tables have columns of. */
const COMPARABLE = Object.keys(VALUES).filter(
  (type) => !['json', 'kind', 'tame', 'numeric(12,2)'].includes(type),
);
const NUMBERS = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'tame'];
const TEXTS = ['text', 'text C', 'text ci', 'varchar', 'char'];
/** Types of which equal values may differ in their text. */
const LOOSE_TYPES = new Set(['numeric', 'float4', 'float8', 'interval', 'text ci', 'jsonb']);

/** A template tag: sql('int4')`${one} + ${other}`; a part may also be a list, or a text to take as it is. */
function sql(type, more) {
  return (strings, ...parts) => {
    const expressions = parts.flat().filter((part) => typeof part === 'object');
    const text = (part) => {
      if (Array.isArray(part)) return part.map(text).join(', ');
      return typeof part === 'object' ? part.sql : part;
    };
    const made = {
      sql: strings.reduce((all, string, index) => all + text(parts[index - 1]) + string),
      bindings: expressions.flatMap((one) => one.bindings),
      type: type === 'text' && expressions.some((one) => one.type === 'text ci') ? 'text ci' : type,
      parts: expressions,
      ...more,
    };
    for (const flag of ['loose', 'approximate']) if (expressions.some((one) => one[flag])) made[flag] = true;
    return made;
  };
}

/** Text that is SQL as it is. */
function plain(type, text, more) {
  return { sql: text, bindings: [], type, parts: [], ...more };
}

/**
 * What expressions are made over.
 *
 * @typedef {object} Scope
 * @property {import('../../../testkit/random').Random} random
 * @property {Expression[]} columns
 * @property {boolean} [literals] no bindings: where a text must be the same at two places
 * @property {(scope: Scope) => Expression} [subquery] makes a condition with a subquery
 */

/** A column of one of these types, or undefined. */
function columnOf({ random, columns }, types) {
  const fitting = columns.filter(({ type }) => types.includes(type));
  return fitting.length === 0 ? undefined : random.pick(fitting);
}

/** A value of the type as it stands in the tables. */
function constant({ random, literals }, type) {
  const text = random.pick(VALUES[type.replace(/ (ci|C)$/, '')] ?? VALUES.text);
  if (!literals && random.chance(0.5)) return { sql: '?', bindings: [text], type, parts: [] };
  return plain(type, literalOf(text, type));
}

function literalOf(text, type) {
  const cast =
    { tame: 'float8', varchar: 'varchar', char: 'bpchar', 'text C': 'text', 'text ci': 'text' }[type] ?? type;
  return `${quote(text)}::${cast}`;
}

/** Any column, or something made of columns. */
function value(scope, depth = 2) {
  const { random } = scope;
  if (depth === 0 || random.chance(0.55)) return random.pick(scope.columns);
  const column = random.pick(scope.columns);
  return combined(scope, column, depth - 1) ?? column;
}

/** Something of (or about) a column. */
function combined(scope, one, depth) {
  const { random } = scope;
  if (random.chance(0.12)) {
    const other = columnOf(scope, [one.type]) ?? one;
    return random.pick([
      () => sql(one.type)`CASE WHEN ${condition(scope, Math.min(depth, 1))} THEN ${one} ELSE ${other} END`,
      () => sql(one.type)`coalesce(${one}, ${other})`,
      () => sql('bool')`${one} IS NULL`,
    ])();
  }
  if (['int2', 'int4'].includes(one.type)) {
    return random.pick([
      () => sql('int4')`${one} + 1`,
      () => sql('int4')`0 - ${one}`,
      () => sql('int4')`abs(${one} % 3)`,
      () => sql('numeric')`${one} / 3.0`,
      () => sql('text')`${one}::text`,
      () => sql('int8')`${one}::int8 * 1000`,
    ])();
  }
  if (one.type === 'numeric') {
    return random.pick([
      () => sql('numeric')`${one} + 1.50`,
      () => sql('numeric')`round(${one}, 1)`,
      () => sql('numeric')`-${one}`,
      () => sql('bool')`${one} > 1`,
    ])();
  }
  if (one.type === 'tame') return sql('tame')`${one} + 1`;
  if (one.type === 'text' || one.type === 'varchar') {
    return random.pick([
      () => sql('text')`upper(${one})`,
      () => sql('text')`lower(${one})`,
      () => sql('int4')`length(${one})`,
      () => sql('text')`${one} || '-'`,
      () => sql('text')`left(${one}, 1)`,
      () => sql('text C')`${one} COLLATE "C"`,
      () => sql('text')`coalesce(${one}, 'none')`,
    ])();
  }
  if (one.type === 'timestamp') return sql('timestamp')`date_trunc('month', ${one})`;
  if (one.type === 'timestamptz')
    return random.pick([
      () => sql('timestamptz')`date_trunc('year', ${one})`,
      () => sql('date')`${one}::date`,
      () => sql('numeric')`extract(isodow from ${one})`,
    ])();
  if (one.type === 'date')
    return random.pick([
      () => sql('date')`${one} + 1`,
      () => sql('int4')`extract(month from ${one})::int4`,
    ])();
  if (one.type === 'jsonb')
    return random.pick([() => sql('text')`${one} ->> 'a'`, () => sql('text')`jsonb_typeof(${one})`])();
  if (one.type === 'mood') return sql('text')`${one}::text`;
  if (one.type === 'int4[]') return sql('int4')`cardinality(${one})`;
  if (one.type === 'text[]') return sql('text')`array_to_string(${one}, '/', '~')`;
  if (one.type === 'bool') return sql('bool')`NOT ${one}`;
  return undefined;
}

/** A condition of any kind. */
function condition(scope, depth = 2) {
  const { random } = scope;
  if (depth > 0 && random.chance(0.25)) {
    const [one, other] = [condition(scope, depth - 1), condition(scope, depth - 1)];
    return random.pick([
      () => sql('bool')`(${one} AND ${other})`,
      () => sql('bool')`(${one} OR ${other})`,
      () => sql('bool')`NOT (${one})`,
    ])();
  }
  if (scope.subquery !== undefined && random.chance(0.08)) return scope.subquery(scope);
  const types = COMPARABLE.filter((type) => columnOf(scope, [type]) !== undefined);
  if (types.length === 0) return plain('bool', random.pick(['true', '1 = 1', 'false']));
  const type = random.pick(types);
  const one = columnOf(scope, [type]);
  const compared = random.pick(['=', '<>', '<', '<=', '>', '>=']);
  return random.weighted(
    [5, () => comparison(one, compared, constant(scope, type))],
    [1, () => sql('bool')`${one} ${compared} ${columnOf(scope, [type])}`],
    [1, () => nullTest(one, random.chance(0.5))],
    [1, () => sql('bool')`${one} IS DISTINCT FROM ${constant(scope, type)}`],
    [
      2,
      () =>
        list(
          one,
          random.several(1, 4, () => constant(scope, type)),
          random.chance(0.3),
        ),
    ],
    [1, () => sql('bool')`${one} BETWEEN ${constant(scope, type)} AND ${constant(scope, type)}`],
    [TEXTS.includes(type) && type !== 'text ci' ? 2 : 0, () => pattern(scope, one)],
    [1, () => plain('bool', random.pick(['true', 'NULL::bool', 'false']))],
  )();
}

function comparison(one, operator, other) {
  return sql(
    'bool',
    simple(one, other) && { knex: { method: 'where', args: [one.sql, operator, other.bindings[0]] } },
  )`${one} ${operator} ${other}`;
}

function nullTest(one, negated) {
  const method = negated ? 'whereNotNull' : 'whereNull';
  const knex = isName(one) ? { knex: { method, args: [one.sql] } } : undefined;
  return sql('bool', knex)`${one} IS ${negated ? 'NOT NULL' : 'NULL'}`;
}

function list(one, values, negated) {
  const knex = isName(one) && values.every(({ sql: text }) => text === '?');
  const method = negated ? 'whereNotIn' : 'whereIn';
  const args = [one.sql, values.flatMap(({ bindings }) => bindings)];
  return sql('bool', knex && { knex: { method, args } })`${one} ${negated ? 'NOT IN' : 'IN'} (${values})`;
}

function pattern({ random }, one) {
  const text = random.pick(['a%', '%a', '_', '%', '%e%', 'A_', '%é%', '', '%-%']);
  return sql('bool')`${one} ${random.pick(['LIKE', 'ILIKE', 'NOT LIKE'])} ${plain('text', quote(text))}`;
}

const isName = ({ sql: text }) => /^\w+\.\w+$/.test(text);
const simple = (one, other) => isName(one) && other.sql === '?';

module.exports = {
  sql,
  plain,
  value,
  condition,
  columnOf,
  constant,
  COMPARABLE,
  NUMBERS,
  TEXTS,
  LOOSE_TYPES,
};
