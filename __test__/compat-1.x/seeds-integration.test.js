/**
 * The integration examples of the 1.x README, its secure set-up and its advice, as they are written there; only addresses
 * and ports are ours. What they leave to the application (who is asking) stands before them.
 */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const ts = require('typescript');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { runExample } = require('../support/example');
const { SECRET, request, token } = require('../support/http-app');
const { EventClient, until } = require('../support/live-app');
const { recordingLogger } = require('../support/recording-logger');
const { InitializeReplication } = require('../../js');

const ROOT = path.join(__dirname, '..', '..');
const SEED = [
  'create table products (id int, active boolean, "tenantid" text)',
  "insert into products values (1, true, 'acme'), (2, false, 'acme')",
];

const EXPRESS = `
import express from 'express';
import knex from 'knex';
import { InitializeReplication } from '@advcomm/tenant_replication_postgres';

const app = express();
app.use(express.json());
app.use(authenticated);

const db = knex({
  client: 'pg',
  connection: process.env.DATABASE_URL,
});

await InitializeReplication(app, db, {
  mtdd: {
    queryServers: process.env.GRPC_SERVERS?.split(',') || [],
    lookupServer: process.env.LOOKUP_SERVER || '',
  },
});

// Your application routes
app.get('/api/products', async (req, res) => {
  const tenantId = req.user.tenantId;

  const products = await db('products')
    .select('*')
    .where('active', true)
    .mtdd(tenantId, 1);

  res.json(products);
});

await serve(app);
`;

/** The types that it names without importing them. */
const NEST = `
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Knex } from 'knex';
import { Injectable, OnModuleInit } from '@nestjs/common';
import { InitializeReplication } from '@advcomm/tenant_replication_postgres';

@Injectable()
export class DatabaseService implements OnModuleInit {
  constructor(
    private app: NestExpressApplication,
    private knex: Knex,
  ) {}

  async onModuleInit() {
    await InitializeReplication(this.app, this.knex, {
      mtdd: config.mtdd,
      auth: config.auth,
    });
  }
}
`;

/** As in "Server-Sent Events": its function and its trigger. */
const TRIGGER = [
  `CREATE OR REPLACE FUNCTION notify_table_change()
RETURNS TRIGGER AS $$
BEGIN
  PERFORM pg_notify(
    'table_updates',
    json_build_object(
      'table', TG_TABLE_NAME,
      'action', TG_OP,
      'data', row_to_json(NEW),
      'tenantId', NEW.TenantID
    )::text
  );
  RETURN NEW;
END;
$$ LANGUAGE plpgsql`,
  `CREATE TRIGGER products_notify
AFTER INSERT OR UPDATE OR DELETE ON products
FOR EACH ROW EXECUTE FUNCTION notify_table_change()`,
];

