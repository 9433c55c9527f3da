//! The time that a tenant spends on this shard, as its listeners see it. `fence` knows when it ends.

use tokio::sync::watch;

use super::lease::Lapse;
use crate::proto::Failure;
use crate::proto::failure::Reason;
use crate::query_server::reply_chunk::failure;

/// Sees a tenant's place change, or become doubtful.
pub struct Residence {
    tenant: String,
    /// Its sender is dropped when the place changes.
    place: watch::Receiver<()>,
    lapse: Lapse,
}

impl Residence {
    pub fn new(tenant: String, place: watch::Receiver<()>, lapse: Lapse) -> Self {
        Residence { tenant, place, lapse }
    }

    /// Returns once it has ended: why a listener of the tenant must ask anew where to listen.
    pub async fn ended(mut self) -> Failure {
        tokio::select! {
            _ = self.place.changed() => {
                let message = format!("notifications may have been missed: tenant {:?} is moved or removed", self.tenant);
                failure(Reason::WrongShard, false, message)
            }
            () = self.lapse.wait() => {
                let message = "notifications may have been missed: no lookup server has answered for too long \
                               (--max-placement-staleness)";
                failure(Reason::Unavailable, false, message)
            }
        }
    }
}
