//! Values that each server has by itself, such as object ids or the name of its database. A query may list them; rows of
//! several shards are not compared by them.

use super::locality::Search;
use super::refusal::{Refusal, unsupported};

/// Refuses rows of several shards that are compared by what each server has by itself.
pub fn refuse(search: &Search<'_>) -> Result<(), Refusal> {
    if let Some(relation) = search.catalogue.iter().next() {
        return Err(unsupported(&format!(
            "{relation} together with rows of tenants: the object ids in it differ from server to server; to let each shard \
                 read its own catalogue, use .mtdd(null) or allServers: true"
        )));
    }
    refuse_compared(search)
}

/// The same, whatever is read of the catalogue.
pub fn refuse_compared(search: &Search<'_>) -> Result<(), Refusal> {
    match search.own_values.iter().next() {
        Some(value) => Err(unsupported(&format!(
            "{value}, which differs from server to server, in more than the select list: rows of all shards cannot be compared, \
                 grouped or ordered by it; use a table's name, as in tableoid::regclass::text, or for what each shard makes \
                 of it .mtdd(null) or allServers: true"
        ))),
        None => Ok(()),
    }
}
