//! Keeps plans by the statement's text, so that a statement is planned once. A plan also keeps what was learned about
//! it since: whether its functions may be merged, and the collations of its columns.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::fingerprints::{Dependencies, Fingerprints};
use super::named_calls::calls_in;
use super::schemas::ShardSchemas;
use crate::client::request::Request;
use crate::plan::{self, FanOutConsent, Layout, Plan, Planning, Refusal, Relation};
use crate::proto::Field;

const MOST_PLANS: usize = 1000;
/// Bytes of all texts together.
const MOST_TEXT: usize = 8 << 20;
/// A longer text is not kept: it would push out too many short ones.
const LONGEST: usize = MOST_TEXT / 100;
/// Longer texts are planned one at a time.
const LARGE: usize = 256 << 10;
/// How long what the catalogs say is trusted.
const LIFE: Duration = Duration::from_secs(60);
/// The same if some shards did not answer.
const SHORT_LIFE: Duration = Duration::from_secs(2);

/// A statement's plan, or why it has none.
#[derive(Debug)]
pub struct PlannedStatement {
    pub plan: Result<Plan, Refusal>,
    pub dependencies: Dependencies,
    /// The text shows nothing but reading.
    pub shows_only_reading: bool,
    /// Since when the plan's functions are known to be mergeable.
    functions: Mutex<Option<Instant>>,
    /// It names views, tables with policies, or functions of the application. If these are replaced, they may do more
    /// than read.
    pub uses_application_code: bool,
    traits: Mutex<Option<KnownTraits>>,
    /// When the types of a set operation's sides were found to allow its plan.
    sides: Mutex<Option<Instant>>,
}

/// What only the statement itself can tell of a column.
#[derive(Debug, Default)]
pub struct ColumnTraits {
    /// The SQL name of its collation.
    pub collation: Option<String>,
    /// The SQL name of its domain. PostgreSQL describes such a column by the domain's base type.
    pub domain: Option<Arc<str>>,
}

/// The traits of all columns, with the fields that they were asked for.
#[derive(Debug)]
struct KnownTraits {
    since: Instant,
    fields: Vec<Field>,
    traits: Arc<[ColumnTraits]>,
}

impl PlannedStatement {
    fn new(sql: &str, planning: Planning, layout: &Layout) -> Arc<Self> {
        let shows_only_reading = plan::shows_only_reading(sql);
        let Planning { plan, relations } = planning;
        let dependencies = Dependencies { relations, calls: calls_in(sql) };
        let runs =
            |relation: &Relation| relation.view.is_some() || relation.policies.iter().any(|policy| policy.is_active);
        let calls = matches!(&plan, Ok(Plan::Read(read)) if !read.functions.is_empty() || read.names_unknown);
        let uses_application_code =
            calls || dependencies.relations.iter().any(|names| layout.relation(names).is_some_and(runs));
        Arc::new(PlannedStatement {
            plan,
            dependencies,
            shows_only_reading,
            functions: Mutex::default(),
            uses_application_code,
            traits: Mutex::default(),
            sides: Mutex::default(),
        })
    }

    /// It holds only if the names that it took for tables are tables.
    pub fn names_unknown(&self) -> bool {
        match &self.plan {
            Ok(Plan::Read(read)) => read.names_unknown,
            Ok(Plan::Change(change)) => change.names_unknown,
            _ => false,
        }
    }

    pub fn has_mergeable_functions(&self) -> bool {
        lock(&self.functions).is_some_and(|since| since.elapsed() < LIFE)
    }

    pub fn note_mergeable_functions(&self) {
        *lock(&self.functions) = Some(Instant::now());
    }

    pub fn has_mergeable_sides(&self) -> bool {
        lock(&self.sides).is_some_and(|since| since.elapsed() < LIFE)
    }

    pub fn note_mergeable_sides(&self) {
        *lock(&self.sides) = Some(Instant::now());
    }

    pub fn traits(&self, fields: &[Field]) -> Option<Arc<[ColumnTraits]>> {
        let known = lock(&self.traits);
        let known = known.as_ref().filter(|known| known.since.elapsed() < LIFE && known.fields == fields)?;
        Some(known.traits.clone())
    }

    pub fn note_traits(&self, fields: &[Field], traits: Arc<[ColumnTraits]>) {
        *lock(&self.traits) = Some(KnownTraits { since: Instant::now(), fields: fields.to_vec(), traits });
    }
}

