/**
 * The tenant in a transaction's config. Checked before Knex makes the transaction, because that starts it.
 */

const { describe, isMisspelt } = require('../describe');
const { ValidationError, argumentError } = require('../errors');
const { CAPTURED, capture } = require('./async-context');
const { BOUND_ROUTE } = require('./query-route');
const { TRANSACTION_TENANT } = require('./transaction-tenant');
const { guardMigrateAndSeed } = require('./migrate-and-seed');
const { KNOWN_NAMES, Route, routeFrom } = require('./route');

const CALL = 'transaction(fn, { mtdd })';
const TENANT_NAMES = ['tenant', 'tenantId', 'tenantType'];

const isSameOrMisspelt = (name, known) => name === known || isMisspelt(name, known, 1);

/**
 * The route of a transaction's queries that name none themselves.
 *
 * @param {object | null | undefined} config what the application gave
 * @param {import('./route').Route | undefined} bound the tenant that the Knex instance, or the transaction around
 *   this one, is bound to
 * @returns {import('./route').Route | undefined}
 * @throws {TypeError} for a wrong tenant, type or option, and for all shards
 * @throws {ValidationError} for another tenant than it is bound to, or a connection beside the tenant
 */
function routeOfTransaction(config, bound) {
  if (config === null || typeof config !== 'object') return bound;
  for (const name of Object.keys(config)) {
    if (isMisspelt(name, 'mtdd', 1)) {
      throw argumentError(`config.${name}: unknown option; did you mean "mtdd"?`, 'transaction()');
    }
    if (KNOWN_NAMES.includes(name) || TENANT_NAMES.some((known) => isSameOrMisspelt(name, known))) {
      throw argumentError(
        `config.${name}: Knex takes no such option, and the queries would be nobody's; expected it in "mtdd", as { mtdd: { tenantId } }`,
        'transaction()',
      );
    }
  }
  const route = 'mtdd' in config ? statedRoute(config.mtdd, bound) : bound;
  if (route !== undefined && config.connection) {
    throw new ValidationError(
      `transaction(): expected no connection in the config, because its queries are for ${route}, and run on a connection to the shard.`,
    );
  }
  return route;
}

function statedRoute(given, bound) {
  if (given === null || given === undefined) {
    throw argumentError(`mtdd: expected a tenant, got ${describe(given)}`, CALL);
  }
  const route = routeFrom([given], CALL);
  if (route.tenant === null) {
    throw argumentError('mtdd.allServers: expected none, because a transaction runs on one shard', CALL);
  }
  if (bound !== undefined && !route.isSameTenant(bound)) {
    throw new ValidationError(
      `${CALL}: expected ${bound}, which this Knex instance is bound to, got ${route}. Use the instance that it was bound from.`,
    );
  }
  return route;
}

/**
 * The context of a transaction that this Knex client begins now. Its queries may be made after the context has been
 * left. A nested transaction keeps the tenant of the outer one.
 *
 * @param {object} client
 * @returns {object}
 */
function contextOfTransaction(client) {
  const around = {};
  capture(around, client);
  const outer = client[CAPTURED];
  const here = around[CAPTURED];
  if (outer !== undefined && (here === undefined || (outer instanceof Route && here instanceof Route))) {
    around[CAPTURED] = outer;
  }
  return around;
}

/**
 * Wraps a transaction's container, so that the transaction it is given has a tenant and a context.
 *
 * @param {(trx: object) => unknown} container
 * @param {object} owner
 * @param {import('./route').Route | undefined} owner.route
 * @param {import('./transaction-tenant').TransactionTenant | undefined} owner.transactionTenant
 * @param {object} owner.around the context that it is begun in
 * @returns {(trx: object) => unknown}
 */
function withTransactionTenant(container, { route, transactionTenant, around }) {
  return (trx) => {
    if (route !== undefined) trx.client[BOUND_ROUTE] = route;
    if (transactionTenant !== undefined) trx.client[TRANSACTION_TENANT] = transactionTenant;
    Object.assign(trx.client, around);
    guardMigrateAndSeed(trx);
    return container(trx);
  };
}

module.exports = { contextOfTransaction, withTransactionTenant, routeOfTransaction };
