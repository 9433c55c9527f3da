/**
 * Who is compared: this library through Knex and the query servers, and what one would write by hand for just this
 * question: a plain `pg` pool for each shard, and the merge in JavaScript.
 */

const POOL = 4;
/** Rows that a cursor reads at once. */
const BATCH = 1000;

/**
 * @typedef {{ databaseUrls: string[], queryServers: string[], lookupServer: string }} Places
 * @typedef {{ rows(text: string, merge: string): Promise<any[]>, stream(text: string): AsyncIterable<object>,
 *   explain?(text: string): Promise<object> }} Contender `explain`: plans a text and does not run it
 */

/** @type {Record<string, { title: string, open(places: Places): Promise<Contender> }>} */
const CONTENDERS = {
  byHand: {
    title: 'by hand',
    async open({ databaseUrls }) {
      const { Pool } = require('pg');
      const pools = databaseUrls.map((connectionString) => new Pool({ connectionString, max: POOL }));
      return {
        async rows(text, merge) {
          const replies = await Promise.all(pools.map((pool) => pool.query(text)));
          return MERGES[merge](replies.map(({ rows }) => rows));
        },
        stream: (text) => ordered(pools, text),
      };
    },
  },

  library: {
    title: 'this library',
    async open({ queryServers, lookupServer }) {
      const { InitializeReplication } = require('../..');
      const db = require('knex')({
        client: 'pg',
        connection: 'postgres://127.0.0.1:1/nowhere',
        pool: { min: 0, max: POOL },
      });
      const app = { use() {} };
      const handle = await InitializeReplication(app, db, {
        mtdd: { useMtdd: true, queryServers, lookupServer },
        portal: { tenantColumnName: 'tenant_id' },
      });
      return {
        async rows(text) {
          return (await db.raw(text).mtdd()).rows;
        },
        stream: (text) => db.raw(text).mtdd().stream(),
        explain: (text) => handle.explain(db.raw(text).mtdd()),
      };
    },
  },
};

/** One result out of the rows of each shard. */
const MERGES = {
  concatenated: (parts) => parts.flat(),

  counted: (parts) => [{ n: String(parts.reduce((sum, [{ n }]) => sum + BigInt(n), 0n)) }],

  grouped(parts) {
    const groups = new Map();
    for (const rows of parts) {
      for (const row of rows) {
        const group = groups.get(row.grp);
        if (group === undefined) {
          groups.set(row.grp, row);
          // As numbers while they are added: these sums are small, and BigInt would be slower.
          row.n = Number(row.n);
          row.total = Number(row.total);
        } else {
          group.n += Number(row.n);
          group.total += Number(row.total);
        }
      }
    }
    const all = [...groups.values()];
    for (const row of all) {
      row.n = String(row.n);
      row.total = String(row.total);
    }
    return all;
  },

  first100: (parts) =>
    parts
      .flat()
      .sort((one, other) => other.placed - one.placed || one.id - other.id)
      .slice(0, 100),
};

/** All rows in the order of their ids: a cursor for each shard, whose next batch is asked for ahead, and a heap. */
async function* ordered(pools, text) {
  const Cursor = require('pg-cursor');
  const clients = await Promise.all(pools.map((pool) => pool.connect()));
  const inputs = clients.map((client) => {
    const cursor = client.query(new Cursor(text));
    return { cursor, rows: [], at: 0, next: cursor.read(BATCH) };
  });
  const refill = async (input) => {
    input.rows = await input.next;
    input.at = 0;
    if (input.rows.length === BATCH) input.next = input.cursor.read(BATCH);
    else input.next = Promise.resolve([]);
  };
  try {
    await Promise.all(inputs.map(refill));
    const heap = inputs.filter(({ rows }) => rows.length > 0);
    const idOf = ({ rows, at }) => rows[at].id;
    const sink = (from) => {
      const input = heap[from];
      for (let at = from; ; ) {
        let least = 2 * at + 1;
        if (least + 1 < heap.length && idOf(heap[least + 1]) < idOf(heap[least])) least++;
        if (least >= heap.length || idOf(input) <= idOf(heap[least])) {
          heap[at] = input;
          return;
        }
        heap[at] = heap[least];
        heap[least] = input;
        at = least;
      }
    };
    for (let at = heap.length >> 1; at >= 0 && heap.length > 0; at--) sink(at);
    while (heap.length > 0) {
      const [first] = heap;
      yield first.rows[first.at++];
      if (first.at === first.rows.length) {
        await refill(first);
        if (first.rows.length === 0) {
          const last = heap.pop();
          if (heap.length === 0) return;
          if (last !== first) heap[0] = last;
        }
      }
      sink(0);
    }
  } finally {
    await Promise.all(inputs.map(({ cursor }) => cursor.close()));
    for (const client of clients) client.release();
  }
}

module.exports = { CONTENDERS };
