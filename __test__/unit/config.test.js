const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { ConfigError } = require('../../js/errors');
const { loadConfig } = require('../../js/config/config');
const { silent } = require('../support/recording-client');

const load = (mtdd, env = {}) => loadConfig({ mtdd }, env);

/** The message of the refusal. */
function refusal(config, env = {}) {
  let caught;
  try {
    loadConfig(config, env);
  } catch (error) {
    caught = error;
  }
  assert.ok(caught instanceof ConfigError, `expected a ConfigError, got ${caught}`);
  return caught.message;
}

describe('who decides the transport', () => {
  const servers = { queryServers: ['a:1', 'b:2'], lookupServer: 'l:3' };
  const cases = [
    ['nothing', {}, {}, false],
    ['useMtdd true', { useMtdd: true, ...servers }, {}, true],
    ['useMtdd true in development', { useMtdd: true, isDevelopment: true, ...servers }, {}, true],
    ['useMtdd false against USE_MTDD=1', { useMtdd: false, ...servers }, { USE_MTDD: '1' }, false],
    ['USE_MTDD=1', servers, { USE_MTDD: '1' }, true],
    ['USE_MTDD=true', servers, { USE_MTDD: 'true' }, true],
    ['USE_MTDD=0', servers, { USE_MTDD: '0' }, false],
    ['USE_MTDD empty', servers, { USE_MTDD: '' }, false],
    ['only servers', servers, {}, false],
    ['a single server without lookup', { useMtdd: true, queryServers: ['a:1'] }, {}, true],
  ];
  for (const [name, mtdd, env, expected] of cases) {
    test(name, () => assert.equal(load(mtdd, env).useMtdd, expected));
  }

  test('missing servers are named by the very sentence of the documentation', () => {
    const query = 'QUERY_SERVERS configuration required when USE_MTDD=1';
    assert.equal(refusal({ mtdd: { useMtdd: true } }), query);
    assert.equal(refusal({ mtdd: { useMtdd: true, queryServers: [] } }), query);
    assert.equal(refusal({}, { USE_MTDD: '1' }), query);
    const lookup = 'LOOKUP_SERVER configuration required when USE_MTDD=1';
    assert.equal(refusal({ mtdd: { useMtdd: true, queryServers: ['a:1', 'b:2'] } }), lookup);
    assert.equal(
      refusal({ mtdd: { useMtdd: true, queryServers: ['a:1', 'b:2'], lookupServer: '' } }),
      lookup,
    );
  });

  test('servers that nothing will use are warned of', () => {
    assert.match(load(servers).warnings.join(), /useMtdd/);
    assert.deepEqual(load({ ...servers, useMtdd: false }).warnings, []);
  });
});

describe('defaults', () => {
  test('are those of the documentation', () => {
    const { settings, portal, database, firebase, logLevel } = load({ useMtdd: true, queryServers: ['a:1'] });
    assert.deepEqual(settings, {
      queryServers: ['a:1'],
      lookupServers: [],
      insecure: false,
      tls: null,
      token: null,
      timeout: 60_000,
      maxRetries: 2,
      lookupCache: { size: 100_000, ttl: 300_000, negativeTtl: 0, maxStale: 3_600_000 },
      maxInFlight: 10_000,
      logLevel: 'warn',
      tenantColumn: null,
      referenceTables: [],
      mergeMemoryLimit: 64 * 1024 * 1024,
    });
    assert.deepEqual(
      [portal.portalId, database, firebase, logLevel],
      [undefined, { enabled: false, config: null }, null, 'warn'],
    );
  });

  test('give way to options, in their units', () => {
    const token = () => 'x';
    const { settings } = load({
      useMtdd: true,
      queryServers: [' [::1]:1 ', 'b.example:65535'],
      lookupServer: 'l:3',
      token,
      timeout: 5,
      maxRetries: 0,
      maxInFlight: 1,
      lookupCache: { ttl: 1.5, negativeTtl: 0 },
      logLevel: 'info',
      referenceTables: ['countries', 'app.rates'],
      mergeMemoryLimit: 1,
      tls: { ca: Buffer.from('-----BEGIN CERTIFICATE-----'), serverName: 'db' },
    });
    assert.deepEqual(settings, {
      queryServers: ['[::1]:1', 'b.example:65535'],
      lookupServers: ['l:3'],
      insecure: false,
      tls: { ca: '-----BEGIN CERTIFICATE-----', cert: null, key: null, serverName: 'db' },
      token,
      timeout: 5,
      maxRetries: 0,
      lookupCache: { size: 100_000, ttl: 1500, negativeTtl: 0, maxStale: 3_600_000 },
      maxInFlight: 1,
      logLevel: 'info',
      tenantColumn: null,
      referenceTables: ['countries', 'app.rates'],
      mergeMemoryLimit: 1,
    });
  });

  test('null counts as left out', () => {
    const { useMtdd, settings } = load({
      useMtdd: null,
      queryServers: null,
      lookupServer: null,
      timeout: null,
    });
    assert.deepEqual([useMtdd, settings.queryServers, settings.timeout], [false, [], 60_000]);
  });

  test('development logs more', () => {
    assert.equal(load({ isDevelopment: true }).logLevel, 'debug');
    assert.equal(load({}, { NODE_ENV: 'development' }).isDevelopment, true);
    assert.equal(load({}, { NODE_ENV: 'test' }).isDevelopment, false);
  });

  test('what the app keeps in its own objects is taken as it is: cyclic, deep, with nulls', () => {
    const own = { nothing: null };
    own.self = own;
    let deep = {};
    for (let depth = 0; depth < 100_000; depth++) deep = { deep };
    const { portal, database } = loadConfig(
      { portal: { own, deep, empty: null }, database: { config: { own, deep, password: null } } },
      {},
    );
    for (const kept of [portal, database.config]) {
      assert.equal(kept.own, own);
      assert.equal(kept.deep, deep);
    }
    assert.equal('empty' in portal || 'password' in database.config, false);
    assert.equal(loadConfig({ portal: own }, {}).portal.self, own);
  });

  test("the app's own logger is taken as it is", () => {
    const logger = { ...silent, child: () => silent, level: 'error' };
    for (const config of [{ logger }, { mtdd: { logger } }]) {
      const loaded = loadConfig(config, {});
      assert.equal(loaded.logger, logger);
      assert.equal(loaded.logLevel, 'error');
    }
  });
});

