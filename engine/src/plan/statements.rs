//! What rules ask of columns, keys and rows, as columns are compiled with it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use indexmap::IndexMap;
use serde_json::Value;

use super::admitted::Admitted;
use super::aggregates::Aggregate;
use super::combinations::Combination;
use super::compiler::Failed;
use super::correlations::Correlations;
use super::dealt_counts::DealtCount;
use super::overlaps::Overlap;
use super::pulled::Pulled;
use super::quotas::{Asked, AskedNulls, Limit, Pass};
use super::ranked::RankCount;
use super::rules::limited;
use super::statistics::Statistic;
use super::{Side, SlotId};
use crate::enforce::deal::{Alike, Ranks, Unlike};
use crate::enforce::order::Distance;
use crate::enforce::redraw::Group;
use crate::enforce::spread::Spread;
use crate::expr::{Literal, Parsed};
use crate::generators::{Countable, Interval};
use crate::permutation::Permutation;
use crate::types::LogicalType;

/// A condition that a rule puts on a column, and the place of the rule.
#[derive(Clone, Debug)]
pub(super) struct Implied {
    pub rule: String,
    pub condition: String,
    pub pointer: String,
}

/// A value that a rule puts into some rows.
#[derive(Clone, Debug)]
pub(super) struct ForcedValue {
    pub rule: String,
    pub condition: String,
    pub value: Literal,
    pub pointer: String,
}

/// The values that a rule lists for a column.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    /// The condition that lists them.
    pub sql: String,
    /// Those that the column's generator makes, each once.
    pub values: ArrayRef,
}

/// A rule's formula of a column.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    pub sql: String,
    /// Set where it is no SQL but what the row's children come to.
    pub aggregate: Option<Aggregate>,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    pub rule: String,
    pub pointer: String,
}

/// A column whose values may be too large for its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrowed {
    pub table: usize,
    pub column: usize,
    /// The values as they are made, and in the column's type.
    pub from: SlotId,
    pub to: SlotId,
}

/// What bounds a column.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    Constant(i64),
    Slot(BoundOf),
}

/// What bounds a column row by row.
#[derive(Clone, Debug)]
pub(super) enum BoundOf {
    Column(usize),
    /// One value in the column's type, in the rows of a condition.
    Where(String, ArrayRef),
    /// What SQL gives; null bounds nothing.
    Sql(String),
    /// A value for each level of the tree that a key makes: this one in the last level, and so many units more with each level above.
    Levels {
        key: usize,
        end: i64,
        step: i64,
    },
}

/// A bound of a column that a rule sets.
#[derive(Clone, Debug)]
pub(super) struct PlannedBound {
    pub value: Bound,
    pub side: Side,
    /// Where a value between two units is rounded to.
    pub rounds: Side,
    /// The place of the rule.
    pub place: String,
    pub gap: i64,
}

/// Who takes part in a combination without repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Member {
    Column(usize),
    Key(usize),
}

impl Member {
    /// The column, where it is one.
    pub fn column(self) -> Option<usize> {
        match self {
            Member::Column(column) => Some(column),
            Member::Key(_) => None,
        }
    }

    /// The key, where it is one.
    pub fn key(self) -> Option<usize> {
        match self {
            Member::Key(key) => Some(key),
            Member::Column(_) => None,
        }
    }
}

/// A combination without repetition that is held by dealing positions.
pub(super) struct Deal {
    pub members: Vec<Member>,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    /// Set where the rows of `when` are counted, for all rows would be too many; found with the parts.
    pub ranks: Option<Arc<Ranks>>,
    /// Dealt among the children of each parent of this key; else in the whole table.
    pub siblings_of: Option<usize>,
    /// Whether a parent has more children than there are combinations, so that those of `when` are numbered; found with the parts.
    pub numbers_siblings: bool,
    pub pointer: String,
    pub rule: String,
    pub parts: Option<Vec<Part>>,
    /// How its combinations are spread where they are not all alike; found with the parts.
    pub spread: Option<DealtSpread>,
    /// Columns that other rules decide, among whose like rows it is dealt; in the whole table where there are none.
    pub beside: Vec<usize>,
    /// The rows that are alike in them; found with the parts.
    pub alike: Option<Arc<Alike>>,
    /// Which pairs of parents are dealt, where a rule keeps them apart, and that rule.
    pub unlike: Option<(Unlike, String)>,
}

/// What the members of a combination share that is dealt by likelihood.
#[derive(Clone)]
pub(super) struct DealtSpread {
    pub spread: Arc<Spread>,
    pub permutation: Arc<Permutation>,
    /// Where its points lie.
    pub start: u64,
    /// Of each member, its first factor and the one behind its last.
    pub factors: Vec<(usize, usize)>,
}

