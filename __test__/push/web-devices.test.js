/** Web devices: real responses of a real server. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const express = require('express');
const { after, before, beforeEach, describe, test } = require('node:test');
const { createActiveClients } = require('../../js/push/active-clients');

let clients;
let server;
/** What the next request is registered as. */
let register;

before(async () => {
  const app = express();
  app.get('/stream', (_req, res, next) => {
    res.setHeader('Content-Type', 'text/event-stream');
    res.flushHeaders();
    try {
      register(res);
    } catch (error) {
      next(error);
    }
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());
beforeEach(() => {
  ({ clients } = createActiveClients());
});

/** Opens a stream. `text` is what has come; `close` goes away, and waits until the server knows. */
async function open(deviceId, eventName, options) {
  let response;
  register = (res) => {
    response = res;
    clients.AddWebDeviceEvent(deviceId, eventName, res, options);
  };
  const request = http.get({ port: server.address().port, path: '/stream', agent: false });
  const [incoming] = await once(request, 'response');
  const stream = {
    response,
    text: '',
    async close() {
      const closed = once(response, 'close');
      request.destroy();
      await closed;
    },
    async until(text) {
      while (!stream.text.includes(text)) await once(incoming, 'data');
    },
  };
  incoming.setEncoding('utf8').on('data', (text) => {
    stream.text += text;
  });
  incoming.on('error', () => {});
  return stream;
}

test('a device has its events until they are deleted', async () => {
  const stream = await open('d', 'events');
  assert.equal(clients.HasWebDeviceEvent('d', 'events'), true);
  assert.equal(clients.HasWebDeviceEvent('d', 'others'), false);
  assert.equal(clients.HasWebDeviceEvent('e', 'events'), false);
  const events = clients.GetWebDeviceEvents('d');
  assert.ok(events instanceof Map);
  assert.equal(events.get('events'), stream.response);
  assert.equal(clients.web.get('d').get('events'), stream.response);
  clients.AddWebDeviceEvent('d', 'others', stream.response);
  clients.DeleteWebDeviceEvents('d', 'events');
  assert.deepEqual([...clients.GetWebDeviceEvents('d').keys()], ['others']);
  clients.DeleteWebDeviceEvents('d', 'others');
  assert.equal(clients.GetWebDeviceEvents('d'), undefined);
  assert.equal(clients.web.has('d'), false);
  clients.AddWebDeviceEvent('d', 'events', stream.response);
  clients.DeleteWebDevice('d');
  assert.equal(clients.HasWebDeviceEvent('d', 'events'), false);
  clients.DeleteWebDevice('d');
  clients.DeleteWebDeviceEvents('d', 'events');
  await stream.close();
});

test('each tab of a device gets what is written, and one that closes leaves the others', async () => {
  const tabs = [await open('d', 'events'), await open('d', 'events'), await open('d', 'events')];
  assert.equal(clients.GetWebDeviceEvents('d').get('events').write('data: 1\n\n'), true);
  for (const tab of tabs) await tab.until('data: 1');
  assert.deepEqual(
    clients.GetWebDeviceResponses('d', 'events'),
    tabs.map(({ response }) => response),
  );
  const earlier = clients.GetWebDeviceEvents('d').get('events');
  await tabs[1].close();
  assert.equal(clients.GetWebDeviceResponses('d', 'events').length, 2);
  clients.GetWebDeviceEvents('d').get('events').write('data: 2\n\n');
  // What was asked for before the tab closed reaches the others too.
  earlier.write('data: 3\n\n');
  for (const tab of [tabs[0], tabs[2]]) await tab.until('data: 3');
  assert.ok(tabs[0].text.includes('data: 2'));
  assert.ok(!tabs[1].text.includes('data: 2'));
  earlier.end();
  await Promise.all([tabs[0], tabs[2]].map(({ response }) => response.closed || once(response, 'close')));
  assert.equal(clients.HasWebDeviceEvent('d', 'events'), false);
  assert.deepEqual([...clients.web], []);
});

test('the same id in two tenants is two devices: neither receives or replaces what is the other’s', async () => {
  const acme = await open('d', 'events', { tenantId: 'acme' });
  const other = await open('d', 'events', { tenantId: 'other' });
  const none = await open('d', 'events');
  clients.GetWebDeviceEvents('d', { tenantId: 'acme' }).get('events').write('data: for acme\n\n');
  await acme.until('for acme');
  clients.GetWebDeviceEvents('d').get('events').write('data: for nobody\n\n');
  clients.GetWebDeviceEvents('d', { tenantId: 'other' }).get('events').write('data: for other\n\n');
  await other.until('for other');
  await none.until('for nobody');
  assert.doesNotMatch(other.text + none.text, /for acme/);
  assert.doesNotMatch(acme.text, /nobody|other/);
  assert.equal(clients.GetWebDeviceEvents('d', { tenantId: 'third' }), undefined);
  clients.DeleteWebDevice('d', { tenantId: 'other' });
  assert.equal(clients.HasWebDeviceEvent('d', 'events', { tenantId: 'acme' }), true);
  for (const stream of [acme, other, none]) await stream.close();
});

test('a response of one tenant is refused for another', async () => {
  const stream = await open('d', 'events', { tenantId: 'acme' });
  for (const options of [{ tenantId: 'other' }, { tenantId: 'acme', tenantType: 2 }, undefined]) {
    assert.throws(() => clients.AddWebDeviceEvent('d', 'events', stream.response, options), TypeError);
  }
  await stream.close();
});

test('a response that is closed already is not kept', async () => {
  const stream = await open('d', 'events');
  await stream.close();
  clients.AddWebDeviceEvent('d', 'events', stream.response);
  assert.equal(clients.HasWebDeviceEvent('d', 'events'), false);
});

describe('what is refused', () => {
  test('a wrong id, event, response or tenant', () => {
    const res = { write() {}, end() {} };
    for (const wrong of [undefined, null, '', 5, ['d'], { d: 1 }, 'a\0b', 'x'.repeat(513)]) {
      assert.throws(() => clients.AddWebDeviceEvent(wrong, 'events', res), /deviceId: expected/);
      assert.throws(() => clients.AddWebDeviceEvent('d', wrong, res), /eventName: expected/);
      for (const name of ['GetWebDeviceEvents', 'DeleteWebDevice']) {
        assert.throws(
          () => clients[name](wrong),
          new RegExp(`^TypeError: ${name}\\(\\): deviceId: expected`),
        );
      }
      for (const name of ['HasWebDeviceEvent', 'DeleteWebDeviceEvents', 'GetWebDeviceResponses']) {
        assert.throws(() => clients[name](wrong, 'events'), /deviceId: expected/);
        assert.throws(() => clients[name]('d', wrong), /eventName: expected/);
      }
    }
    for (const wrong of [undefined, null, 'res', 5]) {
      assert.throws(
        () => clients.AddWebDeviceEvent('d', 'events', wrong),
        /res: expected an Express response/,
      );
    }
    for (const wrong of [{}, { tenantId: undefined }, { tenantId: '' }, { tenantId: NaN }, 'acme']) {
      assert.throws(() => clients.AddWebDeviceEvent('d', 'events', res, wrong), TypeError);
    }
    assert.deepEqual([...clients.web], []);
  });

  test('a change of the map of 1.x', () => {
    assert.throws(() => clients.web.set('d', new Map()), TypeError);
    assert.throws(() => clients.web.clear(), TypeError);
  });
});

test('what a tenant leaves behind is nothing', async () => {
  const { WebDevices } = require('../../js/push/web-devices');
  const devices = new WebDevices();
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 100_000; index++) {
    const options = { tenantId: `tenant-${index}` };
    devices.add('d', 'events', { write() {} }, options);
    devices.delete('d', options);
  }
  gc();
  const kept = process.memoryUsage().heapUsed - before;
  assert.ok(kept < 5_000_000, `${kept} bytes`);
  // Used once more, so that it was not collected itself.
  assert.deepEqual([...devices.view], []);
});
