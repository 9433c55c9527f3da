//! Many queries on one stream: each runs in its own task on any free connection, and is answered when it ends.
//! `frame_reader` and `stream` handle the frames.

use std::sync::Arc;

use tonic::Streaming;

use super::frame_reader::{FrameReader, StreamOrigin};
use super::in_flight::InFlight;
use super::query::IncomingQuery;
use super::run::Engine;
use super::stream::{self, LastChunk, ReplySender, ReplyStream};
use crate::proto::ClientFrame;
use crate::shutdown::Drain;

/// Starts reading frames, and returns the stream of answers.
pub fn answer(
    frames: Streaming<ClientFrame>,
    engine: Arc<Engine>,
    drain: Drain,
    most_in_flight: usize,
    caller: StreamOrigin,
) -> ReplyStream {
    let (sender, receiver) = stream::channel();
    let queries = Arc::new(InFlight::default());
    engine.placement.watch_stream(&queries);
    let runner = engine.clone();
    let start = move |query: IncomingQuery, reply: ReplySender| {
        let engine = runner.clone();
        // Boxed, because spawning copies a future several times, and this one is large.
        tokio::spawn(Box::pin(async move {
            let last = engine.run(&query, &reply).await;
            let last = match reply.last(last) {
                Ok(last) => last,
                Err(stop) => LastChunk::refusal(engine.with_read_verdict(stop.too_late(), &query).await),
            };
            reply.finish(last).await;
        }));
    };
    let frame_reader = FrameReader::new(engine.clone(), queries.clone(), sender, most_in_flight, caller, start);
    let task = tokio::spawn(frame_reader.run(frames, Some(drain)));
    ReplyStream::new(receiver, queries, task.abort_handle(), &engine)
}
