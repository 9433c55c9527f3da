//! How the caller asked for a fan-out, and so what it has consented to.

/// How a statement for all shards was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FanOutConsent {
    /// `.mtdd()`
    Implicit,
    /// `.mtdd(null)`
    Null,
    /// `allServers: true`
    AllServers,
}
