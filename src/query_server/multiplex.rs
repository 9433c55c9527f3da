//! Many queries on one stream: each runs in a task of its own, on whichever connection is free, and is answered when it
//! has ended. The frames are `intake`'s and `stream`'s.

use std::sync::Arc;

use tonic::Streaming;

use super::in_flight::InFlight;
use super::intake::{Caller, Intake};
use super::query::Query;
use super::run::Engine;
use super::stream::{self, Answers, Asker, Last};
use crate::proto::ClientFrame;
use crate::shutdown::Drain;

/// Starts to take frames, and returns the stream of answers.
pub fn answer(
    frames: Streaming<ClientFrame>,
    engine: Arc<Engine>,
    drain: Drain,
    most_in_flight: usize,
    caller: Caller,
) -> Answers {
    let (sender, receiver) = stream::channel();
    let queries = Arc::new(InFlight::default());
    engine.placement.watch_stream(&queries);
    let runner = engine.clone();
    let start = move |query: Query, asker: Asker| {
        let engine = runner.clone();
        tokio::spawn(async move {
            let last = engine.run(&query, &asker).await;
            let last = match asker.last(last) {
                Ok(last) => last,
                Err(stop) => Last::refusal(engine.told_apart(stop.too_late(), &query).await),
            };
            asker.finish(last).await;
        });
    };
    let intake = Intake::new(engine.clone(), queries.clone(), sender, most_in_flight, caller, start);
    let task = tokio::spawn(intake.run(frames, Some(drain)));
    Answers::new(receiver, queries, task.abort_handle(), &engine.reads, engine.max_message_size)
}
