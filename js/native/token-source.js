/**
 * The token, if a function of the application provides it. The function is called before the first query, every minute,
 * and whenever a server refuses the last token.
 */

const { ConfigError } = require('../errors');
const { LONGEST_TOKEN, TOKEN } = require('../limits');

/** Milliseconds after which a token is asked for again. */
const TOKEN_REFRESH = 60_000;
/** Milliseconds that it may take; src/dial.rs waits as long. */
const TOKEN_LIMIT = 10_000;

class TokenSource {
  #ask;
  #native;
  #onLog;
  #timer;

  /**
   * @param {() => unknown} ask the application's function
   * @param {{ setToken(token: string): void, tokenFailed(): void }} native the native client
   * @param {(level: string, target: string, message: string, fields: object) => void} onLog
   */
  constructor(ask, native, onLog) {
    this.#ask = ask;
    this.#native = native;
    this.#onLog = onLog;
  }

  /**
   * @returns {Promise<void>} once there is a token
   * @throws {ConfigError} the function has failed, or gives something else
   */
  async start() {
    this.#native.setToken(await this.#token());
    this.#timer = setInterval(() => this.refresh(), TOKEN_REFRESH).unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Replaces the token; the native half hears of it either way, since queries may wait for it. */
  async refresh() {
    try {
      this.#native.setToken(await this.#token());
    } catch (error) {
      this.#native.tokenFailed();
      this.#onLog('error', 'mtdd::grpc', 'mtdd.token: the last token stays in use', { error: String(error) });
    }
  }

  async #token() {
    let token;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no token within ${TOKEN_LIMIT / 1000} s`)), TOKEN_LIMIT);
    });
    try {
      token = await Promise.race([this.#ask(), late]);
    } catch (error) {
      throw new ConfigError(`mtdd.token: the function failed: ${error?.message ?? error}`, undefined, error);
    } finally {
      clearTimeout(timer);
    }
    // The value may be a secret, so the message does not show it.
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN || !TOKEN.test(token)) {
      throw new ConfigError(
        `mtdd.token: expected the function to return a string of at most ${LONGEST_TOKEN} visible ASCII characters without spaces`,
      );
    }
    return token;
  }
}

module.exports = { TokenSource };
