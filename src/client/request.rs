//! What JavaScript asks of the client's thread.

use std::time::Duration;

use crate::lookup::Tenant;
use crate::plan::FanOutConsent;
use crate::proto::Parameter;
use crate::route::QueryTarget;

/// A query from JavaScript.
#[derive(Debug)]
pub struct Request {
    /// Chosen by JavaScript; unique among the queries that run.
    pub id: u32,
    pub target: QueryTarget,
    /// The session it runs in; `target` then only says whose query it is.
    pub session: Option<u32>,
    pub sql: String,
    pub params: Vec<Parameter>,
    /// Use PostgreSQL's simple protocol: no parameters, several statements allowed.
    pub simple: bool,
    /// None: the client's own.
    pub timeout: Option<Duration>,
    pub max_retries: Option<u32>,
    /// How the caller asked for all shards, if so.
    pub asked: FanOutConsent,
    /// The result may do without shards that fail.
    pub partial: bool,
    /// Whether it may run twice; None: the SQL decides.
    pub repeatable: Option<bool>,
    /// Its rows are used as they come: once some have gone out, it cannot begin anew.
    pub streams: bool,
    /// The types whose parsers the application has overridden (`data::kind`).
    pub overrides: u16,
}

/// How a tenant's shard is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locating {
    /// As it was last looked up, which may have been a while ago.
    Known,
    /// It is looked up. While that is impossible, what is known counts.
    Anew,
    /// It is looked up, or that fails.
    Surely,
    /// The tenant is registered first if it is new.
    Register,
}

/// Where to listen.
#[derive(Clone, Debug)]
pub enum ListenTarget {
    /// An index into the query servers.
    Shard(usize),
    /// Where this tenant lives, whenever that changes.
    ShardOf(Tenant),
}

#[derive(Debug)]
pub enum ClientCommand {
    Execute(Vec<Request>),
    /// Explain a query for all shards without running it.
    Explain(Box<Request>),
    /// Where a tenant lives.
    Locate {
        id: u32,
        tenant: Tenant,
        how: Locating,
    },
    /// Hold a PostgreSQL connection on the tenant's shard under the number `session`.
    OpenSession {
        id: u32,
        session: u32,
        target: QueryTarget,
    },
    /// Give a session back: its open transaction is rolled back.
    CloseSession(u32),
    /// Listen to a PostgreSQL channel on one shard at a time, until this id is cancelled.
    Listen {
        id: u32,
        target: ListenTarget,
        channel: String,
    },
    Cancel(u32),
    Credit {
        id: u32,
        bytes: u32,
    },
    /// Answer this id once everything that runs has ended.
    Close {
        id: u32,
    },
}
