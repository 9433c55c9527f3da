//! Calls whose caller may lose interest before the server has accepted them. A call that is dropped then is reset, and a
//! server takes many such resets in a short time for an attack: it ends the whole connection, with everybody's calls. So
//! such a call goes on without its caller until the server has accepted it.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;
use tonic::Status;

/// How long a server that does not answer is waited for on nobody's behalf.
const LONGEST: Duration = Duration::from_secs(60);

/// What a call answers as soon as its server has accepted it. Dropping this does not reset the call.
pub async fn opened<T: Send + 'static>(
    call: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> Result<T, Status> {
    let (mut answer, answered) = oneshot::channel();
    tokio::spawn(async move {
        let given_up = async {
            answer.closed().await;
            sleep(LONGEST).await;
        };
        let outcome = tokio::select! {
            biased;
            outcome = call => outcome,
            () = given_up => return,
        };
        // If nobody wants it any more, it ends here: the server has accepted it.
        let _ = answer.send(outcome);
    });
    answered.await.unwrap_or_else(|_| Err(Status::unavailable("the client is being closed")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_call_that_is_given_up_goes_on_until_it_is_accepted() {
        let (accepted, ended) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (accept, end) = (accepted.clone(), ended.clone());
        let call = async move {
            let _ = accept.acquire().await;
            end.add_permits(1);
            Ok(())
        };
        assert!(timeout(Duration::from_millis(10), opened(call)).await.is_err());
        accepted.add_permits(1);
        let _ = ended.acquire().await.unwrap();
        assert!(opened::<()>(async { Err(Status::internal("no")) }).await.is_err());
    }
}
