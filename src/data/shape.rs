//! The columns of a result: PostgreSQL's description, and the shape under which JavaScript knows it. A shape is a
//! description together with the parsers that the application has overridden; JavaScript keeps a decoder for each.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use serde_json::json;

use super::kind::{Kind, kind_of};
use crate::proto::Field;

/// The most columns of all remembered descriptions; a description itself counts as some.
const MOST_FIELDS: usize = 20_000;
const OVERHEAD: usize = 20;

/// One RowDescription.
#[derive(Debug)]
pub struct Description {
    fields: Arc<[Field]>,
    shapes: Mutex<Vec<Arc<Shape>>>,
}

/// The recently seen descriptions, without duplicates, so that results with the same columns share one decoder.
#[derive(Debug)]
pub struct Descriptions(Mutex<SeenShape>);

#[derive(Debug)]
struct SeenShape {
    descriptions: LruCache<Arc<[Field]>, Arc<Description>>,
    fields: usize,
}

/// A description as JavaScript decodes it.
#[derive(Debug)]
pub struct Shape {
    pub id: u32,
    pub kinds: Vec<Kind>,
    overrides: u16,
    ids: Arc<ShapeIds>,
}

/// Gives shapes their ids, and remembers which of them are no longer in use.
#[derive(Debug, Default)]
pub struct ShapeIds {
    last: AtomicU32,
    dropped: Mutex<Vec<u32>>,
}

impl Description {
    pub fn new(fields: Vec<Field>) -> Self {
        Description { fields: fields.into(), shapes: Mutex::default() }
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The shape for an override mask and, the first time, its JSON for JavaScript.
    pub fn shape(&self, overrides: u16, ids: &Arc<ShapeIds>) -> (Arc<Shape>, Option<String>) {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = shapes.iter().find(|shape| shape.overrides == overrides) {
            return (shape.clone(), None);
        }
        let shape = Arc::new(Shape {
            id: ids.last.fetch_add(1, Ordering::Relaxed) + 1,
            kinds: self.fields.iter().map(|field| kind_of(field.type_id, overrides)).collect(),
            overrides,
            ids: ids.clone(),
        });
        shapes.push(shape.clone());
        let announcement = self.announce(&shape);
        (shape, Some(announcement))
    }

    fn announce(&self, shape: &Shape) -> String {
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|field| {
                json!([
                    field.name,
                    field.table_id,
                    field.column_id,
                    field.type_id,
                    field.type_size,
                    field.type_modifier,
                    if field.format == 0 { "text" } else { "binary" },
                ])
            })
            .collect();
        let kinds: String = shape.kinds.iter().map(|kind| kind.letter()).collect();
        json!([shape.id, kinds, fields]).to_string()
    }
}

impl Default for Descriptions {
    fn default() -> Self {
        Descriptions(Mutex::new(SeenShape { descriptions: LruCache::unbounded(), fields: 0 }))
    }
}

impl Descriptions {
    /// The description with these columns.
    pub fn of(&self, fields: Vec<Field>) -> Arc<Description> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.descriptions.get(fields.as_slice()) {
            return known.clone();
        }
        let description = Arc::new(Description::new(fields));
        seen.fields += OVERHEAD + description.fields.len();
        seen.descriptions.put(description.fields.clone(), description.clone());
        while seen.fields > MOST_FIELDS
            && let Some((fields, _)) = seen.descriptions.pop_lru()
        {
            seen.fields -= OVERHEAD + fields.len();
        }
        description
    }
}

impl ShapeIds {
    /// The ids that have gone out of use since the last call.
    pub fn take_dropped(&self) -> Vec<u32> {
        std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Shape {
    fn drop(&mut self) {
        self.ids.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_announced_once_for_each_set_of_overrides_and_reported_when_dropped() {
        let ids = Arc::new(ShapeIds::default());
        let field =
            Field { name: "a\"b".into(), table_id: 5, column_id: 1, type_id: 23, type_size: 4, ..Field::default() };
        let description = Description::new(vec![field]);
        let (first, json) = description.shape(0, &ids);
        assert_eq!(json.as_deref(), Some(r#"[1,"i",[["a\"b",5,1,23,4,0,"text"]]]"#));
        assert!(description.shape(0, &ids).1.is_none());
        let (second, json) = description.shape(0b10, &ids);
        assert_eq!((second.id, second.kinds.as_slice()), (2, &[Kind::Text][..]));
        assert!(json.is_some());
        drop((first, second));
        assert!(ids.take_dropped().is_empty(), "the description still holds them");
        drop(description);
        assert_eq!(ids.take_dropped(), [1, 2]);
    }

    #[test]
    fn equal_descriptions_are_one_until_too_many_others_have_come() {
        let descriptions = Descriptions::default();
        let columns = |name: String| vec![Field { name, ..Field::default() }; 100 - OVERHEAD];
        let first = descriptions.of(columns("a".into()));
        assert!(Arc::ptr_eq(&first, &descriptions.of(columns("a".into()))));
        assert!(!Arc::ptr_eq(&first, &descriptions.of(columns("b".into()))));
        for number in 0..MOST_FIELDS / 100 {
            descriptions.of(columns(number.to_string()));
        }
        assert!(!Arc::ptr_eq(&first, &descriptions.of(columns("a".into()))));
        assert_eq!(descriptions.0.lock().unwrap().fields, MOST_FIELDS);
    }
}
