/**
 * Which statements all shards can answer: the shapes of the support matrix, each with a statement that
 * `fan-out-matrix.test.js` runs. docs/fan-out-matrix.md is written from it by `npm run matrix`.
 */

const oneTable = require('./one-table');
const combined = require('./combined');
const others = require('./others');

/** @type {Record<string, import('./shape').Shape[]>} by heading */
const SHAPES = { ...oneTable.SHAPES, ...combined.SHAPES, ...others.SHAPES };

module.exports = { SHAPES };
