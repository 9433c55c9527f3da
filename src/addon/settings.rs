//! The client's settings as `js/native/settings.js` passes them, with the fields in the same order.

use std::collections::HashMap;
use std::time::Duration;

use napi_derive::napi;

use crate::client::Config;
use crate::dial::Tls;
use crate::error::{Error, Secret};
use crate::js_log::LogLevel;
use crate::lookup::CacheLimits;
use crate::plan::Layout;

#[napi(object, use_nullable = true)]
pub struct NativeSettings {
    pub query_servers: Vec<String>,
    pub lookup_servers: Vec<String>,
    pub insecure: bool,
    pub tls: Option<TlsSettings>,
    pub token: Option<String>,
    /// The application provides tokens on request.
    pub token_function: bool,
    /// Milliseconds, as are all times here.
    pub timeout: u32,
    pub max_retries: u32,
    pub lookup_cache_size: u32,
    pub lookup_cache_ttl: u32,
    pub lookup_cache_negative_ttl: u32,
    pub lookup_cache_max_stale: u32,
    pub max_in_flight: u32,
    pub session: HashMap<String, String>,
    pub log_level: String,
    /// JavaScript may generate code from strings.
    pub compiles: bool,
    pub tenant_column: Option<String>,
    pub reference_tables: Vec<String>,
    /// Bytes.
    pub merge_memory_limit: u32,
}

#[napi(object, use_nullable = true)]
pub struct TlsSettings {
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<String>,
    pub server_name: Option<String>,
}

impl NativeSettings {
    pub fn config(self) -> Result<Config, Error> {
        Ok(Config {
            query_servers: self.query_servers,
            lookup_servers: self.lookup_servers,
            insecure: self.insecure,
            tls: self.tls.map(|tls| Tls {
                ca: tls.ca,
                cert: tls.cert,
                key: tls.key.map(Secret),
                server_name: tls.server_name,
            }),
            token: self.token.map(Secret),
            token_function: self.token_function,
            timeout: milliseconds(self.timeout),
            max_retries: self.max_retries,
            lookup_cache: CacheLimits {
                size: self.lookup_cache_size as usize,
                ttl: milliseconds(self.lookup_cache_ttl),
                negative_ttl: milliseconds(self.lookup_cache_negative_ttl),
                max_stale: milliseconds(self.lookup_cache_max_stale),
            },
            max_in_flight: self.max_in_flight as usize,
            session: self.session,
            layout: Layout {
                tenant_column: self.tenant_column,
                reference_tables: self.reference_tables,
                ..Layout::default()
            },
            merge_memory: self.merge_memory_limit as usize,
            log_level: LogLevel::parse(&self.log_level)
                .ok_or_else(|| Error::Config { field: "mtdd.logLevel", reason: "unknown level".into() })?,
        })
    }
}

fn milliseconds(value: u32) -> Duration {
    Duration::from_millis(value.into())
}
