//! How the caller asked for a fan-out, and so what it has consented to.

/// How a statement for all shards was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// `.mtdd()`
    Implicitly,
    /// `.mtdd(null)`
    ByNull,
    /// `allServers: true`
    AllServers,
}