describe('the environment fills what the object leaves out', () => {
  const servers = (env, mtdd = {}) => load(mtdd, env).settings.queryServers;

  test('servers, as a JSON array or a comma list, by their new name or the old', () => {
    assert.deepEqual(servers({ QUERY_SERVERS: '["a:1","b:2"]' }), ['a:1', 'b:2']);
    assert.deepEqual(servers({ QUERY_SERVERS: 'a:1, b:2' }), ['a:1', 'b:2']);
    assert.deepEqual(servers({ BACKEND_SERVERS: 'c:1' }), ['c:1']);
    assert.deepEqual(servers({ BACKEND_SERVERS: 'c:1', QUERY_SERVERS: 'a:1' }), ['a:1']);
    assert.deepEqual(servers({ QUERY_SERVERS: 'a:1' }, { queryServers: ['x:9'] }), ['x:9']);
    assert.deepEqual(servers({ QUERY_SERVERS: 'a:1' }, { queryServers: [] }), ['a:1']);
    assert.deepEqual(servers({ QUERY_SERVERS: 'a:1' }, { queryServers: [''] }), ['a:1']);
  });

  test('everything else', () => {
    const config = loadConfig(
      {},
      {
        LOOKUP_SERVER: 'l:1',
        GRPC_INSECURE: 'true',
        DB_HOST: 'h',
        DB_PORT: '5433',
        DB_USER: 'u',
        DB_PASSWORD: ' p ',
        DB_NAME: 'd',
        PORTAL_ID: '7',
        TENANT_COLUMN_NAME: 'TenantID',
      },
    );
    assert.deepEqual(config.settings.lookupServers, ['l:1']);
    assert.equal(config.settings.insecure, true);
    assert.deepEqual(config.database.config, {
      host: 'h',
      port: 5433,
      user: 'u',
      password: ' p ',
      database: 'd',
    });
    assert.deepEqual([config.portal.portalId, config.portal.tenantColumnName], [7, 'TenantID']);
  });

  test('a wrong value is refused by the name of its variable, unless the object overrides it', () => {
    assert.equal(refusal({}, { USE_MTDD: 'yes' }), 'USE_MTDD: expected 1, 0, true or false, got "yes"');
    assert.equal(refusal({}, { QUERY_SERVERS: 'a:1,b' }), 'QUERY_SERVERS[1]: expected host:port, got "b"');
    assert.equal(refusal({}, { BACKEND_SERVERS: '[5]' }), 'BACKEND_SERVERS[0]: expected host:port, got 5');
    assert.match(
      refusal({}, { QUERY_SERVERS: '["a:1"' }),
      /^QUERY_SERVERS: expected a JSON array or a comma list/,
    );
    assert.equal(
      refusal({}, { LOOKUP_SERVER: 'http://l:1' }),
      'LOOKUP_SERVER: expected host:port, got "http://l:1"',
    );
    assert.equal(refusal({}, { PORTAL_ID: 'x' }), 'PORTAL_ID: expected a whole number, got "x"');
    assert.equal(refusal({}, { DB_PORT: 'x' }), 'DB_PORT: expected a whole number, got "x"');
    load({ useMtdd: false, queryServers: ['a:1'] }, { USE_MTDD: 'yes', QUERY_SERVERS: 'b' });
  });
});

