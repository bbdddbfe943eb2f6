//! Least cost under sums that are given: the simplex method with bounds on every variable (Dantzig 1951), and branch and bound (Land & Doig
//! 1960) for whole numbers.
//!
//! Where the sums are those of a flow, as they are under nested or disjoint conditions, the first solution is whole already.

/// A unit of what no variable can make up for.
const MISSING: f64 = 1e7;

/// The most programs that branching tries.
const NODES: usize = 2_000;

/// Minimise `costs · x` where each row's sum is `sums` and 0 ≤ x ≤ `upper`; costs are not negative.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub costs: Vec<f64>,
    pub upper: Vec<f64>,
    /// For each variable the rows that it stands in, and how often.
    pub columns: Vec<Vec<(usize, f64)>>,
    pub sums: Vec<f64>,
}

impl Program {
    pub fn add(&mut self, cost: f64, upper: f64, column: Vec<(usize, f64)>) -> usize {
        self.costs.push(cost);
        self.upper.push(upper);
        self.columns.push(column);
        self.costs.len() - 1
    }

    /// Whole numbers of least cost; `None` where there are none, or none were found in time.
    pub fn whole(&self) -> Option<Vec<f64>> {
        let mut open = vec![(vec![0.0; self.costs.len()], self.upper.clone())];
        let mut best: Option<(f64, Vec<f64>)> = None;
        for _ in 0..NODES {
            let Some((lower, upper)) = open.pop() else { break };
            let Some(x) = self.solve(&lower, &upper) else { continue };
            let cost: f64 = x.iter().zip(&self.costs).map(|(x, cost)| x * cost).sum();
            if best.as_ref().is_some_and(|(least, _)| cost >= *least - 1e-6) {
                continue;
            }
            match x.iter().position(|x| (x - libm::rint(*x)).abs() > 1e-4) {
                None => best = Some((cost, x.into_iter().map(libm::rint).collect())),
                Some(split) => {
                    let (mut less, mut more) = (upper.clone(), lower.clone());
                    less[split] = libm::floor(x[split]);
                    more[split] = libm::ceil(x[split]);
                    open.push((more, upper));
                    open.push((lower, less));
                }
            }
        }
        best.map(|(_, x)| x)
    }

    /// Numbers of least cost between bounds.
    fn solve(&self, lower: &[f64], upper: &[f64]) -> Option<Vec<f64>> {
        let mut tableau = Tableau::of(self, lower, upper)?;
        let limit = 1_000 + 50 * (tableau.rows + tableau.variables);
        for step in 0..limit {
            // Where degenerate steps might turn in a circle, the first variable that helps is taken (Bland 1977).
            let Some(enters) = tableau.enters(step > limit / 2) else { return tableau.solution(lower) };
            tableau.step(enters)?;
        }
        None
    }
}

/// The program from the point of view of the variables that are no bound of theirs.
struct Tableau {
    rows: usize,
    variables: usize,
    /// Row by row, what a variable takes from the basic one.
    coefficients: Vec<f64>,
    reduced: Vec<f64>,
    /// Distance of the bounds.
    width: Vec<f64>,
    at_upper: Vec<bool>,
    is_basic: Vec<bool>,
    /// The variable of each row; from `variables` on, what is missing of the row's sum.
    basis: Vec<usize>,
    values: Vec<f64>,
}

impl Tableau {
    fn of(program: &Program, lower: &[f64], upper: &[f64]) -> Option<Tableau> {
        let (rows, variables) = (program.sums.len(), program.costs.len());
        let mut values = program.sums.clone();
        let mut width = Vec::with_capacity(variables);
        for (variable, column) in program.columns.iter().enumerate() {
            let distance = upper[variable] - lower[variable];
            if distance < 0.0 {
                return None;
            }
            width.push(distance);
            for (row, times) in column {
                values[*row] -= times * lower[variable];
            }
        }
        let mut coefficients = vec![0.0; rows * variables];
        let mut reduced = program.costs.clone();
        for (variable, column) in program.columns.iter().enumerate() {
            for (row, times) in column {
                let times = if values[*row] < 0.0 { -times } else { *times };
                coefficients[row * variables + variable] += times;
                reduced[variable] -= MISSING * times;
            }
        }
        for value in &mut values {
            *value = value.abs();
        }
        Some(Tableau {
            rows,
            variables,
            coefficients,
            reduced,
            width,
            at_upper: vec![false; variables],
            is_basic: vec![false; variables],
            basis: (variables..variables + rows).collect(),
            values,
        })
    }

    /// A variable that makes things cheaper when it leaves its bound: the one that does most, or the first.
    fn enters(&self, first: bool) -> Option<usize> {
        let mut best = None;
        let mut most = 1e-6;
        for variable in 0..self.variables {
            if self.is_basic[variable] || self.width[variable] == 0.0 {
                continue;
            }
            let gain = if self.at_upper[variable] { self.reduced[variable] } else { -self.reduced[variable] };
            if gain > most {
                best = Some(variable);
                if first {
                    break;
                }
                most = gain;
            }
        }
        best
    }

