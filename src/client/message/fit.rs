//! Cuts messages to a size that JavaScript can hold: V8 has no string beyond 512 MiB, and a fan-out's message contains each
//! shard's error, several times over.

use serde_json::Value;

use crate::data::cut;

/// Bytes of JSON that the texts of one message take together.
const MOST: usize = 1 << 20;

/// Cuts the longest texts of a message where all its texts together are too long. The texts share the room: no text is cut
/// below the length of a longer one.
pub fn fit(mut record: Value) -> Value {
    let mut sizes = Vec::new();
    each_text(&mut record, &mut |text| sizes.push(escaped_size(text)));
    if sizes.iter().sum::<usize>() <= MOST {
        return record;
    }
    sizes.sort_unstable();
    let (mut left, mut count) = (MOST, sizes.len());
    let mut share = MOST;
    for size in sizes {
        share = left / count;
        if size > share {
            break;
        }
        (left, count) = (left - size, count - 1);
    }
    each_text(&mut record, &mut |text| cut_to(text, share));
    record
}

fn each_text(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, visit)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each_text(field, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Bytes of a text in JSON.
fn escaped_size(text: &str) -> usize {
    text.bytes().map(escaped).sum()
}

fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

fn cut_to(text: &mut String, room: usize) {
    if let Some(beginning) = cut::beginning(text, room, escaped) {
        *text = format!("{beginning}... (cut off: the text has {} bytes, more than fit into an error)", text.len());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_texts_of_all_shards_share_one_size_however_they_are_escaped() {
        for character in ["\u{1}", "\"", "x", "\u{e9}"] {
            let error = || json!({ "database": [character.repeat(3 << 20), null, "ERROR", "P0001"] });
            let record = json!({
                "code": "PARTIAL_FAILURE",
                "cause": error(),
                "outcomes": [{ "shardIndex": 0, "error": error() }, { "shardIndex": 1, "error": error() }],
            });
            let record = fit(record);
            let size = record.to_string().len();
            assert!(size > MOST - 64 && size < MOST + 1024, "{size}");
            assert_eq!(
                (&record["code"], &record["cause"]["database"][3]),
                (&json!("PARTIAL_FAILURE"), &json!("P0001"))
            );
            for of in [&record["cause"], &record["outcomes"][0]["error"], &record["outcomes"][1]["error"]] {
                let text = of["database"][0].as_str().unwrap();
                assert!(text.starts_with(character) && text.ends_with("more than fit into an error)"));
            }
        }
    }

    #[test]
    fn what_fits_stays_as_it_is_and_a_short_text_beside_a_long_one_too() {
        let record = json!({ "message": "x".repeat(MOST - 8), "code": "22P02" });
        assert_eq!(fit(record.clone()), record);
        let record = fit(json!({ "message": "x".repeat(MOST * 2), "detail": "y".repeat(MOST / 2) }));
        assert_eq!(record["detail"].as_str().unwrap().len(), MOST / 2);
        assert!(record["message"].as_str().unwrap().starts_with(&"x".repeat(MOST / 2)));
    }
}
