/** What the configuration may say of the HTTP routes. */

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { ConfigError } = require('../../js');
const { loadConfig } = require('../../js/config/config');

describe('http', () => {
  const http = (given) => loadConfig({ http: given }, {}).http;

  test('may be left out, false, or have parts', () => {
    const rateLimit = { windowMs: 60_000, limit: 600, failedLimit: 60 };
    const standard = { path: '/mtdd', errors: 'json', rateLimit };
    for (const given of [undefined, null, {}, { path: null, errors: null, rateLimit: null }]) {
      assert.deepEqual(http(given), standard);
    }
    assert.equal(http(false), null);
    assert.deepEqual(http({ rateLimit: false }), { ...standard, rateLimit: null });
    assert.deepEqual(http({ rateLimit: { limit: 5, windowMs: null } }).rateLimit, { ...rateLimit, limit: 5 });
  });

  test('has a path that Express 4 and 5 take literally', () => {
    for (const path of ['/', '/a', '/api/v2.1/my_sync-~x']) assert.equal(http({ path }).path, path);
    for (const path of [
      '',
      'a',
      '/a/',
      '//',
      '/a//b',
      '/:id',
      '/*',
      '/a?',
      '/(a)',
      '/a b',
      '/../a',
      '/.',
      '/ä',
    ]) {
      assert.throws(
        () => http({ path }),
        { code: 'CONFIG_INVALID', message: /^http\.path: expected a path such as "\/mtdd", got / },
        path,
      );
    }
  });

  test('is refused otherwise', () => {
    for (const [given, expected] of [
      [true, /^http: expected an object with path, errors and rateLimit, or false, got true$/],
      [{ pth: '/' }, /^http\.pth: unknown option; did you mean "path"\?$/],
      [{ rateLimit: true }, /^http\.rateLimit: expected an object .*, or false, got true$/],
      [{ rateLimit: { limt: 1 } }, /^http\.rateLimit\.limt: unknown option; did you mean "limit"\?$/],
      [{ rateLimit: { limit: 0 } }, /^http\.rateLimit\.limit: expected a whole number, at least 1, got 0$/],
      [new Map(), /^http: expected a plain object/],
    ]) {
      assert.throws(
        () => http(given),
        (error) => error instanceof ConfigError && expected.test(error.message),
        String(expected),
      );
    }
  });
});
