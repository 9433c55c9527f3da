/**
 * The method `.mtdd()` on Knex's three kinds of builders. It only notes the route on the builder; client.js acts on
 * it when the query runs. So it may stand anywhere in a chain, and SQL and strings stay as they are.
 *
 * Two ways to give it to them: on the prototypes that all instances of a copy of Knex share (InitializeReplication),
 * or on classes of one instance's own (createMtddKnex).
 */

const { describe } = require('../describe');
const { ConfigError, ValidationError, argumentError } = require('../errors');
const { CAPTURED, SIGNALS, contextRoute, contextSignals } = require('./async-context');
const { BOUND_ROUTE, ROUTE, routeOf, statedRoute } = require('./query-route');
const { Route, routeFrom } = require('./route');
const { watchBuilder } = require('./subquery');

/** Prototypes that have the method: Knex's classes are shared by all instances of a copy of Knex. */
const installed = new WeakSet();
/** On such a prototype: where the copy of this library lies that has added the method. */
const COPY = Symbol.for('mtdd.copy');

/**
 * Adds `.mtdd()` to the builders of a Knex instance.
 *
 * @param {import('knex').Knex} knex
 * @param {(builder: object) => import('./runtime').Runtime | undefined} runtimeOf undefined: the builder's Knex
 *   instance is none of ours
 */
function installMtdd(knex, runtimeOf) {
  for (const prototype of prototypesOf(knex)) {
    if (installed.has(prototype)) continue;
    installed.add(prototype);
    Object.defineProperty(prototype, COPY, { value: __dirname });
    addMethods(prototype, prototype, runtimeOf);
  }
}

/**
 * Refuses a Knex instance whose builders another copy of this library has given the method: either copy would take the
 * other's queries for local ones.
 *
 * @param {import('knex').Knex} knex
 * @throws {ConfigError}
 */
function refuseOtherCopy(knex) {
  const other = prototypesOf(knex).find(
    (prototype) => !installed.has(prototype) && Object.hasOwn(prototype, COPY),
  );
  if (other === undefined) return;
  throw new ConfigError(
    `db: another copy of this library (${other[COPY]}) is set up on the same copy of Knex as this one (${__dirname}). ` +
      'Load one copy only: `npm ls @advcomm/tenant_replication_postgres` shows who brings it.',
  );
}

/** The prototypes of a Knex instance's builders. */
function prototypesOf({ client }) {
  return [
    ownerOf(client.queryBuilder(), 'clone'),
    ownerOf(client.raw('select 1'), 'toSQL'),
    ownerOf(client.schemaBuilder(), 'toSQL'),
  ];
}

/**
 * Subclasses of a Knex instance's builder classes that have the methods; the classes themselves stay as they are.
 *
 * @param {object} client a Knex client
 * @param {(builder: object) => import('./runtime').Runtime | undefined} runtimeOf
 * @returns {Record<'query' | 'raw' | 'schema', (client: object) => object>} what makes each kind
 */
function ownBuilders(client, runtimeOf) {
  const subclass = (builder) => {
    const Base = builder.constructor;
    const Own = class extends Base {};
    Object.defineProperty(Own, 'name', { value: Base.name });
    addMethods(Own.prototype, Base.prototype, runtimeOf);
    // By way of Base's own constructor, the stack has the same number of frames for each kind.
    return (client) => Reflect.construct(Base, [client], Own);
  };
  return {
    query: subclass(client.queryBuilder()),
    raw: subclass(client.raw('select 1')),
    schema: subclass(client.schemaBuilder()),
  };
}

/** Puts the methods on a prototype, over those that it, or its base, has from Knex. */
function addMethods(prototype, { transacting, clone }, runtimeOf) {
  addMethod(prototype, 'mtdd', mtddFor(runtimeOf));
  addMethod(prototype, 'transacting', transactingOver(transacting, runtimeOf));
  if (clone !== undefined) addMethod(prototype, 'clone', cloneOver(clone, runtimeOf));
}

