//! The strings of an expression as a graph in which each has exactly one path, counted so that any one is found by its number.

use std::collections::HashMap;

use super::charset::CharSet;
use super::expr::{Arena, Atom, Exhausted, Id, NOTHING};
use crate::random::{Cell, Guide};

/// A deterministic automaton without cycles, its states numbered from the start.
#[derive(Clone, Debug)]
pub(super) struct Dfa {
    states: Vec<State>,
    edges: Vec<Edge>,
    sets: Vec<CharSet>,
}

#[derive(Clone, Debug)]
struct State {
    /// Whether a string may end here.
    accepts: bool,
    first_edge: u32,
    edges: u32,
    /// How many strings lead on from here; none beyond 2^128.
    count: Option<u128>,
    /// Where they are too many: an end or an edge by its share of them, the end first.
    choice: Option<Guide>,
}

#[derive(Clone, Debug)]
struct Edge {
    set: u32,
    next: u32,
    /// How many strings of the state come before those of this edge.
    before: u128,
}

impl Dfa {
    /// The automaton of an expression; fails where it has more states than allowed or takes more work.
    pub(super) fn new(arena: &mut Arena, root: Id, most_states: usize) -> Result<Dfa, Exhausted> {
        let atoms = arena.cut_alphabet()?;
        let mut dfa = Dfa { states: Vec::new(), edges: Vec::new(), sets: Vec::new() };
        let mut sets: HashMap<Vec<Atom>, u32> = HashMap::new();
        let (mut ids, mut numbers) = (vec![root], HashMap::from([(root, 0_u32)]));
        let mut at = 0;
        while let Some(&id) = ids.get(at) {
            at += 1;
            // Atoms that lead to the same state are one edge; edges are in the order of their first atoms.
            let mut targets: Vec<(u32, Vec<Atom>)> = Vec::new();
            let mut places: HashMap<u32, usize> = HashMap::new();
            for atom in arena.first_atoms(id)? {
                let next = arena.derive(id, atom)?;
                if next == NOTHING {
                    continue;
                }
                let next = match numbers.get(&next) {
                    Some(number) => *number,
                    None if ids.len() == most_states => return Err(Exhausted),
                    None => {
                        let number = ids.len() as u32;
                        numbers.insert(next, number);
                        ids.push(next);
                        number
                    }
                };
                let place = *places.entry(next).or_insert(targets.len());
                match targets.get_mut(place) {
                    Some((_, atoms)) => atoms.push(atom),
                    None => targets.push((next, vec![atom])),
                }
            }
            let first_edge = dfa.edges.len() as u32;
            for (next, members) in targets {
                let set = *sets.entry(members).or_insert_with_key(|members| {
                    dfa.sets.push(CharSet::new(members.iter().flat_map(|atom| atoms[*atom as usize].ranges())));
                    dfa.sets.len() as u32 - 1
                });
                dfa.edges.push(Edge { set, next, before: 0 });
            }
            let edges = dfa.edges.len() as u32 - first_edge;
            dfa.states.push(State { accepts: arena.nullable(id), first_edge, edges, count: None, choice: None });
        }
        // The longest string of a state is longer than that of any state after it.
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|state| arena.lengths(ids[*state]).max);
        dfa.count_strings(&order);
        Ok(dfa)
    }

    fn count_strings(&mut self, order: &[usize]) {
        let mut logs = vec![0.0; self.states.len()];
        for &at in order {
            let State { accepts, first_edge, edges, .. } = self.states[at];
            let range = first_edge as usize..(first_edge + edges) as usize;
            let mut count = Some(u128::from(accepts));
            for edge in &mut self.edges[range.clone()] {
                edge.before = count.unwrap_or(0);
                let size = u128::from(self.sets[edge.set as usize].size());
                let further = self.states[edge.next as usize].count.and_then(|next| next.checked_mul(size));
                count = count.zip(further).and_then(|(count, further)| count.checked_add(further));
            }
            self.states[at].count = count;
            if let Some(count) = count {
                logs[at] = libm::log(count as f64);
                continue;
            }
            let end = if accepts { 0.0 } else { f64::NEG_INFINITY };
            let shares: Vec<f64> =
                std::iter::once(end)
                    .chain(self.edges[range].iter().map(|edge| {
                        logs[edge.next as usize] + libm::log(f64::from(self.sets[edge.set as usize].size()))
                    }))
                    .collect();
            let largest = shares.iter().fold(f64::NEG_INFINITY, |largest, log| largest.max(*log));
            let shares: Vec<f64> = shares.iter().map(|log| libm::exp(log - largest)).collect();
            logs[at] = largest + libm::log(shares.iter().sum());
            self.states[at].choice = Guide::new(&shares);
        }
    }

    fn edges_of(&self, state: &State) -> &[Edge] {
        &self.edges[state.first_edge as usize..(state.first_edge + state.edges) as usize]
    }

    /// How many strings there are, if a number of 128 bits holds it.
    pub(super) fn count(&self) -> Option<u128> {
        self.states[0].count
    }

    /// Appends the string of this number, which counts modulo the number of strings; nothing where they are too many to number.
    pub(super) fn unrank(&self, rank: u128, out: &mut String) {
        self.descend(0, rank, out);
    }

    fn descend(&self, start: usize, rank: u128, out: &mut String) {
        let mut state = &self.states[start];
        let Some(count) = state.count else { return };
        let mut rank = rank.checked_rem(count).unwrap_or(0);
        loop {
            // Most numbers fit a word, in which a division costs a tenth.
            if let (Ok(rank), true) = (u64::try_from(rank), state.count <= Some(u128::from(u64::MAX))) {
                return self.descend_in_words(state, rank, out);
            }
            if rank < u128::from(state.accepts) {
                return;
            }
            let edges = self.edges_of(state);
            let Some(edge) = edges[..edges.partition_point(|edge| edge.before <= rank)].last() else { return };
            state = &self.states[edge.next as usize];
            let Some(next) = state.count else { return };
            rank -= edge.before;
            out.push(self.sets[edge.set as usize].nth((rank / next) as u32));
            rank %= next;
        }
    }

    fn descend_in_words<'a>(&'a self, mut state: &'a State, mut rank: u64, out: &mut String) {
        while rank >= u64::from(state.accepts) {
            let edges = self.edges_of(state);
            let Some(edge) = edges[..edges.partition_point(|edge| edge.before as u64 <= rank)].last() else { return };
            state = &self.states[edge.next as usize];
            rank -= edge.before as u64;
            let next = state.count.unwrap_or(1) as u64;
            let index = rank / next;
            rank -= index * next;
            out.push(self.sets[edge.set as usize].nth(index as u32));
        }
    }

    /// The number of a string, if it is one of them and they are numbered.
    pub(super) fn rank(&self, text: &str) -> Option<u128> {
        let mut state = &self.states[0];
        state.count?;
        let mut rank = 0;
        for c in text.chars() {
            let (edge, index) = self
                .edges_of(state)
                .iter()
                .find_map(|edge| self.sets[edge.set as usize].index_of(c).map(|index| (edge, index)))?;
            state = &self.states[edge.next as usize];
            rank += edge.before + u128::from(index) * state.count?;
        }
        state.accepts.then_some(rank)
    }

    /// Appends a string, each with the same probability (where they are too many to number, to within the rounding of f64).
    pub(super) fn draw(&self, cell: &mut Cell, out: &mut String) {
        let mut at = 0;
        loop {
            let state = &self.states[at];
            if let Some(count) = state.count {
                return self.descend(at, cell.below_u128(count), out);
            }
            let Some(choice) = state.choice.as_ref().and_then(|choice| choice.pick(cell.next()).checked_sub(1)) else {
                return;
            };
            let edge = &self.edges_of(state)[choice];
            let set = &self.sets[edge.set as usize];
            out.push(set.nth(cell.below(u64::from(set.size())) as u32));
            at = edge.next as usize;
        }
    }
}
