//! Command tags: "SELECT 3", "INSERT 0 3", "CREATE TABLE".

/// The number of rows in a command tag.
pub fn count_of(tag: &str) -> Option<u64> {
    tag.rsplit(' ').next()?.parse().ok()
}

/// The tag for all shards: the first one's, with the row counts added.
pub fn sum<'t>(tags: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let mut tags = tags.into_iter();
    let first = tags.next()?;
    let Some(count) = count_of(first) else { return Some(first.to_owned()) };
    let sum = tags.filter_map(count_of).fold(count, u64::saturating_add);
    let verb = &first[..first.rfind(' ').map_or(0, |space| space + 1)];
    Some(format!("{verb}{sum}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_rows_are_added_and_the_rest_of_the_tag_stays() {
        assert_eq!(sum(["UPDATE 3", "UPDATE 0", "UPDATE 4"]).as_deref(), Some("UPDATE 7"));
        assert_eq!(sum(["INSERT 0 3", "INSERT 0 2"]).as_deref(), Some("INSERT 0 5"));
        assert_eq!(sum(["CREATE TABLE", "CREATE TABLE"]).as_deref(), Some("CREATE TABLE"));
        assert_eq!(sum([]), None);
    }

    #[test]
    fn a_tag_without_a_number_has_no_count() {
        assert_eq!(count_of("SELECT 12"), Some(12));
        assert_eq!(count_of("CREATE TABLE"), None);
        assert_eq!(count_of(""), None);
    }
}