/// One member's values.
#[derive(Clone)]
pub(super) struct Part {
    pub countable: Arc<dyn Countable>,
    pub logical: LogicalType,
    pub longest: Option<u64>,
}

/// A condition that rows are drawn again for.
pub(super) struct RowCondition {
    pub table: usize,
    pub rule: String,
    pub sql: String,
    /// The part whose columns are to move: what a rule states of its rows, without what says which these are. All that the condition reads
    /// where absent.
    pub steered: Option<String>,
    /// Columns that are left no value which breaks it, once these are counted; empty where that is not all.
    pub limited: Vec<usize>,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    /// What holds in these, taken apart at AND; empty where it is not to be.
    pub parts: Vec<Parsed>,
    /// Whether the columns that it reads are drawn inside what it leaves, so that it is only looked at.
    pub is_met: bool,
    pub pointer: String,
}

impl RowCondition {
    /// One of its parts in the rows that it speaks of, or all of it.
    pub fn sql_of(&self, part: Option<usize>) -> String {
        part.map_or_else(|| self.sql.clone(), |part| limited(self.when.as_deref(), self.parts[part].sql()))
    }

    /// The same with some of its parts alone.
    pub fn only(self, left: &[usize]) -> RowCondition {
        let parts: Vec<Parsed> = left.iter().map(|at| self.parts[*at].clone()).collect();
        let sql = parts.iter().map(|part| format!("({})", part.sql())).collect::<Vec<_>>().join(" AND ");
        RowCondition {
            steered: self.steered.as_ref().map(|_| sql.clone()),
            sql: limited(self.when.as_deref(), &sql),
            limited: left.iter().filter_map(|at| self.limited.get(*at).copied()).collect(),
            parts,
            ..self
        }
    }
}

/// A condition that nothing can move.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub table: usize,
    pub slot: SlotId,
    pub rule: String,
    /// A column that it reads, and the rule that decides that column's values over all rows together.
    pub owner: Option<(String, String)>,
    /// Whether it is met by construction, and looked at where that takes a moment.
    pub is_met: bool,
}

/// How a rule is held, for the plan.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub table: usize,
    pub kind: &'static str,
    pub way: &'static str,
    pub note: String,
}

/// An order that is held by drawing.
pub(super) struct PlannedOrder {
    pub(super) table: usize,
    pub(super) columns: Vec<usize>,
    /// What constants leave to each column, in units of their type.
    pub(super) intervals: Vec<Interval>,
    pub(super) distance: Distance,
    /// Which of the columns may be null.
    pub(super) hollow: Vec<bool>,
    /// The rule.
    pub(super) rule: String,
}

