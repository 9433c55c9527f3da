/**
 * The server of the live board. Browsers read the cards by the library's own routes, /mtdd/Load and /mtdd/events; this
 * file adds the page, the routes that change cards, and a login that is good for a demo only.
 */

const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { STATUS_CODES } = require('node:http');
const path = require('node:path');
const express = require('express');
const knex = require('knex');
// In your own application: require('@advcomm/tenant_replication_postgres')
const { InitializeReplication, AuthenticationError, ValidationError } = require('../..');

const LANES = ['todo', 'doing', 'done'];
/** Characters, as in schema.sql. */
const LONGEST_TITLE = 200;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** EventSource sends its token in the URL, so tokens live for a short time only. Seconds. */
const TOKEN_LIFE = 600;

/**
 * @param {object} options
 * @param {string} [options.databaseUrl] the application's own database
 * @param {string[]} [options.queryServers] default: QUERY_SERVERS
 * @param {string} [options.lookupServer] default: LOOKUP_SERVER
 * @param {string[]} [options.tenants] who may log in
 * @param {string} [options.secret] signs the tokens. Without one, a restart ends them, and the pages log in again
 * @param {number} [options.port] default: any that is free
 * @param {number} [options.tokenLife] seconds
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
async function startBoard({
  databaseUrl,
  queryServers,
  lookupServer,
  tenants = ['acme', 'globex'],
  secret = randomBytes(32).toString('base64url'),
  port = 0,
  tokenLife = TOKEN_LIFE,
}) {
  const app = express();
  app.disable('x-powered-by');
  const db = knex({ client: 'pg', connection: databaseUrl });
  const handle = await InitializeReplication(app, db, {
    mtdd: { useMtdd: true, queryServers, lookupServer, requireTenant: true, allShards: 'explicit' },
    auth: { secret },
  });
  for (const tenant of tenants) await handle.addTenant(tenant);

  const { SignJWT, jwtVerify } = await import('jose');
  const key = new TextEncoder().encode(secret);

  app.use((_request, response, next) => {
    response.set('Content-Security-Policy', "default-src 'self'; frame-ancestors 'none'");
    response.set('Referrer-Policy', 'no-referrer');
    next();
  });
  app.use(express.static(path.join(__dirname, 'public')));
  app.use(express.json());

  app.get('/tenants', (_request, response) => {
    response.json(tenants);
  });

  // For the demo only: whoever asks becomes a user of the tenant, without a password. Your application signs a token
  // for a user who has proven who they are, or takes those of an identity provider.
  app.post('/login', async (request, response) => {
    const tenant = request.body?.tenant;
    if (!tenants.includes(tenant)) throw new AuthenticationError('There is no such tenant.');
    const token = await new SignJWT({ tid: tenant })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('demo')
      .setExpirationTime(`${tokenLife} s`)
      .sign(key);
    response.set('Cache-Control', 'no-store').json({ tenant, token });
  });

  // The tenant of a request is that of its token, and nothing else.
  app.use('/cards', async (request, response, next) => {
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    try {
      const { payload } = await jwtVerify(token ?? '', key, { algorithms: ['HS256'] });
      response.locals.tenant = payload.tid;
    } catch {
      throw new AuthenticationError('Log in first.');
    }
    next();
  });

  app.post('/cards', async (request, response) => {
    const { tenant } = response.locals;
    const { title, lane = 'todo' } = cardOf(request.body);
    if (title === undefined) throw new ValidationError('title: expected a text.');
    const [card] = await db('cards').insert({ tenant_id: tenant, title, lane }).returning('*').mtdd(tenant);
    response.status(201).json(card);
  });

  app.patch('/cards/:id', async (request, response) => {
    const { tenant } = response.locals;
    const changes = cardOf(request.body);
    if (Object.keys(changes).length === 0) throw new ValidationError('Expected title or lane.');
    const cards = db('cards').where({ tenant_id: tenant, id: idOf(request) });
    response.sendStatus((await cards.update(changes).mtdd(tenant)) === 1 ? 204 : 404);
  });

  app.delete('/cards/:id', async (request, response) => {
    const { tenant } = response.locals;
    const cards = db('cards').where({ tenant_id: tenant, id: idOf(request) });
    response.sendStatus((await cards.del().mtdd(tenant)) === 1 ? 204 : 404);
  });

  // Messages may hold SQL, values and addresses: those are for the log.
  app.use((error, _request, response, _next) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) console.error(error);
    const message = status < 500 && error.expose !== false ? error.message : STATUS_CODES[status];
    response.status(status).json({ error: { message } });
  });

  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      // First the library, which ends the streams of events and says so.
      await handle.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.destroy();
    },
  };
}

/** What a request says of a card. */
function cardOf(body) {
  const card = {};
  if (body?.title !== undefined) {
    const title = typeof body.title === 'string' ? body.title.trim() : '';
    if (title === '' || title.includes('\0') || [...title].length > LONGEST_TITLE) {
      throw new ValidationError(`title: expected 1 to ${LONGEST_TITLE} characters.`);
    }
    card.title = title;
  }
  if (body?.lane !== undefined) {
    if (!LANES.includes(body.lane)) throw new ValidationError(`lane: expected one of ${LANES.join(', ')}.`);
    card.lane = body.lane;
  }
  return card;
}

function idOf(request) {
  if (!UUID.test(request.params.id)) throw new ValidationError('id: expected a UUID.');
  return request.params.id;
}

async function main() {
  const { DATABASE_URL: databaseUrl, TOKEN_SECRET: secret, PORT = '3000' } = process.env;
  const board = await startBoard({ databaseUrl, secret, port: Number(PORT) });
  console.log(`The board is at ${board.url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => board.close().then(() => process.exit()));
  }
}

if (require.main === module) main();

module.exports = { startBoard };
