//! How likely the values of a countable domain are: what `unique` deals by where they are not all alike.
//!
//! Positions that are equally likely stand together in classes. A list has a class a value, a distribution one for each step of its
//! distribution function, and a text that is put together from several lists has a factor for each of them, whose classes multiply: so a
//! domain of any size is told in a bounded number of steps.

/// The most classes of one factor.
pub const MOST_CLASSES: usize = 1 << 20;

/// The most combinations of the classes of several factors.
const MOST_COMBINED: usize = 1 << 16;

/// The largest domain whose positions are dealt by their likelihood.
const MOST_POSITIONS: u128 = 1 << 62;

/// Positions below a count, each with its likelihood.
#[derive(Clone, Debug)]
pub struct Factor {
    classes: Vec<Class>,
    runs: Vec<Run>,
    count: u64,
}

/// Positions that are equally likely.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Class {
    /// The likelihood of each, in proportion; above 0.
    weight: f64,
    /// How many there are.
    width: u64,
    /// Where its runs start.
    runs: u32,
}

/// Neighbouring positions of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    start: u64,
    /// How many of the class's positions lie in the runs before.
    before: u64,
}

impl Factor {
    /// So many positions, all alike.
    pub fn flat(count: u64) -> Factor {
        Factor::of_steps([(count, 1.0)])
    }

    /// A position for each weight.
    pub fn of_weights(weights: &[f64]) -> Factor {
        Factor::of_steps(weights.iter().map(|weight| (1, *weight)))
    }

    /// Runs of positions in their order, each with its length and the likelihood of each of its positions.
    pub fn of_steps(steps: impl IntoIterator<Item = (u64, f64)>) -> Factor {
        let mut made = Factor { classes: Vec::new(), runs: Vec::new(), count: 0 };
        for (width, weight) in steps {
            if width > 0 {
                made.classes.push(Class { weight: weight.max(f64::MIN_POSITIVE), width, runs: made.runs.len() as u32 });
                made.runs.push(Run { start: made.count, before: 0 });
                made.count += width;
            }
        }
        made
    }

    /// How many positions there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The likelihood of all positions together.
    fn mass(&self) -> f64 {
        self.classes.iter().fold(0.0, |mass, class| mass + class.width as f64 * class.weight)
    }

    fn is_flat(&self) -> bool {
        self.classes.windows(2).all(|pair| pair[0].weight == pair[1].weight)
    }

    /// The position of a class at a place among its own.
    fn position(&self, class: usize, place: u64) -> u64 {
        let from = self.classes[class].runs as usize;
        let to = self.classes.get(class + 1).map_or(self.runs.len(), |next| next.runs as usize);
        let runs = &self.runs[from..to];
        let run = runs[runs.partition_point(|run| run.before <= place) - 1];
        run.start + (place - run.before)
    }

    /// The same positions with those of one weight in one class, the most likely first; weights closer than one part in `fineness` of a
    /// doubling count as one, their mean, so that the likelihood of all stays what it was.
    fn grouped(&self, fineness: f64) -> Factor {
        let band = |weight: f64| if fineness.is_finite() { libm::floor(libm::log2(weight) * fineness) } else { weight };
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.sort_by(|a, b| band(self.classes[*b].weight).total_cmp(&band(self.classes[*a].weight)).then(a.cmp(b)));
        let mut made = Factor { classes: Vec::new(), runs: Vec::new(), count: self.count };
        let mut members = order.into_iter().peekable();
        while let Some(first) = members.next() {
            let of = band(self.classes[first].weight);
            let mut class = Class { weight: 0.0, width: 0, runs: made.runs.len() as u32 };
            let mut mass = 0.0;
            let mut next = Some(first);
            while let Some(member) = next {
                let Class { weight, width, runs } = self.classes[member];
                let to = self.classes.get(member + 1).map_or(self.runs.len(), |next| next.runs as usize);
                let moved = |run: &Run| Run { start: run.start, before: class.width + run.before };
                made.runs.extend(self.runs[runs as usize..to].iter().map(moved));
                class.width += width;
                mass += weight * width as f64;
                next = members.next_if(|member| band(self.classes[*member].weight) == of);
            }
            class.weight = mass / class.width as f64;
            made.classes.push(class);
        }
        made
    }
}

