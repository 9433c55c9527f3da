/**
 * The documents say what is so: their links lead somewhere, their commands exist, and the tables of settings, errors
 * and flags are those of the code. Their programs run in docs-examples.test.js.
 */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const ts = require('typescript');
const { loadConfig } = require('../../js/config/config');
const errors = require('../../js/errors');
const { name: NAME, peerDependencies, peerDependenciesMeta, scripts } = require('../../package.json');
const { SERVER } = require('../../scripts/build');
const flags = require('../../scripts/flags');
const { Document, documents } = require('../support/documents');

const ROOT = path.join(__dirname, '..', '..');
const BINARY = process.env.MTDD_TEST_SERVER_BIN ?? SERVER;
const MTDD = path.join(ROOT, 'js', 'bin', 'mtdd.js');
/** `text` is a drawing, or what a program prints. */
const LANGUAGES = ['js', 'sql', 'bash', 'text'];
/** The README is read before anything is installed. Bytes. */
const MOST_OF_README = 7000;

/** The types whose fields are settings. */
const SETTINGS = [
  ...['MtddBackendConfig', 'MtddTlsConfig', 'PortalConfig', 'MtddAuthConfig', 'MtddHttpConfig'],
  ...['MtddEventsConfig', 'MtddLoadConfig'],
];

const all = documents();

