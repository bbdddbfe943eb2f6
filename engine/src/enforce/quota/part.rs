//! What some rows of a table show of the whole: rules that these cannot keep, or not in these proportions, cannot be kept by more of them.

use std::collections::BTreeSet;

use super::{Conflict, System, Unsolved, Want};

impl System {
    /// Whether the rules can hold of a table of which some rows lie in these cells, so many in each.
    pub fn check_part(&self, masks: &[u64], counts: &[u64]) -> Result<(), Conflict> {
        self.at_most().tried(masks, counts)?;
        let conditions: BTreeSet<usize> = self.statements.iter().filter_map(|statement| statement.condition).collect();
        for condition in conditions {
            let rows: u64 = masks
                .iter()
                .zip(counts)
                .filter(|(mask, _)| self.holds(Some(condition), **mask) && !self.is_null(**mask))
                .map(|(_, count)| count)
                .sum();
            self.within(condition, rows).tried(&[0], &[rows])?;
        }
        Ok(())
    }

    fn tried(&self, masks: &[u64], counts: &[u64]) -> Result<(), Conflict> {
        match self.attempt(masks, counts) {
            Err(Unsolved::Impossible) => Err(self.conflict(masks, counts)),
            // Numbers too many to be weighed are told where the rows are counted.
            Ok(_) | Err(Unsolved::TooLarge) => Ok(()),
        }
    }

    /// What any rows of the table keep: what is asked at most.
    fn at_most(&self) -> System {
        let mut part = System { is_part: true, ..self.clone() };
        for statement in &mut part.statements {
            let is_exact = statement.tolerance == 0.0;
            statement.among = None;
            statement.parts.retain_mut(|part| {
                let most = match part.want {
                    Want::Between(_, most) => most,
                    Want::Share(share) => (share == 0.0 && is_exact).then_some(0),
                };
                part.want = Want::Between(0, most);
                most.is_some()
            });
        }
        part.statements.retain(|statement| !statement.parts.is_empty());
        part
    }

    /// What the rows of one condition keep, of which there are so many or more: its shares. Numbers of more rows that are within one of their
    /// shares are so of these rows too, taken in proportion.
    fn within(&self, condition: usize, rows: u64) -> System {
        let mut part = System { is_part: true, nulls: None, ..self.clone() };
        part.restrictions.retain(|restriction| restriction.condition.is_none_or(|own| own == condition));
        part.restrictions.iter_mut().for_each(|restriction| restriction.condition = None);
        part.statements
            .retain(|statement| statement.among.is_none() && statement.condition.is_none_or(|own| own == condition));
        for statement in &mut part.statements {
            let is_own = statement.condition.is_some();
            let slack = 1.0 + statement.tolerance * rows as f64;
            statement.parts.retain_mut(|part| match part.want {
                Want::Share(share) if is_own => {
                    let exact = share * rows as f64;
                    let most = if share == 0.0 && slack == 1.0 { 0.0 } else { libm::ceil(exact + slack + 1e-6) };
                    part.want = Want::Between(libm::floor(exact - slack - 1e-6).max(0.0) as u64, Some(most as u64));
                    true
                }
                Want::Share(share) => {
                    part.want = Want::Between(0, Some(0));
                    share == 0.0 && slack == 1.0
                }
                Want::Between(_, most) => most == Some(0),
            });
            statement.condition = None;
        }
        part.statements.retain(|statement| !statement.parts.is_empty());
        part
    }
}
