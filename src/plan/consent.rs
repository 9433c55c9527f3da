//! How the caller asked for a fan-out, and thus what it has agreed to.

/// How the caller asked for all shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FanOutConsent {
    /// `.mtdd()`
    Implicit,
    /// `.mtdd(null)`
    Null,
    /// `allServers: true`
    AllServers,
}