/// Positions that several factors span as the digits of a number, the first of them the lowest, or one part after another.
#[derive(Clone, Debug)]
pub struct Shape {
    parts: Vec<Part>,
}

/// Neighbouring positions that factors span.
#[derive(Clone, Debug)]
struct Part {
    /// The likelihood of the whole part, in proportion to the others'.
    share: f64,
    factors: Vec<Factor>,
}

impl Part {
    fn count(&self) -> u128 {
        self.factors.iter().fold(1, |count, factor| count.saturating_mul(u128::from(factor.count)))
    }
}

impl Shape {
    /// The positions of one factor.
    pub fn of(factor: Factor) -> Shape {
        Shape::product(vec![factor])
    }

    /// The positions whose digits are those of the factors, the first of them the lowest.
    pub fn product(factors: Vec<Factor>) -> Shape {
        Shape { parts: vec![Part { share: 1.0, factors }] }
    }

    /// The positions of one shape and after them those of another, each as likely in all as it says.
    #[must_use]
    pub fn then(mut self, own: f64, other: Shape, others: f64) -> Shape {
        self.parts.iter_mut().for_each(|part| part.share *= own);
        self.parts.extend(other.parts.into_iter().map(|part| Part { share: part.share * others, ..part }));
        self
    }

    /// The factors, where it has no parts.
    pub fn into_factors(mut self) -> Option<Vec<Factor>> {
        if self.parts.len() == 1 { self.parts.pop().map(|part| part.factors) } else { None }
    }

    /// Whether all positions are alike.
    pub fn is_flat(&self) -> bool {
        self.parts.len() == 1 && self.parts.iter().all(|part| part.factors.iter().all(Factor::is_flat))
    }

    /// How many positions there are.
    pub fn count(&self) -> u128 {
        self.parts.iter().fold(0, |count, part| count.saturating_add(part.count()))
    }

    /// The shape as steps; `None` where it has more positions than can be dealt by likelihood.
    pub fn steps(self) -> Option<Steps> {
        if self.count() > MOST_POSITIONS || self.count() == 0 {
            return None;
        }
        let mut steps = Steps { parts: Vec::new(), widths: Vec::new(), weights: Vec::new() };
        let mut first = 0;
        for part in self.parts {
            let count = part.count();
            let factors = fewer(part.factors);
            let mass = factors.iter().fold(1.0, |mass, factor| mass * factor.mass());
            let step = steps.widths.len();
            let combined: usize = factors.iter().map(|factor| factor.classes.len()).product();
            for index in 0..combined {
                let (mut rest, mut width, mut weight) = (index, 1, part.share / mass);
                for factor in &factors {
                    let class = &factor.classes[rest % factor.classes.len()];
                    rest /= factor.classes.len();
                    width *= class.width;
                    weight *= class.weight;
                }
                steps.widths.push(width);
                steps.weights.push(weight.max(f64::MIN_POSITIVE));
            }
            steps.parts.push(Placed { first, step, factors });
            // No more than 2^62 in all.
            first += count as u64;
        }
        Some(steps)
    }
}

/// The factors with so few classes that all their combinations can be told apart.
fn fewer(factors: Vec<Factor>) -> Vec<Factor> {
    let combined = |factors: &[Factor]| {
        factors.iter().fold(1_usize, |product, factor| product.saturating_mul(factor.classes.len().max(1)))
    };
    let several = factors.iter().filter(|factor| factor.classes.len() > 1).count() > 1;
    let most = if several { MOST_COMBINED } else { MOST_CLASSES };
    if combined(&factors) <= most {
        return factors;
    }
    let mut fineness = f64::INFINITY;
    loop {
        let grouped: Vec<Factor> = factors.iter().map(|factor| factor.grouped(fineness)).collect();
        if combined(&grouped) <= most {
            return grouped;
        }
        // At a band of 2,048 doublings every number is in one of two classes.
        if fineness < 1.0 / 2_048.0 {
            return factors.iter().map(|factor| Factor::flat(factor.count)).collect();
        }
        fineness = if fineness.is_finite() { fineness / 2.0 } else { 64.0 };
    }
}

