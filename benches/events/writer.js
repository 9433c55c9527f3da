/** Writes rows straight to the shards, at an even pace, each in a transaction of its own. */

const { setTimeout: sleep } = require('node:timers/promises');
const { Pool } = require('pg');
const { answer, now } = require('./child');

/** Milliseconds between two batches. */
const PAUSE = 10;
const TEXT = 'insert into items (tenant_id, sent, note) values ($1, $2, $3)';
const NOTE = 'a text of some sixty characters, as a note or a name might be';
const POOL = 4;

let pools;
let turn = 0;

answer({
  open({ databaseUrls }) {
    pools = databaseUrls.map(
      (connectionString) => new Pool({ connectionString, max: POOL, application_name: 'bench writer' }),
    );
  },

  /**
   * @returns {Promise<{ perSecond: number, of: number[] }>} `of`: how many rows each tenant has got
   */
  async write({ tenants, shards, perSecond, duration }) {
    const of = tenants.map(() => 0);
    const begun = performance.now();
    const under = new Set();
    for (let written = 0, elapsed = 0; elapsed < duration; ) {
      elapsed = performance.now() - begun;
      for (const due = (Math.min(elapsed, duration) * perSecond) / 1000; written < due; written++) {
        const index = turn++ % tenants.length;
        const values = [tenants[index], now(), NOTE];
        const done = pools[shards[index]].query({ name: 'insert', text: TEXT, values });
        of[index]++;
        under.add(done);
        done.finally(() => under.delete(done));
      }
      await sleep(PAUSE);
    }
    await Promise.all(under);
    const total = of.reduce((sum, one) => sum + one, 0);
    return { perSecond: (total * 1000) / (performance.now() - begun), of };
  },
});
