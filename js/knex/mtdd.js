/**
 * The method `.mtdd()` on Knex's three kinds of builders. It only notes the route on the builder; client.js acts on
 * it when the query runs. So it may stand anywhere in a chain, and SQL and strings stay as they are.
 */

const { ConfigError, ValidationError } = require('../errors');
const { routeOf } = require('./route');
const { ROUTE, watchBuilder } = require('./subquery');

/** Prototypes that have the method: Knex's classes are shared by all instances of a copy of Knex. */
const installed = new WeakSet();

/**
 * Adds `.mtdd()` to the builders of a Knex instance.
 *
 * @param {import('knex').Knex} knex
 * @param {(builder: object) => boolean} isAttached whether a builder's Knex instance is one of ours
 */
function installMtdd(knex, isAttached) {
  const { client } = knex;
  const Builder = ownerOf(client.queryBuilder(), 'clone');
  const Raw = ownerOf(client.raw('select 1'), 'toSQL');
  const Schema = ownerOf(client.schemaBuilder(), 'toSQL');
  for (const prototype of [Builder, Raw, Schema]) {
    if (installed.has(prototype)) continue;
    installed.add(prototype);
    addMtdd(prototype, isAttached);
    guardTransacting(prototype, isAttached);
    if (prototype === Builder) keepRouteInClones(prototype);
  }
}

function addMtdd(prototype, isAttached) {
  // Public signature and meaning: index.d.ts.
  const mtdd = function mtdd(...args) {
    if (!isAttached(this)) {
      throw new ConfigError(
        '.mtdd() needs a Knex instance with InitializeReplication: call it on this instance and await it first.',
      );
    }
    this[ROUTE] = routeOf(args);
    // Inside another query, a Raw compiles unseen by the query compilers.
    if (this.isRawInstance) watchBuilder(this);
    return this;
  };
  Object.defineProperty(prototype, 'mtdd', { value: mtdd, writable: true, configurable: true });
}

/** A transaction of another Knex instance would run the query there, whatever tenant it names. */
function guardTransacting(prototype, isAttached) {
  const { transacting } = prototype;
  prototype.transacting = function (...args) {
    const result = transacting.apply(this, args);
    if (this[ROUTE] !== undefined && !isAttached(this)) {
      throw new ValidationError(
        '.transacting(): expected a transaction of the Knex instance that .mtdd() was set up on.',
      );
    }
    return result;
  };
}

function keepRouteInClones(prototype) {
  const { clone } = prototype;
  prototype.clone = function (...args) {
    const copy = clone.apply(this, args);
    if (this[ROUTE] !== undefined) copy[ROUTE] = this[ROUTE];
    return copy;
  };
}

/** The prototype that a builder has this method from. */
function ownerOf(builder, method) {
  let prototype = Object.getPrototypeOf(builder);
  while (!Object.hasOwn(prototype, method)) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

module.exports = { installMtdd };
