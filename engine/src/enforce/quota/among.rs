//! Shares among rows that the counted values themselves mark off (of the pairs with this country, so many with that region): how many rows these
//! are is settled first, by proportions, and what is left is a system as any other.

use super::{Part, Statement, System, Unsolved, Want};

impl Statement {
    /// The share that a part asks of rows whose number is open, where it asks for one.
    pub(super) fn open_share(&self, part: usize) -> Option<f64> {
        match self.parts[part].want {
            Want::Share(share) if self.is_open() => Some(share),
            _ => None,
        }
    }

    fn is_open(&self) -> bool {
        self.among.is_some() && self.rows.is_none()
    }
}

impl System {
    /// How many rows of each cell take each value.
    pub(super) fn attempt(&self, masks: &[u64], counts: &[u64]) -> Result<Vec<Vec<u64>>, Unsolved> {
        // Numbers that are rounded apart may leave no way for the nearest ones; of few rows all numbers are tried.
        const NEAR: u64 = 2;
        const FEW: u64 = 128;
        if !self.statements.iter().any(Statement::is_open) {
            return self.weigh(masks, counts);
        }
        let near = self.near(masks, counts);
        let rows: u64 = counts.iter().sum();
        let most = if rows <= FEW { rows } else { NEAR } as i64;
        for away in (0..=most).flat_map(|away| [-away, away]).skip(1) {
            match self.settled(masks, &near, away).weigh(masks, counts) {
                Err(Unsolved::Impossible) => {}
                found => return found,
            }
        }
        Err(Unsolved::Impossible)
    }

    /// The same with the rows of every statement counted: those that proportions give, or so many more.
    fn settled(&self, masks: &[u64], near: &[Vec<f64>], away: i64) -> System {
        let mut settled = self.clone();
        let mut fixed: Vec<Statement> = Vec::new();
        for statement in settled.statements.iter_mut().filter(|statement| statement.is_open()) {
            let among = statement.among.clone().unwrap_or_default();
            let cells = masks.iter().zip(near).filter(|(mask, _)| self.holds(statement.condition, **mask));
            let sum: f64 = cells.flat_map(|(_, cell)| among.iter().map(|value| cell[*value])).sum();
            let rows = (libm::rint(sum) as u64).saturating_add_signed(away);
            statement.rows = Some(rows);
            let parts = vec![Part { values: among, want: Want::Between(rows, Some(rows)) }];
            if !fixed.iter().any(|known| known.condition == statement.condition && known.parts == parts) {
                let of = Statement { parts, when: None, tolerance: 0.0, among: None, rows: None, ..statement.clone() };
                fixed.push(of);
            }
        }
        settled.statements.extend(fixed);
        settled
    }
}
