/** A logger that keeps its records. */

/** @returns {any} what pino makes, with `records` */
function recordingLogger() {
  const records = [];
  const logger = { records, child: () => logger };
  for (const level of ['debug', 'info', 'warn', 'error']) {
    logger[level] = (fields, message) =>
      records.push(typeof fields === 'string' ? { level, message: fields } : { level, fields, message });
  }
  return logger;
}

module.exports = { recordingLogger };
