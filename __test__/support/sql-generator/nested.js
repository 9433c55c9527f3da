/**
 * Random queries of any nesting: joins, derived tables, CTEs, LATERAL, set operations, groups, windows, DISTINCT and
 * LIMIT inside of each other, under any conditions. Whether all shards can answer one is for the library to find out.
 *
 * Every select gives the same four columns: `k` (text, mostly the tenant), `id` and `x` (int4), `y` (text).
 */

/**
 * @typedef {{ item: string, own: boolean, k: string, id: string, x: string, y: string }} Relation an item of FROM, and
 *   its columns; `own`: those are all of them, under these names
 */

const TABLES = {
  orders: { k: 'tenant_id', id: 'id', x: 'i4', y: 't', few: 'id < 3' },
  items: { k: 'tenant_id', id: 'order_id', x: 'qty', y: 'note', few: 'order_id = 1' },
  kinds: { k: 'code', id: 'rank', x: 'rank', y: 'label', few: 'rank < 9' },
};

class Nested {
  #random;
  #serial = 0;
  #ctes = [];

  constructor(random) {
    this.#random = random;
  }

  /** @returns {string} */
  query() {
    const random = this.#random;
    const ctes = random.several(0, random.pick([0, 0, 1, 2]), (index) => {
      const text = `c${index} AS (${this.#select(1)})`;
      this.#ctes.push(`c${index}`);
      return text;
    });
    const body = this.#select(2);
    const order = random.chance(0.4) ? ` ORDER BY 1, 2, 3, 4${random.chance(0.5) ? ' LIMIT 7' : ''}` : '';
    const whole = order === '' ? body : `SELECT * FROM (${body}) whole${order}`;
    return ctes.length === 0 ? whole : `WITH ${ctes.join(', ')} ${whole}`;
  }

