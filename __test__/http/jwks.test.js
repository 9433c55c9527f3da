/** Tokens of a provider that publishes its keys: rotation, failures and silence of the provider. */

const assert = require('node:assert/strict');
const { generateKeyPairSync, sign } = require('node:crypto');
const http = require('node:http');
const { describe, it } = require('node:test');
const { encoded, inSeconds, startHttp, token } = require('../support/http-app');

/** A key of the provider. */
function keyNamed(kid, alg = 'ES256') {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { pair, alg, jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

function signed({ pair, alg, jwk }, claims = {}, header = {}) {
  const text = `${encoded({ alg, kid: jwk.kid, ...header })}.${encoded({ sub: 'u', tid: 'acme', exp: inSeconds(60), ...claims })}`;
  const key = { key: pair.privateKey, dsaEncoding: /** @type {const} */ ('ieee-p1363') };
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

/** A provider, whose answer can be changed. */
async function startProvider(context) {
  const provider = {
    asked: 0,
    keys: [],
    answer: (_req, res) => res.end(JSON.stringify({ keys: provider.keys.map(({ jwk }) => jwk) })),
  };
  const server = http.createServer((req, res) => {
    provider.asked++;
    provider.answer(req, res);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  provider.auth = { jwksUri: `http://127.0.0.1:${port}/keys`, audience: 'app' };
  provider.stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  context.after(provider.stop);
  return provider;
}

const AUD = { aud: 'app' };

describe('a token of a provider', () => {
  it('is verified by the keys that it publishes, which are read once', async (context) => {
    const provider = await startProvider(context);
    const [ec, rsa] = [keyNamed('1'), keyNamed('2', 'RS256')];
    provider.keys = [ec, rsa];
    const { get } = await startHttp(context, { auth: provider.auth });
    assert.equal(provider.asked, 0);
    const answers = await Promise.all(
      [ec, rsa, ec, rsa].map((key) => get('/mtdd/Load', { token: signed(key, AUD) })),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    assert.equal(provider.asked, 1);
    assert.equal((await get('/mtdd/Load', { token: signed(ec, { aud: 'another' }) })).status, 401);
    assert.equal((await get('/mtdd/Load', { token: signed(ec) })).status, 401);
  });

  it('is verified by a new key, once the provider may be asked again', async (context) => {
    const provider = await startProvider(context);
    const [old, young] = [keyNamed('1'), keyNamed('2')];
    provider.keys = [old];
    const cooldown = 300;
    const { get } = await startHttp(context, { auth: provider.auth, limits: { cooldown } });
    const status = async (key) => (await get('/mtdd/Load', { token: signed(key, AUD) })).status;
    assert.equal(await status(old), 200);
    provider.keys = [young];
    // However many tokens name unknown keys, the provider is not asked in vain.
    for (let count = 0; count < 20; count++)
      await get('/mtdd/Load', { token: signed(young, AUD, { kid: `x${count}` }) });
    assert.equal(provider.asked, 1);
    await new Promise((resolve) => setTimeout(resolve, cooldown + 50));
    assert.equal(await status(young), 200);
    assert.equal(await status(old), 401);
    assert.equal(provider.asked, 2);
  });

  it('is refused by a key that the provider does not publish, or by one that the token brings', async (context) => {
    const provider = await startProvider(context);
    const [known, foreign] = [keyNamed('1'), keyNamed('1')];
    provider.keys = [known];
    const { get, log } = await startHttp(context, { auth: provider.auth });
    const secret = known.pair.publicKey.export({ type: 'spki', format: 'pem' });
    const bad = [
      signed(foreign, AUD),
      signed(foreign, AUD, { jwk: foreign.jwk }),
      signed(foreign, AUD, { jku: 'http://127.0.0.1:1/keys', kid: 'x' }),
      signed(foreign, AUD, { kid: '../../etc/passwd' }),
      signed(foreign, AUD, { kid: undefined }),
      signed(known, AUD, { alg: 'none' }),
      token(AUD, { secret, header: { alg: 'HS256', kid: '1' } }),
      token(AUD, { secret: JSON.stringify(known.jwk), header: { alg: 'HS256', kid: '1' } }),
    ];
    for (const [index, one] of bad.entries()) {
      assert.equal((await get('/mtdd/Load', { token: one })).status, 401, String(index));
    }
    assert.ok((await log.requests(bad.length)).every(({ level }) => level === 40));
  });
});

describe('a provider', () => {
  const failures = [
    ['that fails', (_req, res) => res.writeHead(500).end('hunter2')],
    ['that sends elsewhere', (_req, res) => res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['whose answer is no JSON', (_req, res) => res.end('<html>hunter2</html>')],
    ['whose answer has no keys', (_req, res) => res.end('{"hunter2":1}')],
    ['that breaks off', (_req, res) => res.destroy()],
    ['that does not answer', () => {}],
    ['that begins to answer', (_req, res) => res.write('{"keys":[')],
  ];
  for (const [what, answer] of failures) {
    it(`${what} is asked once for many tokens, good or not, and then left alone for a while`, async (context) => {
      const provider = await startProvider(context);
      const [key, foreign] = [keyNamed('1'), keyNamed('x')];
      provider.keys = [key];
      const limits = { patience: 200, cooldown: 0, pause: 1000 };
      const { get } = await startHttp(context, { auth: provider.auth, limits });
      const right = provider.answer;
      const status = async (one) => (await get('/mtdd/Load', { token: signed(one, AUD) })).status;
      // At first, and when its keys are known already.
      for (const known of [false, true]) {
        provider.answer = answer;
        provider.asked = 0;
        const all = await Promise.all(Array.from({ length: 20 }, () => status(foreign)));
        for (let count = 0; count < 20; count++) all.push(await status(foreign));
        assert.ok(all.every((one) => one === 503));
        assert.equal(provider.asked, 1);
        assert.equal(await status(key), known ? 200 : 503);
        provider.answer = right;
        await new Promise((resolve) => setTimeout(resolve, 1050));
        assert.equal(await status(key), 200);
        assert.equal(await status(foreign), 401);
      }
    });

    it(`${what} makes a 503, which says nothing about the token, until it answers again`, async (context) => {
      const provider = await startProvider(context);
      const key = keyNamed('1');
      provider.keys = [key];
      const { get, log } = await startHttp(context, {
        auth: provider.auth,
        limits: { patience: 200, pause: 50 },
      });
      const right = provider.answer;
      provider.answer = answer;
      const refused = await get('/mtdd/Load', { token: signed(key, AUD) });
      assert.deepEqual([refused.status, refused.body.error.code], [503, 'AUTH_UNAVAILABLE']);
      assert.doesNotMatch(refused.text, /hunter2|127\.0\.0\.1|keys/);
      const [record] = await log.requests(1);
      assert.equal(record.level, 50);
      provider.answer = right;
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal((await get('/mtdd/Load', { token: signed(key, AUD) })).status, 200);
    });
  }

  it('that is gone is no matter while its keys are known', async (context) => {
    const provider = await startProvider(context);
    const key = keyNamed('1');
    provider.keys = [key];
    const { get } = await startHttp(context, { auth: provider.auth });
    assert.equal((await get('/mtdd/Load', { token: signed(key, AUD) })).status, 200);
    await provider.stop();
    assert.equal((await get('/mtdd/Load', { token: signed(key, AUD) })).status, 200);
  });
});
