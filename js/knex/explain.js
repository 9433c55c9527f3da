/**
 * What a routed query would do, without running it: where it goes, what is sent to whom, and how one result is made of
 * what comes back.
 */

const { ValidationError } = require('../errors');
const { SIGNALS } = require('./async-context');
const { routeOf } = require('./query-route');
const { Route } = require('./route');
const { RemoteConnection } = require('./connection');
const { throwIfAborted, signalsFor, unlessAborted } = require('./signal');

/**
 * @param {object} query a builder of Knex's
 * @param {import('./runtime').Runtime} runtime
 * @returns {Promise<object | object[]>}
 * @throws {ValidationError} when it is none
 * @throws {QueryCancelledError} once one of the query's signals is aborted
 */
async function explain(query, runtime) {
  if (typeof query?.toSQL !== 'function' || query.client === undefined) {
    throw new ValidationError('explain(query): expected a query of this Knex instance.');
  }
  const route = routeOf(query, query.client);
  const compiled = query.toSQL();
  const statements = Array.isArray(compiled) ? compiled : [compiled];
  const explained = [];
  for (const statement of statements) {
    explained.push(await explainStatement(query.client, statement, { route, made: query[SIGNALS] }, runtime));
  }
  return explained.length === 1 ? explained[0] : explained;
}

async function explainStatement(client, { sql, bindings = [] }, { route, made }, runtime) {
  const text = client.positionBindings(sql);
  if (!(route instanceof Route) || runtime.native === null) {
    return {
      route: 'local',
      shards: [],
      plan: 'local',
      statements: [{ shards: [], sql: text, params: bindings }],
      steps: ['It runs on the local connection.'],
    };
  }
  const { native } = runtime;
  const signals = signalsFor(route, made);
  throwIfAborted(signals);
  if (route.tenant === null && runtime.shards > 1) {
    const connection = new RemoteConnection(runtime, route);
    const call = connection.callOf({ text, values: client.prepBindings(bindings) });
    return unlessAborted(native.explain(call), signals);
  }
  const place = route.tenant === null ? 0 : native.tenantShard(route.tenant, route.tenantType);
  const shards = [await unlessAborted(Promise.resolve(place), signals)];
  const steps = [`It runs on shard ${shards[0]}, and its answer is the answer.`];
  if (route.method === 'register') steps.unshift(`${route} is registered first.`);
  return {
    route: 'shard',
    shards,
    plan: 'shard',
    statements: [{ shards, sql: text, params: bindings }],
    steps,
  };
}

module.exports = { explain };
