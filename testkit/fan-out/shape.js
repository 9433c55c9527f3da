/** A shape of the support matrix: a statement, and whether all shards can answer it. */

/**
 * @typedef {object} Shape
 * @property {string} shape
 * @property {string} sql
 * @property {'exact' | string} expected the same as one PostgreSQL with all rows, or the `code` of a refusal
 * @property {any[]} [bindings]
 * @property {object | null} [options] of `.mtdd()`; none: `.mtdd()`
 * @property {boolean} [changes] it changes rows
 * @property {boolean} [anyOrder] its ORDER BY leaves the order open
 * @property {string} [fails] the code with which PostgreSQL itself refuses it
 * @property {string} [note]
 */

const REFUSED = 'PLAN_UNSUPPORTED';
const exact = (shape, sql, more) => ({ shape, sql, expected: 'exact', ...more });
const refused = (shape, sql, more) => ({ shape, sql, expected: REFUSED, ...more });

module.exports = { REFUSED, exact, refused };
