//! Coefficients of pairs of numbers, as they are measured in rows.

/// What a coefficient is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// The values.
    Pearson,
    /// Their ranks, equal values sharing the mean of theirs.
    Spearman,
    /// Pairs of rows: those in the same order less those in the opposite one, by the geometric mean of the numbers of those that differ (τ-b).
    Kendall,
}

impl Method {
    /// The method of a name.
    pub fn named(name: Option<&str>) -> Option<Method> {
        match name {
            None | Some("pearson") => Some(Method::Pearson),
            Some("spearman") => Some(Method::Spearman),
            Some("kendall") => Some(Method::Kendall),
            Some(_) => None,
        }
    }

    /// The names.
    pub const NAMES: [&'static str; 3] = ["pearson", "spearman", "kendall"];

    /// The coefficient of pairs; nothing where one side has no two values.
    pub fn of(self, xs: &[f64], ys: &[f64]) -> Option<f64> {
        match self {
            Method::Pearson => pearson(xs, ys),
            Method::Spearman => pearson(&ranks(xs), &ranks(ys)),
            Method::Kendall => kendall(xs, ys),
        }
    }
}

fn pearson(xs: &[f64], ys: &[f64]) -> Option<f64> {
    let count = xs.len() as f64;
    let (x, y) = (xs.iter().sum::<f64>() / count, ys.iter().sum::<f64>() / count);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in xs.iter().zip(ys) {
        let (a, b) = (a - x, b - y);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx.sqrt() * yy.sqrt()))
}

/// The ranks of numbers from 0, equal ones sharing the mean of theirs.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    let value = |place: u32| values[place as usize];
    order.sort_unstable_by(|a, b| value(*a).total_cmp(&value(*b)));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|a, b| value(*a) == value(*b)) {
        let rank = first as f64 + (tied.len() - 1) as f64 / 2.0;
        tied.iter().for_each(|place| ranks[*place as usize] = rank);
        first += tied.len();
    }
    ranks
}

/// By Knight's (1966) way: pairs sorted by the first, and the exchanges counted that sort the second.
fn kendall(xs: &[f64], ys: &[f64]) -> Option<f64> {
    let mut pairs: Vec<(f64, f64)> = xs.iter().copied().zip(ys.iter().copied()).collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let of = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let all = of(pairs.len());
    let tied_x: f64 = pairs.chunk_by(|a, b| a.0 == b.0).map(|tied| of(tied.len())).sum();
    let tied_both: f64 = pairs.chunk_by(|a, b| a == b).map(|tied| of(tied.len())).sum();
    let mut second: Vec<f64> = pairs.into_iter().map(|pair| pair.1).collect();
    let mut space = second.clone();
    let exchanges = exchanges(&mut second, &mut space);
    let tied_y: f64 = second.chunk_by(|a, b| a == b).map(|tied| of(tied.len())).sum();
    let differ = (all - tied_x).sqrt() * (all - tied_y).sqrt();
    (differ > 0.0).then(|| (all - tied_x - tied_y + tied_both - 2.0 * exchanges) / differ)
}

/// Sorts numbers by merging, and counts how many pairs stood the wrong way round.
fn exchanges(values: &mut [f64], space: &mut [f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = values.len() / 2;
    let (left, right) = values.split_at_mut(middle);
    let (left_space, right_space) = space.split_at_mut(middle);
    let mut count = exchanges(left, left_space) + exchanges(right, right_space);
    let (mut a, mut b) = (0, 0);
    for place in space.iter_mut() {
        if b == right.len() || (a < left.len() && left[a] <= right[b]) {
            *place = left[a];
            a += 1;
        } else {
            *place = right[b];
            count += (left.len() - a) as f64;
            b += 1;
        }
    }
    values.copy_from_slice(space);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_of_few_rows_are_those_counted_by_hand() {
        let (xs, ys) = ([1.0, 2.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 2.0, 5.0]);
        let near = |found: Option<f64>, wanted: f64| (found.expect("a coefficient") - wanted).abs() < 1e-9;
        // The means are 2.4 and 2.6; the sums of products and squares of the distances from them:
        let (xy, xx, yy): (f64, f64, f64) = (5.8, 5.2, 9.2);
        assert!(near(Method::Pearson.of(&xs, &ys), xy / (xx * yy).sqrt()));
        // Ranks 1, 2.5, 2.5, 4, 5 and 1, 4, 2.5, 2.5, 5.
        assert!(near(Method::Spearman.of(&xs, &ys), 7.25 / 9.5));
        // Ten pairs: one tied in x, one in y, seven in the same order, one in the opposite one.
        assert!(near(Method::Kendall.of(&xs, &ys), 6.0 / 9.0));
        assert_eq!(Method::Pearson.of(&xs, &[2.0; 5]), None);
        assert_eq!(Method::Kendall.of(&xs, &[2.0; 5]), None);
    }
}
