/**
 * The licences of the crates that are compiled into the addon and the server of one platform, as their licences ask
 * for: each text once, with the crates it stands for.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const LICENCE_FILE = /^(licen[sc]e|copying|notice|unlicense|copyright)/i;

/**
 * @param {string} target Rust's name of the platform
 * @returns {string} Markdown
 * @throws {Error} when a crate has neither a licence's text nor a licence whose text is known here
 */
function notices(target) {
  /** @type {Map<string, string[]>} */
  const texts = new Map();
  const crates = linkedCrates(target);
  for (const crate of crates) {
    const name = `${crate.name} ${crate.version}`;
    for (const text of licenceTexts(crate)) texts.set(text, [...(texts.get(text) ?? []), name]);
  }
  const list = crates.map(({ name, version, license, repository }) =>
    [`- ${name} ${version}: ${license ?? 'see below'}`, ...(repository ? [repository] : [])].join(', '),
  );
  const sections = [...texts].map(([text, names]) => `## ${names.join(', ')}\n\n~~~text\n${text}\n~~~\n`);
  return `# Licences of what is compiled in

The addon and mtdd-server for ${target} contain these crates, and the Rust standard library (MIT OR Apache-2.0,
https://www.rust-lang.org):

${list.join('\n')}

${sections.join('\n')}`;
}

/** The crates that end up in the two files: neither build scripts, nor what only tests need. */
function linkedCrates(target) {
  const { packages, resolve } = metadata(target);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set();
  const visit = (id) => {
    if (linked.has(id)) return;
    linked.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      if (dep_kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(resolve.root);
  linked.delete(resolve.root);
  return packages
    .filter(({ id }) => linked.has(id))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

function metadata(target) {
  const args = ['metadata', '--format-version', '1', '--locked', '--features', 'addon,server'];
  const { status, error, stdout, stderr } = spawnSync('cargo', [...args, '--filter-platform', target], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`cargo metadata failed:\n${stderr}`);
  return JSON.parse(stdout);
}

function licenceTexts({ name, version, license, authors, manifest_path: manifest }) {
  const home = path.dirname(manifest);
  const files = fs.readdirSync(home, { withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile() && LICENCE_FILE.test(file.name))
    .map((file) => fs.readFileSync(path.join(home, file.name), 'utf8').replaceAll('\r\n', '\n').trim());
  if (texts.length > 0) return texts;
  if (/\bMIT\b/.test(license ?? '') && !/\bAND\b/.test(license)) return [mit(name, authors)];
  throw new Error(`${name} ${version} (${license}) has no licence file: add its text to scripts/notices.js`);
}

/** Our own licence is MIT: the same words, with another's name. */
function mit(name, authors) {
  const holder = authors.length > 0 ? authors.join(', ') : `the authors of ${name}`;
  const own = fs.readFileSync(path.join(ROOT, 'LICENSE'), 'utf8').trim();
  return own.replace(/^Copyright .*$/m, `Copyright (c) ${holder}`);
}

module.exports = { notices };
