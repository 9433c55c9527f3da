/** Makes the generator's statements with Knex's builder, as an application would. */

const { render } = require('./render');

/**
 * @param {import('knex').Knex} db
 * @returns {import('knex').Knex.QueryBuilder | undefined} nothing where the builder has no words for it
 */
function chain(db, query) {
  if (query.kind === 'set') return setOperation(db, query);
  if (query.kind === 'update' || query.kind === 'delete') return changing(db, query);
  if (query.kind !== 'select') return undefined;
  const builder = selection(db, query);
  return bounded(builder, query);
}

function selection(db, query) {
  const { with: ctes, distinct, items, from, where, group, having } = query;
  const raw = ({ sql, bindings }) => db.raw(sql, bindings);
  const builder = db.queryBuilder();
  for (const { name, sql, bindings } of ctes) builder.with(name, db.raw(sql, bindings));
  const [first, ...joins] = from;
  builder.from(
    /^\w+ \w$/.test(first.table)
      ? first.table.replace(' ', ' as ')
      : db.raw(first.table, first.bindings ?? []),
  );
  for (const { join, table, on } of joins) joined(builder, join, table, on);
  if (distinct === true) builder.distinct(items.map((item) => selected(db, item)));
  else {
    if (Array.isArray(distinct)) builder.distinctOn(distinct.map(({ sql }) => sql));
    for (const item of items) select(db, builder, item);
  }
  for (const condition of where) {
    if (condition.knex) builder[condition.knex.method](...condition.knex.args);
    else builder.whereRaw(`(${condition.sql})`, condition.bindings);
  }
  if (group) {
    if (group.sets === '' && !group.positions && group.items.every(isName))
      builder.groupBy(group.items.map(({ sql }) => sql));
    else builder.groupByRaw(groupText(query));
  }
  for (const one of having) builder.having(raw(one));
  return builder;
}

/** The text of GROUP BY, which has no bindings. */
function groupText(query) {
  const { sql } = render({
    ...query,
    with: [],
    items: query.items,
    from: [{ table: 'x' }],
    where: [],
    having: [],
    order: [],
    limit: undefined,
    offset: undefined,
  });
  return sql.slice(sql.lastIndexOf('GROUP BY ') + 'GROUP BY '.length);
}

function select(db, builder, item) {
  const { expression, alias } = item;
  if (expression.knex && alias) {
    const { method, args } = expression.knex;
    builder[method](`${args[0]} as ${alias}`);
  } else {
    builder.select(selected(db, item));
  }
}

function selected(db, { expression, alias }) {
  if (isName(expression) && alias) return `${expression.sql} as ${alias}`;
  return alias
    ? db.raw(`${expression.sql} as ${alias}`, expression.bindings)
    : db.raw(expression.sql, expression.bindings);
}

function joined(builder, join, table, on) {
  const methods = {
    JOIN: 'join',
    'LEFT JOIN': 'leftJoin',
    'RIGHT JOIN': 'rightJoin',
    'FULL JOIN': 'fullOuterJoin',
  };
  if (on === undefined) {
    builder.joinRaw(`${join} ${table}`);
    return;
  }
  const equalities = on.split(' AND ').map((one) => one.split(' = '));
  const isPlain = ([left, right, more]) => isColumn.test(left) && isColumn.test(right) && more === undefined;
  if (/^\w+ \w$/.test(table) && equalities.every(isPlain)) {
    builder[methods[join]](table.replace(' ', ' as '), function () {
      for (const [left, right] of equalities) this.on(left, right);
    });
  } else {
    builder.joinRaw(`${join} ${table} ON ${on}`);
  }
}

function setOperation(db, query) {
  const method = {
    UNION: 'union',
    'UNION ALL': 'unionAll',
    INTERSECT: 'intersect',
    EXCEPT: 'except',
  }[query.operator];
  if (method === undefined || query.left.with.length > 0 || query.right.with.length > 0) return undefined;
  const builder = selection(db, query.left);
  builder[method]([selection(db, query.right)]);
  return bounded(builder, query);
}

function bounded(builder, { items, order, limit, offset }) {
  for (const { expression, column, by, direction } of order) {
    const name = by === 'alias' || (by === 'position' && items[column].alias) ? `c${column}` : undefined;
    const [, way, nulls] = /^(?: (ASC|DESC))?(?: NULLS (FIRST|LAST))?$/.exec(direction);
    if (name) builder.orderBy(name, (way ?? 'asc').toLowerCase(), nulls?.toLowerCase());
    else if (by === 'position') builder.orderByRaw(`${column + 1}${direction}`);
    else builder.orderByRaw(`${expression.sql}${direction}`, expression.bindings);
  }
  const numberOf = ({ text, binding }) => Number(binding ?? text);
  if (limit && !Number.isNaN(numberOf(limit))) builder.limit(numberOf(limit));
  if (offset) builder.offset(numberOf(offset));
  return builder;
}

function changing(db, { kind, set, where, returning }) {
  const builder = db('scratch');
  for (const condition of where) {
    if (condition.knex) builder[condition.knex.method](...condition.knex.args);
    else builder.whereRaw(`(${condition.sql})`, condition.bindings);
  }
  if (kind === 'delete') builder.del();
  else {
    const values = set.flatMap(({ sql, bindings }) =>
      sql.split(/, (?=\w+ = )/).map((one) => {
        const [, column, text] = /^(\w+) = (.*)$/s.exec(one);
        return [column, db.raw(text, bindings)];
      }),
    );
    builder.update(Object.fromEntries(values));
  }
  if (returning.length > 0) builder.returning(returning.map(({ sql }) => sql));
  return builder;
}

/** A column with its table, as Knex quotes it. */
const isColumn = /^\w+\.\w+$/;

const isName = ({ sql }) => isColumn.test(sql);

module.exports = { chain };
