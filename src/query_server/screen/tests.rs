//! What passes of messages, whole or cut, and what does not.

use super::*;

fn message(frame: client_frame::Frame) -> Vec<u8> {
    let body = ClientFrame { frame: Some(frame) }.encode_to_vec();
    [&[0][..], &(body.len() as u32).to_be_bytes(), &body].concat()
}

fn execute(id: u32, size: usize) -> Vec<u8> {
    let query = crate::proto::QueryRequest { sql: "x".repeat(size), ..Default::default() };
    message(client_frame::Frame::Execute(Execute { id, query: Some(query) }))
}

/// What passes of `bytes` that come in chunks of this size, and what was found.
fn screened(bytes: &[u8], chunk: usize, largest: usize) -> (Vec<u8>, LargeMessages) {
    let (large_messages, memory) = (LargeMessages::default(), Memory::new(10 << 20, 1 << 20));
    let mut screen = Screen::new(Body::empty(), true, largest, memory, large_messages.clone());
    let mut passed = Vec::new();
    for part in bytes.chunks(chunk) {
        screen.chunk = Bytes::copy_from_slice(part);
        while !screen.chunk.is_empty() || !screen.ready.is_empty() {
            if let Some(ready) = screen.ready.pop_front() {
                passed.extend_from_slice(&ready);
            } else if let Some(passing) = screen.look().unwrap() {
                passed.extend_from_slice(&passing);
            }
        }
    }
    (passed, large_messages)
}

#[test]
fn messages_pass_unchanged_however_they_are_cut() {
    let bytes = [execute(1, 0), message(client_frame::Frame::Cancel(Default::default())), execute(2, 100_000)].concat();
    let bytes = [bytes, execute(300, 70_000), vec![0, 0, 0, 0, 0], execute(301, 7)].concat();
    for chunk in [1, 2, 3, 5, 7, 64, 1000, 66_000, bytes.len()] {
        let (passed, large_messages) = screened(&bytes, chunk, 1 << 20);
        assert!(passed == bytes, "in chunks of {chunk}");
        assert!(
            large_messages.take(2).unwrap().is_ok()
                && large_messages.take(300).unwrap().is_ok()
                && large_messages.take(1).is_none()
        );
    }
}

#[test]
fn a_large_frame_that_is_no_execute_ends_the_stream_before_it_is_read() {
    let settings = [("a".to_owned(), "x".repeat(100_000))].into_iter().collect();
    let open = message(client_frame::Frame::Open(crate::proto::Open { settings, window: 0 }));
    let memory = Memory::new(10 << 20, 1 << 20);
    let mut screen = Screen::new(Body::empty(), true, 1 << 20, memory, LargeMessages::default());
    screen.chunk = Bytes::copy_from_slice(&open[..100]);
    let mut looked = screen.look();
    while let Ok(None) = looked
        && !screen.chunk.is_empty()
    {
        looked = screen.look();
    }
    let status = looked.unwrap_err();
    assert!(status.message().contains("that is no `execute`"), "{status:?}");
    assert!(screen.ready.is_empty());
}

/// A body of which this much comes, every second.
struct Drip(Pin<Box<Sleep>>, Bytes);

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        ready!(self.0.as_mut().poll(context));
        self.0.as_mut().reset(Instant::now() + Duration::from_secs(1));
        Poll::Ready(Some(Ok(Frame::data(self.1.clone()))))
    }
}

/// How long the first of a stream's messages takes to fail, if it ever does; it begins as a large one does.
async fn fails_after(begun: Vec<u8>, each_second: usize) -> Option<Duration> {
    let memory = Memory::new(10 << 20, 5 << 20);
    let body = Drip(Box::pin(sleep(Duration::from_secs(1))), vec![b'x'; each_second].into());
    let mut screen = Screen::new(Body::new(body), true, 5 << 20, memory.clone(), LargeMessages::default());
    screen.chunk = begun.into();
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(100) {
        let next = std::future::poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut screen), context));
        if let Some(Err(status)) = next.await {
            assert!(status.message().contains("arrived too slowly"), "{status}");
            assert!(memory.reserve_large(9 << 20, None).is_none());
            drop(screen);
            assert!(memory.reserve_large(9 << 20, None).is_some());
            return Some(since.elapsed());
        }
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_large_message_that_does_not_arrive_gives_back_its_memory() {
    let begun = || execute(1, 4 << 20)[..200].to_vec();
    for each_second in [0, 1, 1000] {
        let failed = fails_after(begun(), each_second).await.expect("it fails");
        assert!(failed >= PACE && failed < PACE * 2, "{each_second}: {failed:?}");
    }
    assert_eq!(fails_after(begun(), 5000).await, None);
    // A small one holds no memory.
    assert_eq!(fails_after(execute(1, 1000)[..200].to_vec(), 1).await, None);
}

#[test]
fn one_that_is_too_large_is_replaced_by_a_frame_with_its_id() {
    let bytes = [execute(1, 10), execute(70_000, 200_000), execute(70_001, 10)].concat();
    let nothing = message(client_frame::Frame::Execute(Execute { id: 70_000, query: None }));
    let expected = [execute(1, 10), nothing, execute(70_001, 10)].concat();
    for chunk in [1, 3, 6, 41, 1000, 100_000, bytes.len()] {
        let (passed, large_messages) = screened(&bytes, chunk, 100_000);
        assert!(passed == expected, "in chunks of {chunk}");
        let failure = large_messages.take(70_000).unwrap().unwrap_err();
        assert!(failure.message.contains("larger than 100000 (--max-message-size)"), "{}", failure.message);
    }
}