    /// Moves a variable off its bound as far as the others allow. `None`: without end.
    fn step(&mut self, enters: usize) -> Option<()> {
        let direction = if self.at_upper[enters] { -1.0 } else { 1.0 };
        let mut far = self.width[enters];
        let mut leaves: Option<(usize, bool)> = None;
        for row in 0..self.rows {
            let taken = direction * self.coefficients[row * self.variables + enters];
            let (reach, to_upper) = if taken > 1e-9 {
                (self.values[row] / taken, false)
            } else if taken < -1e-9 && self.basis[row] < self.variables {
                ((self.width[self.basis[row]] - self.values[row]) / -taken, true)
            } else {
                continue;
            };
            let reach = reach.max(0.0);
            let nearer = reach < far - 1e-12
                || (reach <= far && leaves.is_some_and(|(other, _)| self.basis[row] < self.basis[other]));
            if nearer {
                far = reach;
                leaves = Some((row, to_upper));
            }
        }
        if far == f64::INFINITY {
            return None;
        }
        let start = if self.at_upper[enters] { self.width[enters] } else { 0.0 };
        for row in 0..self.rows {
            self.values[row] -= direction * self.coefficients[row * self.variables + enters] * far;
        }
        let Some((row, to_upper)) = leaves else {
            self.at_upper[enters] = !self.at_upper[enters];
            return Some(());
        };
        if let Some(at_upper) = self.at_upper.get_mut(self.basis[row]) {
            *at_upper = to_upper;
            self.is_basic[self.basis[row]] = false;
        }
        self.pivot(row, enters);
        self.basis[row] = enters;
        self.is_basic[enters] = true;
        self.at_upper[enters] = false;
        self.values[row] = start + direction * far;
        Some(())
    }

    fn pivot(&mut self, row: usize, enters: usize) {
        let width = self.variables;
        let pivot = self.coefficients[row * width + enters];
        let own: Vec<f64> =
            self.coefficients[row * width..(row + 1) * width].iter().map(|coefficient| coefficient / pivot).collect();
        for (other, line) in self.coefficients.chunks_exact_mut(width).enumerate() {
            let factor = line[enters];
            if other == row {
                line.copy_from_slice(&own);
            } else if factor != 0.0 {
                line.iter_mut().zip(&own).for_each(|(coefficient, own)| *coefficient -= factor * own);
            }
        }
        let factor = self.reduced[enters];
        self.reduced.iter_mut().zip(&own).for_each(|(reduced, own)| *reduced -= factor * own);
    }

    /// The numbers, unless something is missing of a sum.
    fn solution(&self, lower: &[f64]) -> Option<Vec<f64>> {
        let missing = |(basic, value): (&usize, &f64)| *basic >= self.variables && *value > 1e-3;
        if self.basis.iter().zip(&self.values).any(missing) {
            return None;
        }
        let mut x: Vec<f64> = (0..self.variables)
            .map(|variable| lower[variable] + if self.at_upper[variable] { self.width[variable] } else { 0.0 })
            .collect();
        for (basic, value) in self.basis.iter().zip(&self.values) {
            if *basic < self.variables {
                x[*basic] = lower[*basic] + value;
            }
        }
        Some(x)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The least cost over all whole points of a box.
    fn by_trial(program: &Program) -> Option<f64> {
        let mut point = vec![0.0; program.costs.len()];
        let mut best: Option<f64> = None;
        loop {
            let mut sums = program.sums.clone();
            for (x, column) in point.iter().zip(&program.columns) {
                column.iter().for_each(|(row, times)| sums[*row] -= times * x);
            }
            if sums.iter().all(|sum| *sum == 0.0) {
                let cost = point.iter().zip(&program.costs).map(|(x, cost)| x * cost).sum();
                best = Some(best.map_or(cost, |best: f64| best.min(cost)));
            }
            let Some(next) = (0..point.len()).find(|at| point[*at] < program.upper[*at]) else { return best };
            point[next] += 1.0;
            point[..next].fill(0.0);
        }
    }

    proptest! {
        #[test]
        fn the_least_cost_is_that_of_trying_all(
            costs in prop::collection::vec(0_u32..9, 5),
            upper in prop::collection::vec(0_u32..4, 5),
            times in prop::collection::vec(-1_i32..=1, 15),
            sums in prop::collection::vec(-3_i32..6, 3),
        ) {
            let program = Program {
                costs: costs.into_iter().map(f64::from).collect(),
                upper: upper.into_iter().map(f64::from).collect(),
                columns: times.chunks(3).map(|rows| rows.iter().enumerate().map(|(row, times)| (row, f64::from(*times))).collect()).collect(),
                sums: sums.into_iter().map(f64::from).collect(),
            };
            let found = program.whole().map(|x| x.iter().zip(&program.costs).map(|(x, cost)| x * cost).sum::<f64>());
            match (found, by_trial(&program)) {
                (Some(found), Some(best)) => prop_assert!((found - best).abs() < 1e-6, "{} {}", found, best),
                (found, best) => prop_assert_eq!(found, best),
            }
        }
    }
}
