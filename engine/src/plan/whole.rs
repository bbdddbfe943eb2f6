//! A dataset compiled as a whole: as often as its rules ask for it, statement by statement, and what comes out of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;

use super::compiler::{Compiler, Failed, Name, RowCount, TableState, column_pointer};
use super::conflict::named;
use super::distributions::Declared;
use super::pools::Pool;
use super::repair::speaks_of_rows;
use super::statements::Statements;
use super::upward::Upward;
use super::{Compiled, Options, Plan, TablePlan, auto};
use crate::locale::Locale;
use crate::problem::Problem;
use crate::random::Seeds;
use crate::schema::{Column, DEFAULT_LOCALE, Dataset, MAX_SEED, RuleKind};

/// Compiles a dataset to its plan, or to all its problems.
pub(super) fn compile(dataset: Dataset, options: &Options, left_out: &[String]) -> Compiled {
    if dataset.tables.iter().all(|table| table.rules.is_empty()) {
        return compile_once(dataset, options, left_out, Way::default()).compiled;
    }
    let projecting = || Way { projects: true, restates: true, ..Way::default() };
    let mut once = compile_once(dataset.clone(), options, left_out, projecting());
    if once.compiled.plan.is_none() && once.is_restated {
        // A rule as it is written may hold where it does not otherwise, and close no circle.
        let written = compile_once(dataset.clone(), options, left_out, Way { restates: false, ..projecting() });
        let closes_circle = once.compiled.problems.iter().any(|problem| problem.code == "cycle");
        if written.compiled.plan.is_some() || closes_circle {
            once = written;
        }
    }
    // Columns that bound each other in a circle are drawn again together.
    let is_circular = once.projects && once.compiled.problems.iter().any(|problem| problem.code == "cycle");
    if is_circular {
        return compile_once(dataset, options, left_out, Way::default()).compiled;
    }
    if once.compiled.plan.is_none() && !once.loose.is_empty() {
        // Where a bound leaves no value beside others, the rows of its condition are to be others.
        let loose: BTreeSet<String> = once.loose.iter().cloned().collect();
        let again =
            compile_once(dataset.clone(), options, left_out, Way { loose: once.loose, ..projecting() }).compiled;
        // A rule that is left no row would be mended by being emptied.
        if again.plan.as_ref().is_some_and(|plan| speaks_of_rows(plan, &loose)) {
            return again;
        }
    }
    if once.compiled.plan.is_none() && once.is_bounded_by_others {
        // Where what bounds a row leaves it no value, or not the one that is asked, its parent or the other column may be drawn again.
        let again = compile_once(dataset.clone(), options, left_out, Way::default()).compiled;
        if again.plan.is_some() {
            return again;
        }
    }
    let errors = || once.compiled.problems.iter().filter(|problem| problem.is_error());
    let mut exhausted: BTreeSet<String> = errors()
        .filter(|problem| problem.code == "exhausted" && once.can_widen)
        .flat_map(|problem| named(&dataset, problem))
        .collect();
    let of_some = |id: &String| {
        let rules = dataset.tables.iter().flat_map(|table| &table.rules);
        rules.clone().any(|rule| rule.id == *id && rule.when.is_some() && matches!(rule.kind, RuleKind::Unique { .. }))
    };
    exhausted.extend(errors().flat_map(|problem| named(&dataset, problem)).filter(of_some));
    if once.compiled.plan.is_none() && !exhausted.is_empty() {
        // Where no value of a row's own columns obeys beside what stands fast, its parents are drawn again too, and what says that it is spoken
        // of; where values do not keep rows apart, fewer are spoken of.
        for way in [projecting(), Way::default()] {
            let again = compile_once(dataset.clone(), options, left_out, Way { widens: true, ..way }).compiled;
            if again.plan.as_ref().is_some_and(|plan| speaks_of_rows(plan, &exhausted)) {
                return again;
            }
        }
    }
    once.compiled
}

/// How a dataset is compiled.
#[derive(Default)]
struct Way {
    /// Whether something is done which may close a circle.
    projects: bool,
    /// Rules whose condition gives way as well.
    loose: HashSet<String>,
    /// Whether rules are said otherwise, so that what others decide stands in what they state.
    restates: bool,
    /// Whether rows that obey no rule with their parents choose these again, and what says of which rows it speaks.
    widens: bool,
}

/// A dataset compiled once.
struct Once {
    compiled: Compiled,
    /// Whether something was done which may close a circle.
    projects: bool,
    /// Rules whose conditions may give way to what they bound.
    loose: HashSet<String>,
    /// Whether some column is bounded by what parents or other columns hold.
    is_bounded_by_others: bool,
    /// Whether a rule was said otherwise.
    is_restated: bool,
    /// Whether more could be drawn again for some condition than is.
    can_widen: bool,
}

