//! Why nothing of a tenant is admitted, and what its caller is told.

use crate::proto::failure::Reason;
use crate::proto::{Failure, QueryRequest};
use crate::query_server::reply_chunk::failure;

/// Why a query is not admitted. Nothing of it has run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotAdmitted {
    #[error("tenant {name:?} lives on shard {lives}, and this is shard {shard}")]
    Elsewhere { name: String, lives: u32, shard: u32 },
    #[error("tenant {name:?} is not registered with the lookup server")]
    Unregistered { name: String },
    #[error("tenant {name:?} has moved: its epoch is {known}, and the query was sent with {given}")]
    Epoch { name: String, known: u64, given: u64 },
    #[error("tenant {name:?} is being moved to another shard: try again in a moment")]
    Moving { name: String },
    #[error("the shard of tenant {name:?} cannot be checked: {reason}")]
    Unchecked { name: String, reason: String },
}

impl NotAdmitted {
    pub fn unchecked(name: &str, reason: &str) -> Self {
        NotAdmitted::Unchecked { name: name.to_owned(), reason: reason.to_owned() }
    }

    /// What the caller of this query is told.
    pub fn failure(&self, request: &QueryRequest) -> Failure {
        // Callers of earlier versions do not know WRONG_SHARD.
        let knows = request.tenant_type.is_some() || request.epoch > 0;
        let reason = match self {
            NotAdmitted::Elsewhere { .. } | NotAdmitted::Unregistered { .. } | NotAdmitted::Epoch { .. } if knows => {
                Reason::WrongShard
            }
            _ => Reason::Unavailable,
        };
        failure(reason, true, format!("{self}; nothing was run"))
    }
}
