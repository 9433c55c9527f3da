//! Sending, and what a failure to send allows: the three classes of failure, and the retry policy. It knows nothing of
//! tenants (`route`) or results (`gather`).

mod retry;

pub use retry::{Budget, Class, Retry};
