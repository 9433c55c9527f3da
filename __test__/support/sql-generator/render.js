/** Writes the generator's statements as SQL with `?` for bindings. */

/**
 * A statement as SQL.
 *
 * @returns {{ sql: string, bindings: string[] }}
 */
function render(query) {
  if (query.kind === 'text') return { sql: query.text, bindings: [] };
  if (query.kind === 'update' || query.kind === 'delete') return changing(query);
  return joined(' ', [body(query), ordering(query), bounds(query)]);
}

/**
 * The same rows without LIMIT and OFFSET, and behind them one or two ranks: rows of equal rank may stand in either
 * order. With DISTINCT ON all rows, and as the first of two ranks that of the group of which one row may stay.
 */
function renderRanked(query) {
  const ranksRows = query.kind === 'select' && query.distinct !== true && !query.hasWindows;
  if (ranksRows) {
    const { distinct: on, ...all } = query;
    const ranks = [...(on === undefined ? [] : [query.order.slice(0, on.length)]), query.order].map((keys) =>
      rank(keys),
    );
    const items = ranks.map((expression, index) => ({ expression, alias: `mtdd_rank${index}` }));
    return body({ ...all, items: [...query.items, ...items] });
  }
  const keys = query.order.map((key) => ({
    ...key,
    expression: { sql: `mtdd_q.c${key.column}`, bindings: [] },
  }));
  const ranking = rank(keys);
  const inner = body(query);
  return {
    sql: `SELECT mtdd_q.*, ${ranking.sql} AS mtdd_rank0 FROM (${inner.sql}) mtdd_q`,
    bindings: inner.bindings,
  };
}

function rank(keys) {
  if (keys.length === 0) return { sql: '1', bindings: [] };
  const list = joined(
    ', ',
    keys.map(({ expression, direction }) => ({ ...expression, sql: `${expression.sql}${direction}` })),
  );
  return { sql: `dense_rank() OVER (ORDER BY ${list.sql})`, bindings: list.bindings };
}

/** A query without ORDER BY, LIMIT and OFFSET. */
function body(query) {
  if (query.kind === 'set') {
    const side = (one) => {
      const { sql, bindings } = render(one);
      return { sql: `(${sql})`, bindings };
    };
    return joined(' ', [side(query.left), text(query.operator), side(query.right)]);
  }
  const { with: ctes, distinct, items, from, where, group, having } = query;
  return joined(' ', [
    ctes.length > 0 && text('WITH'),
    joined(
      ', ',
      ctes.map(({ name, sql, bindings }) => ({ sql: `${name} AS (${sql})`, bindings })),
    ),
    text('SELECT'),
    distinct === true && text('DISTINCT'),
    Array.isArray(distinct) && wrapped('DISTINCT ON (', joined(', ', distinct), ')'),
    joined(
      ', ',
      items.map(({ expression, alias }) =>
        alias === undefined ? expression : wrapped('', expression, ` AS ${alias}`),
      ),
    ),
    text('FROM'),
    joined(
      ' ',
      from.map(({ join, table, on, bindings = [] }) => ({
        sql: [join, table, on && `ON ${on}`].filter(Boolean).join(' '),
        bindings,
      })),
    ),
    conditions('WHERE', where),
    group && grouping(group, items),
    conditions('HAVING', having),
  ]);
}

function grouping({ sets, items, positions }, columns) {
  if (positions)
    return text(
      `GROUP BY ${items.map((one) => columns.findIndex(({ expression }) => expression === one) + 1).join(', ')}`,
    );
  if (sets === '') return wrapped('GROUP BY ', joined(', ', items), '');
  if (sets !== 'GROUPING SETS') return wrapped(`GROUP BY ${sets} (`, joined(', ', items), ')');
  return wrapped('GROUP BY GROUPING SETS ((', joined(', ', items), `), (${items[0].sql}), ())`);
}

function conditions(word, list) {
  return (
    list.length > 0 &&
    wrapped(
      `${word} `,
      joined(
        ' AND ',
        list.map((one) => wrapped('(', one, ')')),
      ),
      '',
    )
  );
}

function ordering({ order }) {
  return order.length > 0 && wrapped('ORDER BY ', joined(', ', order.map(key)), '');
}

function key({ expression, column, by, direction }) {
  if (by === 'position') return text(`${column + 1}${direction}`);
  if (by === 'alias') return text(`c${column}${direction}`);
  return wrapped('', expression, direction);
}

function bounds({ limit, offset }) {
  const part = (word, bound) =>
    bound && { sql: `${word} ${bound.text}`, bindings: bound.binding === undefined ? [] : [bound.binding] };
  return joined(' ', [part('LIMIT', limit), part('OFFSET', offset)]);
}

function changing({ kind, set, where, returning }) {
  return joined(' ', [
    kind === 'update' ? wrapped('UPDATE scratch SET ', joined(', ', set), '') : text('DELETE FROM scratch'),
    conditions('WHERE', where),
    returning.length > 0 && wrapped('RETURNING ', joined(', ', returning), ''),
  ]);
}

const text = (sql) => ({ sql, bindings: [] });
const wrapped = (before, { sql, bindings }, after) => ({ sql: `${before}${sql}${after}`, bindings });

/** Pieces with a text between them; what is missing or empty is left out. */
function joined(between, pieces) {
  const there = pieces.filter((piece) => piece && piece.sql !== '');
  return {
    sql: there.map(({ sql }) => sql).join(between),
    bindings: there.flatMap(({ bindings }) => bindings),
  };
}

module.exports = { render, renderRanked };