/// Compiles a dataset in one way.
fn compile_once(mut dataset: Dataset, options: &Options, left_out: &[String], way: Way) -> Once {
    let Way { projects, loose, restates, widens } = way;
    if let Some(seed) = options.seed {
        dataset.random_seed = Some(seed);
    }
    let mut problems = Vec::new();
    let locale = Locale::named(dataset.locale()).unwrap_or_else(|| {
        let mut problem =
            Problem::new("unknown_locale", format!("no data for the locale \"{}\" yet", dataset.locale()))
                .at("/locale");
        problem = problem.suggest(dataset.locale(), Locale::names().iter().copied());
        problems.push(problem);
        Locale::named(DEFAULT_LOCALE).expect("the default locale has data")
    });
    if options.seed.is_some_and(|seed| seed > MAX_SEED) {
        problems.push(
            Problem::new("too_large", format!("the seed {} is above the most allowed, {MAX_SEED}", dataset.seed()))
                .at("/random_seed"),
        );
    }
    for name in options.rows.keys().filter(|name| dataset.table(name).is_none()) {
        let mut problem =
            Problem::new("unknown_table", format!("rows are set for \"{name}\", which is no table")).at("/tables");
        problem = problem.hint(name, dataset.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>());
        problems.push(problem);
    }
    problems.extend(dataset.take_in(&crate::schema::no_files));
    let chosen = auto::choose_all(&mut dataset);
    let dataset = Arc::new(dataset);
    let mut compiler = Compiler {
        seeds: Seeds::new(dataset.seed()),
        options: options.clone(),
        locale,
        tables: (0..dataset.tables.len()).map(|table| TableState::new(&dataset, table)).collect(),
        statements: Statements::default(),
        notes: HashMap::new(),
        declared: BTreeMap::new(),
        null_rates: BTreeMap::new(),
        null_only: BTreeMap::new(),
        null_elsewhere: BTreeMap::new(),
        pools: Vec::new(),
        chosen,
        items: BTreeMap::new(),
        reserved: BTreeSet::new(),
        problems,
        left_out: left_out.to_vec(),
        projects,
        loose,
        restates,
        widens,
        path: Vec::new(),
        upward: Upward::default(),
        dataset,
    };
    compiler.check_names();
    compiler.check_keys();
    compiler.gather_rules();
    let projects = !compiler.statements.projected.is_empty() || !compiler.statements.overlaps.is_empty();
    compiler.check_given();
    for table in 0..compiler.tables.len() {
        compiler.rows(table);
    }
    for table in 0..compiler.tables.len() {
        for draw in compiler.dataset.tables[table].draws.keys().cloned().collect::<Vec<_>>() {
            compiler.check_draw(table, &draw);
        }
        for column in 0..compiler.dataset.tables[table].columns.len() {
            if let Err(Failed::One(problem)) = compiler.slot(table, Name::Column(column)) {
                compiler.problems.push(problem.at(column_pointer(table, column)));
            }
        }
    }
    compiler.compile_rules();
    let reads_others = compiler.bounds_read_others();
    let (can_widen, is_restated) = (compiler.statements.can_widen, compiler.statements.is_restated);
    let (compiled, loose) = compiler.finish();
    Once { compiled, projects, loose, is_bounded_by_others: reads_others, is_restated, can_widen }
}

