//! Regular expressions as shared nodes: each distinct expression has one number, so that equal derivatives are one state.
//!
//! Every repetition is bounded, so the language is finite, and the length of a derivative is less than that of its expression.

use std::collections::HashMap;

use super::charset::CharSet;
use crate::random::Cell;

/// The number of an expression.
pub(super) type Id = u32;
/// The number of a part of the alphabet whose characters no set of the expression tells apart.
pub(super) type Atom = u32;

/// The expression that no string matches.
pub(super) const NOTHING: Id = 0;
/// The expression of the empty string alone.
pub(super) const EMPTY: Id = 1;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Expr {
    Nothing,
    Empty,
    /// One character of a set that has at least one.
    Set(u32),
    /// One after the other; the first is no `Cat`, so that a sequence is a list.
    Cat(Id, Id),
    /// Any of them, at least two, ascending, none `Any` or `Nothing`.
    Any(Box<[Id]>),
    /// `min` to `max` times, at most without end of 2^32 − 1.
    Repeat {
        sub: Id,
        min: u32,
        max: u32,
    },
}

/// What an expression tells about its strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    pub(super) min: u64,
    pub(super) max: u64,
}

/// The work of a compilation came to its limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exhausted;

/// Expressions and the sets they name.
#[derive(Clone, Debug)]
pub(super) struct Arena {
    exprs: Vec<Expr>,
    lengths: Vec<Lengths>,
    numbers: HashMap<Expr, Id>,
    sets: Vec<CharSet>,
    set_numbers: HashMap<CharSet, u32>,
    /// The atoms of each set, ascending, once the alphabet is cut.
    set_atoms: Vec<Vec<Atom>>,
    derivatives: HashMap<(Id, Atom), Id>,
    /// How many further steps of work there may be.
    budget: u64,
}

impl Arena {
    pub(super) fn new(budget: u64) -> Arena {
        let mut arena = Arena {
            exprs: Vec::new(),
            lengths: Vec::new(),
            numbers: HashMap::new(),
            sets: Vec::new(),
            set_numbers: HashMap::new(),
            set_atoms: Vec::new(),
            derivatives: HashMap::new(),
            budget,
        };
        // Both take the numbers of their constants.
        arena.intern(Expr::Nothing);
        arena.intern(Expr::Empty);
        arena
    }

    pub(super) fn expr(&self, id: Id) -> &Expr {
        &self.exprs[id as usize]
    }

    pub(super) fn lengths(&self, id: Id) -> Lengths {
        self.lengths[id as usize]
    }

    pub(super) fn char_set(&self, set: u32) -> &CharSet {
        &self.sets[set as usize]
    }

    /// Whether the empty string matches.
    pub(super) fn nullable(&self, id: Id) -> bool {
        id != NOTHING && self.lengths(id).min == 0
    }

    fn spend(&mut self, work: u64) -> Result<(), Exhausted> {
        self.budget = self.budget.checked_sub(work).ok_or(Exhausted)?;
        Ok(())
    }

    fn intern(&mut self, expr: Expr) -> Id {
        if let Some(id) = self.numbers.get(&expr) {
            return *id;
        }
        let lengths = match &expr {
            Expr::Nothing | Expr::Empty => Lengths { min: 0, max: 0 },
            Expr::Set(_) => Lengths { min: 1, max: 1 },
            Expr::Cat(head, tail) => {
                let (head, tail) = (self.lengths(*head), self.lengths(*tail));
                Lengths { min: head.min.saturating_add(tail.min), max: head.max.saturating_add(tail.max) }
            }
            Expr::Any(subs) => {
                subs.iter().map(|sub| self.lengths(*sub)).fold(Lengths { min: u64::MAX, max: 0 }, |all, one| Lengths {
                    min: all.min.min(one.min),
                    max: all.max.max(one.max),
                })
            }
            Expr::Repeat { sub, min, max } => {
                let one = self.lengths(*sub);
                Lengths { min: one.min.saturating_mul(u64::from(*min)), max: one.max.saturating_mul(u64::from(*max)) }
            }
        };
        // Whoever builds more than 2^32 expressions has run out of budget long before.
        let id = self.exprs.len() as Id;
        self.exprs.push(expr.clone());
        self.lengths.push(lengths);
        self.numbers.insert(expr, id);
        id
    }

