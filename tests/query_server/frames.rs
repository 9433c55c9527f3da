//! Random frames into the streams of a server that runs: out of order, repeated, missing, and spoilt as bytes. Each stream
//! is answered or ended, nothing panics, and no connection is lost. Seeded (MTDD_TEST_SEED); for a moment, or for
//! MTDD_FUZZ_SECONDS by `npm run fuzz`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Buf, BufMut};
use mtdd::proto::client_frame::Frame;
use mtdd::proto::{Cancel, ClientFrame, Credit, Execute, Open, QueryRequest, ServerFrame, server_frame};
use prost::Message;
use tokio::time::timeout;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status};

use super::shard::{Shard, simple, tenant};

/// Sends bytes as they are, and reads frames.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ServerFrame;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ServerFrame;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<ServerFrame>, Status> {
        let frame = ServerFrame::decode(from.copy_to_bytes(from.remaining()));
        frame.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn query(random: &mut Random) -> QueryRequest {
    const TEXTS: [&str; 10] = [
        "select 1",
        "select repeat('x', 1000) from generate_series(1, 300)",
        "select pg_sleep(0.02)",
        "begin",
        "commit",
        "insert into t values (1)",
        "select 1/0",
        "select 1; select 2",
        "",
        "no SQL at all",
    ];
    let request = QueryRequest { window: random.below(3) as u32, ..simple(TEXTS[random.below(10) as usize]) };
    let request = QueryRequest { simple: random.below(2) == 0, ..request };
    if random.below(3) == 0 { request } else { tenant(["a", "b"][random.below(2) as usize], request) }
}

/// The frames of one stream, and the ids of the queries that have to be answered if it ends well.
fn frames(random: &mut Random) -> (Vec<Vec<u8>>, Vec<u32>) {
    let (mut frames, mut asked, mut last) = (Vec::new(), Vec::new(), 0);
    let is_right = random.below(3) > 0;
    if is_right || random.below(2) == 0 {
        frames.push(Frame::Open(Open { window: random.below(2) as u32, ..Open::default() }));
    }
    for _ in 0..random.below(12) {
        let id = if is_right { random.below(u64::from(last) + 1) } else { random.below(6) } as u32;
        frames.push(match random.below(5) {
            0 => Frame::Cancel(Cancel { id }),
            1 => Frame::Credit(Credit { id, bytes: random.below(1 << 32) as u32 }),
            2 if !is_right => Frame::Open(Open::default()),
            3 if !is_right => Frame::Execute(Execute { id, query: Some(query(random)) }),
            _ => {
                last += 1 + random.below(3) as u32;
                asked.push(last);
                let query = (random.below(8) > 0).then(|| query(random));
                Frame::Execute(Execute { id: last, query })
            }
        });
    }
    // What waits for credit would wait for long.
    frames.extend(asked.iter().map(|id| Frame::Cancel(Cancel { id: *id })));
    let mut bytes: Vec<_> =
        frames.into_iter().map(|frame| ClientFrame { frame: Some(frame) }.encode_to_vec()).collect();
    if !is_right && !bytes.is_empty() {
        let frame = random.below(bytes.len() as u64) as usize;
        let at = random.below(bytes[frame].len() as u64 + 1) as usize;
        match random.below(3) {
            0 => bytes[frame].truncate(at),
            1 => bytes[frame].insert(at, random.below(256) as u8),
            _ => bytes[frame] = (0..random.below(40)).map(|_| random.below(256) as u8).collect(),
        }
    }
    (bytes, if is_right { asked } else { Vec::new() })
}

/// Sends the frames on one stream, takes what comes until it ends, and looks whether that is right.
async fn attempt(shard: &Shard, random: &mut Random) {
    let is_session = random.below(2) == 0;
    let (frames, asked) = frames(random);
    let mut client = tonic::client::Grpc::new(shard.channel.clone());
    client.ready().await.unwrap();
    let call = if is_session { "/mtdd.v1.DBService/Session" } else { "/mtdd.v1.DBService/Multiplex" };
    let request = Request::new(tokio_stream::iter(frames));
    let mut answers = client.streaming(request, PathAndQuery::from_static(call), Raw).await.unwrap().into_inner();
    let mut ended: HashMap<u32, usize> = HashMap::new();
    let is_well = loop {
        match answers.message().await {
            Ok(Some(ServerFrame { frame: Some(server_frame::Frame::Part(part)) })) => {
                *ended.entry(part.id).or_default() += usize::from(part.reply.is_some_and(|reply| reply.last));
            }
            Ok(Some(_)) => {}
            Ok(None) => break true,
            Err(status) => {
                assert!(asked.is_empty() || is_session, "the caller kept the rules: {status:?}");
                break false;
            }
        }
    };
    assert!(ended.values().all(|count| *count <= 1), "answered twice: {ended:?}");
    let unanswered: Vec<_> = asked.iter().filter(|id| ended.get(id) != Some(&1)).collect();
    assert!(!is_well || unanswered.is_empty(), "not answered: {unanswered:?} of {asked:?}");
}

/// Says which seed it was, if it fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("MTDD_TEST_SEED={}", self.0);
        }
    }
}

#[tokio::test]
async fn whatever_frames_come_a_stream_is_answered_or_ended_and_nothing_is_lost() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_ours = panic.location().is_some_and(|location| location.file().starts_with("src/"));
        PANICS.fetch_add(usize::from(is_ours), Ordering::Relaxed);
        usual(panic);
    }));
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let given = number("MTDD_TEST_SEED");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let time = number("MTDD_FUZZ_SECONDS").map_or(Duration::from_secs(4), Duration::from_secs);
    let shard = Shard::start(&["--pool-size", "2"]).await;
    shard.prepare("create table t (a int)").await;
    let mut seed = given.unwrap_or(now % 1_000_000_007);
    let until = Instant::now() + time;
    loop {
        let (mut random, _seed) = (Random(seed), Seed(seed));
        let attempted = timeout(Duration::from_secs(30), attempt(&shard, &mut random)).await;
        assert!(attempted.is_ok(), "a stream does not end");
        assert_eq!(PANICS.load(Ordering::Relaxed), 0, "it panicked");
        if given.is_some() || Instant::now() > until {
            break;
        }
        seed += 1;
    }
    // Both connections are still to be had, at once.
    let mut stream = shard.stream().await;
    let (first, second) =
        (stream.ask(simple("select pg_sleep(0.5)")).await, stream.ask(simple("select pg_sleep(0.5)")).await);
    for id in [first, second] {
        timeout(Duration::from_secs(20), stream.reply(id)).await.expect("no connection is lost").only();
    }
}
