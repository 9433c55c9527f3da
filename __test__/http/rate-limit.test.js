/** How often users, and addresses whose tokens are refused, may ask. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { EXPRESSES, startHttp, token } = require('../support/http-app');

for (const express of EXPRESSES) {
  describe(`the rate limit on ${express}`, () => {
    it('is each user’s own: a greedy one slows nobody else', async (context) => {
      const { get, log } = await startHttp(context, { express, http: { rateLimit: { limit: 2 } } });
      const status = async (claims) => (await get('/mtdd/Load', { token: token(claims) })).status;
      for (const expected of [200, 200, 429, 429]) assert.equal(await status({}), expected);
      // Another token of the same user changes nothing.
      assert.equal(await status({ exp: 4e9, roles: ['admin'] }), 429);
      for (const claims of [
        { sub: 'u2' },
        { tid: 'other' },
        { tid: 'acme","u1' },
        { sub: 'acme', tid: 'u1' },
      ]) {
        assert.equal(await status(claims), 200, JSON.stringify(claims));
      }
      const refused = await get('/mtdd/events', { token: token() });
      assert.deepEqual([refused.status, refused.body.error.code], [429, 'RATE_LIMITED']);
      const { 'retry-after': after, ratelimit, 'ratelimit-policy': policy } = refused.headers;
      assert.ok(Number(after) >= 1 && Number(after) <= 60, after);
      assert.match(ratelimit, /limit=2, remaining=0, reset=\d+/);
      assert.equal(policy, '2;w=60');
      const records = await log.requests(10);
      const limited = records.filter(({ status: one }) => one === 429);
      assert.ok(limited.every(({ level, tenant }) => level === 40 && tenant === 'acme'));
      assert.equal(limited[0].reason, 'more than 2 requests of one user in 60000 ms');
    });

    it('is not that of the types of one name', async (context) => {
      const auth = {
        verify: (type) => ({ sub: 'u', tid: 't', type: Number(type) }),
        tenantType: ({ type }) => type,
      };
      const { get } = await startHttp(context, { express, auth, http: { rateLimit: { limit: 1 } } });
      for (const [type, expected] of [
        ['1', 200],
        ['1', 429],
        ['2', 200],
      ]) {
        assert.equal((await get('/mtdd/Load', { token: type })).status, expected);
      }
    });

    it('begins anew after its window', async (context) => {
      const rateLimit = { windowMs: 300, limit: 1 };
      const { get } = await startHttp(context, { express, http: { rateLimit } });
      assert.equal((await get('/mtdd/Load', { token: token() })).status, 200);
      assert.equal((await get('/mtdd/Load', { token: token() })).status, 429);
      await new Promise((resolve) => setTimeout(resolve, 350));
      assert.equal((await get('/mtdd/Load', { token: token() })).status, 200);
    });

    it('of refused tokens keeps nobody with a good one out', async (context) => {
      const { get } = await startHttp(context, { express, http: { rateLimit: { failedLimit: 3 } } });
      const bad = [undefined, 'x', token({ tid: null })];
      const expected = [401, 401, 403, 429, 429, 429];
      for (const [index, status] of expected.entries()) {
        const answer = await get('/mtdd/Load', { token: bad[index % 3] });
        assert.equal(answer.status, status);
        assert.equal('retry-after' in answer.headers, status === 429);
      }
      assert.equal((await get('/mtdd/Load', { token: token() })).status, 200);
    });

    it('goes by the address that Express trusts', async (context) => {
      const from = (address) => ({ headers: { 'x-forwarded-for': address } });
      const http = { rateLimit: { failedLimit: 1 } };
      const before = (app) => app.set('trust proxy', 'loopback');
      const behind = await startHttp(context, { express, http, before });
      for (const [address, status] of [
        ['192.0.2.1', 401],
        ['192.0.2.1', 429],
        ['192.0.2.2', 401],
        ['2001:db8:0:1::1', 401],
        ['2001:db8:0:1::2', 429],
        ['2001:db8:1::1', 401],
        ['no address', 401],
      ]) {
        assert.equal((await behind.get('/mtdd/Load', from(address))).status, status, address);
      }
      // Nobody may choose an address where no proxy is trusted.
      const open = await startHttp(context, { express, http });
      assert.equal((await open.get('/mtdd/Load', from('192.0.2.1'))).status, 401);
      assert.equal((await open.get('/mtdd/Load', from('192.0.2.2'))).status, 429);
    });

    it("is left to the application's error handler if it wants errors", async (context) => {
      const after = (app) =>
        app.use((error, _req, res, _next) => res.status(error.statusCode).json({ mine: error.code }));
      const http = { errors: 'app', rateLimit: { limit: 1 } };
      const { get } = await startHttp(context, { express, http, after });
      await get('/mtdd/Load', { token: token() });
      const { status, body, headers } = await get('/mtdd/Load', { token: token() });
      assert.deepEqual([status, body], [429, { mine: 'RATE_LIMITED' }]);
      assert.ok(Number(headers['retry-after']) > 1);
    });
  });
}

describe('the rate limit', () => {
  it('is 600 a minute, and 60 refused tokens, unless the configuration says otherwise', async (context) => {
    const { get } = await startHttp(context);
    assert.match((await get('/mtdd/Load', { token: token() })).headers.ratelimit, /limit=600, remaining=599/);
    assert.match((await get('/mtdd/Load')).headers.ratelimit, /limit=60, remaining=59/);
  });

  it('may be none', async (context) => {
    const { get } = await startHttp(context, { http: { rateLimit: false } });
    for (let count = 0; count < 70; count++) assert.equal((await get('/mtdd/Load')).status, 401);
    assert.ok(!('ratelimit' in (await get('/mtdd/Load', { token: token() })).headers));
  });

  it("leaves the application's own limiter alone, and says nothing on the console", async (context) => {
    const said = [];
    for (const name of ['log', 'warn', 'error'])
      context.mock.method(console, name, (...args) => said.push(args));
    const { rateLimit } = require('express-rate-limit');
    const seen = [];
    const before = (app) => {
      app.use(rateLimit({ limit: 9, standardHeaders: false, legacyHeaders: false, validate: false }));
      app.use((req, res, next) => {
        res.on('close', () => seen.push(req.rateLimit.limit));
        next();
      });
    };
    const { get, log } = await startHttp(context, { before, http: { rateLimit: { limit: 1 } } });
    await get('/mtdd/Load', { token: token() });
    await get('/mtdd/Load', { token: token() });
    await get('/mtdd/Load', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    await log.requests(3);
    assert.deepEqual(seen, [9, 9, 9]);
    assert.deepEqual(said, []);
  });
});
