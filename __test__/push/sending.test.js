/** Messages to devices, against a stand-in of FCM that firebase-admin talks to as it does to Google. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');
const { createActiveClients } = require('../../js/push/active-clients');
const { Sending } = require('../../js/push/sending');
const { MemoryDeviceStore } = require('../../js/push/stores/memory');
const { startFcm } = require('../support/fcm');
const { recordingLogger } = require('../support/recording-logger');

const HELLO = { title: 'New Order', body: 'You have a new order #12345' };

let fcm;
let clients;
let log;

before(async () => {
  fcm = await startFcm();
});
after(() => fcm.stop());
beforeEach(() => {
  fcm.clear();
  clients = started();
});

/** An ActiveClients of its own with the stand-in's account. */
function started(settings) {
  const made = createActiveClients(settings);
  log = recordingLogger();
  made.setUp({ account: fcm.account, log });
  return made.clients;
}

/** What each token got, sorted. */
const tokens = () => fcm.sent.map(({ token }) => token).sort();

describe('a message', () => {
  test('is a notification, and stands in data too, where clients of 1.x read it', async () => {
    await clients.SendPushNotification('token-1', { ...HELLO, data: { orderId: '12345', type: 'order' } });
    assert.deepEqual(fcm.sent, [
      { token: 'token-1', notification: HELLO, data: { orderId: '12345', type: 'order', ...HELLO } },
    ]);
  });

  test('is data alone with dataOnly, as 1.x sent it', async () => {
    await clients.SendPushNotification('token-1', { ...HELLO, dataOnly: true });
    assert.deepEqual(fcm.sent, [{ token: 'token-1', data: HELLO }]);
  });

  test('carries numbers and booleans as strings', async () => {
    await clients.SendPushNotification('t', {
      ...HELLO,
      data: { a: 1, b: false, c: 10n ** 20n, d: '', e: '\ud83d' },
    });
    const { title: _t, body: _b, ...data } = fcm.sent[0].data;
    assert.deepEqual(data, { a: '1', b: 'false', c: '100000000000000000000', d: '', e: '\ufffd' });
  });

  test('is refused by the name of its wrong field, and nothing is sent', async () => {
    const wrong = [
      [undefined, /^SendPushNotification\(\): message: expected \{ title, body \}, got undefined$/],
      [null, /message: expected/],
      ['hello', /message: expected/],
      [[], /message: expected/],
      [{ title: 'x' }, /message\.body: expected a string, got undefined/],
      [{ body: 'x' }, /message\.title: expected a string, got undefined/],
      [{ ...HELLO, title: 5 }, /message\.title: expected a string, got 5/],
      [{ ...HELLO, date: {} }, /message\.date: unknown field; did you mean "data"\?/],
      [{ ...HELLO, dataOnly: 'yes' }, /message\.dataOnly: expected true or false/],
      [{ ...HELLO, data: 'x' }, /message\.data: expected a plain object, got "x"/],
      [{ ...HELLO, data: new Map([['a', 'b']]) }, /message\.data: expected a plain object/],
      [{ ...HELLO, data: { order: { id: 1 } } }, /message\.data\.order: expected .*, got an object/],
      [{ ...HELLO, data: { order: null } }, /message\.data\.order: expected .*, got null/],
      [{ ...HELLO, data: { order: undefined } }, /message\.data\.order: expected .*, got undefined/],
      [{ ...HELLO, data: { order: NaN } }, /message\.data\.order: expected .*, got NaN/],
      [{ ...HELLO, data: { from: 'x' } }, /message\.data\.from: expected another name/],
      [{ ...HELLO, data: { 'google.x': 'x' } }, /message\.data\.google\.x: expected another name/],
      [
        { ...HELLO, data: JSON.parse('{"__proto__":"x"}') },
        /message\.data\.__proto__: expected another name/,
      ],
      [{ ...HELLO, data: { title: 'Other' } }, /message\.data\.title: expected another name/],
      [{ ...HELLO, data: { a: 'x'.repeat(4096) } }, /message: expected at most 4096 bytes, got 41/],
      [{ ...HELLO, data: { a: 'x'.repeat(10_000_000) } }, /message: expected at most 4096 bytes/],
    ];
    clients.AddMobileDevice('d', 'token-d', { tenantId: 'acme' });
    for (const [message, expected] of wrong) {
      const sendings = [
        clients.SendPushNotification('t', message),
        clients.SendPushNotificationToDevice('d', message, { tenantId: 'acme' }),
        clients.SendPushNotificationToTenant('acme', message),
        clients.BroadcastPushNotification(message),
      ];
      for (const [index, sending] of sendings.entries()) {
        await assert.rejects(sending, (error) => {
          assert.ok(error instanceof TypeError);
          assert.deepEqual([error.code, error.statusCode], ['VALIDATION_ERROR', 400]);
          if (index === 0) assert.match(error.message, expected);
          return true;
        });
      }
    }
    assert.deepEqual(fcm.sent, []);
  });

  test('of exactly 4096 bytes is sent, one byte more is not', async () => {
    const message = (length) => ({ title: 'a', body: 'b', data: { k: 'x'.repeat(length) } });
    // title, body and k as names, and a and b twice each.
    const rest = 'title'.length + 'body'.length + 'k'.length + 4;
    assert.equal((await clients.SendPushNotification('t', message(4096 - rest))).successCount, 1);
    await assert.rejects(clients.SendPushNotification('t', message(4097 - rest)), TypeError);
  });

  test('may have names in data that every object knows', async () => {
    const data = { constructor: 'a', toString: 'b', hasOwnProperty: 'c', prototype: 'd' };
    await clients.SendPushNotification('t', { ...HELLO, data });
    assert.deepEqual(fcm.sent[0].data, { ...data, ...HELLO });
  });

  test('is the one that was passed, whatever is done to it meanwhile', async () => {
    const message = { ...HELLO, data: { a: '1' } };
    const sending = clients.SendPushNotification('t', message);
    message.title = 'changed';
    message.data.a = 'changed';
    await sending;
    assert.deepEqual(fcm.sent[0].data, { ...HELLO, a: '1' });
  });
});