function addMethod(prototype, name, value) {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

function mtddFor(runtimeOf) {
  /**
   * Public signature and meaning: index.d.ts.
   *
   * @this {any} a builder
   */
  return function mtdd(...args) {
    const runtime = runtimeOf(this);
    if (runtime === undefined) {
      throw new ConfigError(
        '.mtdd() needs a Knex instance with InitializeReplication: call it on this instance and await it first.',
      );
    }
    const route = routeFrom(args);
    if (runtime.isAllShardsExplicit && route.tenant === null && route.asked !== 'allServers') {
      throw argumentError(
        `tenantId: expected a tenant, got ${args.length === 0 ? 'none' : describe(args[0])}; mtdd.allShards is 'explicit', so all shards are reached by .mtdd({ allServers: true })`,
      );
    }
    const bound = this.client[BOUND_ROUTE];
    if (bound !== undefined && !route.isSameTenant(bound)) {
      throw new ValidationError(
        `.mtdd(): expected ${bound}, which this Knex instance is bound to, got ${route}. Use the instance that it was bound from.`,
      );
    }
    this[ROUTE] = route;
    // Inside another query, a Raw compiles unseen by the query compilers.
    if (this.isRawInstance) watchBuilder(this);
    return this;
  };
}

/** A transaction of another Knex instance would run the query there, whatever tenant it names. */
function transactingOver(transacting, runtimeOf) {
  /** @this {any} a builder */
  return function (...args) {
    const before = runtimeOf(this) !== undefined ? routeOf(this, this.client) : this[ROUTE];
    const stated = statedRoute(this, this.client);
    const result = transacting.apply(this, args);
    if (before instanceof Route && runtimeOf(this) === undefined) {
      throw new ValidationError(
        '.transacting(): expected a transaction of the Knex instance that .mtdd() was set up on.',
      );
    }
    if (stated === undefined) return result;
    const bound = this.client[BOUND_ROUTE];
    if (bound !== undefined && !bound.isSameTenant(stated)) {
      throw new ValidationError(
        `.transacting(): expected a transaction for ${stated}, as the query, got one of an instance bound to ${bound}.`,
      );
    }
    // The client that was bound has been replaced by the transaction's.
    this[ROUTE] = stated;
    return result;
  };
}

function cloneOver(clone, runtimeOf) {
  /** @this {any} a builder */
  return function (...args) {
    const copy = clone.apply(this, args);
    // asyncStackTraces: Knex counts the frames between its caller and the builder, and knows nothing of this one.
    if (copy._asyncStack !== undefined) copy._asyncStack.lines++;
    // Knex's classes are shared by instances that the library was never set up on.
    if (runtimeOf(this) === undefined) return copy;
    const signals = this[SIGNALS] ?? contextSignals();
    if (signals !== undefined) copy[SIGNALS] = signals;
    if (this[ROUTE] !== undefined) copy[ROUTE] = this[ROUTE];
    const captured = this[CAPTURED];
    const current = contextRoute();
    if (captured === undefined) {
      if (current !== undefined) copy[CAPTURED] = current;
      return copy;
    }
    if (
      statedRoute(this, this.client) === undefined &&
      captured instanceof Route &&
      current instanceof Route &&
      !captured.isSameTenant(current)
    ) {
      // A query that was kept from an earlier request would show that tenant's rows to this one.
      throw new ValidationError(
        `.clone(): this query was made in the context of ${captured}, and is cloned in that of ${current}. Say which is meant with .mtdd() before .clone(), or make the query anew.`,
      );
    }
    copy[CAPTURED] = captured;
    return copy;
  };
}

/** The prototype that a builder has this method from. */
function ownerOf(builder, method) {
  let prototype = Object.getPrototypeOf(builder);
  while (!Object.hasOwn(prototype, method)) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

module.exports = { installMtdd, refuseOtherCopy, ownBuilders };
