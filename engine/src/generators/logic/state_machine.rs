//! A chain of states, each drawn by the one before it.

use std::sync::OnceLock;

use datafusion::arrow::array::ArrayRef;
use indexmap::{IndexMap, IndexSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::lists::List;
use super::super::prefix::Prefixes;
use super::super::{Cells, Fill, Generator, Held, Made, Problems, Rows, RunError};
use crate::plan::{BLOCK, Context, Groups, Order, Plan, Step, Tally, places};
use crate::problem::{Problem, pointer_step};
use crate::random::{Guide, Key};

/// A state that depends on the state of the row before it: each row takes the next step of a random process, over the whole table or within
/// each group. A state without transitions is final: the rows after it in its group keep it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateMachine {
    /// The state of the first row, or how likely each state is there, in proportion.
    initial: InitialState,
    /// For each state the states that can follow it, with how likely each is, in proportion.
    transitions: IndexMap<String, IndexMap<String, f64>>,
    /// Columns within whose groups it starts anew; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
}

/// Where a chain starts.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum InitialState {
    /// Always in one state.
    One(String),
    /// In one of several, by weight.
    Weighted(IndexMap<String, f64>),
}

/// The most states: a state is a byte.
const STATES: usize = 256;

impl Generator for StateMachine {
    const EXAMPLE: &'static str = "{type: state_machine, initial: open, transitions: {open: {open: 1, waiting: 2, closed: 1}, waiting: {open: 3, closed: 1}, closed: {open: 1}}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let one: IndexMap<String, f64>;
        let initial = match &self.initial {
            InitialState::One(state) => {
                one = IndexMap::from([(state.clone(), 1.0)]);
                &one
            }
            InitialState::Weighted(weights) => weights,
        };
        let mut states: IndexSet<&str> = initial.keys().map(String::as_str).collect();
        for (state, next) in &self.transitions {
            states.insert(state);
            states.extend(next.keys().map(String::as_str));
        }
        if states.len() > STATES {
            let detail = format!("{} states are more than the {STATES} that a chain can have", states.len());
            return Err(vec![Problem::new("too_large", detail).at("/transitions")]);
        }
        let reachable = reachable(initial, &self.transitions);
        if let Some(state) = self.transitions.keys().find(|state| !reachable.contains(state.as_str())) {
            let place = format!("/transitions{}", pointer_step(state));
            let detail = format!("no chain ever comes to the state \"{state}\"");
            let problem = Problem::new("unreachable", detail).at(place);
            return Err(vec![problem.remedy("name it where it can follow, or leave it out")]);
        }
        let draw = |weights: &IndexMap<String, f64>, place: String| {
            let guide = Guide::new(&weights.values().copied().collect::<Vec<_>>());
            let Some(guide) = guide else {
                let detail = "weights here must be 0 or more, and one of them above 0";
                return Err(vec![Problem::new("no_weight", detail).at(place)]);
            };
            let to = weights.keys().filter_map(|state| states.get_index_of(state.as_str())).map(|at| at as u8);
            Ok(Draw { guide, to: to.collect() })
        };
        let first = draw(initial, "/initial".to_owned())?;
        let mut next = Vec::with_capacity(states.len());
        for state in &states {
            let weights = self.transitions.get(*state).filter(|weights| !weights.is_empty());
            let place = format!("/transitions{}", pointer_step(state));
            next.push(weights.map(|weights| draw(weights, place)).transpose()?);
        }
        let values: Vec<Value> = states.iter().map(|state| Value::from(*state)).collect();
        let list = List::of(&values, cx.declared().as_ref())
            .map_err(|found| found.into_iter().map(|problem| problem.at("/transitions")).collect::<Vec<_>>())?;
        let groups = cx.groups(&self.per, &[])?;
        let chain = Chain { key: cx.key("value"), first, next };
        let (logical, longest) = (list.logical.clone(), list.longest());
        let fill = States {
            list,
            chain,
            groups,
            prefixes: Prefixes::default(),
            whole: OnceLock::new(),
            tally: Tally::default(),
        };
        Ok(Made { longest, ..Made::computed(logical, fill) })
    }
}