    /// One character of the set.
    pub(super) fn set(&mut self, set: CharSet) -> Id {
        if set.size() == 0 {
            return NOTHING;
        }
        let number = match self.set_numbers.get(&set) {
            Some(number) => *number,
            None => {
                let number = self.sets.len() as u32;
                self.sets.push(set.clone());
                self.set_numbers.insert(set, number);
                number
            }
        };
        self.intern(Expr::Set(number))
    }

    /// One after the other.
    pub(super) fn cat(&mut self, first: Id, second: Id) -> Id {
        match (first, second) {
            (NOTHING, _) | (_, NOTHING) => return NOTHING,
            (EMPTY, other) | (other, EMPTY) => return other,
            _ => {}
        }
        let (mut heads, mut rest) = (Vec::new(), first);
        while let Expr::Cat(head, tail) = self.expr(rest) {
            heads.push(*head);
            rest = *tail;
        }
        heads.push(rest);
        heads.into_iter().rev().fold(second, |tail, head| self.intern(Expr::Cat(head, tail)))
    }

    /// Any of them.
    pub(super) fn any(&mut self, subs: impl IntoIterator<Item = Id>) -> Id {
        let mut all = Vec::new();
        for sub in subs {
            match self.expr(sub) {
                Expr::Nothing => {}
                Expr::Any(nested) => all.extend_from_slice(nested),
                _ => all.push(sub),
            }
        }
        all.sort_unstable();
        all.dedup();
        if all.contains(&EMPTY) && all.iter().any(|sub| *sub != EMPTY && self.nullable(*sub)) {
            all.retain(|sub| *sub != EMPTY);
        }
        match all[..] {
            [] => NOTHING,
            [one] => one,
            _ => self.intern(Expr::Any(all.into())),
        }
    }

    /// `min` to `max` times.
    pub(super) fn repeat(&mut self, sub: Id, min: u32, max: u32) -> Id {
        let min = if self.nullable(sub) { 0 } else { min };
        match (sub, min, max) {
            (_, _, 0) | (EMPTY, _, _) | (NOTHING, 0, _) => EMPTY,
            (NOTHING, _, _) => NOTHING,
            (_, 1, 1) => sub,
            (_, 0, 1) if self.nullable(sub) => sub,
            _ => self.intern(Expr::Repeat { sub, min, max }),
        }
    }

    /// Cuts the alphabet into the parts that the sets tell apart.
    pub(super) fn cut_alphabet(&mut self) -> Result<Vec<CharSet>, Exhausted> {
        // Where sets begin and end; between two places the same sets hold.
        let mut edges: Vec<(u32, bool, u32)> = Vec::new();
        for (set, number) in self.sets.iter().zip(0..) {
            edges.extend(set.ranges().flat_map(|(first, last)| [(first, true, number), (last + 1, false, number)]));
        }
        edges.sort_unstable();
        let mut atoms: Vec<Vec<(u32, u32)>> = Vec::new();
        let mut numbers: HashMap<Vec<u32>, Atom> = HashMap::new();
        let mut holding: Vec<u32> = Vec::new();
        self.set_atoms = vec![Vec::new(); self.sets.len()];
        let mut edges = edges.into_iter().peekable();
        while let Some((place, begins, set)) = edges.next() {
            let at = holding.partition_point(|held| *held < set);
            if begins {
                holding.insert(at, set)
            } else {
                _ = holding.remove(at)
            }
            let Some((next, ..)) = edges.peek().filter(|(next, ..)| *next > place && !holding.is_empty()) else {
                continue;
            };
            self.spend(holding.len() as u64)?;
            let range = (place, next - 1);
            match numbers.get(&holding) {
                Some(atom) => atoms[*atom as usize].push(range),
                None => {
                    let atom = atoms.len() as Atom;
                    atoms.push(vec![range]);
                    holding.iter().for_each(|set| self.set_atoms[*set as usize].push(atom));
                    numbers.insert(holding.clone(), atom);
                }
            }
        }
        Ok(atoms.into_iter().map(CharSet::new).collect())
    }

