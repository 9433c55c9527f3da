/**
 * A seeded generator of random data and random queries for fan-outs: the same seed gives the same statements. Used by
 * the differential tests; support/random-fan-out runs what it makes.
 */

const { chain } = require('./sql-generator/chain');
const { randomData, insertions } = require('./sql-generator/data');
const { render, renderRanked } = require('./sql-generator/render');
const { select, change, wrong } = require('./sql-generator/selects');
const { DEFINITIONS, SEPARATOR } = require('./sql-generator/tables');

module.exports = {
  randomData,
  insertions,
  select,
  change,
  wrong,
  render,
  renderRanked,
  chain,
  DEFINITIONS,
  SEPARATOR,
};
