/**
 * Are two results the same, as far as SQL says what they are? Rows that tie in ORDER BY may change places, a LIMIT may
 * cut among ties, and of equal values any may stand for its group. Everything else must be equal: types, prototypes,
 * names and their order, fields, command, count.
 */

const { isDeepStrictEqual, inspect } = require('node:util');
const { SEPARATOR } = require('../sql-generator');

/**
 * Allowed of floats whose additions may come in another order (sum, avg, stddev, variance, percentile_cont of floats);
 * relative, or absolute next to zero.
 */
const TOLERANCE = 1e-12;

/**
 * @typedef {{ value?: any, error?: any }} Outcome
 * @typedef {(fields: object[], side: 'whole' | 'shards') => object[]} Described fields in words that mean the same in
 *   every database: `tables` and `types` are all that their oids may mean
 */

/**
 * @param {object} query the generator's tree
 * @param {Outcome} expected what one PostgreSQL with all rows gave
 * @param {Outcome} actual what the library gave
 * @param {{ describe: Described, ranked: () => Promise<object[]> }} more `ranked`: the rows of `renderRanked(query)`,
 *   asked for only where the rows are not plainly equal
 * @returns {Promise<string | undefined>} what is different, or nothing
 */
async function difference(query, expected, actual, { describe, ranked }) {
  if (expected.error || actual.error) return errorDifference(expected, actual);
  const [one, other] = [expected.value, actual.value];
  if (typeof one === 'number') return one === other ? undefined : `${show(other)} instead of ${show(one)}`;
  const isResult = !Array.isArray(one);
  if (isResult) {
    for (const name of ['command', 'rowCount', 'oid', 'rowAsArray']) {
      if (!Object.is(one[name], other[name]))
        return `${name}: ${show(other[name])} instead of ${show(one[name])}`;
    }
    if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return 'another prototype of the result';
    const described = [describe(one.fields, 'whole'), describe(other.fields, 'shards')];
    if (leavesModifiersOpen(query)) for (const field of described.flat()) field.dataTypeModifier = undefined;
    const fields = fieldsDifference(...described);
    if (fields !== undefined) return fields;
  }
  const rows = isResult ? one.rows : one;
  const others = isResult ? other.rows : other;
  if (rows.length !== others?.length) return `${others?.length} rows instead of ${rows.length}`;
  if (rows.every((row, index) => isSame(row, others[index]))) return undefined;
  const specs = specsOf(query, isResult ? one.fields.map(({ name }) => name) : undefined);
  const form = formDifference(rows, others);
  if (form !== undefined) return form;
  const slots = slotsOf(query, specs, await ranked(), rows.length);
  const unfit = (list) => list.findIndex((row, index) => !slots(index, row));
  const wrong = unfit(others);
  if (wrong < 0) return undefined;
  slots.reset();
  const doubt = unfit(rows) < 0 ? '' : ' (but neither does PostgreSQL itself: the comparison is wrong)';
  return `row ${wrong} does not belong there: ${show(others[wrong])}${doubt}`;
}

function errorDifference({ error: expected }, { error: actual }) {
  if (expected === undefined)
    return `only the library fails: ${actual.code ?? ''} ${actual.message}${causeOf(actual)}`;
  if (actual === undefined) return `only PostgreSQL fails: ${expected.code} ${expected.message}`;
  // An error that only some shards met comes with what became of the others.
  const code = actual.code === 'PARTIAL_FAILURE' ? actual.cause?.code : actual.code;
  if (code === expected.code) return undefined;
  return `fails with ${actual.code} ${actual.message}${causeOf(actual)} instead of ${expected.code} ${expected.message}`;
}

function causeOf({ cause }) {
  return cause ? ` (${cause.code ?? ''} ${cause.message})` : '';
}

function fieldsDifference(one, other) {
  if (one.length !== other.length) return `${other.length} fields instead of ${one.length}`;
  for (const [index, { tables, types, ...field }] of one.entries()) {
    const { tables: itsTables, types: itsTypes, ...mine } = other[index];
    const isSameField =
      isDeepStrictEqual(mine, field) && itsTables.includes(tables[0]) && itsTypes.includes(types[0]);
    if (!isSameField) return `field ${index}: ${show(other[index])} instead of ${show(one[index])}`;
  }
  return undefined;
}

/** INTERSECT and EXCEPT of numeric(12,2) and numeric: PostgreSQL calls the result's column by its left side's modifier. */
function leavesModifiersOpen({ kind, operator }) {
  return kind === 'set' && !operator.startsWith('UNION');
}

/** The rows' prototypes and keys, which are the same for every row. */
function formDifference(rows, others) {
  const prototype = Object.getPrototypeOf(rows[0]);
  const keys = Object.keys(rows[0]).join();
  for (const row of others) {
    if (Object.getPrototypeOf(row) !== prototype) return 'another prototype of a row';
    if (Object.keys(row).join() !== keys) return `a row has ${Object.keys(row)} instead of ${keys}`;
  }
  return undefined;
}

