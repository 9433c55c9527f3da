use super::super::row::data_row;
use super::*;

const ALL: [Kind; 10] = [
    Kind::Int,
    Kind::Oid,
    Kind::Float,
    Kind::Bool,
    Kind::Instant,
    Kind::LocalTime,
    Kind::LocalDate,
    Kind::Bytes,
    Kind::Json,
    Kind::Text,
];

fn latin1(batch: &EncodedBatch) -> &[u8] {
    match batch.chunks.as_slice() {
        [units] => units,
        other => panic!("expected one chunk, got {other:?}"),
    }
}

fn push(batch: &mut EncodedBatch, piece: Record<'_>) -> Result<(), MalformedRow> {
    batch.push(piece, &mut Skeletons::default())
}

fn one_cell(kind: Kind, value: &[u8]) -> EncodedBatch {
    let mut batch = EncodedBatch::default();
    push(&mut batch, Record { id: 7, kinds: &[kind], rows: &data_row(&[Some(value)]), ..Record::default() }).unwrap();
    batch
}

/// The units of one cell, after header (13) and null bits (1).
fn units(kind: Kind, value: &str) -> Vec<u8> {
    latin1(&one_cell(kind, value.as_bytes()))[14..].to_vec()
}

#[test]
fn a_record_says_what_began_and_what_ended() {
    let mut batch = EncodedBatch::default();
    let rows = data_row(&[Some(b"5")]);
    push(
        &mut batch,
        Record {
            id: 0x0102,
            shape: Some(3),
            kinds: &[Kind::Int],
            rows: &rows,
            command_tag: Some("SELECT 1"),
            last: true,
            ..Record::default()
        },
    )
    .unwrap();
    let expected = [
        &[flag::START | flag::END | flag::LAST, 2, 1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0][..],
        &[0, 5, 0, 0, 0],
        b"\x08SELECT 1",
    ];
    assert_eq!(latin1(&batch), expected.concat());
}

#[test]
fn small_replies_share_a_chunk() {
    let mut batch = EncodedBatch::default();
    for id in 0..3 {
        push(&mut batch, Record { id, command_tag: Some("BEGIN"), last: true, ..Record::default() }).unwrap();
    }
    assert_eq!(latin1(&batch).len(), 3 * (13 + 6));
}