describe('sending to one', () => {
  test('token resolves with the id of the message', async () => {
    assert.deepEqual(await clients.SendPushNotification('token-1', HELLO), {
      successCount: 1,
      failureCount: 0,
      results: [{ token: 'token-1', ok: true, messageId: 'projects/stand-in/messages/1' }],
    });
  });

  test('device resolves with the id of the message, and without its token', async () => {
    clients.AddMobileDevice('d', 'token-d');
    assert.deepEqual(await clients.SendPushNotificationToDevice('d', HELLO), {
      successCount: 1,
      failureCount: 0,
      results: [{ deviceId: 'd', ok: true, messageId: 'projects/stand-in/messages/1' }],
    });
    assert.deepEqual(tokens(), ['token-d']);
  });

  test('device of a tenant never reaches the same id of another tenant, or of none', async () => {
    clients.AddMobileDevice('d', 'of-acme', { tenantId: 'acme' });
    clients.AddMobileDevice('d', 'of-other', { tenantId: 'other' });
    clients.AddMobileDevice('d', 'of-type-2', { tenantId: 'acme', tenantType: 2 });
    await clients.SendPushNotificationToDevice('d', HELLO, { tenantId: 'acme' });
    assert.deepEqual(tokens(), ['of-acme']);
    const { results } = await clients.SendPushNotificationToDevice('d', HELLO);
    assert.equal(results[0].error.code, 'DEVICE_NOT_FOUND');
    assert.deepEqual(tokens(), ['of-acme']);
  });

  test('unknown device says so, and sends nothing', async () => {
    const { successCount, failureCount, results } = await clients.SendPushNotificationToDevice('no', HELLO);
    assert.deepEqual([successCount, failureCount], [0, 1]);
    assert.deepEqual([results[0].deviceId, results[0].ok, results[0].error.statusCode], ['no', false, 404]);
    assert.deepEqual(fcm.sent, []);
  });

  test('wrong token is refused without being quoted', async () => {
    for (const token of [undefined, null, '', 5, {}, 'with space', 'a\nb', `secret${'x'.repeat(5000)}`]) {
      await assert.rejects(clients.SendPushNotification(token, HELLO), (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /^SendPushNotification\(\): fcmToken: expected/);
        assert.doesNotMatch(error.message, /secret|with space/);
        return true;
      });
    }
  });
});