describe('a wrong value is refused with its path', () => {
  const mtdd = (options) => ({ mtdd: options });
  const cases = [
    [
      mtdd({ queryServers: ['server1:50051', 'server2'] }),
      'mtdd.queryServers[1]: expected host:port, got "server2"',
    ],
    [mtdd({ queryServers: ['a:0'] }), 'mtdd.queryServers[0]: expected host:port, got "a:0"'],
    [mtdd({ queryServers: ['a:65536'] }), 'mtdd.queryServers[0]: expected host:port, got "a:65536"'],
    [mtdd({ queryServers: ['::1:5'] }), 'mtdd.queryServers[0]: expected host:port, got "::1:5"'],
    [mtdd({ queryServers: ['[::g]:5'] }), 'mtdd.queryServers[0]: expected host:port, got "[::g]:5"'],
    [mtdd({ queryServers: ['a:1', ''] }), 'mtdd.queryServers[1]: expected host:port, got ""'],
    [mtdd({ queryServers: 'a:1' }), 'mtdd.queryServers: expected an array of host:port, got "a:1"'],
    [mtdd({ lookupServer: 'a:1,b' }), 'mtdd.lookupServer[1]: expected host:port, got "b"'],
    [
      mtdd({ lookupServer: ['a:1', 'b:2', 'a:1'] }),
      'mtdd.lookupServer[2]: expected each server once, got "a:1" again',
    ],
    [
      mtdd({ lookupServer: 5 }),
      'mtdd.lookupServer: expected host:port, several of them separated by commas, or an array, got 5',
    ],
    [mtdd({ useMtdd: '1' }), 'mtdd.useMtdd: expected true or false, got "1"'],
    [
      mtdd({ requireTenant: 'yes' }),
      'mtdd.requireTenant: expected true, false or \'transaction\', got "yes"',
    ],
    [mtdd({ allShards: true }), "mtdd.allShards: expected 'implicit' or 'explicit', got true"],
    [mtdd({ requiretenant: true }), 'mtdd.requiretenant: unknown option; did you mean "requireTenant"?'],
    [
      { portal: { tenantColumName: 't' } },
      'portal.tenantColumName: unknown option; did you mean "tenantColumnName"?',
    ],
    [{ portal: { PortalId: 1 } }, 'portal.PortalId: unknown option; did you mean "portalId"?'],
    [mtdd({ timeout: '5' }), 'mtdd.timeout: expected a whole number of milliseconds, at least 1, got "5"'],
    [mtdd({ maxRetries: -1 }), 'mtdd.maxRetries: expected a whole number, at least 0, got -1'],
    [mtdd({ lookupCache: { ttl: 'x' } }), 'mtdd.lookupCache.ttl: expected a number of seconds, got "x"'],
    [
      mtdd({ lookupCache: 5 }),
      'mtdd.lookupCache: expected an object with size, ttl, negativeTtl and maxStale, got 5',
    ],
    [mtdd({ token: 5 }), 'mtdd.token: expected a string, or a function that returns one, got a number'],
    [mtdd({ token: 'x'.repeat(8193) }), 'mtdd.token: expected at most 8192 characters, got a string'],
    ...['é', 'two words', 'line\n', '\0'].map((token) => [
      mtdd({ token }),
      'mtdd.token: expected visible ASCII characters without spaces, got a string',
    ]),
    [mtdd({ tls: new Map([['ca', 'x']]) }), 'mtdd.tls: expected a plain object, got one of class Map'],
    [mtdd({ lookupCache: new Date(0) }), 'mtdd.lookupCache: expected a plain object, got one of class Date'],
    [{ database: { config: /x/ } }, 'database.config: expected a plain object, got one of class RegExp'],
    [mtdd({ queryServer: [] }), 'mtdd.queryServer: unknown option; did you mean "queryServers"?'],
    [mtdd({ lookupCache: { tll: 1 } }), 'mtdd.lookupCache.tll: unknown option; did you mean "ttl"?'],
    [mtdd({ zebra: 1 }), 'mtdd.zebra: unknown option'],
    [{ databse: {} }, 'databse: unknown option; did you mean "database"?'],
    [{ mtdd: 5 }, 'mtdd: expected an object, got 5'],
    [5, 'config: expected an object, got 5'],
    [{ portal: { portalId: 'x' } }, 'portal.portalId: expected a whole number, at least 0, got a string'],
    [
      { portal: { tenantInsertProc: '' } },
      'portal.tenantInsertProc: expected a procedure name, got a string',
    ],
    [{ database: { enabled: 1 } }, 'database.enabled: expected true or false, got 1'],
    [
      { logger: {} },
      'logger: expected a logger with debug, info, warn, error and child, as pino makes, got an object',
    ],
    ...[
      [undefined, 'undefined'],
      [{ ...silent, warn: undefined }, 'an object'],
    ].flatMap(([child, got]) => {
      const logger = { ...silent, child: () => child };
      const sentence = `logger: expected child() to return a logger with debug, info, warn, error, got ${got}`;
      return [
        [{ logger }, sentence],
        [mtdd({ logger }), `mtdd.${sentence}`],
      ];
    }),
    [{ firebase: 5 }, 'firebase: expected a service account or the path of its file, got a number'],
  ];
  for (const [config, message] of cases) test(message, () => assert.equal(refusal(config), message));

  test('names that every object has are no flags', () => {
    for (const text of ['constructor', '__proto__', 'toString', 'valueOf']) {
      for (const name of ['USE_MTDD', 'GRPC_INSECURE']) {
        const env = { USE_MTDD: '1', QUERY_SERVERS: 'a:1', [name]: text };
        assert.equal(refusal({}, env), `${name}: expected 1, 0, true or false, got "${text}"`);
      }
    }
  });

  test('all of them at once, a line each', () => {
    assert.equal(
      refusal({ mtdd: { useMtdd: 1, timeout: 0 } }),
      'mtdd.useMtdd: expected true or false, got 1\nmtdd.timeout: expected a whole number of milliseconds, at least 1, got 0',
    );
  });

  test('a server that stands there twice', () => {
    const message = refusal({ mtdd: { queryServers: ['a:1', 'b:1', 'a:1'] } });
    assert.match(message, /^mtdd\.queryServers\[2\]: .* "a:1", which is queryServers\[0\] too$/);
  });

  test('TLS without its other half, or against grpcInsecure', () => {
    const pem = '-----BEGIN X-----';
    assert.match(refusal({ mtdd: { tls: { cert: pem } } }), /^mtdd\.tls\.key: expected PEM text/);
    assert.match(refusal({ mtdd: { tls: { key: pem } } }), /^mtdd\.tls\.cert: expected PEM text/);
    assert.match(refusal({ mtdd: { tls: { ca: pem }, grpcInsecure: true } }), /^mtdd\.tls: .*grpcInsecure/);
  });
});

