const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');
const express = require('express');
const createKnex = require('knex');
const library = require('../../js/index.js');

const run = promisify(execFile);
const ROOT = path.join(__dirname, '..', '..');
const { ClientClosedError, ConfigError, InitializeReplication, ValidationError } = library;
const localOnly = { mtdd: { useMtdd: false } };

test('import gives the same objects as require', async () => {
  const { default: everything, ...named } = await import('../../js/index.mjs');
  assert.equal(everything, library);
  assert.deepEqual({ ...named }, library);
});

describe('InitializeReplication', () => {
  test('refuses what is no application, no Knex instance, or no configuration', async () => {
    const db = createKnex({ client: 'pg' });
    for (const app of [undefined, null, {}, 'app']) {
      await assert.rejects(InitializeReplication(app, db, localOnly), (error) => {
        assert.ok(error instanceof ValidationError);
        assert.match(error.message, /^app: expected an Express application/);
        return true;
      });
    }
    await assert.rejects(InitializeReplication(express(), {}, localOnly), /^ValidationError: db: /);
    await assert.rejects(InitializeReplication(express(), db, { mtdd: { useMtdd: 1 } }), ConfigError);
  });

  test('gives a handle that works locally too', async () => {
    const db = createKnex({ client: 'pg' });
    const handle = await InitializeReplication(express(), db, localOnly);
    assert.deepEqual(await handle.addTenant(42), { tenantId: '42', shardIndex: 0 });
    assert.equal(await handle.tenantShard('t', '2'), 0);
    await assert.rejects(handle.addTenant(undefined), TypeError);
    await assert.rejects(handle.tenantShard('t', 'x'), TypeError);
    await handle.close();
    await handle.close();
    await assert.rejects(handle.addTenant('t'), ClientClosedError);
    await db.destroy();
  });

  test('shows the configuration in force, without secrets, and read only', async () => {
    const db = createKnex({ client: 'pg' });
    const { config, ...rest } = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: false,
        queryServers: ['a:1'],
        token: 'hunter2',
        tls: { ca: '-----BEGIN CERTIFICATE-----hunter2' },
      },
      database: { config: { password: 'hunter2' } },
      portal: { portalId: 3, portalName: 'Shop', apiKey: 'hunter2' },
      auth: { secret: 'hunter2'.repeat(5) },
    });
    assert.doesNotMatch(JSON.stringify([config, rest]), /hunter2/);
    assert.deepEqual(config, {
      useMtdd: false,
      isDevelopment: false,
      requireTenant: false,
      allShards: 'implicit',
      queryServers: ['a:1'],
      lookupServer: null,
      grpcInsecure: false,
      tls: true,
      timeout: 60_000,
      maxRetries: 2,
      lookupCache: { size: 100_000, ttl: 300, negativeTtl: 0, maxStale: 3600 },
      maxInFlight: 10_000,
      referenceTables: [],
      mergeMemoryLimit: 64 * 1024 * 1024,
      logLevel: 'warn',
      http: {
        path: '/mtdd',
        errors: 'json',
        rateLimit: { windowMs: 60_000, limit: 600, failedLimit: 60 },
      },
      portalId: 3,
      portalName: 'Shop',
      tenantColumnName: undefined,
    });
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.queryServers));
    await db.destroy();
  });

  test('is silent by default, and a forgotten handle does not keep the process alive', async () => {
    const program = `
      const { InitializeReplication } = require(${JSON.stringify(ROOT)});
      const db = require('knex')({ client: 'pg' });
      InitializeReplication({ use() {} }, db).then((handle) => { globalThis.kept = handle; });
    `;
    const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd: ROOT, timeout: 20_000 });
    assert.deepEqual([stdout, stderr], ['', '']);
  });
});

describe('npx mtdd-server', {
  skip: process.platform === 'win32' && 'the stand-in is a shell script',
}, () => {
  /** Runs the launcher with a stand-in for the binary. */
  function launch(script, args = []) {
    const target = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-bin-'));
    fs.mkdirSync(path.join(target, 'release'));
    fs.writeFileSync(path.join(target, 'release', 'mtdd-server'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const child = spawn(process.execPath, [path.join(ROOT, 'js/bin/mtdd-server.js'), ...args], {
      env: { ...process.env, CARGO_TARGET_DIR: target },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => {
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      child.once('close', (code, signal) => {
        fs.rmSync(target, { recursive: true });
        resolve({ code, signal, output });
      });
    });
    return { child, ended };
  }

  test('passes on arguments, output and exit code', async () => {
    const { ended } = launch('echo "$@"; exit 3', ['query', '--port', '0']);
    assert.deepEqual(await ended, { code: 3, signal: null, output: 'query --port 0\n' });
  });

  test('forwards signals, and waits for the server to drain', async () => {
    // It ends by itself at last, so that a failing test leaves nothing behind.
    const { child, ended } = launch(
      'trap "echo drained; exit 0" TERM; echo ready; for i in $(seq 200); do sleep 0.05; done',
    );
    child.stdout.once('data', () => child.kill('SIGTERM'));
    assert.deepEqual(await ended, { code: 0, signal: null, output: 'ready\ndrained\n' });
  });

  test('ends by the signal that ended the server', async () => {
    const { ended } = launch('kill -KILL $$');
    const { code, signal } = await ended;
    assert.deepEqual([code, signal], [null, 'SIGKILL']);
  });
});