describe('sending to a tenant', () => {
  test('reaches its devices, and nobody else', async () => {
    clients.AddMobileDevice('1', 'acme-1', { tenantId: 'acme' });
    clients.AddMobileDevice('2', 'acme-2', { tenantId: 'acme', tenantType: '1' });
    clients.AddMobileDevice('3', 'acme-of-type-2', { tenantId: 'acme', tenantType: 2 });
    clients.AddMobileDevice('4', 'other', { tenantId: 'other' });
    clients.AddMobileDevice('5', 'nobody');
    const outcome = await clients.SendPushNotificationToTenant('acme', HELLO);
    assert.deepEqual(tokens(), ['acme-1', 'acme-2']);
    assert.deepEqual(
      outcome.results.map(({ messageId, ...rest }) => rest),
      ['1', '2'].map((deviceId) => ({ tenantId: 'acme', tenantType: 1, deviceId, ok: true })),
    );
    fcm.clear();
    await clients.SendPushNotificationToTenant({ tenantId: 'acme', tenantType: 2 }, HELLO);
    assert.deepEqual(tokens(), ['acme-of-type-2']);
  });

  test('without devices resolves with nothing sent', async () => {
    const nothing = { successCount: 0, failureCount: 0, results: [] };
    assert.deepEqual(await clients.SendPushNotificationToTenant('nobody', HELLO), nothing);
    assert.deepEqual(await clients.BroadcastPushNotification(HELLO), nothing);
  });

  test('that is missing is refused, and is never everybody', async () => {
    clients.AddMobileDevice('1', 'acme-1', { tenantId: 'acme' });
    clients.AddMobileDevice('2', 'nobody');
    const missing = [undefined, null, '', NaN, {}, [], true, { tenantId: undefined }, { tenantid: 'acme' }];
    for (const tenant of missing) {
      await assert.rejects(clients.SendPushNotificationToTenant(tenant, HELLO), TypeError, String(tenant));
    }
    await assert.rejects(clients.SendPushNotificationToTenant('acme', HELLO, 2), /no further argument/);
    await assert.rejects(clients.BroadcastPushNotification(HELLO, 'acme'), /goes to every device/);
    await assert.rejects(clients.BroadcastPushNotification(HELLO, undefined), /goes to every device/);
    assert.deepEqual(fcm.sent, []);
  });
});