    /// The atoms that strings can begin with, ascending.
    pub(super) fn first_atoms(&mut self, id: Id) -> Result<Vec<Atom>, Exhausted> {
        let (mut atoms, mut open) = (Vec::new(), vec![id]);
        while let Some(id) = open.pop() {
            self.spend(1)?;
            match self.expr(id).clone() {
                Expr::Nothing | Expr::Empty => {}
                Expr::Set(set) => {
                    self.spend(self.set_atoms[set as usize].len() as u64)?;
                    atoms.extend_from_slice(&self.set_atoms[set as usize]);
                }
                Expr::Cat(head, tail) => {
                    open.push(head);
                    if self.nullable(head) {
                        open.push(tail);
                    }
                }
                Expr::Any(subs) => open.extend_from_slice(&subs),
                Expr::Repeat { sub, .. } => open.push(sub),
            }
        }
        atoms.sort_unstable();
        atoms.dedup();
        Ok(atoms)
    }

    /// What can follow a character of the atom (Brzozowski 1964).
    pub(super) fn derive(&mut self, id: Id, atom: Atom) -> Result<Id, Exhausted> {
        if let Some(derivative) = self.derivatives.get(&(id, atom)) {
            return Ok(*derivative);
        }
        self.spend(1)?;
        let derivative = match self.expr(id).clone() {
            Expr::Nothing | Expr::Empty => NOTHING,
            Expr::Set(set) => {
                if self.set_atoms[set as usize].binary_search(&atom).is_ok() {
                    EMPTY
                } else {
                    NOTHING
                }
            }
            Expr::Any(subs) => {
                let terms = subs.iter().map(|sub| self.derive(*sub, atom)).collect::<Result<Vec<_>, _>>()?;
                self.join(terms)?
            }
            Expr::Repeat { sub, min, max } => {
                let first = self.derive(sub, atom)?;
                let rest = self.repeat(sub, min.saturating_sub(1), max - 1);
                self.append(first, rest)?
            }
            Expr::Cat(..) => {
                // A loop over the list, so that long patterns do not nest calls.
                let (mut terms, mut rest) = (Vec::new(), id);
                while let Expr::Cat(head, tail) = *self.expr(rest) {
                    let first = self.derive(head, atom)?;
                    terms.push(self.append(first, tail)?);
                    rest = tail;
                    if !self.nullable(head) {
                        rest = NOTHING;
                    }
                }
                terms.push(self.derive(rest, atom)?);
                self.join(terms)?
            }
        };
        self.derivatives.insert((id, atom), derivative);
        Ok(derivative)
    }

    fn append(&mut self, first: Id, second: Id) -> Result<Id, Exhausted> {
        let mut rest = first;
        while let Expr::Cat(_, tail) = self.expr(rest) {
            rest = *tail;
            self.spend(1)?;
        }
        Ok(self.cat(first, second))
    }

    fn join(&mut self, terms: Vec<Id>) -> Result<Id, Exhausted> {
        for term in &terms {
            let work = if let Expr::Any(subs) = self.expr(*term) { subs.len() } else { 1 };
            self.spend(work as u64)?;
        }
        Ok(self.any(terms))
    }

    /// Forgets what only derivatives need, and every expression from this number on.
    pub(super) fn shrink(mut self, len: usize) -> Arena {
        self.exprs.truncate(len);
        self.lengths.truncate(len);
        self.numbers = HashMap::new();
        self.set_numbers = HashMap::new();
        self.set_atoms = Vec::new();
        self.derivatives = HashMap::new();
        self
    }

    /// How many expressions there are.
    pub(super) fn len(&self) -> usize {
        self.exprs.len()
    }

    /// Appends a string: alternatives, numbers of repetitions and characters each with equal probability where they are met.
    pub(super) fn draw(&self, mut id: Id, cell: &mut Cell, out: &mut String) {
        loop {
            match self.expr(id) {
                Expr::Nothing | Expr::Empty => return,
                Expr::Set(set) => {
                    let set = self.char_set(*set);
                    return out.push(set.nth(cell.below(u64::from(set.size())) as u32));
                }
                Expr::Cat(head, tail) => {
                    self.draw(*head, cell, out);
                    id = *tail;
                }
                Expr::Any(subs) => id = subs[cell.below(subs.len() as u64) as usize],
                Expr::Repeat { sub, min, max } => {
                    for _ in 0..u64::from(*min) + cell.below(u64::from(max - min) + 1) {
                        self.draw(*sub, cell, out);
                    }
                    return;
                }
            }
        }
    }
}
