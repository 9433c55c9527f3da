//! The boundary to Node.js: converts values between JavaScript and the client, and decides nothing. Only this module
//! uses napi and `unsafe`. `js/native/client.js` is its only caller.

mod native_batch;
mod params;
mod settings;
mod tenant_name;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use crate::client::{Client, JsQueue, ListenTarget, Locating, Request};
use crate::lookup::Tenant;
use crate::plan::FanOutConsent;
use crate::route::QueryTarget;
use native_batch::NativeBatch;
use params::Params;
use settings::NativeSettings;
use tenant_name::TenantName;

/// The bits of `flags` in `execute`; `js/native/client.js` lists them in the same order.
mod flag {
    pub const REGISTER: u32 = 1;
    pub const SIMPLE: u32 = 2;
    pub const REPEATABLE: u32 = 4;
    pub const NOT_REPEATABLE: u32 = 8;
    pub const STREAMS: u32 = 16;
    pub const BY_NULL: u32 = 32;
    pub const ALL_SERVERS: u32 = 64;
    pub const PARTIAL: u32 = 128;
    pub const EXPLAIN: u32 = 256;
    pub const SHARD: u32 = 512;
}

/// The native half of a client.
#[napi]
pub struct NativeClient {
    client: Client,
    js_queue: Arc<JsQueue>,
    /// What `flush` will run.
    requests: RefCell<Vec<Request>>,
}

#[napi]
impl NativeClient {
    /// `wake` is called when `take` has something to return. It never keeps the process alive.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: NativeSettings, wake: Function<(), ()>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().weak::<true>().build()?;
        let js_queue = Arc::new(JsQueue::new(settings.compiles, move || {
            // This fails only while the process ends, when nobody listens any more.
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        let config = settings.config().map_err(refusal)?;
        let client = Client::open(config, js_queue.clone()).map_err(refusal)?;
        Ok(NativeClient { client, js_queue, requests: RefCell::default() })
    }

    /// Runs a query with the next `flush`. The answer comes by `take` under `id`. `tenant` null: all shards, or with
    /// `SHARD` the one whose index is `tenant_type`. `session` 0: none. `timeout` is in milliseconds; 0: the client's own. `max_retries` -1: the client's own.
    #[allow(clippy::too_many_arguments, reason = "one crossing per query, and an object would cost one per field")]
    #[napi(catch_unwind)]
    pub fn execute(
        &self,
        id: u32,
        tenant: Option<TenantName>,
        tenant_type: i32,
        session: u32,
        flags: u32,
        sql: String,
        params: Params,
        timeout: u32,
        max_retries: i32,
        overrides: u32,
    ) {
        let has = |bit| flags & bit != 0;
        let target = match usize::try_from(tenant_type) {
            Ok(shard) if has(flag::SHARD) => QueryTarget::Shard(shard),
            _ => target(tenant, tenant_type, has(flag::REGISTER)),
        };
        let request = Request {
            id,
            target,
            session: (session != 0).then_some(session),
            sql,
            params: params.0,
            simple: has(flag::SIMPLE),
            timeout: (timeout != 0).then(|| Duration::from_millis(timeout.into())),
            max_retries: u32::try_from(max_retries).ok(),
            repeatable: match (has(flag::REPEATABLE), has(flag::NOT_REPEATABLE)) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            streams: has(flag::STREAMS),
            asked: match (has(flag::BY_NULL), has(flag::ALL_SERVERS)) {
                (_, true) => FanOutConsent::AllServers,
                (true, _) => FanOutConsent::Null,
                _ => FanOutConsent::Implicit,
            },
            partial: has(flag::PARTIAL),
            overrides: overrides as u16,
        };
        if has(flag::EXPLAIN) {
            self.client.explain(request);
        } else {
            self.requests.borrow_mut().push(request);
        }
    }

    /// Runs what was passed to `execute` since the last time.
    #[napi(catch_unwind)]
    pub fn flush(&self) {
        self.client.execute(self.requests.take());
    }

    /// Answers where a tenant lives. `anew`: as of now. The answer comes by `take` under `id`.
    #[napi(catch_unwind)]
    pub fn place(&self, id: u32, tenant: TenantName, tenant_type: i32, anew: bool, surely: bool) {
        let how = match (anew, surely) {
            (_, true) => Locating::Surely,
            (true, false) => Locating::Anew,
            (false, false) => Locating::Known,
        };
        self.client.locate(id, Tenant { name: tenant.0.into(), kind: tenant_type }, how);
    }

    /// The same after registering the tenant, if it is new.
    #[napi(catch_unwind)]
    pub fn register(&self, id: u32, tenant: TenantName, tenant_type: i32) {
        self.client.locate(id, Tenant { name: tenant.0.into(), kind: tenant_type }, Locating::Register);
    }

    /// Opens a session on the tenant's shard under the number `session` (not 0). Answers as `place` does.
    #[napi(catch_unwind)]
    pub fn open_session(&self, id: u32, session: u32, tenant: Option<TenantName>, tenant_type: i32, register: bool) {
        self.client.open_session(id, session, target(tenant, tenant_type, register));
    }

    /// Closes a session; its open transaction is rolled back.
    #[napi(catch_unwind)]
    pub fn close_session(&self, session: u32) {
        self.client.close_session(session);
    }

    /// Listens to a PostgreSQL channel on one shard (an index into the query servers) until `cancel`. Messages come by
    /// `take` under `id`.
    #[napi(catch_unwind)]
    pub fn listen(&self, id: u32, shard: u32, channel: String) {
        self.client.listen(id, ListenTarget::Shard(shard as usize), channel);
    }

    /// The same on the shard where a tenant lives, also after it was moved.
    #[napi(catch_unwind)]
    pub fn listen_for(&self, id: u32, tenant: TenantName, tenant_type: i32, channel: String) {
        let tenant = Tenant { name: tenant.0.into(), kind: tenant_type };
        self.client.listen(id, ListenTarget::ShardOf(tenant), channel);
    }

    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        self.client.cancel(id);
    }

    #[napi(catch_unwind)]
    pub fn credit(&self, id: u32, bytes: u32) {
        self.client.credit(id, bytes);
    }

    #[napi(catch_unwind)]
    pub fn set_token(&self, token: Option<String>) -> napi::Result<()> {
        self.client.set_token(token.as_deref()).map_err(refusal)
    }

    /// The application's function has returned no token: the last one stays in use.
    #[napi(catch_unwind)]
    pub fn token_failed(&self) {
        self.client.token_failed();
    }

    /// Takes no further query. Answers under `id` once those that run have ended.
    #[napi(catch_unwind)]
    pub fn close(&self, id: u32) {
        self.client.close(id);
    }

    /// Everything that has come in since the last call.
    #[napi(catch_unwind)]
    pub fn take(&self) -> NativeBatch {
        NativeBatch(self.js_queue.take())
    }
}

fn target(tenant: Option<TenantName>, tenant_type: i32, register: bool) -> QueryTarget {
    match tenant {
        Some(TenantName(name)) => {
            QueryTarget::Tenant { tenant: Tenant { name: name.into(), kind: tenant_type }, register }
        }
        None => QueryTarget::All,
    }
}

/// An error as `js/native/failures.js` reads it: the code, a colon, the message.
fn refusal(error: crate::error::Error) -> napi::Error {
    napi::Error::from_reason(format!("{}:{error}", error.code()))
}
