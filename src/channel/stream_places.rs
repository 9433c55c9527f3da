//! The connections for long-lived streams: sessions, listeners, and queries with a stream of their own. A connection
//! takes a limited number of streams, and HTTP/2 silently queues the others, of whatever tenant. Here a connection gets
//! no more streams than servers take, and further streams get another connection. So every session reaches its server,
//! where tenants take turns, and no long-lived stream holds up the one that all queries share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::transport::Channel;

/// The most streams on one connection. HTTP/2 recommends that servers accept at least as many.
const MOST_STREAMS: usize = 100;
/// The most connections to one server for streams of one kind.
const MOST_CONNECTIONS: usize = 128;
const MOST: usize = MOST_STREAMS * MOST_CONNECTIONS;
/// The most places of one tenant, so that others find some.
const MOST_OF_TENANT: usize = MOST / 4 * 3;

/// The owner of a stream: a tenant with its type, or nobody.
pub(super) type StreamOwner = Option<(Box<str>, i32)>;

/// The places for streams of one kind to one server.
#[derive(Debug)]
pub(super) struct StreamPlaces {
    /// The plural name of the streams, for errors.
    streams: &'static str,
    most_of_owner: usize,
    taken: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connections: Vec<Connection>,
    of_owners: HashMap<StreamOwner, usize>,
    last_number: u64,
}

#[derive(Debug)]
struct Connection {
    number: u64,
    channel: Channel,
    streams: usize,
}

/// The right to open a stream on a connection; dropping it gives the place back.
#[derive(Debug)]
pub(super) struct StreamPlace {
    places: Arc<StreamPlaces>,
    connection: u64,
    owner: StreamOwner,
    pub channel: Channel,
}

impl StreamPlaces {
    /// For sessions, and for queries with a stream of their own.
    pub fn for_tenants() -> Arc<Self> {
        Arc::new(StreamPlaces {
            streams: "transactions and large queries",
            most_of_owner: MOST_OF_TENANT,
            taken: Mutex::default(),
        })
    }

    /// For listeners, which nobody owns.
    pub fn for_listeners() -> Arc<Self> {
        Arc::new(StreamPlaces { streams: "listeners", most_of_owner: MOST, taken: Mutex::default() })
    }

    /// Takes a place. `connect` opens another connection. The error says why there is none.
    pub fn take(
        self: &Arc<Self>,
        owner: StreamOwner,
        connect: impl FnOnce() -> Channel,
    ) -> Result<StreamPlace, String> {
        let mut taken = self.lock();
        if owner.is_some() && taken.of_owners.get(&owner).is_some_and(|taken| *taken >= self.most_of_owner) {
            let (most, streams) = (self.most_of_owner, self.streams);
            return Err(format!("{most} {streams} of this tenant are open, as many as this application may have"));
        }
        let free = taken.connections.iter().position(|connection| connection.streams < MOST_STREAMS);
        let (connection, channel) = match free {
            Some(index) => {
                let connection = &mut taken.connections[index];
                connection.streams += 1;
                (connection.number, connection.channel.clone())
            }
            None if taken.connections.len() >= MOST_CONNECTIONS => {
                return Err(format!("{MOST} {} are open, as many as this application may have", self.streams));
            }
            None => {
                let (number, channel) = (taken.last_number + 1, connect());
                taken.last_number = number;
                taken.connections.push(Connection { number, channel: channel.clone(), streams: 1 });
                (number, channel)
            }
        };
        *taken.of_owners.entry(owner.clone()).or_default() += 1;
        drop(taken);
        Ok(StreamPlace { places: self.clone(), connection, owner, channel })
    }

    fn give_back(&self, number: u64, owner: &StreamOwner) {
        let mut taken = self.lock();
        if let Some(count) = taken.of_owners.get_mut(owner) {
            *count -= 1;
            if *count == 0 {
                taken.of_owners.remove(owner);
            }
        }
        let Some(index) = taken.connections.iter().position(|connection| connection.number == number) else { return };
        taken.connections[index].streams -= 1;
        // One is kept for the next stream.
        if taken.connections[index].streams == 0 && taken.connections.len() > 1 {
            taken.connections.remove(index);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        self.places.give_back(self.connection, &self.owner);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tonic::transport::Endpoint;

    use super::*;

    fn owner(name: &str) -> StreamOwner {
        Some((name.into(), 1))
    }

    #[tokio::test]
    async fn a_connection_gets_no_more_streams_than_servers_take_and_is_closed_when_it_has_none() {
        let places = StreamPlaces::for_tenants();
        let made = AtomicUsize::new(0);
        let take = || {
            let connect = || {
                made.fetch_add(1, Ordering::Relaxed);
                Endpoint::from_static("http://127.0.0.1:1").connect_lazy()
            };
            places.take(owner("a"), connect).unwrap()
        };
        let first: Vec<_> = (0..MOST_STREAMS).map(|_| take()).collect();
        assert_eq!(made.load(Ordering::Relaxed), 1);
        let second = take();
        assert_eq!(made.load(Ordering::Relaxed), 2);
        drop(first);
        assert_eq!(places.lock().connections.len(), 1);
        drop(second);
        assert_eq!(places.lock().connections.len(), 1, "one is kept");
        assert!(places.lock().of_owners.is_empty());
        take();
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn one_tenant_leaves_places_for_others_and_an_error_names_the_limit() {
        let places = StreamPlaces::for_tenants();
        let channel = Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        let take = |name| places.take(owner(name), || channel.clone());
        let of_one: Vec<_> = (0..MOST_OF_TENANT).map(|_| take("a").unwrap()).collect();
        assert_eq!(
            take("a").unwrap_err(),
            "9600 transactions and large queries of this tenant are open, as many as this application may have"
        );
        let of_another: Vec<_> = (MOST_OF_TENANT..MOST).map(|_| take("b").unwrap()).collect();
        assert_eq!(
            take("b").unwrap_err(),
            "12800 transactions and large queries are open, as many as this application may have"
        );
        drop(of_one);
        take("a").unwrap();
        drop(of_another);
        assert_eq!(places.lock().connections.len(), 1);
    }
}
