/** Where a token may stand in a request, and that no log has it. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { EXPRESSES, startHttp, token } = require('../support/http-app');

for (const express of EXPRESSES) {
  describe(`a token on ${express}`, () => {
    it('stands in the header, whatever its case and its spaces', async (context) => {
      const { get } = await startHttp(context, { express });
      for (const authorization of [`Bearer ${token()}`, `bearer ${token()}`, `BEARER   ${token()} `]) {
        assert.equal((await get('/mtdd/Load', { headers: { authorization } })).status, 200, authorization);
      }
    });

    it('is refused in another form', async (context) => {
      const { get } = await startHttp(context, { express });
      for (const authorization of [
        ...[
          '',
          'Bearer',
          'Bearer ',
          'Basic dTpw',
          token(),
          `Token ${token()}`,
          `Bearer ${token()}, Bearer x`,
        ],
        ...[`Bearer ${token()} x`, 'Bearer <script>', `Bearer "${token()}"`, `Bearer\t${token()}`],
      ]) {
        for (const path of ['/mtdd/Load', '/mtdd/events', `/mtdd/events?token=${token()}`]) {
          const { status, headers, body } = await get(path, { headers: { authorization } });
          if (authorization === '' && path.includes('?')) continue;
          assert.deepEqual([status, body.error.code], [401, 'AUTHENTICATION_ERROR'], authorization);
          assert.equal(headers['www-authenticate'], 'Bearer');
          assert.equal(headers['cache-control'], 'no-store');
        }
      }
    });

    it('is refused in two headers', async (context) => {
      const { get } = await startHttp(context, { express });
      const authorization = [`Bearer ${token()}`, `Bearer ${token({ tid: 'other' })}`];
      const { status, body } = await get('/mtdd/Load', { headers: { authorization } });
      assert.deepEqual([status, body.error.code], [400, 'VALIDATION_ERROR']);
    });

    it('may stand in the query of events alone, and never in two places that differ', async (context) => {
      const { get } = await startHttp(context, { express });
      const [mine, theirs] = [token(), token({ tid: 'other' })];
      const cases = [
        [`/mtdd/events?token=${mine}`, undefined, 200],
        [`/mtdd/events?a=1&%74oken=${mine}&b=2`, undefined, 200],
        [`/mtdd/events?token=${mine}`, mine, 200],
        ['/mtdd/events?token=', mine, 200],
        [`/mtdd/events?token=${mine}`, theirs, 400],
        [`/mtdd/events?token=${mine}&token=${mine}`, undefined, 400],
        [`/mtdd/events?token[]=${mine}`, undefined, 401],
        [`/mtdd/events?Token=${mine}`, undefined, 401],
        ['/mtdd/events?token=', undefined, 401],
        ['/mtdd/events?token=x', undefined, 401],
        [`/mtdd/Load?token=${mine}`, undefined, 400],
        [`/mtdd/Load?token=${mine}`, mine, 400],
        ['/mtdd/Load?token=', mine, 400],
      ];
      for (const [path, bearer, status] of cases) {
        const answer = await get(path, { token: bearer });
        assert.equal(answer.status, status, path);
        assert.ok(!answer.text.includes(mine) && !answer.text.includes(theirs), path);
        if (status === 200) assert.match(answer.text, /"tid":"acme"/);
        answer.req.destroy();
      }
    });

    it('is no parameter for the handlers', async (context) => {
      const { get } = await startHttp(context, { express });
      const { text, req } = await get(`/mtdd/events?a=1&token=${token()}&b=%26token%3Dx`, {});
      assert.deepEqual(JSON.parse(text.slice('data: '.length)).params, [
        ['a', '1'],
        ['b', '&token=x'],
      ]);
      req.destroy();
    });

    it('is taken out of whatever is below the prefix, preflights and misspelt routes included', async (context) => {
      const after = (app) =>
        app.use((req, res) => res.status(418).json([req.url, req.originalUrl, req.query]));
      const { get } = await startHttp(context, { express, after });
      for (const [path, method] of [
        ['/mtdd/events', 'OPTIONS'],
        ['/mtdd/event', 'GET'],
        ['/mtdd/events/x', 'GET'],
        ['/mtdd/', 'POST'],
        ['/mtdd', 'GET'],
        ['http://example.com/mtdd/event', 'GET'],
      ]) {
        const { status, body } = await get(`${path}?a=1&token=secret`, { method });
        assert.equal(status, 418);
        assert.deepEqual([body[1], body[2]], [`${path}?a=1`, { a: '1' }], `${method} ${path}`);
        assert.equal(body[0], `${path}?a=1`);
      }
      const elsewhere = await get('/reset?token=own');
      assert.deepEqual(elsewhere.body[2], { token: 'own' });
    });

    it('stays in the URLs of the application’s own routes when the prefix is the root', async (context) => {
      const after = (app) => app.use((req, res) => res.status(418).json(req.query));
      const { get } = await startHttp(context, { express, after, http: { path: '/' } });
      assert.deepEqual((await get('/reset?token=own')).body, { token: 'own' });
      assert.deepEqual((await get('/events?token=secret', { method: 'OPTIONS' })).body, {});
      assert.equal((await get(`/Load?tableName=t`, { token: token() })).status, 200);
    });

    for (const errors of ['json', 'app']) {
      it(`is in no log, neither ours nor one of the application's that writes at the end (${errors})`, async (context) => {
        const lines = [];
        const before = (app) =>
          app.use((req, res, next) => {
            res.on('close', () => lines.push(JSON.stringify([req.url, req.originalUrl, req.query])));
            next();
          });
        // Without one, Express writes errors to the console.
        const after = (app) =>
          app.use((error, _req, res, _next) => res.status(error.statusCode ?? 500).end());
        const load = () => Promise.reject(new Error('what a query says'));
        const started = { express, before, after, http: { errors }, handlers: { load } };
        const { get, log, routes } = await startHttp(context, started);
        const tokens = [
          token(),
          token({}, { secret: 'another secret of thirty-two bytes' }),
          'garbage-token-value',
        ];
        const gets = [];
        for (const one of tokens) {
          gets.push(
            await get('/mtdd/Load', { token: one }),
            await get(`/mtdd/Load?token=${one}`),
            await get(`/mtdd/events?x=1&token=${one}&y=2`),
            await get(`/mtdd/events?token=${one}&token=${one}`),
            await get(`/mtdd/events?token[a]=${one}`),
            await get(`/mtdd/events?token=${one}`, { method: 'POST' }),
          );
        }
        for (const { req } of gets) req.destroy();
        await log.requests(gets.length + 1);
        await routes.close();
        gets.push(await get(`/mtdd/events?token=${tokens[0]}`));
        assert.equal(gets.at(-1).status, 503);
        assert.ok(lines.length >= gets.length - 1 && lines.some((line) => line.includes('x=1&y=2')));
        for (const one of tokens.flatMap((whole) => [whole, ...whole.split('.').slice(1)])) {
          assert.ok(!log.text.includes(one), log.text);
          assert.ok(!lines.join('\n').includes(one), lines.join('\n'));
        }
      });
    }
  });
}

describe('a token of 65,536 bytes', () => {
  it('is refused by Node, or by us where Node takes it', async (context) => {
    const long = token({ pad: 'x'.repeat(49_152) });
    const { get } = await startHttp(context);
    const refused = await get('/mtdd/Load', { token: long }).catch(({ code }) => ({ status: code }));
    assert.ok([431, 'ECONNRESET', 'EPIPE'].includes(refused.status), String(refused.status));
    const generous = await startHttp(context, { server: { maxHeaderSize: 1 << 20 } });
    for (const path of ['/mtdd/Load', '/mtdd/events']) {
      assert.equal((await generous.get(path, { token: long })).status, 401);
    }
    assert.equal((await generous.get(`/mtdd/events?token=${long}`)).status, 401);
    const records = await generous.log.requests(3);
    assert.ok(records.every(({ reason }) => reason === 'longer than 16384 characters'));
  });
});

describe('parameters', () => {
  it('arrive as they were sent, whatever they say, and change no tenant', async (context) => {
    const texts = [
      ...[
        "' OR 1=1; --",
        '../../etc/passwd',
        '{{7*7}}',
        '<script>',
        '\r\nX-Evil: 1',
        '\0',
        '%00',
        '__proto__',
      ],
      ...['constructor', 'tid', 'tenantId', 'user', '\ud83d\ude00', 'x'.repeat(8000)],
    ];
    for (const express of EXPRESSES) {
      const { get, log } = await startHttp(context, { express });
      for (const text of texts) {
        const encoded = encodeURIComponent(text);
        for (const query of [
          `${encoded}=other`,
          `tid=${encoded}`,
          `__proto__[tid]=${encoded}`,
          `user.tid=${encoded}`,
        ]) {
          const { status, body, headers } = await get(`/mtdd/Load?${query}`, { token: token() });
          assert.equal(status, 200, query);
          assert.equal(body.user.tid, 'acme');
          assert.equal(body.params.length, 1);
          assert.ok(body.params[0].includes(text));
          assert.ok(!('x-evil' in headers));
        }
      }
      assert.equal(Object.prototype.tid, undefined);
      assert.ok((await log.requests(texts.length * 4)).every(({ path }) => path === '/mtdd/Load'));
    }
  });

  it('of 65,536 bytes, and thousands of them, are taken where Node takes them', async (context) => {
    const { get } = await startHttp(context, { server: { maxHeaderSize: 1 << 20 } });
    const long = await get(`/mtdd/Load?a=${'x'.repeat(65_536)}`, { token: token() });
    assert.equal(long.body.params[0][1].length, 65_536);
    const many = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&');
    assert.equal((await get(`/mtdd/Load?${many}`, { token: token() })).body.params.length, 10_000);
    assert.equal((await get('/mtdd/Load?', { token: token() })).body.params.length, 0);
    assert.equal((await get('/mtdd/Load?%ff=%', { token: token() })).status, 200);
  });
});