describe('a broadcast', () => {
  test('reaches all devices, each token once, and says what became of each device', async () => {
    clients.AddMobileDevice('1', 'shared');
    clients.AddMobileDevice('2', 'shared', { tenantId: 'acme' });
    clients.AddMobileDevice('3', 'own', { tenantId: 'other' });
    const { successCount, results } = await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual(tokens(), ['own', 'shared']);
    assert.equal(successCount, 3);
    assert.equal(results[0].messageId, results[1].messageId);
  });

  test('reaches a device once, also if the store names it twice', async () => {
    class Repeating extends MemoryDeviceStore {
      *allDevices() {
        yield* super.allDevices();
        yield* super.allDevices();
      }
    }
    clients.UseDeviceStore(new Repeating());
    clients.AddMobileDevice('1', 'a');
    clients.AddMobileDevice('1', 'b', { tenantId: 'acme' });
    const { results } = await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual([results.length, tokens()], [2, ['a', 'b']]);
  });

  test('goes out in batches of 500, over a limited number of connections', async () => {
    const sentBefore = [];
    class Watched extends MemoryDeviceStore {
      *allDevices() {
        for (const device of super.allDevices()) {
          sentBefore.push(fcm.sent.length);
          yield device;
        }
      }
    }
    const open = { now: 0, most: 0 };
    fcm.before = async () => {
      open.most = Math.max(open.most, ++open.now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open.now -= 1;
    };
    clients.UseDeviceStore(new Watched());
    for (let index = 0; index < 1001; index++) clients.AddMobileDevice(`d${index}`, `t${index}`);
    const { successCount, results } = await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual([successCount, results.length], [1001, 1001]);
    assert.equal(new Set(tokens()).size, 1001);
    // What had been sent when the 500th device was read, and those after it.
    assert.deepEqual(
      [499, 500, 999, 1000].map((index) => sentBefore[index]),
      [0, 500, 500, 1000],
    );
    assert.equal(open.most, 64);
    assert.equal(results[700].deviceId, 'd700');
    assert.equal(fcm.sent[Number(results[700].messageId.split('/').at(-1)) - 1].token, 't700');
  });
});

describe('a token that FCM refuses', () => {
  const left = () => ['1', '2', '3', '4'].filter((deviceId) => clients.HasMobileDevice(deviceId));

  test('is forgotten if it is no longer registered, or none at all; and kept otherwise', async () => {
    for (const [deviceId, refusal] of Object.entries({
      1: 'unregistered',
      2: 'unreadable',
      3: 'invalid',
      4: 'foreign',
    })) {
      clients.AddMobileDevice(deviceId, `token-${deviceId}`);
      fcm.refusals.set(`token-${deviceId}`, refusal);
    }
    clients.AddMobileDevice('5', 'fine');
    const { successCount, failureCount, results } = await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual([successCount, failureCount], [1, 4]);
    assert.deepEqual(left(), ['3', '4']);
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      [
        'messaging/registration-token-not-registered',
        'messaging/invalid-argument',
        'messaging/invalid-argument',
        'messaging/mismatched-credential',
        undefined,
      ],
    );
  });

  test('is forgotten by every way of sending, in every tenant that has it', async () => {
    fcm.refusals.set('dead', 'unregistered');
    const add = () => {
      clients.AddMobileDevice('1', 'dead');
      clients.AddMobileDevice('1', 'dead', { tenantId: 'acme' });
    };
    for (const send of [
      () => clients.SendPushNotification('dead', HELLO),
      () => clients.SendPushNotificationToDevice('1', HELLO),
      () => clients.SendPushNotificationToTenant('acme', HELLO),
      () => clients.BroadcastPushNotification(HELLO),
    ]) {
      add();
      await send();
      assert.equal(clients.GetMobileDeviceCount(), 0, String(send));
    }
  });

  test('does not take its device away if that has got another token meanwhile', async () => {
    clients.AddMobileDevice('1', 'old');
    fcm.refusals.set('old', 'unregistered');
    fcm.before = async () => clients.AddMobileDevice('1', 'new');
    const { failureCount } = await clients.SendPushNotificationToDevice('1', HELLO);
    assert.equal(failureCount, 1);
    assert.equal(clients.GetMobileFcmToken('1'), 'new');
  });

  test('by a 404 that does not say UNREGISTERED is kept, and the log says what may be wrong', async () => {
    const add = () => {
      for (const id of ['1', '2', '3']) clients.AddMobileDevice(id, `token-${id}`);
    };
    // A wrong project, or a proxy: every token gets the same.
    for (const id of ['1', '2', '3']) fcm.refusals.set(`token-${id}`, 'notFound');
    add();
    const { failureCount, results } = await clients.BroadcastPushNotification(HELLO);
    assert.equal(failureCount, 3);
    assert.equal(results[0].error.code, 'messaging/registration-token-not-registered');
    await clients.SendPushNotificationToDevice('1', HELLO);
    assert.deepEqual(left(), ['1', '2', '3']);
    const said = log.records.filter(({ level }) => level === 'error');
    assert.deepEqual(
      said.map(({ fields }) => fields),
      [{ count: 3 }, { count: 1 }],
    );
    assert.match(said[0].message, /the devices are kept\. Check project_id/);
    // One says so, another does not.
    fcm.refusals.set('token-2', 'unregistered');
    fcm.refusals.delete('token-3');
    await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual(left(), ['1', '3']);
  });

  test('is forgotten without FCM’s own code only beside a token that is sent to', async () => {
    // As with a firebase-admin that does not show what FCM has answered.
    const error = () =>
      Object.assign(new Error('Requested entity was not found.'), {
        code: 'messaging/registration-token-not-registered',
      });
    const forgotten = [];
    const devices = {
      async *all() {
        for (const id of ['1', '2', '3']) yield { deviceId: id, tenant: null, token: `token-${id}` };
      },
      forget: async (tokens) => forgotten.push(...tokens),
    };
    const known = new Set();
    const messaging = {
      async sendEachForMulticast({ tokens: [token] }) {
        return {
          responses: [
            known.has(token) ? { success: true, messageId: 'm' } : { success: false, error: error() },
          ],
        };
      },
    };
    const sending = new Sending(devices, { messaging: () => messaging }, () => log);
    assert.equal((await sending.toAll(HELLO, [])).failureCount, 3);
    assert.deepEqual(forgotten, []);
    known.add('token-2');
    await sending.toAll(HELLO, []);
    assert.deepEqual(forgotten, ['token-1', 'token-3']);
  });

  test('is not passed on if FCM quotes it', async () => {
    fcm.refusals.set('secret-token', 'quoted');
    clients.AddMobileDevice('1', 'secret-token');
    const { results } = await clients.SendPushNotificationToDevice('1', HELLO);
    assert.equal(results[0].error.message, 'Wrong value [token] at message.token');
    assert.doesNotMatch(results[0].error.stack, /secret-token/);
  });

  test('is written to no log and no error; the log has the numbers', async () => {
    fcm.refusals.set('secret-token', 'unregistered');
    clients.AddMobileDevice('1', 'secret-token');
    const { results } = await clients.BroadcastPushNotification(HELLO);
    assert.doesNotMatch(JSON.stringify([log.records, results]) + results[0].error.stack, /secret-token/);
    assert.deepEqual(log.records, [
      {
        level: 'warn',
        fields: {
          call: 'BroadcastPushNotification()',
          successCount: 0,
          failureCount: 1,
          codes: { 'messaging/registration-token-not-registered': 1 },
        },
        message: 'Some push notifications were not sent',
      },
    ]);
  });
});

