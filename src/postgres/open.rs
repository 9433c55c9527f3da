//! Chooses the server to connect to: of all hosts, in order or shuffled, the first that accepts the connection and has
//! the wanted role. A host that has just failed comes last for a while, so that connections do not wait for a dead
//! primary again and again. The caller defines what an attempt does.

use std::io;
use std::pin::Pin;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::random::random;
use super::role::Role;
use super::socket::Address;
use super::target::ConnectTarget;

/// How long a failed host is tried after the others.
const AVOIDED: Duration = Duration::from_secs(30);

/// The error of an attempt.
pub trait Attempted: From<io::Error> + Send {
    /// It took too long.
    fn timed_out(limit: Duration) -> Self;
    /// The same server may accept another encryption.
    fn is_about_encryption(&self) -> bool;
    /// None of several worked; the error of each.
    fn several(met: Vec<(String, Self)>) -> Self;
}

/// An attempt at an address. (Not an `AsyncFn`, whose futures cannot be proven to be Send.)
pub type ConnectAttempt<'a, 't, T, E> =
    &'a (dyn Fn(Address, Role) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>> + Sync);

/// Opens by `attempt`, which gets an address and the role that the server must have.
pub async fn open<'t, T, E: Attempted>(
    target: &'t ConnectTarget,
    attempt: ConnectAttempt<'_, 't, T, E>,
) -> Result<T, E> {
    let mut met = Vec::new();
    for role in target.role().choices() {
        met.clear();
        for place in target.order() {
            let trying = Trying { target, place };
            match at(target, place, *role, attempt).await {
                Ok(opened) => {
                    trying.succeeded();
                    return Ok(opened);
                }
                Err(error) => met.push((target.places[place].to_string(), error)),
            }
        }
    }
    match (met.len(), met.pop()) {
        (1, Some((_, error))) => Err(error),
        (_, Some(last)) => {
            met.push(last);
            Err(E::several(met))
        }
        (_, None) => Err(io::Error::from(io::ErrorKind::NotFound).into()),
    }
}

async fn at<'t, T, E: Attempted>(
    target: &'t ConnectTarget,
    place: usize,
    role: Role,
    attempt: ConnectAttempt<'_, 't, T, E>,
) -> Result<T, E> {
    let limit = target.timeout;
    let addresses = match timeout(limit, target.addresses(place)).await {
        Ok(addresses) => addresses?,
        Err(_) => return Err(E::timed_out(limit)),
    };
    let mut last: Option<(Address, E)> = None;
    for address in addresses {
        // The second encryption is for servers that refuse the first.
        if let Some((before, error)) = &last
            && before.ip == address.ip
            && !error.is_about_encryption()
        {
            continue;
        }
        match timeout(limit, attempt(address, role)).await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error)) => last = Some((address, error)),
            Err(_) => last = Some((address, E::timed_out(limit))),
        }
    }
    Err(last.map_or_else(|| io::Error::from(io::ErrorKind::NotFound).into(), |(_, error)| error))
}

/// An attempt at a host. If it is dropped before it has succeeded, it has failed, because its caller timed out.
struct Trying<'t> {
    target: &'t ConnectTarget,
    place: usize,
}

impl Trying<'_> {
    fn succeeded(self) {
        self.target.note(self.place, None);
        std::mem::forget(self);
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        self.target.note(self.place, Some(Instant::now()));
    }
}

impl ConnectTarget {
    /// The hosts; those that failed recently come last.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        if self.is_shuffled() {
            for index in (1..order.len()).rev() {
                order.swap(index, (random() * (index + 1) as f64) as usize);
            }
        }
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        order.sort_by_key(|place| failed[*place].is_some_and(|at| at.elapsed() < AVOIDED));
        order
    }

    fn note(&self, place: usize, failed: Option<Instant>) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)[place] = failed;
    }
}