/// The plans, and the schemas that they were made under.
#[derive(Debug)]
pub struct PlanCache {
    state: Mutex<State>,
    /// Who may plan on another thread. A large text must not hold up the others.
    large: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

#[derive(Debug)]
struct State {
    layout: Arc<Layout>,
    fingerprints: Arc<Fingerprints>,
    /// By name, the shards on which the relation is locked, so that nothing is known of it there.
    locked: HashMap<String, Vec<usize>>,
    /// Until when the schemas are trusted.
    until: Option<Instant>,
    /// The setting that rules out queries for all shards.
    settings: Option<Arc<str>>,
    /// That two shards are one database, in words.
    one_database: Option<Arc<str>>,
    /// The declared reference tables of which the log has said what is wrong with them.
    warned: BTreeSet<String>,
    /// By the way in which all shards were asked for.
    plans: [LruCache<Box<str>, Arc<PlannedStatement>>; 3],
    text: usize,
}

impl PlanCache {
    pub fn new(layout: Layout) -> Self {
        let plans = std::array::from_fn(|_| LruCache::unbounded());
        let state = Mutex::new(State {
            layout: Arc::new(layout),
            fingerprints: Arc::default(),
            locked: HashMap::new(),
            until: None,
            settings: None,
            one_database: None,
            warned: BTreeSet::new(),
            plans,
            text: 0,
        });
        PlanCache { state, large: Arc::new(Semaphore::new(1)), others: Arc::new(Semaphore::new(2)) }
    }

    /// The plan of a request's text, and the fingerprints that it was made under. Plans at once if that is quick,
    /// otherwise on another thread. If the caller stops waiting, that thread finishes in the background.
    pub async fn get_or_plan(&self, request: &Arc<Request>) -> (Arc<PlannedStatement>, Arc<Fingerprints>) {
        let (sql, asked) = (&request.sql, request.asked);
        let (layout, fingerprints) = {
            let mut state = lock(&self.state);
            // Looking for a long text takes time, and it is never kept.
            let known = if sql.len() > LONGEST { None } else { state.plans[asked as usize].get(&**sql) };
            if let Some(planned) = known {
                return (planned.clone(), state.fingerprints.clone());
            }
            (state.layout.clone(), state.fingerprints.clone())
        };
        let planned = match plan::plan_at_once(sql, asked, &layout) {
            Some(plan) => PlannedStatement::new(sql, plan, &layout),
            None => self.made_elsewhere(request, layout.clone()).await,
        };
        lock(&self.state).keep(sql, asked, &layout, planned.clone());
        (planned, fingerprints)
    }

    async fn made_elsewhere(&self, request: &Arc<Request>, layout: Arc<Layout>) -> Arc<PlannedStatement> {
        let turn = if request.sql.len() > LARGE { &self.large } else { &self.others };
        // The semaphore is never closed.
        let turn = turn.clone().acquire_owned().await.ok();
        let request = request.clone();
        let made = tokio::task::spawn_blocking(move || {
            // Held until the thread has finished, even if nobody waits for it.
            let _turn = turn;
            let plan = plan::plan(&request.sql, request.asked, &layout);
            PlannedStatement::new(&request.sql, plan, &layout)
        });
        made.await.unwrap_or_else(|_| {
            let reason = "the planner failed; please report this statement".into();
            let planning = Planning { plan: Err(Refusal::Unsupported(reason)), relations: BTreeSet::new() };
            PlannedStatement::new("", planning, &Layout::default())
        })
    }

    /// True while the schemas are trusted.
    pub fn knows_relations(&self) -> bool {
        lock(&self.state).until.is_some_and(|until| Instant::now() < until)
    }

    /// A locked relation that a plan uses, and the shard.
    pub fn locked(&self, dependencies: &Dependencies) -> Option<(String, usize)> {
        self.locked_where(dependencies, |_| true)
    }

    /// A relation that a plan uses and that is locked on this shard.
    pub fn locked_on(&self, shard: usize, dependencies: &Dependencies) -> Option<String> {
        self.locked_where(dependencies, |locked| locked == shard).map(|(name, _)| name)
    }

    fn locked_where(&self, dependencies: &Dependencies, is_meant: impl Fn(usize) -> bool) -> Option<(String, usize)> {
        let state = lock(&self.state);
        let mut names = dependencies.relations.iter().map(|name| name.join("."));
        names.find_map(|name| {
            let shard = state.locked.get(&name)?.iter().copied().find(|shard| is_meant(*shard))?;
            Some((name, shard))
        })
    }

