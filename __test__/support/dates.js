/**
 * Run as a program, in a time zone given by TZ: compares what dates look like and how they are bound, in this zone.
 * Prints how many comparisons held; ends with code 1 at the first that does not.
 *
 * node dates.js LOCAL_URL QUERY_SERVER_ADDRESS
 */

const { connect, Parity } = require('./parity');
const { SAMPLES } = require('./type-samples');

async function main([localUrl, address]) {
  const parity = new Parity(null, ...(await connect(localUrl, address)));
  let held = 0;
  for (const type of ['date', 'timestamp', 'timestamptz', 'time', 'timetz']) {
    const literals = SAMPLES[type].map((sample) => `'${sample}'::${type}`);
    await parity.sql(`select * from unnest(array[${literals.join(', ')}, null]) as value`);
    await parity.sql(`select ${literals.map((literal, index) => `${literal} as c${index}`).join(', ')}`);
    held += 2;
  }
  // Every other hour of a year, so that each jump of the zone's clock is met.
  await parity.sql(
    `select t, t::timestamp as wall, t::date as day
     from generate_series('2024-01-01'::timestamptz, '2024-12-31', '2 hours') t`,
  );
  for (const moment of [
    0,
    -1,
    1710054000000,
    1730610000000,
    Date.UTC(1883, 10, 18),
    Date.UTC(1850, 0, 1),
    -62e12,
    -63e12,
  ]) {
    const date = new Date(moment);
    await parity.sql('select ?::timestamptz as a, ?::timestamp as b, ?::date as c, ?::text as d', [
      date,
      date,
      date,
      date,
    ]);
    held += 1;
  }
  await parity.handle.close();
  await Promise.all([parity.local.destroy(), parity.remote.destroy()]);
  console.log(`${held + 1} comparisons held in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
