/** The routes' frame on Express 4 and 5: dispatch, errors, the log, and what is left of it after close. */

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, it } = require('node:test');
const { ShardUnavailableError, ValidationError } = require('../../js');
const { EXPRESSES, startHttp, token } = require('../support/http-app');

const HTTP_CODES = { 400: 'VALIDATION_ERROR', 401: 'AUTHENTICATION_ERROR', 405: 'METHOD_NOT_ALLOWED' };

for (const express of EXPRESSES) {
  describe(`the routes on ${express}`, () => {
    for (const [what, before] of [
      ['behind nothing', undefined],
      ['behind express.json()', (app, made) => app.use(made.json(), made.urlencoded({ extended: true }))],
    ]) {
      it(`answer GET in any case, with a slash at the end or not, ${what}`, async (context) => {
        const { get } = await startHttp(context, { express, before });
        for (const path of ['/mtdd/Load', '/mtdd/load/', '/MTDD/LOAD']) {
          const { status, body } = await get(`${path}?tableName=t&x%5B%5D=1`, { token: token() });
          assert.equal(status, 200, path);
          assert.deepEqual(body.params, [
            ['tableName', 't'],
            ['x[]', '1'],
          ]);
          assert.deepEqual([body.user.sub, body.user.tid, body.user.roles], ['u1', 'acme', ['reader']]);
        }
        const whole = await get('http://example.com/mtdd/Load?tableName=t', { token: token() });
        assert.deepEqual([whole.status, whole.body.params], [200, [['tableName', 't']]]);
        assert.equal((await get('http://example.com/mtdd/Load')).status, 401);
        for (const path of ['/mtdd/events', 'http://example.com/mtdd/events']) {
          const events = await get(path, { token: token() });
          assert.equal(events.status, 200);
          events.req.destroy();
        }
      });
    }

    it('pass on what is not theirs, and preflights', async (context) => {
      const after = (app) => app.use((req, res) => res.status(418).end(req.url));
      const { get } = await startHttp(context, { express, after });
      for (const path of ['/', '/mtdd', '/mtdd/', '/mtdd/Loader', '/mtdd/Load/x', '/x/mtdd/Load']) {
        assert.equal((await get(path, { token: token() })).status, 418, path);
      }
      assert.equal((await get('/mtdd/Load', { method: 'OPTIONS' })).status, 418);
    });

    it('refuse other methods with Allow', async (context) => {
      const { get } = await startHttp(context, { express });
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
        const { status, headers, body } = await get('/mtdd/Load', { method, token: token() });
        assert.deepEqual([status, headers.allow], [405, 'GET, HEAD, OPTIONS'], method);
        assert.equal(body.error.code, HTTP_CODES[405]);
      }
    });

    it('answer HEAD without a body, and without opening a stream', async (context) => {
      const events = () => assert.fail('a stream was opened');
      const { get } = await startHttp(context, { express, handlers: { events } });
      for (const path of ['/mtdd/Load', '/mtdd/events']) {
        const { status, text } = await get(path, { method: 'HEAD', token: token() });
        assert.deepEqual([status, text], [200, ''], path);
      }
      assert.equal((await get('/mtdd/events', { method: 'HEAD' })).status, 401);
    });

    it('refuse a parameter that comes twice, under whatever spelling', async (context) => {
      const { get } = await startHttp(context, { express });
      for (const query of ['a=1&a=2', 'a=1&%61=1', 'a&a', '=1&=2']) {
        const { status, body } = await get(`/mtdd/Load?${query}`, { token: token() });
        assert.deepEqual([status, body.error.code], [400, HTTP_CODES[400]], query);
      }
    });

    it('answer a failure by its class, and say nothing of the inside', async (context) => {
      const secretly = 'select * from "hidden" where x = $1 - 10.0.0.7:50051 went away';
      const cases = [
        [new Error(secretly), 500, 'INTERNAL'],
        [Object.assign(new Error(secretly), { code: '42P01', statusCode: 404 }), 500, 'INTERNAL'],
        [new ShardUnavailableError(secretly), 503, 'SHARD_UNAVAILABLE'],
        [new ValidationError('tableName: expected a table.'), 400, 'VALIDATION_ERROR'],
        [secretly, 500, 'INTERNAL'],
        [undefined, 500, 'INTERNAL'],
        [null, 500, 'INTERNAL'],
      ];
      for (const [error, status, code] of cases) {
        const load = async () => {
          throw error;
        };
        const { get, log } = await startHttp(context, { express, handlers: { load } });
        const answer = await get('/mtdd/Load', { token: token() });
        assert.deepEqual([answer.status, answer.body.error.code], [status, code], String(error));
        assert.deepEqual(Object.keys(answer.body), ['error']);
        assert.ok(!answer.text.includes('hidden') && !answer.text.includes('50051'), answer.text);
        assert.equal('retry-after' in answer.headers, status === 503);
        const [record] = await log.requests(1);
        assert.deepEqual([record.level, record.status], [status >= 500 ? 50 : 30, status]);
        if (typeof error?.message === 'string' && status >= 500) assert.match(log.text, /hidden/);
      }
    });

    it('break off what has begun to be answered', async (context) => {
      const load = ({ res }) => {
        res.write('[{"id":');
        throw new Error('the shard went away');
      };
      for (const errors of ['json', 'app']) {
        const { get, log } = await startHttp(context, { express, handlers: { load }, http: { errors } });
        await assert.rejects(get('/mtdd/Load', { token: token() }), { code: 'ECONNRESET' });
        const [record] = await log.requests(1);
        assert.equal(record.level, 50);
      }
    });

    it("leave errors to the application's own handler if it wants them", async (context) => {
      const after = (app) =>
        // Express knows an error handler by its four parameters.
        app.use((error, _req, res, _next) =>
          res.status(error.statusCode ?? 599).json({ mine: error.code ?? error.message }),
        );
      const load = () => Promise.reject(new Error('unknown'));
      const { get } = await startHttp(context, {
        express,
        after,
        handlers: { load },
        http: { errors: 'app' },
      });
      const refused = await get('/mtdd/Load');
      assert.deepEqual([refused.status, refused.body], [401, { mine: 'AUTHENTICATION_ERROR' }]);
      assert.equal(refused.headers['www-authenticate'], 'Bearer');
      const failed = await get('/mtdd/Load', { token: token() });
      assert.deepEqual([failed.status, failed.body], [599, { mine: 'unknown' }]);
      const ours = await startHttp(context, { express, after });
      assert.deepEqual((await ours.get('/mtdd/Load')).body.error.code, 'AUTHENTICATION_ERROR');
    });

    it('are where the configuration says', async (context) => {
      for (const [path, at] of [
        ['/', '/Load'],
        ['/api/v2.1/sync', '/api/v2.1/sync/Load'],
      ]) {
        const { get, log } = await startHttp(context, { express, http: { path } });
        assert.equal((await get(at, { token: token() })).status, 200);
        assert.equal((await get('/mtdd/Load', { token: token() })).status, 404);
        const [record] = await log.requests(1);
        assert.equal(record.path, at);
      }
    });
  });
}