    /// The first shard that did not describe its schema in time.
    pub fn first_unknown_shard(&self, shards: usize) -> Option<usize> {
        lock(&self.state).fingerprints.first_missing(shards)
    }

    pub fn tenant_column(&self) -> Option<String> {
        lock(&self.state).layout.tenant_column.clone()
    }

    /// True if the databases have domains of the application.
    pub fn has_domains(&self) -> bool {
        lock(&self.state).layout.readers.has_domains
    }

    /// What a domain's check may read, in words.
    pub fn reader(&self, domain: &str) -> Option<String> {
        let name = domain.rsplit('.').next().unwrap_or_default().trim_matches('"');
        lock(&self.state).layout.readers.function(name)
    }

    /// What rules out a plan on these databases, in words.
    pub fn wrong_databases(&self, plan: &Plan) -> Option<Arc<str>> {
        let state = lock(&self.state);
        state.one_database.clone().or_else(|| state.settings.clone().filter(|_| plan.needs_agreement()))
    }

    /// What is wrong with declared reference tables, each with its name. Each is said once.
    pub fn new_wrong_declarations(&self) -> Vec<(String, String)> {
        let mut state = lock(&self.state);
        let layout = state.layout.clone();
        let mut wrong = layout.wrong_declarations();
        wrong.retain(|name, _| !state.locked.contains_key(*name) && state.warned.insert((*name).to_owned()));
        wrong.into_iter().map(|(name, how)| (name.to_owned(), how)).collect()
    }

    /// Takes over what the shards say, and drops plans that were made under other relations, types or functions. True
    /// if anything has changed.
    pub fn update(&self, known: ShardSchemas) -> bool {
        let ShardSchemas {
            relations,
            shadowed,
            row_functions,
            readers,
            differences,
            fingerprints,
            locked,
            settings,
            one_database,
            is_whole,
        } = known;
        let mut state = lock(&self.state);
        state.until = Some(Instant::now() + if is_whole { LIFE } else { SHORT_LIFE });
        state.settings = settings.map(Arc::from);
        state.one_database = one_database.map(Arc::from);
        state.locked = locked;
        let is_new = *state.fingerprints != fingerprints
            || state.layout.relations != relations
            || state.layout.shadowed != shadowed
            || state.layout.row_functions != row_functions
            || state.layout.readers != readers
            || state.layout.differences != differences;
        if is_new {
            state.fingerprints = Arc::new(fingerprints);
            let Layout { tenant_column, reference_tables, .. } = (*state.layout).clone();
            let layout =
                Layout { tenant_column, reference_tables, relations, shadowed, row_functions, readers, differences };
            state.layout = Arc::new(layout);
            state.forget_plans();
        }
        is_new
    }

    /// The databases may have changed: drops all plans, and asks for the schemas again.
    pub fn forget(&self) {
        let mut state = lock(&self.state);
        state.until = None;
        state.forget_plans();
    }
}

impl State {
    fn forget_plans(&mut self) {
        self.plans.iter_mut().for_each(LruCache::clear);
        self.text = 0;
    }

