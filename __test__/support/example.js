/**
 * The programs of the documents, made runnable: their imports are loaded, their addresses are a cluster's, and what they
 * open is closed. TypeScript checks them too, as JavaScript.
 */

const path = require('node:path');
const ts = require('typescript');
const knex = require('knex');

const ROOT = path.join(__dirname, '..', '..');
const NAME = '@advcomm/tenant_replication_postgres';
const IMPORT = /^import (.+) from '(.+)';$/gm;
const AsyncFunction = (async () => {}).constructor;
const QUIET = { log() {}, warn() {}, error() {} };

/** What stands around the examples, and needs no mention there. */
const AROUND = `
  import type { Express } from 'express';
  import type { Knex } from 'knex';
  import type { MtddAbout, MtddHandle } from '${NAME}';
  declare global {
    var app: Express;
    var db: Knex;
    var mtdd: MtddHandle;
    var tenantId: string;
    function getToken(): Promise<string>;
    interface Array<T> { mtdd?: MtddAbout }
    namespace Express { interface Request { user?: { tenantId?: string } } }
  }
`;

/**
 * Runs a program to its end.
 *
 * @param {string} code
 * @param {object} around values under their names
 * @returns {Promise<any>} what the program returns
 * @throws what the program throws
 */
async function runExample(code, around) {
  const opened = [];
  const load = (name) => {
    if (name === 'knex') return (config) => keep(opened, knex(config));
    return name === NAME ? require('../../js') : require(name);
  };
  const names = { ...around, console: QUIET, load };
  // Of a block of its own, so that it may give the names another meaning.
  const program = code.replace(IMPORT, "const $1 = load('$2');").replace(/^export default /m, 'void ');
  const body = `{\n${program}\n}`;
  try {
    return await new AsyncFunction(...Object.keys(names), body)(...Object.values(names));
  } finally {
    for (const db of opened) await db.destroy();
  }
}

function keep(opened, db) {
  opened.push(db);
  return db;
}

/**
 * What TypeScript finds wrong with programs.
 *
 * @param {{ code: string, place: string }[]} programs
 * @returns {string[]} a sentence for each mistake, with its place
 */
function mistakes(programs) {
  const files = new Map([[path.join(ROOT, 'around.d.ts'), AROUND]]);
  const places = new Map();
  for (const [index, { code, place }] of programs.entries()) {
    const file = path.join(ROOT, `example-${index}.mjs`);
    files.set(file, `${code}\nexport {};\n`);
    places.set(file, place);
  }
  const options = {
    ...ts.parseJsonConfigFileContent(
      ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
      ts.sys,
      ROOT,
    ).options,
    allowJs: true,
    checkJs: true,
    noImplicitAny: false,
    useUnknownInCatchVariables: false,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (file) => files.has(path.normalize(file)) || fileExists(file);
  host.readFile = (file) => files.get(path.normalize(file)) ?? readFile(file);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place = file === undefined ? '' : (places.get(path.normalize(file.fileName)) ?? file.fileName);
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line;
    return `${place} +${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

module.exports = { mistakes, runExample };
