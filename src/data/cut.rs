//! Cuts texts that are too long for their destination.

/// The longest prefix of whole characters that costs at most `room`; None: the whole text fits. `cost`: of one byte.
pub fn beginning(text: &str, mut room: usize, cost: impl Fn(u8) -> usize) -> Option<&str> {
    let end = text.bytes().position(|byte| match room.checked_sub(cost(byte)) {
        Some(left) => {
            room = left;
            false
        }
        None => true,
    })?;
    let whole = (0..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    Some(&text[..whole])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_alone_and_no_character_is_cut() {
        assert_eq!(beginning("", 0, |_| 1), None);
        assert_eq!(beginning("abc", 3, |_| 1), None);
        assert_eq!(beginning("abc", 2, |_| 1), Some("ab"));
        assert_eq!(beginning("a\u{e9}", 2, |_| 1), Some("a"));
        assert_eq!(beginning("\u{1f600}", 3, |_| 1), Some(""));
        assert_eq!(beginning("a b", 4, |byte| if byte == b' ' { 3 } else { 1 }), Some("a "));
    }
}
