/** How ActiveClients gets its Firebase account, when it loads firebase-admin, and what it says when it cannot. */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { inspect, promisify } = require('node:util');
const { after, afterEach, before, beforeEach, describe, test } = require('node:test');
const express = require('express');
const knex = require('knex');
const { ActiveClients, InitializeReplication } = require('../../js');
const { loadConfig } = require('../../js/config/config');
const { createActiveClients } = require('../../js/push/active-clients');
const { startFcm } = require('../support/fcm');
const { recordingLogger } = require('../support/recording-logger');

const run = promisify(execFile);
const ROOT = path.join(__dirname, '..', '..');
const HELLO = { title: 'Hello', body: 'World' };
const VARIABLES = ['FIREBASE_SERVICE_ACCOUNT_JSON', 'FIREBASE_SERVICE_ACCOUNT_PATH'];
const file = path.join(os.tmpdir(), `firebase-account-${process.pid}.json`);

let fcm;
let clients;
let setUp;
let log;
const environment = VARIABLES.map((name) => [name, process.env[name]]);

before(async () => {
  fcm = await startFcm();
  fs.writeFileSync(file, JSON.stringify(fcm.account));
});
after(async () => {
  fs.rmSync(file);
  await fcm.stop();
  for (const [name, value] of environment) if (value !== undefined) process.env[name] = value;
});
beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name];
  ({ clients, setUp } = createActiveClients());
  log = recordingLogger();
  setUp({ account: null, log });
});
afterEach(() => {
  clients.resetFirebase();
  fcm.clear();
});

const works = async () => {
  assert.equal((await clients.SendPushNotification('t', HELLO)).successCount, 1);
  assert.equal(clients.isFirebaseInitialized(), true);
};

describe('InitializeFirebase takes', () => {
  test('an account', async () => {
    assert.equal(clients.isFirebaseInitialized(), false);
    assert.equal(clients.firebase, null);
    assert.equal(clients.InitializeFirebase(fcm.account), undefined);
    assert.equal(clients.isFirebaseInitialized(), true);
    assert.equal(typeof clients.firebase.name, 'string');
    await works();
  });

  test('an account whose key has its line ends escaped, as environment variables often do', async () => {
    const { private_key: key } = fcm.account;
    clients.InitializeFirebase({ ...fcm.account, private_key: key.replaceAll('\n', '\\n') });
    await works();
  });

  test('an account in the spelling of firebase-admin', async () => {
    const { project_id: projectId, private_key: privateKey, client_email: clientEmail } = fcm.account;
    clients.InitializeFirebase({ projectId, privateKey, clientEmail });
    await works();
  });

  test('the path of a file', async () => {
    clients.InitializeFirebase(file);
    assert.equal(clients.getFirebaseConfig(), file);
    await works();
  });

  test('nothing: the account is in the environment, as JSON or as a path', async () => {
    process.env.FIREBASE_SERVICE_ACCOUNT_JSON = JSON.stringify(fcm.account);
    clients.InitializeFirebase();
    assert.equal(clients.getFirebaseConfig(), null);
    await works();
    clients.resetFirebase();
    assert.equal(clients.isFirebaseInitialized(), false);
    delete process.env.FIREBASE_SERVICE_ACCOUNT_JSON;
    process.env.FIREBASE_SERVICE_ACCOUNT_PATH = file;
    clients.InitializeFirebase(null);
    await works();
  });

  test('the same account twice; another one only after resetFirebase', async () => {
    clients.InitializeFirebase(fcm.account);
    const { firebase } = clients;
    clients.InitializeFirebase({ ...fcm.account });
    clients.InitializeFirebase(file);
    clients.InitializeFirebase();
    assert.equal(clients.firebase, firebase);
    const other = { ...fcm.account, project_id: 'other' };
    assert.throws(() => clients.InitializeFirebase(other), {
      code: 'CONFIG_INVALID',
      message: /another account is in use/,
    });
    assert.equal(clients.firebase, firebase);
    clients.resetFirebase();
    assert.deepEqual([clients.firebase, clients.getFirebaseConfig()], [null, null]);
    clients.InitializeFirebase(other);
    assert.notEqual(clients.firebase.name, firebase.name);
  });
});

test('the first message initializes Firebase by itself, and leaves the default app to the application', async () => {
  process.env.FIREBASE_SERVICE_ACCOUNT_PATH = file;
  await works();
  const { getApps } = require('firebase-admin/app');
  assert.deepEqual(
    getApps().filter(({ name }) => name === '[DEFAULT]'),
    [],
  );
});

