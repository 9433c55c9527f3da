/**
 * Empty applications in a directory of their own, on a PATH that has Node, npm and a shell and nothing else: no
 * compiler, and no package but those that a test installs.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const children = require('../../testkit/children');

const ROOT = path.join(__dirname, '..', '..');
/** What would tell npm, Cargo or this library of the checkout that runs the test. */
const OURS = /^(npm_|MTDD_|CARGO|RUST|DATABASE_URL$|NODE_OPTIONS$|NODE_PATH$|INIT_CWD$)/i;

/** The file that a command is. */
function onPath(command) {
  const found = process.env.PATH.split(path.delimiter)
    .map((directory) => path.join(directory, command))
    .find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`there is no ${command} on the PATH`);
  return fs.realpathSync(found);
}

/** A place for applications, which share the package managers' caches. */
class Place {
  constructor() {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-package-test-'));
    children.removeAtExit(this.directory);
    const bin = path.join(this.directory, 'bin');
    fs.mkdirSync(bin);
    fs.symlinkSync(process.execPath, path.join(bin, 'node'));
    for (const command of ['npm', 'sh']) fs.symlinkSync(onPath(command), path.join(bin, command));
    this.environment = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name))),
      PATH: bin,
      HOME: this.directory,
      CI: 'true',
      NO_COLOR: '1',
      npm_config_cache: path.join(this.directory, 'npm-cache'),
      npm_config_update_notifier: 'false',
    };
  }

  /** @param {string} name of its directory */
  app(name) {
    return new App(path.join(this.directory, name), this.environment);
  }

  remove() {
    children.remove(this.directory);
  }
}

/** One application. */
class App {
  #environment;

  constructor(home, environment) {
    this.home = home;
    this.#environment = environment;
    fs.mkdirSync(home);
    this.write('package.json', JSON.stringify({ name: path.basename(home), private: true }));
  }

  write(file, content) {
    const at = this.path(file);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.writeFileSync(at, content);
  }

  path(...file) {
    return path.join(this.home, ...file);
  }

  /** The program or directory of a package that the repository has, for the tools that a test does not install. */
  static tool(...file) {
    return path.join(ROOT, 'node_modules', ...file);
  }

  /** Lets the application load packages of the repository. */
  link(...names) {
    for (const name of names) {
      fs.mkdirSync(path.dirname(this.path('node_modules', name)), { recursive: true });
      fs.symlinkSync(App.tool(name), this.path('node_modules', name), 'dir');
    }
  }

  /**
   * Runs a program of JavaScript to its end.
   *
   * @returns {Promise<string>} what it printed
   * @throws {Error} with what it printed, when it fails
   */
  node(args, variables = {}) {
    return children.run(process.execPath, args, this.#options(variables));
  }

  npm(...args) {
    const { PATH } = this.#environment;
    return children.run(path.join(PATH, 'npm'), [...args, '--no-audit', '--no-fund'], this.#options({}));
  }

  /** Starts a program that the application has installed. */
  start(command, args, variables) {
    // It passes signals on to the native binary, so it has to be asked.
    const options = { ...this.#options(variables), hardSignal: 'SIGTERM' };
    return children.start(this.path('node_modules', '.bin', command), args, options);
  }

  #options(variables) {
    return { cwd: this.home, env: { ...this.#environment, ...variables } };
  }
}

module.exports = { Place, App };
