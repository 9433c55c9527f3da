/** One contender reads one stream, in a process of its own, and tells how fast it was and how much memory it took. */

const { Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { performance } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const { CONTENDERS } = require('./contenders');

/** About a hundred bytes a row; made as they are asked for, so that PostgreSQL does not hold them either. */
const SQL = `select g as id, 'a text of some sixty characters, as a note or a name might be' as note,
  timestamptz '2024-01-01' + g * interval '1 s' as made, g % 2 = 0 as active
  from (select generate_series(1, ?::int) as g) as numbers`;

/** A slow reader rests for so many milliseconds after so many rows. */
const REST = 10;
const BETWEEN_RESTS = 5000;

const READERS = {
  async quick(stream) {
    let seen = 0;
    for await (const _row of stream) seen++;
    return seen;
  },

  async slow(stream) {
    let seen = 0;
    const sink = new Writable({
      objectMode: true,
      write(_row, _encoding, done) {
        if (++seen % BETWEEN_RESTS === 0) sleep(REST).then(() => done());
        else done();
      },
    });
    await pipeline(stream, sink);
    return seen;
  },
};

async function measure({ contender, reader, rows, places }) {
  const ask = await CONTENDERS[contender].open(places);
  const query = (count) => ask({ build: (db) => db.raw(SQL, [count]) }, 0);
  // Connections and code are there before the clock starts.
  await READERS.quick(query(1000).stream());
  const begun = performance.now();
  const seen = await READERS[reader](query(rows).stream());
  const elapsed = performance.now() - begun;
  if (seen !== rows) throw new Error(`expected ${rows} rows, got ${seen}`);
  return { rowsPerSecond: (rows * 1000) / elapsed, clientPeak: process.resourceUsage().maxRSS / 1024 };
}

process.once('disconnect', () => process.exit());
process.once('message', async (task) => {
  try {
    const value = await measure(task);
    process.send({ value });
  } catch (error) {
    process.send({ error: error.message });
  }
});