/// All that rules ask for.
#[derive(Default)]
pub(super) struct Statements {
    /// Columns whose values may be too large for their types, which some rows are to show.
    pub(super) narrowed: Vec<Narrowed>,
    /// Columns whose texts are cut to their lengths, which some rows are to show that they can be.
    pub(super) cut: Vec<Narrowed>,
    pub(super) nulls: HashMap<(usize, usize), Vec<Implied>>,
    pub(super) values: HashMap<(usize, usize), Vec<Implied>>,
    pub(super) forced: HashMap<(usize, usize), Vec<ForcedValue>>,
    pub(super) listings: HashMap<(usize, usize), Vec<Listing>>,
    pub(super) formulas: HashMap<(usize, usize), Vec<Formula>>,
    pub(super) bounds: HashMap<(usize, usize), Vec<PlannedBound>>,
    /// What combinations that are dealt have to obey.
    pub(super) admitted: Admitted,
    pub(super) deals: HashMap<usize, Vec<Deal>>,
    pub(super) combinations: HashMap<usize, Vec<Combination>>,
    /// Values that rules name of columns that have no generator, with the first rule that does.
    pub(super) suggested: IndexMap<(usize, usize), (Vec<Value>, String)>,
    /// What rules ask of how often a column's values stand.
    pub(super) counted: HashMap<(usize, usize), Vec<Asked>>,
    /// What rules ask of how often values of an interval stand in a column that never repeats.
    pub(super) dealt_counts: HashMap<(usize, usize), DealtCount>,
    /// What rules ask of how often a column is null.
    pub(super) null_counts: HashMap<(usize, usize), AskedNulls>,
    /// What rules ask of a column's statistics.
    pub(super) statistics: HashMap<(usize, usize), Vec<Statistic>>,
    /// What rules ask of the statistics of scores, by the columns that these are bands of.
    pub(super) pulled: HashMap<(usize, usize), Pulled>,
    /// How many values of an interval rules ask for in columns that move together with others.
    pub(super) rank_counts: HashMap<(usize, usize), Vec<RankCount>>,
    /// What rules ask of intervals.
    pub(super) overlaps: HashMap<usize, Vec<Overlap>>,
    /// What rules ask of columns that move together.
    pub(super) correlations: Correlations,
    /// Columns of which all that is asked is one system.
    pub(super) systems: HashSet<(usize, usize)>,
    /// What rules leave of a column's values.
    pub(super) limits: HashMap<(usize, usize), Vec<Limit>>,
    pub(super) passes: Vec<Pass>,
    /// What can be told of such passes over long tables without making them.
    pub(super) flat: Vec<Pass>,
    /// What a few of their rows tell.
    pub(super) parts: Vec<Pass>,
    pub(super) conditions: Vec<RowCondition>,
    pub(super) groups: HashMap<usize, Vec<Group>>,
    pub(super) held: IndexMap<String, Held>,
    pub(super) pointers: HashMap<String, String>,
    /// Conditions that nothing can move.
    pub(super) fixed: Vec<Fixed>,
    /// Conditions in whose place columns are bounded: table, SQL, place of the rule.
    pub(super) replaced: Vec<(usize, String, String)>,
    /// Bounds that cannot be compiled: the place of the rule, and why. The condition itself says so there in its own words.
    pub(super) unbounded: Vec<(String, Failed)>,
    /// Columns whose values rules decide over all rows together, and which comparisons with constants bound in all of them.
    pub(super) closed: HashSet<(usize, usize)>,
    /// Orders whose columns are drawn inside what the ones before leave, and how far what their own ends leave.
    pub(super) orders: Vec<PlannedOrder>,
    /// Columns that comparisons of rules bound: table, column, rule.
    pub(super) projected: Vec<(usize, usize, String)>,
    /// Slots that may have no value for some row, and then show that a rule cannot hold: table, slot, rule.
    pub(super) tried: Vec<(usize, usize, String)>,
    /// Rules `unique` of some rows that are held by how many rows their condition holds in: table, rule, columns.
    pub(super) unique_counts: Vec<(usize, String, Vec<String>)>,
    /// Whether a rule was said otherwise than it is written.
    pub(super) is_restated: bool,
    /// Whether more could be drawn again for some condition than is.
    pub(super) can_widen: bool,
    /// Slots that say whether a row's other columns leave a column with statistics a value: table, slot, rule.
    pub(super) rooms: Vec<(usize, SlotId, String)>,
}

impl Statements {
    pub fn implied_nulls(&self, table: usize, column: usize) -> Vec<Implied> {
        self.nulls.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn implied_values(&self, table: usize, column: usize) -> Vec<Implied> {
        self.values.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn forced(&self, table: usize, column: usize) -> Vec<ForcedValue> {
        self.forced.get(&(table, column)).cloned().unwrap_or_default()
    }

    /// The formula of all rows.
    pub fn formula(&self, table: usize, column: usize) -> Option<Formula> {
        self.formulas.get(&(table, column))?.iter().find(|formula| formula.when.is_none()).cloned()
    }

    /// The formulas of some rows.
    pub fn partial_formulas(&self, table: usize, column: usize) -> Vec<Formula> {
        let all = self.formulas.get(&(table, column)).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|formula| formula.when.is_some()).cloned().collect()
    }

    /// The rule that makes a column, in all rows or in some, of the row's children.
    pub fn aggregated(&self, table: usize, column: usize) -> Option<&Formula> {
        self.formulas.get(&(table, column))?.iter().find(|formula| formula.aggregate.is_some())
    }

    pub fn bounds(&self, table: usize, column: usize) -> Vec<PlannedBound> {
        self.bounds.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn deal_of(&self, table: usize, column: usize) -> Option<usize> {
        self.member(table, Member::Column(column))
    }

    pub fn deal_of_key(&self, table: usize, key: usize) -> Option<usize> {
        self.member(table, Member::Key(key))
    }

    /// Whether rules decide the values of a column over all rows together: how often they stand, their statistics, or how they move with
    /// those of others.
    pub fn is_counted(&self, table: usize, column: usize) -> bool {
        self.counted.contains_key(&(table, column))
            || self.statistics.contains_key(&(table, column))
            || self.pulled.contains_key(&(table, column))
            || self.rank_counts.contains_key(&(table, column))
            || self.correlations.rule_of(table, column).is_some()
            || self.overlap_of(table, column).is_some()
    }

    /// The rule that keeps intervals apart of which a column is an end.
    pub fn overlap_of(&self, table: usize, column: usize) -> Option<&Overlap> {
        self.overlaps.get(&table)?.iter().find(|overlap| overlap.is_end(column))
    }

    pub fn member(&self, table: usize, member: Member) -> Option<usize> {
        self.deals.get(&table)?.iter().position(|deal| deal.members.contains(&member))
    }

    pub fn take_groups(&mut self, table: usize) -> Vec<Group> {
        self.groups.remove(&table).unwrap_or_default()
    }
}
