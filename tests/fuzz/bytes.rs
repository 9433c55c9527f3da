//! Messages of both wires and rows: random bytes, and right ones of which some have been changed.

use mtdd::data::compact::{EncodedBatch, Record, Skeletons};
use mtdd::data::kind::kind_of;
use mtdd::data::row::Rows;
use mtdd::proto::{
    ClientFrame, DatabaseError, Parameter, QueryRequest, ServerFrame, TenantRequest, TenantResponse, legacy_db,
    legacy_lookup,
};
use prost::Message;

use super::{Random, fuzz};

fn noise(random: &mut Random, most: usize) -> Vec<u8> {
    (0..random.below(most)).map(|_| random.number() as u8).collect()
}

/// Some bytes changed, left out or doubled.
fn spoilt(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.number() as u8),
            _ => bytes[at] = *random.of(&[0, 1, 0x7f, 0x80, 0xff, random.0 as u8]),
        }
    }
    bytes
}

/// DataRow messages, of values that types of every kind may have.
fn rows(random: &mut Random, columns: usize) -> Vec<u8> {
    const VALUES: [&str; 20] = [
        "",
        "0",
        "-1",
        "2147483647",
        "t",
        "f",
        "NaN",
        "-Infinity",
        "1e400",
        "2024-02-30",
        "infinity",
        "0044-03-15 BC",
        "2024-01-01 00:00:00+00",
        "2024-01-01 24:00:00.123456-15:59:59",
        "\\x00ff",
        "\\xzz",
        "{\"a\":[1,{\"b\":null}]}",
        "[[[[[[",
        "\"\\ud800\"",
        "é😀",
    ];
    let mut batch = Vec::new();
    for _ in 0..random.below(5) {
        let mut body = (columns as u16).to_be_bytes().to_vec();
        for _ in 0..columns {
            let value = match random.below(4) {
                0 => None,
                1 => Some(noise(random, 40)),
                _ => Some(random.of(&VALUES).as_bytes().to_vec()),
            };
            body.extend(value.as_ref().map_or(-1, |value| value.len() as i32).to_be_bytes());
            body.extend(value.unwrap_or_default());
        }
        batch.push(b'D');
        batch.extend((body.len() as i32 + 4).to_be_bytes());
        batch.extend(body);
    }
    batch
}

#[test]
fn rows_are_read_or_called_malformed_and_a_malformed_batch_leaves_nothing_behind() {
    const TYPES: [u32; 13] = [16, 17, 21, 23, 25, 26, 114, 700, 701, 1082, 1114, 1184, 3802];
    fuzz(|random| {
        let kinds: Vec<_> = (0..random.below(6)).map(|_| kind_of(*random.of(&TYPES), 0)).collect();
        let right = rows(random, kinds.len());
        let is_right = random.below(2) == 0;
        let batch = if is_right { right } else { spoilt(right, random) };
        for row in Rows::new(&batch) {
            let cells = row.and_then(|mut row| (0..row.columns).try_for_each(|_| row.cell().map(drop)));
            assert!(cells.is_ok() || !is_right, "right rows are read");
        }
        let mut skeletons = Skeletons::new(true);
        let mut out = EncodedBatch::default();
        let piece = |rows| Record { id: 1, shape: Some(1), kinds: &kinds, rows, last: true, ..Record::default() };
        assert!(out.push(piece(&[]), &mut skeletons).is_ok());
        let before = (out.chunks.clone(), out.extras.len());
        let pushed = out.push(piece(&batch), &mut skeletons);
        if pushed.is_err() {
            assert_eq!((out.chunks, out.extras.len()), before);
        }
    });
}

#[test]
fn messages_of_both_wires_are_decoded_or_refused() {
    fuzz(|random| {
        let sql = String::from_utf8_lossy(&noise(random, 60)).into_owned();
        let params = vec![Parameter { value: Some(noise(random, 20).into()), binary: random.below(2) == 0 }];
        let request =
            QueryRequest { sql: sql.clone(), params, timeout_ms: random.number() as u32, ..QueryRequest::default() };
        let error = DatabaseError { code: Some("23505".into()), message: sql.clone(), ..DatabaseError::default() };
        let legacy = legacy_db::StoredProcRequest { query: sql.clone(), params: vec![sql.clone()] };
        let tenant = TenantRequest { tenant_name: sql, ..TenantRequest::default() };
        let right = match random.below(5) {
            0 => request.encode_to_vec(),
            1 => error.encode_to_vec(),
            2 => legacy.encode_to_vec(),
            3 => tenant.encode_to_vec(),
            _ => noise(random, 200),
        };
        let bytes = spoilt(right, random);
        let _ = ClientFrame::decode(&bytes[..]);
        let _ = ServerFrame::decode(&bytes[..]);
        let _ = QueryRequest::decode(&bytes[..]);
        let _ = DatabaseError::decode(&bytes[..]);
        let _ = TenantRequest::decode(&bytes[..]);
        let _ = TenantResponse::decode(&bytes[..]);
        let _ = legacy_db::StoredProcRequest::decode(&bytes[..]);
        let _ = legacy_db::StoredProcResponse::decode(&bytes[..]);
        let _ = legacy_lookup::TenantRequest::decode(&bytes[..]);
        let _ = legacy_lookup::TenantResponse::decode(&bytes[..]);
    });
}
