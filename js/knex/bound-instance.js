/**
 * Knex instances that are bound to one tenant: what `forTenant` gives. A bound instance wraps the one it was
 * made from and shares its pool and native client. Its client makes builders and transactions but runs nothing, so it
 * cannot reach the local database.
 */

const { ValidationError } = require('../errors');
const { BOUND_ROUTE } = require('./query-route');

/** On the client of a bound instance: the client that runs its queries. */
const BASE_CLIENT = Symbol('mtdd.base');
/** On a Knex client: the class of the bound clients that wrap it. */
const BOUND_CLIENT = Symbol('mtdd.boundClient');

/** Methods of a Knex client that would reach the local database, or end it for everybody. */
const REFUSED_OF_CLIENT = [
  'acquireConnection',
  'acquireRawConnection',
  'query',
  'stream',
  '_query',
  '_stream',
  'initializePool',
  'initializeExternalPool',
  'destroy',
];
/** A listener would hear the queries of all tenants, and stay when the bound instance is forgotten. */
const REFUSED_OF_KNEX = [
  'on',
  'once',
  'off',
  'addListener',
  'prependListener',
  'prependOnceListener',
  'removeListener',
  'removeAllListeners',
  'forTenant',
];
/** What an instance has of its own, and a bound one must not see. */
const PRIVATE_OF_KNEX = /^(?:context|_.*|length|name|prototype|arguments|caller)$/;

/**
 * Makes the function that binds an instance. Of the instance it knows what it has now: what others add to it later,
 * caches by instance for example, is not seen on the bound ones, and theirs not on each other.
 *
 * @param {any} knex a Knex instance
 * @returns {(route: import('./route').Route) => any} gives a Knex instance, whose methods are inherited
 */
function binderOf(knex) {
  const members = membersOf(knex);
  return (route) => {
    const context = Object.create(knex.context, contextOf(knex, route));
    function bound(tableName, options) {
      const builder = context.queryBuilder();
      return tableName ? builder.table(tableName, options) : builder;
    }
    Object.setPrototypeOf(bound, members);
    bound.context = context;
    return bound;
  };
}

/** The prototype of bound instances: Knex's own members, all of which act through `this.context` and `this.client`. */
function membersOf(knex) {
  const members = Object.create(Function.prototype);
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(knex))) {
    if (!PRIVATE_OF_KNEX.test(name)) Object.defineProperty(members, name, descriptor);
  }
  for (const name of REFUSED_OF_KNEX) Object.defineProperty(members, name, refused(name));
  return members;
}

/** What differs in the `context` of a bound instance. */
function contextOf(knex, route) {
  return {
    client: { value: new (boundClientClass(knex.client))(route), writable: true },
    // Knex makes the clone from the instance that it closes over, not from `this`.
    withUserParams: { value: (params) => binderOf(knex.withUserParams(params))(route) },
    batchInsert: {
      value(...args) {
        return guardBatch(knex.context.batchInsert.apply(this, args), route);
      },
    },
  };
}

/** With a transaction that is not bound, Knex would run the batch there without asking this instance. */
function guardBatch(batch, route) {
  const { transacting } = batch;
  batch.transacting = function (trx) {
    if (!trx?.client?.[BOUND_ROUTE]?.isSameTenant(route)) {
      throw new ValidationError(
        `.batchInsert().transacting(): expected a transaction of the instance bound to ${route}.`,
      );
    }
    return transacting.call(this, trx);
  };
  return batch;
}

/**
 * The class of the clients in front of one client. Kept on it, because an instance may be bound for each request.
 *
 * @param {object} client
 * @returns {new (route: import('./route').Route) => object}
 */
function boundClientClass(client) {
  if (Object.hasOwn(client, BOUND_CLIENT)) return client[BOUND_CLIENT];
  function BoundClient(route) {
    this[BOUND_ROUTE] = route;
  }
  BoundClient.prototype = Object.create(client, {
    [BASE_CLIENT]: { value: client },
    pool: { value: undefined },
    ...Object.fromEntries(REFUSED_OF_CLIENT.map((name) => [name, refused(`client.${name}`)])),
  });
  Object.defineProperty(client, BOUND_CLIENT, { value: BoundClient });
  return BoundClient;
}

/** The descriptor of a method that says where to go instead. */
function refused(name) {
  return {
    value() {
      throw new ValidationError(
        `${name}(): not on a Knex instance that is bound to a tenant. Use the instance that it was bound from.`,
      );
    },
    writable: true,
    configurable: true,
  };
}

module.exports = { BASE_CLIENT, binderOf };