/// A shape as runs of positions that are alike.
#[derive(Clone, Debug)]
pub struct Steps {
    parts: Vec<Placed>,
    /// How many positions each step holds.
    pub widths: Vec<u64>,
    /// How likely each of its positions is; all together nearly 1 where the shape's shares are.
    pub weights: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Placed {
    /// Its first position.
    first: u64,
    /// Its first step.
    step: usize,
    factors: Vec<Factor>,
}

impl Steps {
    /// The position at a place of a step, in the part of it that the factors from `from` to before `to` span.
    pub fn position(&self, step: usize, place: u64, from: usize, to: usize) -> u64 {
        let part = &self.parts[self.parts.partition_point(|part| part.step <= step) - 1];
        let (mut index, mut place) = (step - part.step, place);
        let (mut position, mut stride) = (if from == 0 { part.first } else { 0 }, 1);
        for (at, factor) in part.factors.iter().enumerate() {
            let classes = factor.classes.len();
            let (class, width) = (index % classes, factor.classes[index % classes].width);
            index /= classes;
            if (from..to).contains(&at) {
                position += factor.position(class, place % width) * stride;
                stride *= factor.count;
            }
            place /= width;
        }
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(steps: &Steps, to: usize) -> Vec<u64> {
        let widths = steps.widths.iter().enumerate();
        let places = widths.flat_map(|(step, width)| (0..*width).map(move |place| (step, place)));
        places.map(|(step, place)| steps.position(step, place, 0, to)).collect()
    }

    fn is_each_once(mut found: Vec<u64>, count: u64) -> bool {
        found.sort_unstable();
        found == (0..count).collect::<Vec<_>>()
    }

    #[test]
    fn the_steps_of_a_product_hold_every_position_once_and_multiply_the_weights() {
        let factors = || vec![Factor::of_weights(&[3.0, 1.0, 3.0]), Factor::flat(4), Factor::of_weights(&[1.0, 2.0])];
        let steps = Shape::product(factors()).steps().expect("a small domain");
        assert!(is_each_once(positions(&steps, 3), 24));
        let total: f64 = steps.widths.iter().zip(&steps.weights).map(|(width, weight)| *width as f64 * weight).sum();
        assert!((total - 1.0).abs() < 1e-12, "{total}");
        let heavy = steps.weights.iter().copied().fold(0.0, f64::max);
        assert!((heavy - 3.0 / 7.0 / 4.0 * 2.0 / 3.0).abs() < 1e-12, "{heavy}");
        // A digit alone: the second factor's.
        let digits: Vec<u64> = (0..steps.widths.len()).map(|step| steps.position(step, 0, 1, 2)).collect();
        assert!(digits.iter().all(|digit| *digit < 4));
    }

    #[test]
    fn parts_lie_one_after_another() {
        let first = Shape::of(Factor::of_weights(&[1.0, 3.0]));
        let shape = first.then(0.5, Shape::product(vec![Factor::flat(2), Factor::of_weights(&[1.0, 2.0, 3.0])]), 0.5);
        assert_eq!((shape.count(), shape.is_flat()), (8, false));
        let steps = shape.steps().expect("a small domain");
        assert!(is_each_once(positions(&steps, 2), 8));
    }

    #[test]
    fn a_product_of_long_lists_has_few_steps_and_loses_no_position_and_no_weight() {
        let list =
            |length: u32| Factor::of_weights(&(1..=length).map(|rank| 1.0 / f64::from(rank)).collect::<Vec<_>>());
        let steps = Shape::product(vec![list(900), list(700)]).steps().expect("a domain below 2^62");
        assert!(steps.widths.len() <= MOST_COMBINED, "{}", steps.widths.len());
        assert!(is_each_once(positions(&steps, 2), 630_000));
        let total: f64 = steps.widths.iter().zip(&steps.weights).map(|(width, weight)| *width as f64 * weight).sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn a_domain_without_an_end_has_no_steps() {
        assert!(
            Shape::product(vec![Factor::flat(1 << 40), Factor::of_weights(&[1.0, 2.0]), Factor::flat(1 << 40)])
                .steps()
                .is_none()
        );
        assert!(Shape::of(Factor::flat(9)).is_flat());
    }
}