#[test]
fn null_bits_stand_before_each_eight_values() {
    let mut cells: Vec<Option<&[u8]>> = vec![Some(b"t"); 9];
    cells[1] = None;
    cells[8] = None;
    let mut batch = EncodedBatch::default();
    push(&mut batch, Record { kinds: &[Kind::Bool; 9], rows: &data_row(&cells), ..Record::default() }).unwrap();
    assert_eq!(&latin1(&batch)[13..], &[0b10, 1, 1, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn a_value_beyond_latin1_travels_by_itself() {
    let mut rows = data_row(&[Some("naïve".as_bytes())]);
    rows.extend(data_row(&[Some("a😀".as_bytes())]));
    rows.extend(data_row(&[Some(b"\xff")]));
    let mut batch = EncodedBatch::default();
    push(&mut batch, Record { id: 1, kinds: &[Kind::Text], rows: &rows, last: true, ..Record::default() }).unwrap();
    assert_eq!(&latin1(&batch)[13..], b"\0\x05na\xefve\0\xfe\0\0\0\0\0\xfe\x01\0\0\0");
    assert_eq!(batch.extras, [Extra::Text("a😀".into()), Extra::Text(b"\xff".to_vec())]);
}

#[test]
fn many_rows_are_cut_into_chunks_and_none_is_lost() {
    let rows: Vec<u8> = (0..10_000).flat_map(|_| data_row(&[Some(b"0123456789")])).collect();
    let mut batch = EncodedBatch::default();
    push(&mut batch, Record { kinds: &[Kind::Text], rows: &rows, last: true, ..Record::default() }).unwrap();
    assert!(batch.chunks.len() > 5);
    let mut total = 0;
    for (index, units) in batch.chunks.iter().enumerate() {
        assert!(units.len() < CHUNK + 100);
        total += u32::from_le_bytes(units[5..9].try_into().unwrap());
        assert_eq!(units[0] & flag::LAST != 0, index == batch.chunks.len() - 1);
    }
    assert_eq!(total, 10_000);
}

#[test]
fn a_long_value_travels_by_itself() {
    let text = "x".repeat(5000);
    let batch = one_cell(Kind::Text, text.as_bytes());
    assert_eq!(&latin1(&batch)[14..], &[254, 0, 0, 0, 0]);
    assert_eq!(batch.extras, [Extra::Text(text.into_bytes())]);
    let bytes = one_cell(Kind::Bytes, format!("\\x{}", "0f".repeat(5000)).as_bytes());
    assert_eq!(bytes.extras, [Extra::Bytes(vec![15; 5000])]);
    // Four-unit lengths, also when fewer units than bytes come out.
    assert_eq!(&units(Kind::Text, &"é".repeat(200))[..5], &[255, 200, 0, 0, 0]);
}

#[test]
fn numbers_keep_their_value() {
    assert_eq!(units(Kind::Int, "-2147483648"), i32::MIN.to_le_bytes());
    assert_eq!(units(Kind::Oid, "4294967295"), u32::MAX.to_le_bytes());
    for text in ["-0", "1e-7", "NaN", "-Infinity", "1.7976931348623157e+308", "5e-324", "0.1"] {
        let bits: [u8; 8] = units(Kind::Float, text).try_into().unwrap();
        assert_eq!(bits, text.parse::<f64>().unwrap().to_le_bytes(), "{text}");
    }
}

#[test]
fn instants_are_milliseconds_as_pg_counts_them() {
    let cases = [
        ("1970-01-01 00:00:00+00", 0),
        ("2024-02-29 23:59:59.999999+05:30", 1_709_231_399_999),
        ("1969-12-31 23:59:59.5-08", 28_799_500),
        ("1883-11-18 12:03:57-04:56:02", -2_717_650_801_000),
        ("0100-01-01 00:00:00+00", -59_011_459_200_000),
        ("9999-12-31 23:59:59.001+00", 253_402_300_799_001),
        // 1000 * 0.057 is 57.00000000000001, 1000 * 0.001001 is 1.0009999999999999
        ("1970-01-01 00:00:00.057+00", 57),
        ("1970-01-01 00:00:00.001001+00", 1),
    ];
    for (text, milliseconds) in cases {
        assert_eq!(time::instant(text.as_bytes()), Some(milliseconds), "{text}");
    }
    for text in ["infinity", "0099-01-01 00:00:00+00", "10000-01-01 00:00:00+00", "2024-01-01 00:00:00+00 BC", ""] {
        assert_eq!(time::instant(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn local_dates_and_times_keep_their_fields() {
    assert_eq!(time::local_date(b"2024-02-29"), Some([0xe8, 7, 2, 29]));
    assert_eq!(time::local_date(b"2024-02-29 BC"), None);
    assert_eq!(time::local_date(b"29.02.2024"), None);
    assert_eq!(time::local_time(b"2024-02-29 01:02:03.256789"), Some([0xe8, 7, 2, 29, 1, 2, 3, 0, 1]));
    assert_eq!(time::local_time(b"2024-02-29 01:02:03 BC"), None);
    assert_eq!(time::local_time(b"2024-02-29 01:02:03+00"), None);
}

#[test]
fn a_form_that_is_not_native_travels_as_text() {
    assert_eq!(units(Kind::Instant, "infinity"), [&[0xff; 7][..], b"\x08infinity"].concat());
    assert_eq!(units(Kind::LocalTime, "-infinity"), [&[0xff; 9][..], b"\x09-infinity"].concat());
    assert_eq!(units(Kind::LocalDate, "infinity"), [&[0xff; 4][..], b"\x08infinity"].concat());
    assert_eq!(units(Kind::Bytes, "\\000abc"), b"\xfd\x07\\000abc");
    assert_eq!(units(Kind::Bytes, "\\x"), [0]);
}

#[test]
fn a_malformed_row_leaves_no_trace() {
    let mut batch = EncodedBatch::default();
    push(&mut batch, Record { id: 1, last: true, ..Record::default() }).unwrap();
    let before = latin1(&batch).to_vec();
    let long = vec![b'x'; 9000];
    for kind in ALL {
        let mut rows = data_row(&[Some(&long), Some(&long)]);
        rows.pop();
        assert_eq!(
            push(&mut batch, Record { id: 2, kinds: &[kind], rows: &rows, ..Record::default() }),
            Err(MalformedRow)
        );
        let two_columns = data_row(&[Some(b"1"), Some(b"1")]);
        assert_eq!(
            push(&mut batch, Record { id: 2, kinds: &[kind], rows: &two_columns, ..Record::default() }),
            Err(MalformedRow)
        );
        assert_eq!(latin1(&batch), before);
        assert!(batch.extras.is_empty());
    }
    assert!(
        push(&mut batch, Record { kinds: &[Kind::Int], rows: &data_row(&[Some(b"x")]), ..Record::default() }).is_err()
    );
}