test('what getFirebaseConfig gives has the key, and does not show it', () => {
  clients.InitializeFirebase(fcm.account);
  const config = clients.getFirebaseConfig();
  assert.equal(config.project_id, 'stand-in');
  assert.equal(config.private_key, fcm.account.private_key);
  assert.doesNotMatch(JSON.stringify(config) + inspect(config), /PRIVATE/);
  assert.ok(Object.isFrozen(config));
});

describe('an account that is', () => {
  const all = () => [
    clients.SendPushNotification('t', HELLO),
    clients.SendPushNotificationToDevice('d', HELLO),
    clients.SendPushNotificationToTenant('acme', HELLO),
    clients.BroadcastPushNotification(HELLO),
  ];

  test('missing gives an error that says where to put it, from every way of sending', async () => {
    assert.throws(() => clients.InitializeFirebase(), { code: 'CONFIG_INVALID', message: /^firebase: not/ });
    for (const sending of all()) {
      await assert.rejects(sending, {
        code: 'CONFIG_INVALID',
        message: /InitializeFirebase\(\).*InitializeReplication\(\).*FIREBASE_SERVICE_ACCOUNT_JSON/,
      });
    }
    assert.equal(clients.isFirebaseInitialized(), false);
  });

  test('wrong is refused without being quoted', () => {
    fs.writeFileSync(`${file}.wrong`, '{"private_key": hunter2}');
    const wrong = [
      [{ ...fcm.account, private_key: 'hunter2' }, /^firebase\.private_key: expected a private key as PEM/],
      [{ ...fcm.account, private_key: undefined }, /^firebase: expected private_key, which is missing$/],
      [{ private_key: 'hunter2' }, /^firebase: expected project_id, client_email, which is missing$/],
      [
        { ...fcm.account, private_key: ['hunter2'] },
        /^firebase\.private_key: expected a string, got a object$/,
      ],
      ['./hunter.json', /^firebase: expected a readable file, got ".\/hunter.json" \(ENOENT\)$/],
      [`${file}.wrong`, /^firebase: expected a service account as JSON/],
      [5, /^firebase: expected a service account or the path of its file, got a number$/],
      [[], /^firebase: expected a service account/],
      [{}, /^firebase: expected project_id, private_key, client_email, which is missing$/],
    ];
    for (const [given, message] of wrong) {
      assert.throws(
        () => clients.InitializeFirebase(given),
        (error) => {
          assert.equal(error.code, 'CONFIG_INVALID');
          assert.match(error.message, message);
          assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/);
          return true;
        },
      );
      assert.equal(clients.isFirebaseInitialized(), false);
      assert.equal(clients.getFirebaseConfig(), null);
    }
    fs.rmSync(`${file}.wrong`);
  });

  test('given as text in place of a path is refused, and no error has any part of it', () => {
    const json = JSON.stringify(fcm.account);
    const { private_key: key } = fcm.account;
    const asJson = /: expected the path of a file, got JSON: pass the account as an object, or .*_JSON$/;
    const asText = /: expected a readable file, got text that is no path of a \.json file \([A-Z_]+\)$/;
    const cases = [
      [json, asJson],
      [`\n ${JSON.stringify(fcm.account, null, 2)}`, asJson],
      [key, asText],
      [key.replaceAll('\n', '\\n'), asText],
      [key.split('\n').slice(1, -2).join(''), asText],
      [JSON.stringify(json), asText],
      [`${key}.json`, asText],
      [Buffer.from(json).toString('base64'), asText],
      ['hunter2', asText],
    ];
    const secrets = [
      ...key.split('\n').slice(1, -2),
      'stand-in',
      'hunter2',
      Buffer.from(json).toString('base64'),
    ];
    for (const [text, message] of cases) {
      for (const initialize of [
        () => clients.InitializeFirebase(text),
        () => loadConfig({ firebase: text }, {}),
        () => loadConfig({}, { FIREBASE_SERVICE_ACCOUNT_PATH: text }),
      ]) {
        assert.throws(initialize, (error) => {
          assert.equal(error.code, 'CONFIG_INVALID');
          assert.match(error.message, message);
          const shown = inspect(error, { depth: 9, showHidden: true });
          for (const secret of secrets) assert.ok(!shown.includes(secret), error.message);
          return true;
        });
      }
    }
  });

  test('refused by Google gives a result that says so, without the key', async () => {
    const { generateKeyPairSync } = require('node:crypto');
    fcm.refusesAccount = true;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    clients.InitializeFirebase({ ...fcm.account, private_key: key });
    try {
      const { failureCount, results } = await clients.SendPushNotification('t', HELLO);
      assert.equal(failureCount, 1);
      assert.match(results[0].error.code, /^app\//);
      assert.doesNotMatch(inspect([results, log.records], { depth: 9 }), new RegExp(key.slice(40, 80)));
    } finally {
      fcm.refusesAccount = false;
    }
  });
});