describe('the signal of a request', () => {
  it('is aborted when the client goes away', async (context) => {
    const aborted = deferred();
    const events = ({ res, signal }) => {
      res.setHeader('Content-Type', 'text/event-stream');
      res.write('data: 1\n\n');
      signal.addEventListener('abort', () => aborted.resolve(signal.reason.message));
    };
    const { get, log } = await startHttp(context, { handlers: { events } });
    const { req } = await get('/mtdd/events', { token: token() });
    assert.equal(log.records.length, 1);
    req.destroy();
    assert.match(await aborted.promise, /client/);
    const records = await log.requests(2);
    assert.deepEqual(
      records.map(({ tenant, status, level }) => [tenant, status, level]),
      [
        ['acme', undefined, 30],
        ['acme', 200, 30],
      ],
    );
  });

  it('keeps a handler from being called for a client that went away while its token was verified', async (context) => {
    const verifying = deferred();
    const gone = deferred();
    const verify = async () => {
      verifying.resolve();
      await gone.promise;
      return { sub: 'u', tid: 't' };
    };
    let calls = 0;
    const load = ({ res }) => res.end(String(++calls));
    const { get, log, port } = await startHttp(context, { auth: { verify }, handlers: { load } });
    const headers = { authorization: 'Bearer x' };
    const client = http.get({ host: '127.0.0.1', port, path: '/mtdd/Load', headers, agent: false });
    client.on('error', () => {});
    await verifying.promise;
    client.destroy();
    const [record] = await log.requests(1);
    assert.equal(record.status, 499);
    gone.resolve();
    assert.equal((await get('/mtdd/Load', { token: 'y' })).text, '1');
  });
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => Object.assign(made, { resolve }));
  return made;
}
