//! Turns the `tracing` events of the client's thread into JSON records for the application's logger. Filters by level
//! first, so that nothing is formatted in vain. Takes only this crate's events.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Metadata, Subscriber};

/// The least severe level that is logged.
#[derive(Clone, Copy, Debug)]
pub struct LogLevel(pub Option<tracing::Level>);

impl LogLevel {
    /// Parses pino's name of a level. None: pino has no such level.
    pub fn parse(name: &str) -> Option<LogLevel> {
        Some(LogLevel(match name {
            "trace" => Some(tracing::Level::TRACE),
            "debug" => Some(tracing::Level::DEBUG),
            "info" => Some(tracing::Level::INFO),
            "warn" => Some(tracing::Level::WARN),
            "error" | "fatal" => Some(tracing::Level::ERROR),
            "silent" => None,
            _ => return None,
        }))
    }
}

/// Runs `work`. This thread's events up to `level` go to `sink` as `[level, target, message, fields]`.
pub fn capture<T>(level: LogLevel, sink: impl Fn(String) + Send + Sync + 'static, work: impl FnOnce() -> T) -> T {
    match level.0 {
        Some(level) => with_default(JsLog { level, sink, spans: AtomicU64::new(0) }, work),
        None => work(),
    }
}

struct JsLog<F> {
    level: tracing::Level,
    sink: F,
    spans: AtomicU64,
}

impl<F: Fn(String) + Send + Sync + 'static> Subscriber for JsLog<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level && metadata.target().starts_with("mtdd")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = EventFields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        (self.sink)(json!([level, event.metadata().target(), fields.message, fields.rest]).to_string());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct EventFields {
    message: String,
    rest: Map<String, Value>,
}

impl Visit for EventFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.rest.insert(field.name().into(), format!("{value:?}").into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.rest.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.rest.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.rest.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.rest.insert(field.name().into(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn events_of_this_crate_up_to_the_level_are_recorded() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        capture(
            LogLevel::parse("info").unwrap(),
            move |line| sink.lock().unwrap().push(line),
            || {
                tracing::info!(target: "mtdd::grpc", shard = 1, address = "a:1", "connected");
                tracing::debug!(target: "mtdd::grpc", "too fine");
                tracing::error!(target: "h2", "not ours");
            },
        );
        let seen = seen.lock().unwrap();
        assert_eq!(*seen, [r#"["info","mtdd::grpc","connected",{"address":"a:1","shard":1}]"#]);
    }

    #[test]
    fn silent_records_nothing_and_an_unknown_level_is_none() {
        assert!(LogLevel::parse("silent").unwrap().0.is_none());
        assert!(LogLevel::parse("loud").is_none());
    }
}
