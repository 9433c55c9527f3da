//! Plans by their text, so that a statement is planned once, and what has been found out about a plan since: whether its
//! functions are plain, by which collations its columns compare.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::plan::{self, Asked, Layout, Plan, Refusal, Relation};
use crate::proto::Field;

const MOST_PLANS: usize = 1000;
/// Bytes of all texts together.
const MOST_TEXT: usize = 8 << 20;
/// What the shards' catalogues have said is asked again after this long: it may have been changed.
const LIFE: Duration = Duration::from_secs(60);

/// A statement's plan, or why there is none.
#[derive(Debug)]
pub struct Planned {
    pub plan: Result<Plan, Refusal>,
    /// The plan's functions are known to be plain.
    functions: Mutex<Option<Instant>>,
    collations: Mutex<Option<Collations>>,
}

/// For each column of the shards' rows the SQL name of its collation, and when that was said of which columns.
#[derive(Debug)]
struct Collations {
    since: Instant,
    fields: Vec<Field>,
    names: Arc<[Option<String>]>,
}

impl Planned {
    pub fn new(sql: &str, asked: Asked, layout: &Layout) -> Self {
        Planned { plan: plan::plan(sql, asked, layout), functions: Mutex::default(), collations: Mutex::default() }
    }

    /// It holds only if what it took for tables are none but tables.
    pub fn names_unknown(&self) -> bool {
        matches!(&self.plan, Ok(Plan::Read(read)) if read.names_unknown)
    }

    pub fn has_plain_functions(&self) -> bool {
        lock(&self.functions).is_some_and(|since| since.elapsed() < LIFE)
    }

    pub fn note_plain_functions(&self) {
        *lock(&self.functions) = Some(Instant::now());
    }

    pub fn collations(&self, fields: &[Field]) -> Option<Arc<[Option<String>]>> {
        let known = lock(&self.collations);
        let known = known.as_ref().filter(|known| known.since.elapsed() < LIFE && known.fields == fields)?;
        Some(known.names.clone())
    }

    pub fn note_collations(&self, fields: &[Field], names: Arc<[Option<String>]>) {
        *lock(&self.collations) = Some(Collations { since: Instant::now(), fields: fields.to_vec(), names });
    }
}

/// The plans that are remembered, under what is known of the tables.
#[derive(Debug)]
pub struct Plans(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    layout: Arc<Layout>,
    /// When the databases' relations were read.
    read: Option<Instant>,
    /// By the way in which they were asked for.
    plans: [LruCache<Box<str>, Arc<Planned>>; 3],
    text: usize,
}

impl Plans {
    pub fn new(layout: Layout) -> Self {
        let plans = std::array::from_fn(|_| LruCache::unbounded());
        Plans(Mutex::new(Kept { layout: Arc::new(layout), read: None, plans, text: 0 }))
    }

    pub fn of(&self, sql: &str, asked: Asked) -> Arc<Planned> {
        let mut kept = lock(&self.0);
        if let Some(planned) = kept.plans[asked as usize].get(sql) {
            return planned.clone();
        }
        let layout = kept.layout.clone();
        drop(kept);
        let planned = Arc::new(Planned::new(sql, asked, &layout));
        lock(&self.0).keep(sql, asked, planned.clone());
        planned
    }

    /// True while the relations are known well enough.
    pub fn knows_relations(&self) -> bool {
        lock(&self.0).read.is_some_and(|read| read.elapsed() < LIFE)
    }

    pub fn tenant_column(&self) -> Option<String> {
        lock(&self.0).layout.tenant_column.clone()
    }

    /// The relations of the databases; plans that were made with others no longer hold.
    pub fn note_relations(&self, relations: HashMap<String, Relation>) {
        let mut kept = lock(&self.0);
        kept.read = Some(Instant::now());
        if kept.layout.relations != relations {
            let Layout { tenant_column, reference_tables, .. } = (*kept.layout).clone();
            kept.layout = Arc::new(Layout { tenant_column, reference_tables, relations, shadowed: Default::default() });
            kept.plans.iter_mut().for_each(LruCache::clear);
            kept.text = 0;
        }
    }
}

impl Kept {
    fn keep(&mut self, sql: &str, asked: Asked, planned: Arc<Planned>) {
        // One large text would push out very many small ones.
        if sql.len() > MOST_TEXT / 100 {
            return;
        }
        let kept = &mut self.plans[asked as usize];
        if kept.put(sql.into(), planned).is_none() {
            self.text += sql.len();
        }
        while kept.len() > MOST_PLANS || self.text > MOST_TEXT {
            match kept.pop_lru() {
                Some((sql, _)) => self.text -= sql.len(),
                None => return,
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans() -> Plans {
        Plans::new(Layout::default())
    }

    #[test]
    fn a_text_is_planned_once_for_each_way_of_asking() {
        let plans = plans();
        let first = plans.of("select 1", Asked::Implicitly);
        assert!(Arc::ptr_eq(&first, &plans.of("select 1", Asked::Implicitly)));
        assert!(!Arc::ptr_eq(&first, &plans.of("select 1", Asked::ByNull)));
    }

    #[test]
    fn plans_are_bounded_in_number_and_in_text() {
        let plans = plans();
        for number in 0..MOST_PLANS + 100 {
            plans.of(&format!("select {number}"), Asked::Implicitly);
        }
        let kept = lock(&plans.0);
        assert_eq!(kept.plans[0].len(), MOST_PLANS);
        let text: usize = kept.plans.iter().flat_map(LruCache::iter).map(|(sql, _)| sql.len()).sum();
        assert_eq!(kept.text, text);
        drop(kept);
        let long = format!("select '{}'", "x".repeat(MOST_TEXT / 100));
        let of = || plans.of(&long, Asked::Implicitly);
        assert!(!Arc::ptr_eq(&of(), &of()), "too long to be kept");
    }

    #[tokio::test]
    async fn other_relations_make_other_plans_and_the_same_do_not() {
        let plans = plans();
        let of = || plans.of("select * from v", Asked::Implicitly);
        let relations = |query: &str| {
            HashMap::from([("v".to_owned(), Relation { has_tenant: true, view: Some(query.to_owned()) })])
        };
        assert!(!plans.knows_relations() && of().names_unknown());
        plans.note_relations(relations("select a from t"));
        assert!(plans.knows_relations());
        let first = of();
        assert!(first.names_unknown(), "t is not among them");
        plans.note_relations(relations("select a from t"));
        assert!(Arc::ptr_eq(&first, &of()));
        plans.note_relations(relations("select 2"));
        assert!(!Arc::ptr_eq(&first, &of()));
        assert!(!of().names_unknown());
    }
}
