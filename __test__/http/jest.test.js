/** In Jest, whose modules have no import(), a token is verified like everywhere. */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { it } = require('node:test');
const { promisify } = require('node:util');

const ROOT = path.join(__dirname, '..', '..');
const JEST = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
const PROGRAM = `
  const { authenticator } = require(${JSON.stringify(path.join(ROOT, 'js', 'http', 'auth'))});
  const { loadConfig } = require(${JSON.stringify(path.join(ROOT, 'js', 'config', 'config'))});
  const { SECRET, token } = require(${JSON.stringify(path.join(ROOT, '__test__', 'support', 'http-app'))});
  test('a token', async () => {
    const authenticate = authenticator(loadConfig({ auth: { secret: SECRET } }, {}).auth);
    expect((await authenticate(token())).tid).toBe('acme');
    await expect(authenticate(token({ exp: 1 }))).rejects.toMatchObject({ statusCode: 401 });
  });
`;

it('a token is verified in Jest', async (context) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-jest-'));
  context.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  fs.writeFileSync(path.join(directory, 'a.test.js'), PROGRAM);
  const args = [JEST, '--ci', '--watchman=false', '--rootDir', directory];
  const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  assert.match(stderr, /1 passed, 1 total/);
});