/// The states that a chain can come to.
fn reachable<'s>(
    initial: &'s IndexMap<String, f64>,
    transitions: &'s IndexMap<String, IndexMap<String, f64>>,
) -> IndexSet<&'s str> {
    let mut reached: IndexSet<&str> = initial.keys().map(String::as_str).collect();
    let mut next = 0;
    while let Some(state) = reached.get_index(next).copied() {
        next += 1;
        reached.extend(transitions.get(state).into_iter().flatten().map(|(state, _)| state.as_str()));
    }
    reached
}

/// One of some states, by weight.
struct Draw {
    guide: Guide,
    to: Vec<u8>,
}

impl Draw {
    fn pick(&self, word: u64) -> u8 {
        self.to[self.guide.pick(word)]
    }
}

/// A chain whose step at an index is one word of the group's stream, applied to whatever state the chain is in. So the steps are maps from
/// states to states, and maps compose.
struct Chain {
    key: Key,
    first: Draw,
    next: Vec<Option<Draw>>,
}

impl Step for Chain {
    /// How many rows there were, and the state of the last.
    type State = (u64, Option<u8>);
    type Chunk = ();

    fn read(&self, _: &Plan, _: std::ops::Range<u64>) -> Result<(), RunError> {
        Ok(())
    }

    fn step(&self, state: &mut Self::State, (): &(), _: usize, group: u32, _: u64) -> Result<(), RunError> {
        let key = self.of(Some(u64::from(group)));
        *state = (state.0 + 1, Some(self.next(&key, state.1, state.0)));
        Ok(())
    }
}

/// Steps that are gone back to find the state without the whole chain.
const BACK: [u64; 3] = [32, 256, 2_048];

impl Chain {
    /// The stream of a group.
    fn of(&self, group: Option<u64>) -> Key {
        group.map_or(self.key, |group| self.key.child(group))
    }

    fn next(&self, key: &Key, state: Option<u8>, index: u64) -> u8 {
        match state {
            None => self.first.pick(key.word(index)),
            Some(state) => self.next[state as usize].as_ref().map_or(state, |draw| draw.pick(key.word(index))),
        }
    }

    /// The state at an index, where it is the same whatever state the chain was in some steps before: most chains forget their past soon
    /// (coupling from the past, Propp & Wilson 1996).
    fn forgetful(&self, key: &Key, index: u64) -> Option<u8> {
        for back in BACK {
            let Some(start) = index.checked_sub(back) else {
                let state = (0..=index).fold(None, |state, index| Some(self.next(key, state, index)));
                return state;
            };
            let mut states: Vec<u8> = (0..self.next.len()).map(|state| state as u8).collect();
            for index in start + 1..=index {
                for state in &mut states {
                    *state = self.next(key, Some(*state), index);
                }
                // Those that met stay together.
                states.sort_unstable();
                states.dedup();
            }
            if let [state] = states.as_slice() {
                return Some(*state);
            }
        }
        None
    }
}

struct States {
    list: List,
    chain: Chain,
    groups: Groups,
    prefixes: Prefixes<Option<u8>>,
    /// The states of a table whose groups a pass finds, by place.
    whole: OnceLock<Vec<u8>>,
    tally: Tally<Chain>,
}

impl States {
    /// The state of a row in a group that begins at `first` and whose rows lie side by side.
    fn find(&self, key: &Key, first: u64, row: u64) -> Result<u8, RunError> {
        if let Some(state) = self.chain.forgetful(key, row - first) {
            return Ok(state);
        }
        let walk = |state, rows: std::ops::Range<u64>| {
            rows.fold(state, |state, row| Some(self.chain.next(key, state, row - first)))
        };
        let block = row / BLOCK;
        let (before, start) = if block * BLOCK > first {
            (self.prefixes.before(first, block, None, |state, rows| Ok(walk(state, rows)))?, block * BLOCK)
        } else {
            (None, first)
        };
        walk(before, start..row + 1).ok_or_else(|| RunError::new("a chain without a state"))
    }