describe('every document', () => {
  test('has links that lead somewhere', () => {
    const broken = all.flatMap((document) =>
      document
        .links()
        .filter((link) => !leadsSomewhere(document, link))
        .map((link) => `${document.file}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  test('below docs/ has a lower-case name and is listed in docs/README.md', () => {
    const index = new Document('docs/README.md');
    const listed = index.links().map((link) => path.posix.join('docs', link.split('#')[0]));
    for (const { file } of all.filter(({ file }) => file.startsWith('docs/') && file !== index.file)) {
      assert.equal(file, file.toLowerCase());
      assert.ok(listed.includes(file), `docs/README.md does not list ${file}`);
    }
  });

  test('has code blocks of a language that a test runs, or of text', () => {
    const unknown = all
      .flatMap((one) => one.blocks())
      .filter(({ language }) => !LANGUAGES.includes(language));
    assert.deepEqual(unknown, []);
  });

  test('names only npm scripts that exist', () => {
    for (const { file, text } of all) {
      for (const [, script] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
        assert.ok(script in scripts, `${file}: npm run ${script}`);
      }
    }
  });

  test('has commands that can be run', () => {
    const blocks = all.flatMap((one) => one.blocks()).filter(({ language }) => language === 'bash');
    assert.ok(blocks.length > 5);
    for (const { code, place } of blocks) {
      for (const line of code.trim().split('\n')) checkCommand(line, place);
    }
  });
});

test('the README is short, and begins with the demo and the tests', () => {
  const readme = new Document('README.md');
  assert.ok(Buffer.byteLength(readme.text) <= MOST_OF_README, `${Buffer.byteLength(readme.text)} bytes`);
  const [first] = readme.blocks().filter(({ language }) => language === 'bash');
  assert.equal(first.code, 'npm run demo\nnpm test\n');
});

test('docs/servers.md has the flags that the servers print', () => {
  const document = fs.readFileSync(flags.FILE, 'utf8');
  assert.equal(document, flags.withFlags(document, BINARY), 'npm run flags writes them');
  assert.ok(new Document('docs/servers.md').table('flag').length > 60);
});

test('docs/errors.md has every class of error, with its code and its status', () => {
  const actual = Object.values(errors)
    .filter((one) => one.prototype instanceof errors.MtddError)
    .map((Class) => new Class())
    .map(({ name, code, statusCode }) => [name, code, String(statusCode)]);
  const written = new Document('docs/errors.md')
    .table('class')
    .filter((cells) => cells.length === 6)
    .map((cells) => cells.slice(0, 3).map((cell) => cell.replaceAll('`', '')));
  assert.deepEqual(written, actual);
});

describe('docs/configuration.md', () => {
  const rows = new Document('docs/configuration.md').table('field').map((cells) => ({
    path: cells[0].replaceAll('`', ''),
    standard: cells[2].replaceAll('`', ''),
    error: cells[5].replaceAll('`', ''),
  }));

  test('has every setting of the public types', () => {
    const paths = rows.map(({ path }) => path);
    assert.deepEqual([...paths].sort(), settings().sort());
  });

  test('says what the error of each setting expects', () => {
    for (const { path, error } of rows) {
      const config = path.split('.').reduceRight((value, key) => ({ [key]: value }), -1.5);
      assert.throws(
        () => loadConfig(config, {}),
        ({ code, message }) => {
          assert.equal(code, 'CONFIG_INVALID');
          assert.ok(message.startsWith(`${path}: ${error}`), `${path}: ${message}`);
          return true;
        },
      );
    }
  });

  test('has the defaults that are used', () => {
    const { settings, auth, http, sync } = loadConfig({ auth: { verify() {} } }, {});
    const { lookupCache } = settings;
    const used = {
      ...settings,
      ...auth,
      ...http.rateLimit,
      size: lookupCache.size,
      ...Object.fromEntries(['ttl', 'negativeTtl', 'maxStale'].map((key) => [key, lookupCache[key] / 1000])),
    };
    const numbers = rows.filter(({ standard }) => /^\d/.test(standard));
    assert.ok(numbers.length >= 8);
    for (const { path, standard } of numbers) {
      const [first, last] = [path.split('.')[0], path.split('.').at(-1)];
      assert.equal(Number.parseInt(standard, 10), (sync[first] ?? used)[last], path);
    }
  });
});

function leadsSomewhere({ file }, link) {
  const [target, anchor] = link.split('#');
  const at = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
  if (!fs.existsSync(path.join(ROOT, at))) return false;
  return anchor === undefined || new Document(at).anchors().includes(anchor);
}

/** One line of a block for the shell. */
function checkCommand(line, place) {
  const words = line.replace(/^(?:[A-Z_]+=\S+ )*/, '').split(' ');
  const [program, first, ...rest] = words;
  if (program === 'npm' && ['run', 'test'].includes(first)) return;
  if (program === 'npm' && first === 'install') {
    const known = [NAME, ...Object.keys(peerDependencies)];
    const needed = rest.includes(NAME) ? known.filter((one) => !peerDependenciesMeta[one]?.optional) : [];
    assert.deepEqual(
      rest.filter((one) => !known.includes(one)),
      [],
      place,
    );
    assert.deepEqual(
      needed.filter((one) => !rest.includes(one)),
      [],
      place,
    );
  } else if (program === 'npx' && first === 'mtdd-server') {
    // The help comes only when what stands before it has been understood.
    assert.doesNotThrow(
      () => execFileSync(BINARY, [...rest, '--help'], { stdio: 'pipe' }),
      `${place}: ${line}`,
    );
  } else if (program === 'npx' && first === 'mtdd') {
    assert.doesNotThrow(
      () => execFileSync(process.execPath, [MTDD, ...rest, '--help'], { stdio: 'pipe' }),
      `${place}: ${line}`,
    );
  } else if (program === 'npx') {
    assert.ok(fs.existsSync(path.join(ROOT, 'node_modules', '.bin', first)), `${place}: ${first}`);
  } else {
    assert.fail(`${place}: nothing checks this command: ${line}`);
  }
}

/** The paths of all settings in index.d.ts. */
function settings() {
  const file = path.join(ROOT, 'index.d.ts');
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((one) => [one.name.text, one.members]),
  );
  const below = (members, parents) =>
    members.filter(ts.isPropertySignature).flatMap((member) => {
      const at = [...parents, member.name.text];
      const own = at.join('.') === 'mtdd' ? [] : [at.join('.')];
      return [...own, ...below(membersOf(member.type), at)];
    });
  /** Of an object that the type allows, whose fields are settings too. */
  const membersOf = (type) =>
    (ts.isUnionTypeNode(type) ? [...type.types] : [type]).flatMap((one) => {
      if (ts.isTypeLiteralNode(one)) return [...one.members];
      const name = ts.isTypeReferenceNode(one) ? one.typeName.text : undefined;
      return SETTINGS.includes(name) ? [...interfaces.get(name)] : [];
    });
  return below([...interfaces.get('LibraryConfig')], []);
}
