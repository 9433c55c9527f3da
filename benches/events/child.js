/** Processes of the benchmark that answer commands: the parent asks by `ask`, the child answers by `answer`. */

const { fork } = require('node:child_process');
const path = require('node:path');

/**
 * @param {string} file beside this one
 * @returns {{ ask(command: string, options?: object): Promise<any>, kill(): void }}
 */
function open(file) {
  const child = fork(path.join(__dirname, file), {
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return {
    ask: (command, options = {}) =>
      new Promise((resolve, reject) => {
        const take = ({ value, error }) => {
          child.off('exit', end);
          if (error === undefined) resolve(value);
          else reject(new Error(`${file}, ${command}: ${error}`));
        };
        const end = (code, signal) => {
          child.off('message', take);
          reject(new Error(`${file}, ${command}: its process ended (${signal ?? code})`));
        };
        child.once('message', take).once('exit', end);
        child.send({ command, options });
      }),
    kill: () => child.kill(),
  };
}

/** @param {Record<string, (options: any) => any>} commands what this process does for its parent */
function answer(commands) {
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ command, options }) => {
    try {
      process.send({ value: await commands[command](options) });
    } catch (error) {
      process.send({ error: error.message });
    }
  });
}

/** Microseconds of a clock that all processes of the machine share. */
function now() {
  return Number(process.hrtime.bigint() / 1000n);
}

module.exports = { answer, now, open };