describe('when something fails', () => {
  test('a token that FCM never answers for is given up with an unknown outcome, and only that one', async () => {
    clients = started({ patience: 1000 });
    fcm.refusals.set('slow', 'never');
    fcm.refusals.set('gone', 'unregistered');
    clients.AddMobileDevice('1', 'slow');
    clients.AddMobileDevice('2', 'quick');
    clients.AddMobileDevice('3', 'gone');
    const { successCount, failureCount, results } = await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual([successCount, failureCount], [1, 2]);
    assert.deepEqual(
      results.map(({ deviceId, ok, error }) => [deviceId, ok, error?.code]),
      [
        ['1', false, 'OUTCOME_UNKNOWN'],
        ['2', true, undefined],
        ['3', false, 'messaging/registration-token-not-registered'],
      ],
    );
    assert.equal(clients.HasMobileDevice('3'), false);
    assert.equal(results[0].error.code, 'OUTCOME_UNKNOWN');
    assert.match(
      results[0].error.message,
      /^FCM did not answer within 1000 ms: the message may arrive, or not/,
    );
    assert.equal(clients.HasMobileDevice('1'), true);
  });

  test('a store that fails in between says which devices were sent to', async () => {
    class Failing extends MemoryDeviceStore {
      *allDevices() {
        yield* super.allDevices();
        throw new Error('connection lost');
      }
    }
    clients.UseDeviceStore(new Failing());
    clients.AddMobileDevice('1', 'token-1');
    await assert.rejects(clients.BroadcastPushNotification(HELLO), (error) => {
      assert.deepEqual([error.code, error.cause.message], ['PARTIAL_FAILURE', 'connection lost']);
      assert.deepEqual(error.context, { successCount: 1, failureCount: 0 });
      assert.equal(error.outcome.results[0].deviceId, '1');
      return true;
    });
    assert.deepEqual(tokens(), ['token-1']);
  });

  test('a store that cannot forget a token does not hide what was sent', async () => {
    class Failing extends MemoryDeviceStore {
      deleteTokens() {
        throw new Error('read only');
      }
    }
    clients.UseDeviceStore(new Failing());
    clients.AddMobileDevice('1', 'dead');
    clients.AddMobileDevice('2', 'fine');
    fcm.refusals.set('dead', 'unregistered');
    const { successCount, failureCount } = await clients.BroadcastPushNotification(HELLO);
    assert.deepEqual([successCount, failureCount], [1, 1]);
    assert.deepEqual(
      log.records.map(({ level, message }) => [level, message]),
      [
        ['error', 'Dead push tokens could not be removed'],
        ['warn', 'Some push notifications were not sent'],
      ],
    );
  });

  test('a connection that breaks is tried again, and the other answers are kept', async () => {
    for (const token of ['a', 'b', 'c']) clients.AddMobileDevice(token, token);
    fcm.refusals.set('c', 'breaks');
    const { successCount } = await clients.BroadcastPushNotification(HELLO);
    assert.equal(successCount, 3);
    assert.deepEqual(tokens(), ['a', 'b', 'c', 'c']);
  });
});
