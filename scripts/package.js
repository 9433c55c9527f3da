/**
 * `npm run package`: packs the main package and the package of a platform into a directory, ready to be published.
 *
 *   --out DIRECTORY   where the .tgz files go (default: packages/)
 *   --all             the packages of all platforms, from packages/<platform>/, where `npm run build -- --platform` puts
 *                     what they carry (default: the package of this platform, from what `npm run build` has made)
 *
 * What must not stand in the repository is written here: the platform packages as optional dependencies (`npm ci` would
 * look for versions that are not published yet), and the licences of the crates.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { triple } = require('../js/platform');
const { ADDON, SERVER } = require('./build');
const { notices } = require('./notices');
const { npm } = require('./npm');
const { PACKAGES, platform, platforms } = require('./platforms');
const { version } = require('./version');

const ROOT = path.join(__dirname, '..');
const NOTICES = 'THIRD-PARTY-LICENSES.md';
/** What of our package.json is for this repository only. */
const PRIVATE = ['scripts', 'devDependencies', 'overrides'];

/**
 * Packs the main package.
 *
 * @param {string} out a directory
 * @returns {string} the .tgz
 */
function packMain(out) {
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  for (const key of PRIVATE) delete manifest[key];
  const exact = version();
  manifest.optionalDependencies = Object.fromEntries(
    platforms().map(({ manifest: { name } }) => [name, exact]),
  );
  return pack(out, manifest, (stage) => {
    for (const file of [...manifest.files, 'README.md', 'LICENSE']) {
      fs.cpSync(path.join(ROOT, file), path.join(stage, file), { recursive: true });
    }
  });
}

/**
 * Packs the package of a platform.
 *
 * @param {string} out a directory
 * @param {{ triple: string, addon: string, server: string }} parts `addon` and `server`: the files
 * @returns {string} the .tgz
 */
function packPlatform(out, { triple: name, addon, server }) {
  version();
  const { manifest, target, ...files } = platform(name);
  return pack(out, manifest, (stage) => {
    const copy = (from, to, mode) => {
      fs.copyFileSync(from, path.join(stage, to));
      // Artefacts that were carried from another machine have lost theirs.
      fs.chmodSync(path.join(stage, to), mode);
    };
    copy(addon, files.addon, 0o644);
    copy(server, files.server, 0o755);
    copy(path.join(ROOT, 'LICENSE'), 'LICENSE', 0o644);
    fs.writeFileSync(path.join(stage, NOTICES), notices(target));
    fs.writeFileSync(
      path.join(stage, 'README.md'),
      `# ${manifest.name}\n\n${manifest.description}. A part of [@advcomm/tenant_replication_postgres]` +
        `(https://www.npmjs.com/package/@advcomm/tenant_replication_postgres), which installs it.\n`,
    );
  });
}

/** Packs a directory that `fill` fills, and a package.json of this content. */
function pack(out, manifest, fill) {
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-package-'));
  try {
    fill(stage);
    fs.writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const lost = manifest.files.filter((file) => !fs.existsSync(path.join(stage, file)));
    if (lost.length > 0) throw new Error(`${manifest.name} lacks ${lost.join(', ')}`);
    fs.mkdirSync(out, { recursive: true });
    const [{ filename }] = JSON.parse(
      npm(['pack', '--json', '--pack-destination', path.resolve(out)], { cwd: stage }),
    );
    return path.join(out, filename);
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: PACKAGES },
      all: { type: 'boolean', default: false },
    },
  });
  const { out, all } = values;
  const parts = all
    ? platforms().map(({ triple, addon, server }) => ({
        triple,
        addon: path.join(PACKAGES, triple, addon),
        server: path.join(PACKAGES, triple, server),
      }))
    : [{ triple: triple(), addon: ADDON, server: SERVER }];
  // The main package last: it is published after those that it asks for.
  for (const file of [...parts.map((one) => packPlatform(out, one)), packMain(out)]) {
    console.log(`${path.relative(process.cwd(), file)}  ${(fs.statSync(file).size / 1e6).toFixed(2)} MB`);
  }
}

module.exports = { packMain, packPlatform };

if (require.main === module) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
