/**
 * `ActiveClients`: the connected devices of an application, and push notifications to them. One object for the process,
 * as in 1.x. Types and their documentation: index.d.ts.
 */

const { createLoggers } = require('../logger');
const { MobileDevices } = require('./devices');
const { Firebase } = require('./firebase');
const { Sending } = require('./sending');
const { WebDevices } = require('./web-devices');

/**
 * @param {{ patience?: number }} [settings] milliseconds for a batch of messages
 * @returns {{ clients: object, setUp(given: { account: object | null, log: any }): void }} `setUp` takes what
 *   InitializeReplication was given
 */
function createActiveClients({ patience } = {}) {
  let logger;
  const log = () => {
    // Without InitializeReplication there is no logger yet.
    logger ??= createLoggers({ logger: null, logLevel: 'warn', isDevelopment: false }).notification;
    return logger;
  };
  const rejected = (error, call) => log().error({ err: error }, `${call} failed`);
  const firebase = new Firebase(log);
  const devices = new MobileDevices(rejected);
  const web = new WebDevices();
  const sending = new Sending(devices, firebase, log, patience);
  /** In 1.x nobody had to await: a promise that is left alone must not end the process. */
  const sent = (promise, call) => {
    promise.catch((error) => rejected(error, call));
    return promise;
  };

  // Methods do not use `this`, so that they work on their own.
  const clients = {
    get web() {
      return web.view;
    },
    get mobile() {
      return devices.view;
    },
    get firebase() {
      return firebase.app;
    },

    InitializeFirebase: (config) => firebase.initialize(config),
    isFirebaseInitialized: () => firebase.app !== null,
    resetFirebase: () => firebase.reset(),
    getFirebaseConfig: () => firebase.config,

    UseDeviceStore(store) {
      devices.use(store);
      return clients;
    },
    AddMobileDevice: (deviceId, fcmToken, options) => devices.add(deviceId, fcmToken, options),
    DeleteMobileDevice: (deviceId, options) => devices.delete(deviceId, options),
    HasMobileDevice: (deviceId, options) => devices.has(deviceId, options),
    GetMobileFcmToken: (deviceId, options) => devices.token(deviceId, options),
    GetMobileDeviceCount: (options) => devices.count(options),

    AddWebDeviceEvent: (deviceId, eventName, res, options) => web.add(deviceId, eventName, res, options),
    DeleteWebDeviceEvents: (deviceId, eventName, options) => web.deleteEvent(deviceId, eventName, options),
    DeleteWebDevice: (deviceId, options) => web.delete(deviceId, options),
    HasWebDeviceEvent: (deviceId, eventName, options) => web.has(deviceId, eventName, options),
    GetWebDeviceEvents: (deviceId, options) => web.events(deviceId, options),
    GetWebDeviceResponses: (deviceId, eventName, options) => web.responses(deviceId, eventName, options),

    SendPushNotification: (fcmToken, message) =>
      sent(sending.toToken(fcmToken, message), 'SendPushNotification()'),
    SendPushNotificationToDevice: (deviceId, message, options) =>
      sent(sending.toDevice(deviceId, message, options), 'SendPushNotificationToDevice()'),
    SendPushNotificationToTenant: (tenant, message, ...extra) =>
      sent(sending.toTenant(tenant, message, extra), 'SendPushNotificationToTenant()'),
    BroadcastPushNotification: (message, ...extra) =>
      sent(sending.toAll(message, extra), 'BroadcastPushNotification()'),
  };

  function setUp({ account, log: given }) {
    logger = given;
    if (account !== null) firebase.offer(account);
  }
  return { clients, setUp };
}

const { clients: ActiveClients, setUp: setUpPush } = createActiveClients();

module.exports = { ActiveClients, createActiveClients, setUpPush };
