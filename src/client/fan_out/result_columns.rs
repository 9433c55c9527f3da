//! Compares the columns that the shards describe, and makes those of the result. If tables differ between shards,
//! merging their rows would give nonsense.

use std::sync::Arc;

use super::execution::FanOut;
use crate::data::shape::Description;
use crate::error::Error;
use crate::proto::Field;
use crate::scatter::{FanOutError, ShardCalls};

/// The columns of all shards' rows; None: the statement returns no rows.
pub async fn described(
    fan_out: &FanOut<'_>,
    calls: &mut ShardCalls<'_>,
) -> Result<Option<Arc<Description>>, FanOutError> {
    let described: Vec<_> = calls.descriptions().map(|(index, of)| (calls.shard(index), of.cloned())).collect();
    let mut described = described.into_iter();
    let Some((first_shard, first)) = described.next() else { return Ok(None) };
    let mut modifiers_differ = Vec::new();
    for (shard, other) in described {
        let (Some(first), Some(other)) = (&first, &other) else {
            if first.is_some() != other.is_some() {
                return Err(differ(first_shard, shard, "one of them returns rows and the other does not"));
            }
            continue;
        };
        if Arc::ptr_eq(first, other) {
            continue;
        }
        let (a, b) = (first.fields(), other.fields());
        if a.len() != b.len() {
            return Err(differ(first_shard, shard, &format!("{} columns and {} columns", a.len(), b.len())));
        }
        for (column, (one, another)) in a.iter().zip(b).enumerate() {
            if one.name != another.name {
                let names = format!("column {} is {:?} and {:?}", column + 1, one.name, another.name);
                return Err(differ(first_shard, shard, &names));
            }
            if one.type_modifier != another.type_modifier {
                modifiers_differ.push(column);
            }
        }
        compare_types(fan_out, calls, (first_shard, a), (shard, b)).await?;
    }
    let Some(first) = first else { return Ok(None) };
    if modifiers_differ.is_empty() {
        return Ok(Some(first));
    }
    // A modifier that only some shards have is left out, as UNION does.
    let mut fields = first.fields().to_vec();
    for column in modifiers_differ {
        fields[column].type_modifier = -1;
    }
    Ok(Some(fan_out.shared.descriptions.of(fields)))
}

async fn compare_types(
    fan_out: &FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    (one_shard, one): (usize, &[Field]),
    (other_shard, other): (usize, &[Field]),
) -> Result<(), FanOutError> {
    let ids = |fields: &[Field]| fields.iter().map(|field| field.type_id).collect::<Vec<_>>();
    let (one_ids, other_ids) = (ids(one), ids(other));
    let (catalog, internal) = (&fan_out.shared.fan_outs.catalog, fan_out.internal);
    // Each database numbers its own types.
    if one_ids == other_ids && catalog.are_builtin(&one_ids) {
        return Ok(());
    }
    let types = calls.until(catalog.types(internal, one_shard, &one_ids)).await??;
    let others = calls.until(catalog.types(internal, other_shard, &other_ids)).await??;
    for ((field, one), other) in one.iter().zip(types).zip(others) {
        if one.name != other.name {
            let what = format!("column {:?} is {} and {}", field.name, one.name, other.name);
            return Err(differ(one_shard, other_shard, &what));
        }
    }
    Ok(())
}

fn differ(one: usize, other: usize, how: &str) -> FanOutError {
    let reason = format!("the tables of the shards differ: on shards {one} and {other}, {how}");
    Error::PlanUnsupported { reason }.into()
}
