/**
 * The application of the demo, as it would be yours: Express, Knex, and `.mtdd(tenant)` on the queries that belong to
 * a tenant.
 */

const { STATUS_CODES } = require('node:http');
const express = require('express');
const knex = require('knex');
// In your own application: require('@advcomm/tenant_replication_postgres')
const { InitializeReplication } = require('../..');

/**
 * @param {{ databaseUrl: string, queryServers: string[], lookupServer: string }} places
 * @returns {Promise<{ app: import('express').Express, db: import('knex').Knex, handle: object }>}
 */
async function createApp({ databaseUrl, queryServers, lookupServer }) {
  const app = express();
  const db = knex({ client: 'pg', connection: databaseUrl });
  const handle = await InitializeReplication(app, db, {
    mtdd: { useMtdd: true, queryServers, lookupServer, requireTenant: true, allShards: 'explicit' },
  });

  app.use(express.json());

  app.put('/tenants/:tenant', async (request, response) => {
    const { tenant } = request.params;
    response.json(await handle.addTenant(tenant));
  });

  app.get('/tenants/:tenant/orders', async (request, response) => {
    const { tenant } = request.params;
    response.json(await db('orders').where({ tenant }).orderBy('id').mtdd(tenant));
  });

  app.post('/tenants/:tenant/orders', async (request, response) => {
    const { tenant } = request.params;
    const { id, item, amount } = request.body;
    const [order] = await db('orders').insert({ tenant, id, item, amount }).returning('*').mtdd(tenant);
    response.status(201).json(order);
  });

  // Errors of the library say themselves which HTTP status they are; PostgreSQL's keep their SQLSTATE in `code`. Their
  // messages hold SQL, values and addresses: those are for the log, and the client gets a sentence of the app's own.
  app.use((error, _request, response, _next) => {
    const status = error.statusCode ?? (error.code === '23505' ? 409 : 500);
    if (status >= 500) console.error(error);
    response.status(status).json({ error: codeOf(error), message: STATUS_CODES[status] ?? 'Error' });
  });

  return { app, db, handle };
}

/** What a client may know of an error: the class, and of the database's only that a row exists already. */
function codeOf({ code, statusCode }) {
  if (statusCode !== undefined) return code ?? 'INVALID';
  return code === '23505' ? 'EXISTS' : 'INTERNAL';
}

module.exports = { createApp };