describe('the integrations of the 1.x README', () => {
  let cluster;
  const closing = [];

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    const db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    const handle = await InitializeReplication(express(), db, { mtdd: mtdd() });
    await handle.addTenant('acme');
    await db.destroy();
  });
  after(async () => {
    for (const close of closing.reverse()) await close();
    await cluster?.stop();
  });

  const mtdd = () => ({
    useMtdd: true,
    queryServers: cluster.queryServers,
    lookupServer: cluster.lookupServer,
    requireTenant: false,
    logLevel: 'silent',
  });

  async function initialize(config) {
    const logger = recordingLogger();
    const db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    const handle = await InitializeReplication(express(), db, { ...config, logger });
    closing.push(() => db.destroy());
    return { handle, db, logger };
  }

  async function withEnvironment(variables, action) {
    const previous = Object.keys(variables).map((name) => [name, process.env[name]]);
    Object.assign(process.env, variables);
    try {
      return await action();
    } finally {
      for (const [name, value] of previous) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  }

  it('Express.js Application', async () => {
    const environment = {
      USE_MTDD: '1',
      DATABASE_URL: cluster.local.databaseUrl,
      GRPC_SERVERS: cluster.queryServers.join(','),
      LOOKUP_SERVER: cluster.lookupServer,
    };
    await withEnvironment(environment, () =>
      runExample(EXPRESS, {
        authenticated: (req, _res, next) => {
          req.user = { tenantId: 'acme' };
          next();
        },
        // The example goes on for as long as it is asked.
        serve: async (app) => {
          const server = app.listen(0, '127.0.0.1');
          await new Promise((resolve) => server.once('listening', resolve));
          const { status, body } = await request(server.address().port, '/api/products');
          assert.deepEqual([status, body], [200, [{ id: 1, active: true, tenantid: 'acme' }]]);
          const load = await request(server.address().port, '/mtdd/Load?tableName=products');
          assert.equal(load.status, 401, 'the example verifies no tokens');
          await new Promise((resolve) => server.close(resolve));
        },
      }),
    );
  });

  it('NestJS Application', async () => {
    const { NestFactory } = require('@nestjs/core');
    const { Module } = require('@nestjs/common');
    const config = { mtdd: mtdd(), auth: { secret: SECRET } };
    const { DatabaseService } = transpiled(NEST, config);
    const db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    // Nest cannot inject what is being made.
    const holder = { use: (...args) => app.use(...args) };
    class AppModule {}
    Module({
      providers: [{ provide: DatabaseService, useFactory: () => new DatabaseService(holder, db) }],
    })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    try {
      await app.listen(0, '127.0.0.1');
      const { port } = app.getHttpServer().address();
      const products = await db('products').where('active', true).mtdd('acme');
      assert.equal(products.length, 1);
      const ask = async (how) => {
        const { status, body } = await request(port, '/mtdd/Load?tableName=nothing', how);
        return [status, body?.error?.code];
      };
      assert.deepEqual(await ask({}), [401, 'AUTHENTICATION_ERROR']);
      assert.deepEqual(await ask({ token: token() }), [404, 'NOT_FOUND']);
    } finally {
      await db.destroy();
      await app.close();
    }
  });

  it('Example: Secure Setup', async () => {
    const config = {
      mtdd: {
        queryServers: ['secure-grpc1.prod.example.com:50051', 'secure-grpc2.prod.example.com:50051'],
        lookupServer: 'secure-lookup.prod.example.com:50054',
        isDevelopment: false,
        grpcInsecure: false, // ← SSL required
      },
    };
    const { handle, logger } = await withEnvironment({ USE_MTDD: '1' }, () => initialize(config));
    const { grpcInsecure, isDevelopment, useMtdd } = handle.config;
    assert.deepEqual([grpcInsecure, isDevelopment, useMtdd], [false, false, true]);
    const warnings = logger.records.filter(({ level }) => level === 'warn').map(({ message }) => message);
    assert.ok(!warnings.some((message) => message.includes('grpcInsecure')), warnings.join('\n'));
  });

  it('Troubleshooting: isDevelopment is more verbose', async () => {
    const config = {
      mtdd: {
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        isDevelopment: true, // More verbose logging
      },
    };
    const { handle, db, logger } = await withEnvironment({ USE_MTDD: '1' }, () => initialize(config));
    assert.equal(handle.config.logLevel, 'debug');
    await db('products').mtdd('acme');
    await until(() => logger.records.some(({ level }) => level === 'debug'));
  });

  it('Troubleshooting: insecure mode, of servers on this machine', async () => {
    const config = {
      mtdd: {
        queryServers: [cluster.queryServers[0].replace('127.0.0.1', 'localhost')],
        lookupServer: cluster.lookupServer.replace('127.0.0.1', 'localhost'),
        grpcInsecure: true, // Dev only!
      },
    };
    const { db } = await withEnvironment({ USE_MTDD: '1' }, () => initialize(config));
    assert.equal((await db('products').where('active', true).mtdd({ allServers: true })).length, 1);
  });

  it('Troubleshooting: the types of .mtdd() by "types" of tsconfig.json', () => {
    const directory = fs.mkdtempSync(path.join(ROOT, 'target', 'types-'));
    try {
      const own = path.join(directory, 'node_modules', '@advcomm', 'tenant_replication_postgres');
      fs.mkdirSync(own, { recursive: true });
      for (const file of ['package.json', 'index.d.ts']) {
        fs.copyFileSync(path.join(ROOT, file), path.join(own, file));
      }
      fs.writeFileSync(
        path.join(directory, 'main.ts'),
        `import knex from 'knex';
const db = knex({ client: 'pg' });
export const rows = db('users').select('*').mtdd('tenant-123');
`,
      );
      const mistakes = (types) => {
        const compilerOptions = { types, strict: true, noEmit: true, skipLibCheck: true, module: 'node16' };
        fs.writeFileSync(
          path.join(directory, 'tsconfig.json'),
          JSON.stringify({ compilerOptions, files: ['main.ts'] }),
        );
        const compiler = require.resolve('typescript/lib/tsc.js');
        return spawnSync(process.execPath, [compiler, '-p', directory], { encoding: 'utf8' }).stdout;
      };
      assert.equal(mistakes(['node', '@advcomm/tenant_replication_postgres']), '');
      assert.match(mistakes(['node']), /Property 'mtdd' does not exist/);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  it('Server-Sent Events: the trigger’s notifications reach their tenant', async () => {
    const app = express();
    const db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    const handle = await InitializeReplication(app, db, { mtdd: mtdd(), auth: { secret: SECRET } });
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { databaseUrl } = cluster.shards[await handle.tenantShard('acme')];
      await onConnection(databaseUrl, ...TRIGGER);
      const client = await new EventClient(server.address().port, { tid: 'acme' }).opened;
      let id = 100;
      await until(async () => {
        await db('products').insert({ id: ++id, active: true, tenantid: 'acme' }).mtdd('acme');
        return client.events.length > 0;
      });
      assert.deepEqual(client.changes[0], {
        table: 'products',
        action: 'INSERT',
        data: { id: client.changes[0].data.id, active: true, tenantid: 'acme' },
        tenantId: 'acme',
      });
      client.close();
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.destroy();
    }
  });
});

/** What a module in TypeScript exports; `config` stands around it. */
function transpiled(source, config) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const exported = {};
  const load = (name) =>
    name === '@advcomm/tenant_replication_postgres' ? require('../../js') : require(name);
  require('reflect-metadata');
  new Function('exports', 'require', 'config', outputText)(exported, load, config);
  return exported;
}