describe('InitializeReplication', () => {
  test('takes an account for the first message, and does not load firebase-admin before', async () => {
    const db = knex({ client: 'pg' });
    const logger = recordingLogger();
    try {
      await InitializeReplication(express(), db, { mtdd: { useMtdd: false }, firebase: fcm.account, logger });
      assert.equal(ActiveClients.isFirebaseInitialized(), false);
      const { successCount } = await ActiveClients.SendPushNotification('t', HELLO);
      assert.equal(successCount, 1);
      assert.equal(ActiveClients.isFirebaseInitialized(), true);
    } finally {
      ActiveClients.resetFirebase();
      await db.destroy();
    }
  });

  test('warns if its account is not the one in use', async () => {
    const other = { ...fcm.account, project_id: 'other' };
    setUp({ account: fcm.account, log });
    setUp({ account: { ...fcm.account }, log });
    assert.deepEqual(log.records, []);
    setUp({ account: other, log });
    assert.match(log.records[0].message, /^Another Firebase account replaces/);
    setUp({ account: fcm.account, log });
    await works();
    setUp({ account: other, log });
    assert.match(log.records.at(-1).message, /^Push notifications go on with the Firebase account/);
    assert.doesNotMatch(JSON.stringify(log.records), /PRIVATE/);
    await works();
  });
});

describe('an application that', () => {
  const inChild = (program, ...args) =>
    run(process.execPath, [...args, '-e', program], {
      cwd: ROOT,
      timeout: 30_000,
      env: { ...process.env, FIREBASE_SERVICE_ACCOUNT_JSON: '', FIREBASE_SERVICE_ACCOUNT_PATH: '' },
    });

  test('sends nothing does not load firebase-admin', async () => {
    const { stdout, stderr } = await inChild(`
      const { ActiveClients } = require(${JSON.stringify(ROOT)});
      ActiveClients.AddMobileDevice('d', 'token');
      ActiveClients.HasMobileDevice('d');
      ActiveClients.web; ActiveClients.mobile; ActiveClients.firebase; ActiveClients.getFirebaseConfig();
      console.log(Object.keys(require.cache).filter((file) => file.includes('firebase-admin')).length);
    `);
    assert.deepEqual([stdout, stderr], ['0\n', '']);
  });

  test('has not installed firebase-admin is told so, and can do everything else', async () => {
    const { stdout } = await inChild(`
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (name, ...rest) => {
        if (!name.startsWith('firebase-admin')) return resolve(name, ...rest);
        throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
      };
      const { ActiveClients } = require(${JSON.stringify(ROOT)});
      ActiveClients.AddMobileDevice('d', 'token');
      console.log(ActiveClients.HasMobileDevice('d'));
      try {
        ActiveClients.InitializeFirebase(${JSON.stringify(file)});
      } catch (error) {
        console.log(error.code, error.message);
      }
    `);
    assert.match(
      stdout,
      /^true\nCONFIG_INVALID firebase: the package firebase-admin is missing.*npm install firebase-admin/,
    );
  });

  test('awaits nothing goes on after a failure, which is logged', async () => {
    const { stdout, stderr } = await inChild(
      `
      const { ActiveClients } = require(${JSON.stringify(ROOT)});
      ActiveClients.AddMobileDevice('d', 'token');
      ActiveClients.BroadcastPushNotification({ title: 'a', body: 'b' });
      ActiveClients.SendPushNotification('secret-token', { title: 'a' });
      ActiveClients.SendPushNotificationToTenant(undefined, { title: 'a', body: 'b' });
      setTimeout(() => console.log('still here'), 100);
    `,
      '--unhandled-rejections=strict',
    );
    assert.equal(stderr, '');
    assert.match(stdout, /BroadcastPushNotification\(\) failed/);
    assert.match(stdout, /SendPushNotification\(\) failed/);
    assert.match(stdout, /SendPushNotificationToTenant\(\) failed/);
    assert.match(stdout, /still here\n$/);
    assert.doesNotMatch(stdout, /secret-token/);
  });
});
