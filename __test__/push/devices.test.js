/** Mobile devices in the memory store: the methods of 1.x, and what they refuse. */

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { createActiveClients } = require('../../js/push/active-clients');
const { recordingLogger } = require('../support/recording-logger');

let clients;
let log;

beforeEach(() => {
  const made = createActiveClients();
  log = recordingLogger();
  made.setUp({ account: null, log });
  clients = made.clients;
});

test('a device is known at once, until it is deleted', () => {
  assert.equal(clients.AddMobileDevice('d', 'token'), undefined);
  assert.equal(clients.HasMobileDevice('d'), true);
  assert.equal(clients.GetMobileFcmToken('d'), 'token');
  assert.equal(clients.GetMobileDeviceCount(), 1);
  assert.equal(clients.DeleteMobileDevice('d'), undefined);
  assert.equal(clients.HasMobileDevice('d'), false);
  assert.equal(clients.GetMobileFcmToken('d'), undefined);
  assert.equal(clients.GetMobileDeviceCount(), 0);
  clients.DeleteMobileDevice('d');
});

test('a device that is added again has the new token, and counts once', () => {
  clients.AddMobileDevice('d', 'old');
  clients.AddMobileDevice('d', 'new');
  assert.deepEqual([clients.GetMobileFcmToken('d'), clients.GetMobileDeviceCount()], ['new', 1]);
});

test('the same id in two tenants is two devices, and without a tenant a third', () => {
  const acme = { tenantId: 'acme' };
  const other = { tenantId: 'acme', tenantType: 2 };
  clients.AddMobileDevice('d', 'of-acme', acme);
  clients.AddMobileDevice('d', 'of-other', other);
  assert.equal(clients.HasMobileDevice('d'), false);
  clients.AddMobileDevice('d', 'of-none');
  assert.equal(clients.GetMobileFcmToken('d'), 'of-none');
  assert.equal(clients.GetMobileFcmToken('d', acme), 'of-acme');
  assert.equal(clients.GetMobileFcmToken('d', other), 'of-other');
  assert.deepEqual([clients.GetMobileDeviceCount(), clients.GetMobileDeviceCount(acme)], [3, 1]);
  clients.DeleteMobileDevice('d', acme);
  assert.equal(clients.HasMobileDevice('d', acme), false);
  assert.equal(clients.HasMobileDevice('d'), true);
  assert.equal(clients.HasMobileDevice('d', other), true);
});

test('ids that look like properties of objects are ids', () => {
  for (const id of ['__proto__', 'constructor', 'hasOwnProperty']) {
    assert.equal(clients.HasMobileDevice(id), false);
    clients.AddMobileDevice(id, 'token', { tenantId: id });
    assert.equal(clients.HasMobileDevice(id, { tenantId: id }), true);
  }
});

describe('what is refused', () => {
  const refused = (action, expected) =>
    assert.throws(action, (error) => {
      assert.ok(error instanceof TypeError);
      assert.deepEqual([error.code, error.statusCode], ['VALIDATION_ERROR', 400]);
      assert.match(error.message, expected);
      return true;
    });

  test('a wrong device id, by every method', () => {
    for (const id of [undefined, null, '', 5, NaN, {}, ['d'], 'a\0b', '\ud800', 'x'.repeat(513)]) {
      refused(() => clients.AddMobileDevice(id, 'token'), /^AddMobileDevice\(\): deviceId: expected/);
      refused(() => clients.DeleteMobileDevice(id), /^DeleteMobileDevice\(\): deviceId: expected/);
      refused(() => clients.HasMobileDevice(id), /^HasMobileDevice\(\): deviceId: expected/);
      refused(() => clients.GetMobileFcmToken(id), /^GetMobileFcmToken\(\): deviceId: expected/);
    }
    clients.AddMobileDevice('x'.repeat(512), 'token');
    assert.equal(clients.GetMobileDeviceCount(), 1);
  });

  test('a wrong token, without quoting it', () => {
    for (const token of [undefined, null, '', 5, {}, 'secret token', `secret${'x'.repeat(4096)}`]) {
      refused(
        () => clients.AddMobileDevice('d', token),
        /^(?!.*secret)AddMobileDevice\(\): fcmToken: expected/,
      );
    }
    assert.equal(clients.HasMobileDevice('d'), false);
  });

  test('options that name no tenant: the device would be nobody’s', () => {
    const wrong = [
      {},
      { tenantId: undefined },
      { tenantId: null },
      { tenantId: '' },
      { tenantId: NaN },
      { tenantId: {} },
      { tenantType: 2 },
      { tenantId: 'acme', tenantType: -1 },
      { tenantId: 'acme', tenanttype: 2 },
      'acme',
      ['acme'],
      5,
    ];
    for (const options of wrong) {
      refused(() => clients.AddMobileDevice('d', 'token', options), /^AddMobileDevice\(\): (tenant|options)/);
      refused(() => clients.GetMobileDeviceCount(options), /^GetMobileDeviceCount\(\): (tenant|options)/);
    }
    assert.equal(clients.GetMobileDeviceCount(), 0);
    clients.AddMobileDevice('d', 'token', null);
    assert.equal(clients.HasMobileDevice('d'), true);
  });

  test('a store that is none', () => {
    for (const store of [undefined, null, 'memory', {}, new Map()]) {
      refused(() => clients.UseDeviceStore(store), /^UseDeviceStore\(\): store: expected a device store/);
    }
    refused(
      () => clients.UseDeviceStore({ set() {}, get() {}, delete() {}, count() {}, countAll() {} }),
      /one without deleteTokens, devices, allDevices$/,
    );
  });
});

