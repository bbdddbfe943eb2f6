//! A system of rules in words: what each rule gets, and which cannot hold together.

use super::{Conflict, Statement, System, Want};

impl System {
    /// A set of rules that cannot hold together, none of which can be left out, with the numbers.
    pub(super) fn conflict(&self, masks: &[u64], counts: &[u64]) -> Conflict {
        let mut least = self.clone();
        for at in (0..least.statements.len()).rev() {
            let mut fewer = least.clone();
            fewer.statements.remove(at);
            if fewer.attempt(masks, counts).is_err() {
                least = fewer;
            }
        }
        for at in (0..least.restrictions.len()).rev() {
            let mut fewer = least.clone();
            fewer.restrictions.remove(at);
            if fewer.attempt(masks, counts).is_err() {
                least = fewer;
            }
        }
        let mut rules: Vec<String> = Vec::new();
        let mut facts = Vec::new();
        for statement in &least.statements {
            rules.push(statement.rule.clone());
            facts.push(self.fact(statement, self.rows(statement, masks, counts)));
        }
        for restriction in &least.restrictions {
            rules.push(restriction.rule.clone());
            let left = self.labels.iter().zip(&restriction.allowed).filter(|(_, allowed)| **allowed);
            let left: Vec<&str> = left.map(|(label, _)| label.as_str()).collect();
            let rule = &restriction.rule;
            facts.push(match (left.is_empty(), &restriction.when) {
                (true, Some(when)) => format!("{rule} leaves no value where {when}"),
                (true, None) => format!("{rule} leaves no value"),
                (false, Some(when)) => format!("{rule} leaves only {} where {when}", left.join(", ")),
                (false, None) => format!("{rule} leaves only {}", left.join(", ")),
            });
        }
        rules.dedup();
        let facts = facts.join("; ");
        Conflict {
            detail: format!("{} cannot take values that keep {}: {facts}", self.column, rules.join(" and ")),
            rules,
        }
    }

    /// What each statement gets, in numbers.
    pub(super) fn notes(&self, masks: &[u64], counts: &[u64], found: &[Vec<u64>]) -> Vec<(String, String)> {
        let note = |statement: &Statement| {
            let parts: Vec<String> = statement
                .parts
                .iter()
                .filter(|part| !matches!(part.want, Want::Between(0, Some(0))) || statement.parts.len() == 1)
                .map(|part| {
                    let cells = masks.iter().zip(found).filter(|(mask, _)| self.holds(statement.condition, **mask));
                    let sum: u64 =
                        cells.map(|(_, cell)| part.values.iter().map(|value| cell[*value]).sum::<u64>()).sum();
                    format!("{} = {sum}", self.listed(&part.values))
                })
                .collect();
            let has = |values: &[usize]| -> u64 {
                let cells = masks.iter().zip(found).filter(|(mask, _)| self.holds(statement.condition, **mask));
                cells.map(|(_, cell)| values.iter().map(|value| cell[*value]).sum::<u64>()).sum()
            };
            let rows = statement.among.as_deref().map_or_else(|| self.rows(statement, masks, counts), has);
            let parts = parts.join(", ");
            let note = match &statement.when {
                Some(when) => format!("{parts} in the {rows} rows where {when}"),
                None => format!("{parts} in all {rows} rows"),
            };
            (statement.rule.clone(), note)
        };
        self.statements.iter().map(note).collect()
    }

    /// Values in words, of many the first and the last.
    fn listed(&self, values: &[usize]) -> String {
        const MOST: usize = 6;
        let label = |value: &usize| self.labels[*value].as_str();
        match values {
            [first, second, .., last] if values.len() > MOST => {
                format!("{} / {} / … / {}", label(first), label(second), label(last))
            }
            _ => values.iter().map(label).collect::<Vec<_>>().join(" / "),
        }
    }

    /// What a statement asks, with its numbers.
    fn fact(&self, statement: &Statement, rows: u64) -> String {
        if let (Some(_), None, Some(when)) = (&statement.among, statement.rows, &statement.when) {
            return format!("{} asks for shares of the rows where {when}", statement.rule);
        }
        let targets = self.targets(statement, rows);
        let asked: Vec<String> = statement
            .parts
            .iter()
            .zip(targets)
            .filter(|(part, target)| {
                let is_rest = part.values.is_empty() || (target.most == 0 && !self.is_part);
                statement.parts.len() == 1 || !is_rest
            })
            .map(|(part, target)| {
                let values = if part.values.is_empty() { "no value".to_owned() } else { self.listed(&part.values) };
                match (target.best, part.want) {
                    (Some(best), _) => format!("{values} = {best}"),
                    (None, Want::Between(least, None)) => format!("{values} ≥ {least}"),
                    (None, Want::Between(0, Some(most))) => format!("{values} ≤ {most}"),
                    (None, _) => format!("{} ≤ {values} ≤ {}", target.least, target.most),
                }
            })
            .collect();
        let (rule, asked) = (&statement.rule, asked.join(", "));
        match &statement.when {
            Some(when) if self.is_part => format!("{rule} asks for {asked} in {rows} of the rows where {when}"),
            Some(when) => format!("{rule} asks for {asked} in the {rows} rows where {when}"),
            None if self.is_part => format!("{rule} asks for {asked} in {rows} of the rows"),
            None => format!("{rule} asks for {asked} in all {rows} rows"),
        }
    }
}