  /** UPDATE or DELETE of rows of `scratch`, which is like orders. @returns {string} */
  change() {
    const random = this.#random;
    const target = { item: 'scratch r0', k: 'r0.tenant_id', id: 'r0.id', x: 'r0.i4', y: 'r0.t' };
    const relations = [target];
    const others = [];
    if (random.chance(0.5)) {
      others.push(this.#relation(1, [], false, true));
      relations.push(...others);
    }
    const where = [
      ...others.map((other) => this.#ties(relations, other)),
      ...random.several(others.length > 0 ? 0 : 1, 2, () => this.#condition(1, [target], others)),
    ];
    const from = others.map(({ item }) => item).join(', ');
    const rest = `WHERE ${where.join(' AND ')}`;
    return random.chance(0.5)
      ? `DELETE FROM scratch r0 ${from && `USING ${from} `}${rest}`
      : `UPDATE scratch r0 SET t = 'changed' ${from && `FROM ${from} `}${rest}`;
  }

  /** @param {Relation[]} around what it may refer to */
  #select(depth, around = []) {
    const random = this.#random;
    const one = () => this.#select(depth - 1, around);
    const shape = random.weighted(
      [6, 'plain'],
      [2, 'grouped'],
      [1, 'total'],
      [1, 'distinct'],
      [1, 'distinct on'],
      [1, 'window'],
      [2, 'limited'],
      [depth > 0 ? 2 : 0, 'set'],
    );
    if (shape === 'set') {
      const operator = random.pick(['UNION', 'UNION ALL', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL']);
      return `(${one()}) ${operator} (${one()})`;
    }
    const relations = [];
    const from = this.#from(depth, relations, around);
    const where = random.several(0, 2, () => this.#condition(depth, relations, around));
    const rest = `FROM ${from}${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''}`;
    const [first, last] = [relations[0], relations.at(-1)];
    const k = random.weighted([8, first.k], [2, last.k], [1, first.y]);
    const [id, y] = [first.id, first.y];
    const isComputed = depth > 0 && shape === 'plain' && random.chance(0.1);
    const x = isComputed ? `(SELECT max(q.x) ${this.#subquery(depth, [...relations, ...around])})` : last.x;
    if (shape === 'plain' && relations.length === 1 && first.own && random.chance(0.3))
      return `SELECT * ${rest}`;
    const plain = `${k} AS k, ${id} AS id, ${x} AS x, ${y} AS y`;
    const key = random.pick([k, k, x]);
    switch (shape) {
      case 'grouped': {
        const having = random.chance(0.2) ? ' HAVING count(*) > 1' : '';
        const shown = key === k ? `${k} AS k` : `min(${k}) AS k`;
        const distinct = random.chance(0.1) ? 'DISTINCT ' : '';
        return `SELECT ${distinct}${shown}, count(*)::int4 AS id, max(${x}) AS x, min(${y}) AS y ${rest} GROUP BY ${key}${having}`;
      }
      case 'total':
        return `SELECT max(${k}) AS k, count(*)::int4 AS id, min(${x}) AS x, max(${y}) AS y ${rest}`;
      case 'distinct':
        return `SELECT DISTINCT ${random.chance(0.5) ? k : "'all'"} AS k, 0 AS id, ${x} AS x, ${y} AS y ${rest}`;
      case 'distinct on':
        return `SELECT DISTINCT ON (${key}) ${plain} ${rest} ORDER BY ${key}, 1, 2, 3, 4`;
      case 'window': {
        const partition = random.weighted([4, `PARTITION BY ${key} `], [1, '']);
        return `SELECT ${k} AS k, (rank() OVER (${partition}ORDER BY ${id}, ${x}))::int4 AS id, ${x} AS x, ${y} AS y ${rest}`;
      }
      case 'limited': {
        const cut = random.pick(['LIMIT 3', 'LIMIT 5 OFFSET 2', 'OFFSET 4', 'FETCH FIRST 2 ROWS WITH TIES']);
        return `SELECT ${plain} ${rest} ORDER BY 1, 2, 3, 4 ${cut}`;
      }
      default:
        return `SELECT ${plain} ${rest}`;
    }
  }

  /** The items of FROM; what they are is noted in `relations`. */
  #from(depth, relations, around) {
    const random = this.#random;
    const count = random.weighted([5, 1], [5, 2], [1, 3]);
    let text = '';
    for (let index = 0; index < count; index++) {
      const isLateral = index > 0 && depth > 0 && random.chance(0.15);
      const one = this.#relation(depth, isLateral ? [...around, ...relations] : around, isLateral, count > 1);
      relations.push(one);
      if (index === 0) {
        text = one.item;
        continue;
      }
      const join = random.weighted(
        [5, 'JOIN'],
        [3, 'LEFT JOIN'],
        [isLateral ? 0 : 1, 'RIGHT JOIN'],
        [1, ','],
      );
      if (join === ',') text = `${text} CROSS JOIN ${one.item}`;
      else text = `${text} ${join} ${one.item} ON ${this.#ties(relations, one)}`;
    }
    return text;
  }

  /** @returns {Relation} */
  #relation(depth, around, isLateral, isOneOfMany) {
    const random = this.#random;
    const alias = `r${++this.#serial}`;
    const of = ({ k, id, x, y }, item) => ({
      item,
      own: k === 'k',
      k: `${alias}.${k}`,
      id: `${alias}.${id}`,
      x: `${alias}.${x}`,
      y: `${alias}.${y}`,
    });
    const kind = isLateral
      ? 'derived'
      : random.weighted([6, 'table'], [depth > 0 ? 4 : 0, 'derived'], [this.#ctes.length > 0 ? 3 : 0, 'cte']);
    const own = { k: 'k', id: 'id', x: 'x', y: 'y' };
    if (kind === 'derived')
      return of(own, `${isLateral ? 'LATERAL ' : ''}(${this.#select(depth - 1, around)}) ${alias}`);
    if (kind === 'cte') return of(own, `${random.pick(this.#ctes)} ${alias}`);
    const name = random.weighted([5, 'orders'], [4, 'items'], [1, 'kinds']);
    const table = TABLES[name];
    const item = isOneOfMany ? `(SELECT * FROM ${name} WHERE ${table.few}) ${alias}` : `${name} ${alias}`;
    return of(table, item);
  }

  #ties(relations, one) {
    const random = this.#random;
    const others = random.several(0, 1, () => this.#tie(relations, one));
    const neighbours = relations.filter((relation) => relation !== one);
    const first = random.chance(0.7) ? `${one.k} = ${random.pick(neighbours).k}` : this.#tie(relations, one);
    return [first, ...others].join(' AND ');
  }

  /** A condition between a relation and some other. */
  #tie(relations, one) {
    const random = this.#random;
    const neighbours = relations.filter((relation) => relation !== one);
    if (neighbours.length === 0) return `${one.x} IS NOT NULL`;
    const other = random.pick(neighbours);
    return random.weighted(
      [8, `${one.k} = ${other.k}`],
      [2, `${one.id} = ${other.id}`],
      [1, `${one.x} >= ${other.x}`],
      [1, `(${one.k}, ${one.id}) = (${other.k}, ${other.id})`],
      [1, `${one.k} = 'acme'`],
      [1, `(${one.k} = ${other.k} OR ${one.x} IS NULL)`],
    );
  }

  #condition(depth, relations, around) {
    const random = this.#random;
    const all = [...relations, ...around];
    const one = random.pick(relations);
    if (depth === 0 || random.chance(0.4)) {
      return random.weighted(
        [3, () => this.#tie(all, one)],
        [2, () => `${one.x} < 3`],
        [1, () => `${one.y} IS NOT NULL`],
        [1, () => `NOT (${this.#tie(all, one)})`],
      )();
    }
    const from = this.#subquery(depth, all);
    const not = random.pick(['', 'NOT ']);
    return random.pick([
      `${not}EXISTS (SELECT 1 ${from})`,
      `${one.k} ${not}IN (SELECT q.k ${from})`,
      `${one.x} ${not}IN (SELECT q.x ${from})`,
      `(${one.k}, ${one.id}) IN (SELECT q.k, q.id ${from})`,
      `${one.x} > (SELECT min(q.x) ${from})`,
      `(SELECT count(*) ${from}) < 3`,
    ]);
  }

  /** FROM and WHERE of a subquery whose columns are those of `q`; only some are tied to the rows around. */
  #subquery(depth, around) {
    const random = this.#random;
    const q = { k: 'q.k', id: 'q.id', x: 'q.x', y: 'q.y' };
    const tie = random.chance(0.8) ? ` WHERE ${this.#ties(around, q)}` : '';
    return `FROM (${this.#select(depth - 1, random.chance(0.2) ? around : [])}) q${tie}`;
  }
}

/** @param {import('../../../testkit/random').Random} random */
const nested = (random) => new Nested(random).query();

/** @param {import('../../../testkit/random').Random} random */
const nestedChange = (random) => new Nested(random).change();

module.exports = { nested, nestedChange };