    /// The states of an order, place after place.
    fn by_place(&self, order: &Order) -> Vec<u8> {
        let mut states = Vec::new();
        for (group, places) in order.groups().enumerate() {
            let key = self.chain.of(Some(group as u64));
            let mut state = None;
            for index in 0..places.len() as u64 {
                let next = self.chain.next(&key, state, index);
                states.push(next);
                state = Some(next);
            }
        }
        states
    }

    fn side_by_side(&self, firsts: &[(Option<u64>, u64)], rows: &Rows) -> Result<Vec<u8>, RunError> {
        let mut states = Vec::with_capacity(rows.len());
        let mut known: Option<(u64, u64, Key, u8)> = None;
        for (row, (group, first)) in rows.iter().zip(firsts) {
            let (key, state) = match known {
                Some((before, same, key, state)) if same == *first && before + 1 == row => {
                    (key, self.chain.next(&key, Some(state), row - first))
                }
                _ => {
                    let key = self.chain.of(*group);
                    (key, self.find(&key, *first, row)?)
                }
            };
            known = Some((row, *first, key, state));
            states.push(state);
        }
        Ok(states)
    }

    fn states(&self, plan: &Plan, rows: &Rows) -> Result<Vec<u8>, RunError> {
        match &self.groups {
            Groups::Whole => self.side_by_side(&vec![(None, 0); rows.len()], rows),
            Groups::Siblings(allocation) => {
                let firsts: Vec<_> =
                    places(allocation, rows).into_iter().map(|place| (Some(place.parent), place.first)).collect();
                self.side_by_side(&firsts, rows)
            }
            Groups::Sorted(sorted) => {
                let mut states = Vec::with_capacity(rows.len());
                sorted.over(plan, rows, &mut |part, order| {
                    let all = self.whole.get_or_init(|| self.by_place(order));
                    states.extend(part.map(|position| all[order.place(rows.at(position))]));
                    Ok(())
                })?;
                Ok(states)
            }
            Groups::Scattered(groups) => {
                let mut states = Vec::with_capacity(rows.len());
                self.tally.over(plan, groups, &self.chain, rows, |_, _, _, after| states.extend(after.1))?;
                Ok(states)
            }
        }
    }
}

impl Fill for States {
    fn hold(&self, held: &mut Held<'_>) {
        let rows = self.groups.hold(held);
        held.add(self, rows);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        self.list.gather(self.states(cells.plan, rows)?.into_iter().map(usize::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn chain(transitions: &[&[(u8, f64)]]) -> Chain {
        let draw = |list: &[(u8, f64)]| Draw {
            guide: Guide::new(&list.iter().map(|(_, weight)| *weight).collect::<Vec<_>>()).unwrap(),
            to: list.iter().map(|(state, _)| *state).collect(),
        };
        Chain {
            key: Seeds::new(3).key("t", "c", "value", 0),
            first: draw(&[(0, 1.0)]),
            next: transitions.iter().map(|list| (!list.is_empty()).then(|| draw(list))).collect(),
        }
    }

    #[test]
    fn a_state_found_from_the_past_is_that_of_the_chain() {
        let chain = chain(&[&[(0, 1.0), (1, 2.0)], &[(2, 1.0), (0, 0.5)], &[(0, 1.0), (1, 1.0)]]);
        let mut state = None;
        for index in 0..20_000 {
            state = Some(chain.next(&chain.key, state, index));
            if index % 7 == 0 {
                assert_eq!(chain.forgetful(&chain.key, index), state);
            }
        }
    }

    #[test]
    fn a_chain_that_forgets_nothing_says_so_and_a_final_state_stays() {
        let turning = chain(&[&[(1, 1.0)], &[(0, 1.0)]]);
        assert_eq!(turning.forgetful(&turning.key, 10), Some(0));
        assert_eq!(turning.forgetful(&turning.key, 100_000), None);
        let ending = chain(&[&[(0, 1.0), (1, 1.0)], &[]]);
        assert_eq!(ending.forgetful(&ending.key, 5_000), Some(1));
    }
}