describe('secrets stay out of messages', () => {
  test('keys, tokens and passwords', () => {
    const messages = [
      refusal({ mtdd: { tls: { key: 'hunter2', cert: 'hunter2' } } }),
      refusal({ mtdd: { tls: 'hunter2' } }),
      refusal({ firebase: { private_key: ['hunter2'] } }),
      refusal({}, { FIREBASE_SERVICE_ACCOUNT_JSON: '{"private_key": hunter2}' }),
      refusal({ database: { config: 'hunter2' } }),
    ];
    for (const message of messages) assert.doesNotMatch(message, /hunter2/);
  });
});

describe('insecure connections', () => {
  test('are warned of beyond this machine only', () => {
    const warnings = (...queryServers) =>
      load({
        useMtdd: true,
        requireTenant: true,
        grpcInsecure: true,
        queryServers,
        lookupServer: '127.0.0.1:9',
      }).warnings;
    assert.deepEqual(warnings('localhost:1', '127.0.0.2:1', '[::1]:1'), []);
    assert.match(warnings('db.example:1').join(), /grpcInsecure/);
  });
});

describe('mtdd.requireTenant', () => {
  const warnings = (mtdd, env) => load({ queryServers: ['a.example:1'], ...mtdd }, env).warnings.join('\n');

  test('is recommended once where queries go to the shards, and it has not been decided', () => {
    assert.match(warnings({ useMtdd: true }), /^mtdd\.requireTenant is not set: /);
    assert.match(warnings({ requireTenant: null }, { USE_MTDD: '1' }), /^mtdd\.requireTenant is not set: /);
    for (const requireTenant of [true, false, 'transaction']) {
      assert.equal(warnings({ useMtdd: true, requireTenant }), '');
    }
    assert.equal(warnings({ useMtdd: false }), '');
  });
});