impl Compiler {
    /// The plan, and the rules whose conditions might give way where it fails.
    fn finish(mut self) -> (Compiled, HashSet<String>) {
        self.check_complete();
        if self.problems.iter().any(Problem::is_error) {
            sort_problems(&mut self.problems);
            return (Compiled { plan: None, problems: self.problems }, HashSet::new());
        }
        let load_order = self.load_order();
        let mut report = self.report_of(&load_order);
        let mut declared: BTreeMap<usize, Vec<Declared>> = BTreeMap::new();
        for ((table, _), found) in std::mem::take(&mut self.declared) {
            declared.entry(table).or_default().push(found);
        }
        let mut tables = Vec::with_capacity(self.tables.len());
        let states = std::mem::take(&mut self.tables);
        for (index, mut state) in states.into_iter().enumerate() {
            let definition = &self.dataset.tables[index];
            let mut delivered = Vec::new();
            let mut fields = Vec::new();
            for (at, column) in definition.columns.iter().enumerate() {
                let Some(slot) = state.column_slot(at) else { continue };
                if column.hidden != Some(true) {
                    delivered.push(slot);
                    let made = &state.slots[slot];
                    let nullable = made.nullable && !definition.primary_key.contains(&column.name);
                    fields.push(made.logical.field(&column.name, nullable));
                }
            }
            let groups = self.statements.take_groups(index);
            for (at, group) in groups.iter().enumerate() {
                for member in &group.members {
                    state.slots[*member].group = Some(at);
                }
            }
            let mut declared = declared.remove(&index).unwrap_or_default();
            for (at, column) in definition.columns.iter().enumerate() {
                // Nulls that are drawn again for a rule have another share.
                if let Some(rate) = self.null_rates.get(&(index, at))
                    && let Some(slot) = state.column_slot(at)
                    && state.slots[slot].group.is_none()
                {
                    declared.push(Declared::nulls(&column.name, *rate));
                }
            }
            let take = |known: &mut BTreeMap<(usize, usize), Vec<String>>| {
                let delivered = definition.columns.iter().enumerate().filter(|(_, column)| column.hidden != Some(true));
                let of = |(at, column): (usize, &Column)| Some((column.name.clone(), known.remove(&(index, at))?));
                delivered.filter_map(of).collect::<Vec<_>>()
            };
            let (null_only, null_elsewhere) = (take(&mut self.null_only), take(&mut self.null_elsewhere));
            tables.push(TablePlan {
                name: definition.name.clone(),
                rows: match state.rows {
                    RowCount::Known(rows) => rows,
                    _ => 0,
                },
                schema: Arc::new(Schema::new(fields)),
                delivered,
                slots: state.slots,
                groups,
                declared,
                null_only,
                null_elsewhere,
            });
        }
        let mut dataset = Arc::unwrap_or_clone(self.dataset);
        for (definition, table) in dataset.tables.iter_mut().zip(&tables) {
            take_sizes(definition, table.rows, &self.options);
        }
        report.fill_rows(&tables);
        let mut plan = Plan { dataset, tables, load_order, report, pools: self.pools };
        let mut report = plan.report.clone();
        report.fill_memory(&plan);
        plan.report = report;
        let sampled = super::sample::sample(&plan, &self.statements);
        let implies = |rule: &&crate::schema::Rule| matches!(rule.kind, RuleKind::Implies { .. });
        let rules = plan.dataset.tables.iter().flat_map(|table| &table.rules).filter(implies);
        let loose = rules.map(|rule| rule.id.clone()).filter(|id| sampled.tried.contains(id)).collect();
        self.problems.extend(sampled.problems);
        for (id, note) in sampled.notes {
            plan.report.note(&id, note);
        }
        let asked_twice = plan.check_pools();
        if asked_twice.is_empty() {
            let is_long = |pool: &Pool| super::sample::takes_long(&plan, &self.statements, pool.table, &pool.reads);
            let long: Vec<bool> = plan.pools.iter().map(is_long).collect();
            plan.pools.iter_mut().zip(long).for_each(|(pool, is_long)| pool.is_long = is_long);
            let (reports, problems) = plan.report_pools();
            plan.report.take_pools(reports);
            self.problems.extend(problems);
        }
        self.problems.extend(asked_twice);
        sort_problems(&mut self.problems);
        let failed = self.problems.iter().any(Problem::is_error);
        plan.report.warnings = self.problems.clone();
        (Compiled { plan: (!failed).then(|| Arc::new(plan)), problems: self.problems }, loose)
    }
}

/// Writes into a table's definition how many rows this generation makes of it, where the schema or the generation's options say a number, so that
/// the certificate asks for them.
fn take_sizes(definition: &mut crate::schema::Table, rows: u64, options: &Options) {
    let is_set = options.rows.contains_key(&definition.name);
    if definition.rows.is_some() || is_set {
        definition.rows = Some(rows);
    }
    let is_scaled = options.scale.is_some() && definition.scaled != Some(false);
    let structural = definition.foreign_keys.iter().position(|key| key.children.is_some());
    for (at, key) in definition.foreign_keys.iter_mut().enumerate() {
        let Some(children) = &mut key.children else { continue };
        let is_decided = is_set && structural == Some(at);
        if (is_decided && (children.total.is_some() || children.mean.is_some()))
            || (is_scaled && children.total.is_some())
        {
            // Each row of the table is a child by each of these keys.
            children.total = Some(rows);
            children.mean = children.mean.filter(|_| !is_decided);
        }
    }
}

/// Problems in the order of the schema, each once: by the steps of their pointers, numbers as numbers.
fn sort_problems(problems: &mut Vec<Problem>) {
    problems.sort_by_cached_key(|problem| {
        problem.pointer.split('/').map(|step| (step.parse::<u64>().unwrap_or(0), step.to_owned())).collect::<Vec<_>>()
    });
    problems.dedup();
}
