/**
 * The examples of the 1.x README's section "Client Management (ActiveClients)", as they are written there; only the path
 * of the account and the addresses are ours.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const express = require('express');
const { startFcm } = require('../support/fcm');

const credentials = path.join(os.tmpdir(), `firebase-credentials-${process.pid}.json`);
const { FIREBASE_SERVICE_ACCOUNT_JSON } = process.env;
let fcm;
let ActiveClients;

before(async () => {
  ({ ActiveClients } = await import('@advcomm/tenant_replication_postgres'));
  fcm = await startFcm();
  fs.writeFileSync(credentials, JSON.stringify(fcm.account));
  process.env.FIREBASE_SERVICE_ACCOUNT_JSON = JSON.stringify(fcm.account);
});
after(async () => {
  if (FIREBASE_SERVICE_ACCOUNT_JSON === undefined) delete process.env.FIREBASE_SERVICE_ACCOUNT_JSON;
  else process.env.FIREBASE_SERVICE_ACCOUNT_JSON = FIREBASE_SERVICE_ACCOUNT_JSON;
  fs.rmSync(credentials);
  ActiveClients.resetFirebase();
  await fcm.stop();
});

test('Firebase Initialization, by each of the three options', () => {
  const firebaseConfig = {
    type: 'service_account',
    project_id: 'your-project',
    private_key: fcm.account.private_key,
    client_email: fcm.account.client_email,
  };
  ActiveClients.InitializeFirebase(firebaseConfig);
  assert.equal(ActiveClients.isFirebaseInitialized(), true);
  ActiveClients.resetFirebase();

  ActiveClients.InitializeFirebase(credentials);
  assert.equal(ActiveClients.isFirebaseInitialized(), true);
  ActiveClients.resetFirebase();

  ActiveClients.InitializeFirebase();
  assert.equal(ActiveClients.isFirebaseInitialized(), true);
});

test('Mobile Device Management', () => {
  ActiveClients.AddMobileDevice('device-id', 'fcm-token-xyz');
  assert.equal(ActiveClients.HasMobileDevice('device-id'), true);
  assert.equal(ActiveClients.GetMobileFcmToken('device-id'), 'fcm-token-xyz');
  ActiveClients.DeleteMobileDevice('device-id');
  assert.equal(ActiveClients.GetMobileDeviceCount(), 0);
});

test('Web Device Management (SSE)', async () => {
  const app = express();
  let gone;
  app.get('/stream', (req, res) => {
    const deviceId = req.query.deviceId;

    // Set up SSE headers
    res.setHeader('Content-Type', 'text/event-stream');
    res.setHeader('Cache-Control', 'no-cache');
    res.setHeader('Connection', 'keep-alive');

    // Register device
    ActiveClients.AddWebDeviceEvent(deviceId, 'events', res);

    // Cleanup on disconnect
    req.on('close', () => {
      ActiveClients.DeleteWebDevice(deviceId);
    });

    gone = once(res, 'close');
    res.flushHeaders();
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = http.get(`http://127.0.0.1:${server.address().port}/stream?deviceId=device-id`);
  const [response] = await once(request, 'response');
  response.on('error', () => {});

  assert.equal(ActiveClients.HasWebDeviceEvent('device-id', 'events'), true);
  const events = ActiveClients.GetWebDeviceEvents('device-id');
  events.get('events').write('data: hello\n\n');
  const [data] = await once(response, 'data');
  assert.equal(String(data), 'data: hello\n\n');

  request.destroy();
  await gone;
  assert.equal(ActiveClients.HasWebDeviceEvent('device-id', 'events'), false);
  server.close();
  await once(server, 'close');
});

test('Push Notifications', async () => {
  ActiveClients.AddMobileDevice('device-id', 'fcm-token-xyz');
  const sendings = [
    // Send to specific device
    ActiveClients.SendPushNotificationToDevice('device-id', {
      title: 'New Order',
      body: 'You have a new order #12345',
      data: { orderId: '12345', type: 'order' },
    }),

    // Broadcast to all devices
    ActiveClients.BroadcastPushNotification({
      title: 'System Update',
      body: 'Scheduled maintenance in 1 hour',
    }),

    // Send using FCM token directly
    ActiveClients.SendPushNotification('fcm-token-here', { title: 'Alert', body: 'Action required' }),
  ];
  for (const outcome of await Promise.all(sendings)) {
    assert.deepEqual([outcome.successCount, outcome.failureCount], [1, 0]);
  }
  const got = fcm.sent.map(({ token, data }) => `${token}: ${data.title} ${data.orderId ?? ''}`).sort();
  assert.deepEqual(got, [
    'fcm-token-here: Alert ',
    'fcm-token-xyz: New Order 12345',
    'fcm-token-xyz: System Update ',
  ]);
});

test('DeleteWebDeviceEvents, of 1.x', () => {
  const res = { write() {} };
  ActiveClients.AddWebDeviceEvent('device-id', 'events', res);
  ActiveClients.DeleteWebDeviceEvents('device-id', 'events');
  assert.equal(ActiveClients.HasWebDeviceEvent('device-id', 'events'), false);
});
