/**
 * Run as a program, in a time zone given by TZ: compares what dates look like and how they are bound, in this zone.
 * Prints how many comparisons held; ends with code 1 at the first that does not.
 *
 * node dates.js DATABASE_URL QUERY_SERVER_ADDRESS
 */

const { Sides } = require('./sides');
const { SAMPLES } = require('./type-samples');

/** Nothing listens there: the library's own pool plays no part. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nowhere';

async function main([plainUrl, address]) {
  const sides = new Sides({ plain: plainUrl, empty: NOWHERE, server: { address } });
  sides.own = await sides.pair();
  let held = 0;
  for (const type of ['date', 'timestamp', 'timestamptz', 'time', 'timetz']) {
    const literals = SAMPLES[type].map((sample) => `'${sample}'::${type}`);
    await sides.sql(`select * from unnest(array[${literals.join(', ')}, null]) as value`);
    await sides.sql(`select ${literals.map((literal, index) => `${literal} as c${index}`).join(', ')}`);
    held += 2;
  }
  // Every other hour of a year, so that each jump of the zone's clock is met.
  await sides.sql(
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
    await sides.sql('select ?::timestamptz as a, ?::timestamp as b, ?::date as c, ?::text as d', [
      date,
      date,
      date,
      date,
    ]);
    held += 1;
  }
  await sides.close();
  console.log(`${held + 1} comparisons held in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
