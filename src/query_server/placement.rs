//! Whether a call has come to the right shard: its caller says which one it takes this server for, and --shard says
//! which one it is. Asked by `service` and `legacy` before anything runs.

use tonic::Status;
use tonic::metadata::MetadataMap;

use super::piece::{failure, status};
use crate::proto::failure::Reason;

/// What this server knows of its own place.
pub struct Placement {
    /// Its index in the clients' `queryServers`; None: it was not told.
    shard: Option<u32>,
}

impl Placement {
    pub fn new(shard: Option<u32>) -> Self {
        Placement { shard }
    }

    /// Refuses a call that is meant for another shard.
    pub fn check_shard(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let Some(meant) = number(metadata, "mtdd-shard")? else { return Ok(()) };
        let Some(shard) = self.shard.filter(|shard| u64::from(*shard) != meant) else { return Ok(()) };
        let message = format!(
            "this query server is shard {shard} (--shard {shard}), but the client takes it for shard {meant} \
             (queryServers[{meant}]); list mtdd.queryServers in the order of the shards; nothing was run"
        );
        Err(status(failure(Reason::WrongShard, true, message)))
    }
}

/// A number in a call's metadata.
fn number(metadata: &MetadataMap, key: &'static str) -> Result<Option<u64>, Status> {
    let Some(value) = metadata.get(key) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Status::invalid_argument(format!("{key}: expected a whole number")))
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn said(shard: Option<u32>, header: Option<&'static str>) -> Result<(), Status> {
        let mut metadata = MetadataMap::new();
        if let Some(header) = header {
            metadata.insert("mtdd-shard", header.parse().unwrap());
        }
        Placement::new(shard).check_shard(&metadata)
    }

    #[test]
    fn only_a_caller_who_means_another_shard_is_refused() {
        for (shard, header) in [(None, None), (None, Some("7")), (Some(1), None), (Some(1), Some("1"))] {
            said(shard, header).unwrap();
        }
        let refused = said(Some(1), Some("0")).unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(refused.metadata().get("mtdd-reason").unwrap(), "WRONG_SHARD");
        assert!(refused.message().contains("--shard 1") && refused.message().contains("queryServers[0]"));
        assert_eq!(said(Some(1), Some("one")).unwrap_err().code(), Code::InvalidArgument);
    }
}
