/** Packages that js/ uses where an application has installed them. */
declare module 'pino-pretty';