    /// Keeps a plan, unless the layout that it was made under is outdated.
    fn keep(&mut self, sql: &str, asked: FanOutConsent, layout: &Arc<Layout>, planned: Arc<PlannedStatement>) {
        if sql.len() > LONGEST || !Arc::ptr_eq(layout, &self.layout) {
            return;
        }
        if self.plans[asked as usize].put(sql.into(), planned).is_none() {
            self.text += sql.len();
        }
        // The fullest makes room: one that keeps few must not lose each new one to those that keep many.
        while let Some(fullest) = self.plans.iter_mut().max_by_key(|plans| plans.len())
            && (fullest.len() > MOST_PLANS || self.text > MOST_TEXT)
        {
            match fullest.pop_lru() {
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
    use crate::route::QueryTarget;

    fn plans() -> PlanCache {
        PlanCache::new(Layout::default())
    }

    fn request(sql: impl Into<String>, asked: FanOutConsent) -> Arc<Request> {
        Arc::new(Request {
            id: 1,
            target: QueryTarget::All,
            session: None,
            sql: sql.into(),
            params: Vec::new(),
            simple: false,
            timeout: None,
            max_retries: None,
            asked,
            partial: false,
            repeatable: None,
            streams: false,
            overrides: 0,
        })
    }

    async fn of(plans: &PlanCache, request: &Arc<Request>) -> Arc<PlannedStatement> {
        plans.get_or_plan(request).await.0
    }

    #[tokio::test]
    async fn a_text_is_planned_once_for_each_way_of_asking() {
        let plans = plans();
        let first = of(&plans, &request("select 1", FanOutConsent::Implicit)).await;
        assert!(Arc::ptr_eq(&first, &of(&plans, &request("select 1", FanOutConsent::Implicit)).await));
        assert!(!Arc::ptr_eq(&first, &of(&plans, &request("select 1", FanOutConsent::Null)).await));
    }

    #[tokio::test]
    async fn plans_are_bounded_in_number_and_in_text() {
        let plans = plans();
        for number in 0..MOST_PLANS + 100 {
            plans.get_or_plan(&request(format!("select {number}"), FanOutConsent::Implicit)).await;
        }
        {
            let state = lock(&plans.state);
            assert_eq!(state.plans[0].len(), MOST_PLANS);
            let text: usize = state.plans.iter().flat_map(LruCache::iter).map(|(sql, _)| sql.len()).sum();
            assert_eq!(state.text, text);
        }
        // Texts that are asked for in one way leave room for those of another.
        for number in 0..110 {
            let text = format!("select {number}, '{}'", "x".repeat(LONGEST - 100));
            plans.get_or_plan(&request(text, FanOutConsent::Implicit)).await;
        }
        let other = request("select 1", FanOutConsent::Null);
        assert!(Arc::ptr_eq(&of(&plans, &other).await, &of(&plans, &other).await));
        let long = request(format!("select '{}'", "x".repeat(LONGEST)), FanOutConsent::Implicit);
        assert!(!Arc::ptr_eq(&of(&plans, &long).await, &of(&plans, &long).await), "too long to be state");
    }

    #[tokio::test]
    async fn other_relations_make_other_plans_and_the_same_do_not() {
        let plans = plans();
        let of = async || of(&plans, &request("select * from v", FanOutConsent::Implicit)).await;
        let relations = |query: &str| {
            let view = Relation { has_tenant: true, view: Some(query.to_owned()), ..Relation::default() };
            ShardSchemas { relations: [("v".to_owned(), view)].into(), is_whole: true, ..ShardSchemas::default() }
        };
        assert!(!plans.knows_relations() && of().await.names_unknown());
        plans.update(relations("select a from t"));
        assert!(plans.knows_relations());
        let first = of().await;
        assert!(first.names_unknown(), "t is not among them");
        plans.update(relations("select a from t"));
        assert!(Arc::ptr_eq(&first, &of().await));
        plans.update(relations("select 2"));
        assert!(!Arc::ptr_eq(&first, &of().await));
        assert!(!of().await.names_unknown());
    }

    #[tokio::test]
    async fn a_plan_that_was_made_under_other_relations_is_not_kept() {
        let plans = Arc::new(plans());
        let long = request(format!("select * from v where a in (1{})", ", 1".repeat(5000)), FanOutConsent::Implicit);
        let slow = tokio::spawn({
            let (plans, long) = (plans.clone(), long.clone());
            async move { of(&plans, &long).await }
        });
        tokio::task::yield_now().await;
        let view = Relation { has_tenant: true, ..Relation::default() };
        plans.update(ShardSchemas {
            relations: [("v".to_owned(), view)].into(),
            is_whole: true,
            ..ShardSchemas::default()
        });
        let made = slow.await.unwrap();
        assert!(made.names_unknown());
        assert!(!of(&plans, &long).await.names_unknown());
    }

    #[tokio::test]
    async fn nobody_waits_for_long_while_large_texts_are_planned() {
        let plans = Arc::new(plans());
        let large =
            request(format!("select * from t where a in (1{})", ", 1".repeat(150_000)), FanOutConsent::Implicit);
        let under_way: Vec<_> = (0..4)
            .map(|_| {
                let (plans, large) = (plans.clone(), large.clone());
                tokio::spawn(async move { plans.get_or_plan(&large).await })
            })
            .collect();
        let mut waits = Vec::new();
        while !under_way.iter().all(|plan| plan.is_finished()) {
            let begun = std::time::Instant::now();
            plans
                .get_or_plan(&request(format!("select * from t where b = {}", waits.len()), FanOutConsent::Implicit))
                .await;
            waits.push(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        waits.sort();
        // The median, because a loaded machine may hold up any thread.
        assert!(waits.len() > 20 && waits[waits.len() / 2] < Duration::from_millis(50), "{waits:?}");
    }
}