describe('query servers without a word on whether they are used', () => {
  const production = { NODE_ENV: 'production' };

  test('are refused in production', () => {
    const given = { queryServers: ['a.example:1'] };
    for (const [mtdd, env] of [
      [given, production],
      [{ ...given, useMtdd: null }, production],
      [given, { ...production, USE_MTDD: '' }],
      [given, { ...production, USE_MTDD: ' ' }],
      [{}, { ...production, QUERY_SERVERS: 'a.example:1' }],
      [undefined, { ...production, BACKEND_SERVERS: '["a.example:1"]' }],
    ]) {
      assert.throws(
        () => load(mtdd, env),
        (error) => {
          assert.equal(error.code, 'CONFIG_INVALID');
          assert.match(
            error.message,
            /^mtdd\.useMtdd: Query servers are configured, but .* Set mtdd\.useMtdd/,
          );
          return true;
        },
      );
    }
  });

  test('are no question once it is said', () => {
    const given = { queryServers: ['a.example:1'] };
    assert.equal(load({ ...given, useMtdd: false }, production).useMtdd, false);
    assert.equal(load(given, { ...production, USE_MTDD: '0' }).useMtdd, false);
    assert.equal(load({ ...given, useMtdd: true }, production).useMtdd, true);
    assert.equal(load({}, production).useMtdd, false);
  });

  test('are warned of elsewhere', () => {
    const { warnings } = load({ queryServers: ['a.example:1'] }, { USE_MTDD: '' });
    assert.match(warnings.join(), /run on the local connection/);
  });
});

describe('firebase', () => {
  const account = { type: 'service_account', project_id: 'p', private_key: 'k', client_email: 'e' };
  const file = path.join(os.tmpdir(), `firebase-${process.pid}.json`);

  test('is an object, a file, or the environment', () => {
    fs.writeFileSync(file, JSON.stringify(account));
    try {
      const { type, ...rest } = account;
      const camel = { type, projectId: 'p', privateKey: 'k', clientEmail: 'e' };
      assert.deepEqual(loadConfig({ firebase: account }, {}).firebase, account);
      assert.deepEqual(loadConfig({ firebase: camel }, {}).firebase, camel);
      assert.deepEqual(loadConfig({ firebase: file }, {}).firebase, account);
      assert.deepEqual(loadConfig({}, { FIREBASE_SERVICE_ACCOUNT_PATH: file }).firebase, account);
      assert.deepEqual(
        loadConfig({}, { FIREBASE_SERVICE_ACCOUNT_JSON: JSON.stringify(rest) }).firebase,
        rest,
      );
    } finally {
      fs.rmSync(file);
    }
  });

  test('that is incomplete is off, with a warning', () => {
    const { firebase, warnings } = loadConfig({ firebase: { ...account, private_key: undefined } }, {});
    assert.equal(firebase, null);
    assert.deepEqual(warnings, ['firebase: private_key missing, so push notifications are off.']);
  });

  test('that cannot be read is refused', () => {
    assert.equal(
      refusal({ firebase: './no.json' }),
      'firebase: expected a readable file, got "./no.json" (ENOENT)',
    );
  });
});

describe("the documentation's examples", () => {
  const database = {
    enabled: true,
    config: { host: 'db.example.com', port: 5432, password: undefined, max: 20 },
  };
  const examples = {
    'quick start': {
      mtdd: {
        useMtdd: false,
        queryServers: ['grpc-server1:50051', 'grpc-server2:50051'],
        lookupServer: 'lookup-server:50054',
        isDevelopment: true,
      },
      database,
      portal: {
        portalId: 1,
        tenantColumnName: 'YourTenantIDColumn',
        tenantInsertProc: 'your_tenant_insert_procedure',
        portalName: 'YourPortalName',
        anything: { else: true },
      },
      firebase: { type: 'service_account', project_id: 'p', private_key: undefined, client_email: undefined },
    },
    development: { mtdd: { queryServers: [], lookupServer: '', isDevelopment: true }, database },
    express: { mtdd: { queryServers: undefined || [], lookupServer: undefined || '' } },
    secure: {
      mtdd: {
        queryServers: ['secure-grpc1.prod.example.com:50051', 'secure-grpc2.prod.example.com:50051'],
        lookupServer: 'secure-lookup.prod.example.com:50054',
        isDevelopment: false,
        grpcInsecure: false,
      },
    },
  };
  for (const [name, config] of Object.entries(examples)) {
    test(`${name} passes as written`, () => {
      const loaded = loadConfig(config, {});
      assert.equal(loaded.useMtdd, false);
      assert.equal(loaded.portal.anything?.else, config.portal?.anything.else);
    });
  }
});