/** Equal in every way that an application can see. */
function isSame(one, other) {
  if (typeof one !== 'object' || one === null) return Object.is(one, other);
  return isDeepStrictEqual(one, other) && Object.keys(one).join() === Object.keys(other).join();
}

/** What is known of each column of the result, by the name under which a row has it; the last of a name counts. */
function specsOf(query, fieldNames) {
  const columns = query.items ?? query.returning.map((expression) => ({ expression }));
  const named = columns.map(({ expression, alias }, index) => [
    fieldNames?.[index] ?? alias ?? nameOf(expression),
    expression,
  ]);
  return [...new Map(named)];
}

function nameOf({ sql }) {
  return sql.slice(sql.lastIndexOf('.') + 1);
}

/**
 * Says of each place of the result which rows may stand there; each row is used once.
 *
 * @returns {((index: number, row: object) => boolean) & { reset(): void }}
 */
function slotsOf(query, specs, ranked, count) {
  const rankOf = (row, which) => Number(row[`mtdd_rank${which}`] ?? 0);
  const isOn = Array.isArray(query.distinct);
  const start = Number(query.offset?.binding ?? query.offset?.text ?? 0);
  let bags;
  let sequence;
  const reset = () => {
    bags = new Map();
    const inOrder = [...ranked].sort((one, other) => rankOf(one, isOn ? 1 : 0) - rankOf(other, isOn ? 1 : 0));
    if (!isOn) {
      for (const row of inOrder) put(rankOf(row, 0), row);
      sequence = inOrder.map((row) => rankOf(row, 0));
    } else {
      // Of each group one of the first rows.
      const first = new Map();
      for (const row of inOrder) {
        const group = rankOf(row, 0);
        if (!first.has(group)) first.set(group, rankOf(row, 1));
        if (first.get(group) === rankOf(row, 1)) put(group, row);
      }
      sequence = [...first.keys()];
    }
    sequence = sequence.slice(start, start + count);
  };
  const put = (rank, row) => {
    if (!bags.has(rank)) bags.set(rank, new Map());
    const key = keyOfRow(row, specs);
    const bag = bags.get(rank);
    if (!bag.has(key)) bag.set(key, []);
    bag.get(key).push(row);
  };
  const take = (index, row) => {
    const alike = bags.get(sequence[index])?.get(keyOfRow(row, specs)) ?? [];
    const found = alike.findIndex((other) =>
      specs.every(([name, spec]) => !spec.approximate || isNear(row[name], other[name])),
    );
    if (found < 0) return false;
    alike.splice(found, 1);
    return true;
  };
  reset();
  return Object.assign(take, { reset });
}

function isNear(one, other) {
  if (typeof one !== 'number' || typeof other !== 'number') return Object.is(one, other);
  if (Object.is(one, other) || (one === 0 && other === 0)) return true;
  return Math.abs(one - other) <= TOLERANCE * Math.max(1, Math.abs(one), Math.abs(other));
}

function keyOfRow(row, specs) {
  return specs.map(([name, spec]) => (spec.approximate ? '~' : keyOf(row[name], spec))).join('|');
}

/** A text that is equal for values that may stand for one another. */
function keyOf(value, { type, loose, unordered }) {
  if (value === null || value === undefined) return String(value);
  if (unordered) {
    const elements = typeof value === 'string' ? elementsOf(value, type) : value;
    return `{${elements
      .map((one) => keyOf(one, {}))
      .sort()
      .join('|')}}`;
  }
  if (typeof value === 'number') return `n${loose || !Object.is(value, -0) ? value + 0 : '-0'}`;
  if (typeof value === 'string') {
    if (!loose) return `s${value}`;
    if (type === 'numeric') return `s${plainNumber(value)}`;
    if (type === 'text ci') return `s${value.toLowerCase()}`;
    return `s${value}`;
  }
  if (typeof value !== 'object') return `${typeof value}${value}`;
  if (value instanceof Date) return `d${value.getTime()}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  if (loose && type === 'interval') return `i${lengthOf(value)}`;
  if (Buffer.isBuffer(value)) return `b${value.toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map((one) => keyOf(one, { type, loose })).join('|')}]`;
  return `${name}{${Object.keys(value).map((key) => `${key}:${keyOf(value[key], {})}`)}}`;
}

/** Those that string_agg joined, or of an array that pg leaves as text, whose elements need no quotes. */
function elementsOf(text, type) {
  return type === 'array' ? text.slice(1, -1).split(',') : text.split(SEPARATOR);
}

/** 1.50 and 1.5 are one number. */
function plainNumber(text) {
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
}

/** Microseconds, as PostgreSQL compares intervals: a month has 30 days, a day 24 hours. */
function lengthOf({
  years = 0,
  months = 0,
  days = 0,
  hours = 0,
  minutes = 0,
  seconds = 0,
  milliseconds = 0,
}) {
  const day = (years * 12 + months) * 30 + days;
  return Math.round((((day * 24 + hours) * 60 + minutes) * 60 + seconds) * 1e6 + milliseconds * 1e3);
}

function show(value) {
  return inspect(value, { depth: 4, breakLength: 200, maxStringLength: 300 });
}

module.exports = { difference, show };
