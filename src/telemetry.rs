//! The servers' logs: one `tracing` subscriber that writes lines to stderr, as JSON or as text. Called once by `serve`
//! at start. Never writes to stdout, which is reserved for the line that announces the address.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line, for collectors.
    Json,
    /// For people.
    Text,
}

/// Sends this process's `tracing` events that pass `filter` to stderr; an error if a subscriber is already there.
pub fn log_to_stderr(format: LogFormat, filter: EnvFilter) -> Result<(), TryInitError> {
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => lines.finish().try_init(),
    }
}

/// Reads a level (`debug`) or a list of `tracing` directives (`info,mtdd::serve=trace`). A bare level is for our own
/// events; the crates below us stay at `warn`, for at `debug` they would log every HTTP/2 frame.
pub fn log_filter(text: &str) -> Result<EnvFilter, ParseError> {
    match text.trim().parse::<LevelFilter>() {
        Ok(level) => EnvFilter::builder().parse(format!("{},mtdd={level}", level.min(LevelFilter::WARN))),
        Err(_) => EnvFilter::builder().parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_for_our_own_events_only() {
        assert_eq!(log_filter("debug").unwrap().to_string(), "mtdd=debug,warn");
        assert_eq!(log_filter("error").unwrap().to_string(), "mtdd=error,error");
        assert_eq!(log_filter("off").unwrap().to_string(), "mtdd=off,off");
    }

    #[test]
    fn directives_are_taken_as_they_are() {
        assert_eq!(log_filter("info,h2=debug").unwrap().to_string(), "h2=debug,info");
        assert!(log_filter("mtdd=loud").is_err());
    }
}