describe('mobile, the map of 1.x', () => {
  test('shows the devices without a tenant, as they are at each moment', () => {
    const { mobile } = clients;
    assert.equal(mobile.size, 0);
    clients.AddMobileDevice('d', 'token');
    clients.AddMobileDevice('e', 'of-acme', { tenantId: 'acme' });
    assert.deepEqual(
      [mobile.size, mobile.has('d'), mobile.get('d'), mobile.has('e')],
      [1, true, 'token', false],
    );
    assert.deepEqual([...mobile], [['d', 'token']]);
    assert.deepEqual([[...mobile.keys()], [...mobile.values()]], [['d'], ['token']]);
    const seen = [];
    mobile.forEach((token, deviceId) => {
      seen.push([deviceId, token]);
    });
    assert.deepEqual(seen, [['d', 'token']]);
  });

  test('is read only', () => {
    clients.AddMobileDevice('d', 'token');
    for (const change of [
      () => clients.mobile.set('d', 'x'),
      () => clients.mobile.delete('d'),
      () => clients.mobile.clear(),
    ]) {
      assert.throws(change, TypeError);
    }
    assert.equal(clients.GetMobileFcmToken('d'), 'token');
  });

  test('does not show tokens to who logs ActiveClients', () => {
    clients.AddMobileDevice('d', 'secret-token');
    const { inspect } = require('node:util');
    const shown = [inspect(clients, { depth: 9, getters: true }), JSON.stringify(clients)];
    assert.doesNotMatch(shown.join(), /secret-token/);
  });
});

describe('a store that answers by promises', () => {
  test('makes promises of the methods, and a rejection that nobody awaits is logged', async () => {
    const store = asynchronous({
      get: async () => null,
      countAll: async () => '7',
      set: async () => {
        throw new Error('connection lost');
      },
    });
    assert.equal(clients.UseDeviceStore(store), clients);
    assert.equal(await clients.HasMobileDevice('d'), false);
    assert.equal(await clients.GetMobileFcmToken('d'), undefined);
    assert.equal(await clients.GetMobileDeviceCount(), 7);
    assert.throws(() => clients.mobile, { code: 'VALIDATION_ERROR' });
    const adding = clients.AddMobileDevice('d', 'token');
    await assert.rejects(adding, /connection lost/);
    clients.AddMobileDevice('d', 'token');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      log.records.map(({ level, message }) => [level, message]),
      [
        ['error', 'AddMobileDevice() failed'],
        ['error', 'AddMobileDevice() failed'],
      ],
    );
  });

  function asynchronous(methods) {
    const rest = ['set', 'get', 'delete', 'deleteTokens', 'count', 'countAll', 'devices', 'allDevices'];
    return { ...Object.fromEntries(rest.map((name) => [name, async () => undefined])), ...methods };
  }
});
