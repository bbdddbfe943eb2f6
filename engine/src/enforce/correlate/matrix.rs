//! Small symmetric matrices: the factor of a correlation matrix, and the correlation matrix that is nearest to one that is none.

/// A square matrix by its rows.
pub(crate) type Square = Vec<Vec<f64>>;

/// What a pivot of a matrix without negative eigenvalues may be below 0 by rounding.
const SLACK: f64 = 1e-10;

/// Rounds of alternating projections.
const ROUNDS: usize = 2_000;

/// The matrix with ones on its diagonal and zeros elsewhere.
pub(crate) fn identity(size: usize) -> Square {
    (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect()).collect()
}

/// The lower triangular factor of a correlation matrix (Cholesky), each row of length 1; nothing where the matrix has a negative eigenvalue.
pub(crate) fn factor(matrix: &Square) -> Option<Square> {
    let size = matrix.len();
    let mut lower = vec![vec![0.0; size]; size];
    for column in 0..size {
        let dot = |a: &[f64], b: &[f64]| a[..column].iter().zip(&b[..column]).map(|(a, b)| a * b).sum::<f64>();
        let pivot = matrix[column][column] - dot(&lower[column], &lower[column]);
        if pivot < -SLACK {
            return None;
        }
        let root = if pivot > SLACK { pivot.sqrt() } else { 0.0 };
        lower[column][column] = root;
        for row in column + 1..size {
            let rest = matrix[row][column] - dot(&lower[row], &lower[column]);
            // Where the column is a sum of those before it, so is what goes with it.
            if root == 0.0 && rest.abs() > 1e-4 {
                return None;
            }
            lower[row][column] = if root == 0.0 { 0.0 } else { rest / root };
        }
    }
    for row in &mut lower {
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        row.iter_mut().for_each(|value| *value /= length);
    }
    Some(lower)
}

/// Eigenvalues and eigenvectors (one a row) of a symmetric matrix, by Jacobi's rotations.
fn eigen(matrix: &Square) -> (Vec<f64>, Square) {
    const SWEEPS: usize = 60;
    let size = matrix.len();
    let (mut rest, mut vectors) = (matrix.clone(), identity(size));
    for _ in 0..SWEEPS {
        let off: f64 = (0..size)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(r, c)| rest[r][c] * rest[r][c])
            .sum();
        if off < 1e-28 {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                if rest[p][q] == 0.0 {
                    continue;
                }
                let turn = (rest[q][q] - rest[p][p]) / (2.0 * rest[p][q]);
                let tangent = if turn >= 0.0 { 1.0 } else { -1.0 } / (turn.abs() + (turn * turn + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for row in &mut rest {
                    (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
                }
                for column in 0..size {
                    let (a, b) = (rest[p][column], rest[q][column]);
                    (rest[p][column], rest[q][column]) = (cosine * a - sine * b, sine * a + cosine * b);
                    let (a, b) = (vectors[p][column], vectors[q][column]);
                    (vectors[p][column], vectors[q][column]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
            }
        }
    }
    ((0..size).map(|place| rest[place][place]).collect(), vectors)
}

/// The nearest matrix without negative eigenvalues.
fn without_negative(matrix: &Square) -> Square {
    let size = matrix.len();
    let (values, vectors) = eigen(matrix);
    let mut near = vec![vec![0.0; size]; size];
    for (value, vector) in values.iter().zip(&vectors).filter(|(value, _)| **value > 0.0) {
        for row in 0..size {
            for column in 0..size {
                near[row][column] += value * vector[row] * vector[column];
            }
        }
    }
    near
}

/// The correlation matrix that is nearest to a symmetric one (Higham 2002): Dykstra's alternating projections on the matrices without negative
/// eigenvalues and on those with ones on the diagonal and, where `is_fixed` says so, with entries as they were (Higham & Strabić 2016), which
/// fills in the others. Fixed entries move where no correlation matrix has them all.
pub(crate) fn nearest(matrix: &Square, is_fixed: impl Fn(usize, usize) -> bool) -> Square {
    let size = matrix.len();
    let mut current = matrix.clone();
    let mut correction = vec![vec![0.0; size]; size];
    let mut near = matrix.clone();
    for _ in 0..ROUNDS {
        let mut shifted = current.clone();
        for (row, corrections) in shifted.iter_mut().zip(&correction) {
            row.iter_mut().zip(corrections).for_each(|(value, correction)| *value -= correction);
        }
        near = without_negative(&shifted);
        let mut moved = 0.0_f64;
        for row in 0..size {
            for column in 0..size {
                correction[row][column] = near[row][column] - shifted[row][column];
                let wanted = match (row == column, is_fixed(row, column)) {
                    (true, _) => 1.0,
                    (false, true) => matrix[row][column],
                    (false, false) => near[row][column],
                };
                moved = moved.max((wanted - near[row][column]).abs());
                current[row][column] = wanted;
            }
        }
        if moved < 1e-9 {
            break;
        }
    }
    let scale: Vec<f64> = (0..size).map(|place| near[place][place].max(f64::MIN_POSITIVE).sqrt()).collect();
    for row in 0..size {
        for column in 0..size {
            near[row][column] = if row == column { 1.0 } else { near[row][column] / scale[row] / scale[column] };
        }
    }
    near
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn product(lower: &Square) -> Square {
        let of = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum();
        lower.iter().map(|row| lower.iter().map(|other| of(row, other)).collect()).collect()
    }

    fn distance(a: &Square, b: &Square) -> f64 {
        a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn a_factor_times_itself_is_the_matrix_also_at_the_edge() {
        let inside = vec![vec![1.0, 0.5, 0.2], vec![0.5, 1.0, -0.3], vec![0.2, -0.3, 1.0]];
        assert!(distance(&product(&factor(&inside).expect("a correlation matrix")), &inside) < 1e-12);
        let edge = vec![vec![1.0, 1.0, 0.4], vec![1.0, 1.0, 0.4], vec![0.4, 0.4, 1.0]];
        assert!(distance(&product(&factor(&edge).expect("a correlation matrix")), &edge) < 1e-9);
        assert!(factor(&vec![vec![1.0, 0.9, -0.9], vec![0.9, 1.0, 0.9], vec![-0.9, 0.9, 1.0]]).is_none());
    }

    #[test]
    fn the_nearest_correlation_matrix_is_the_published_one() {
        // Higham 2002, section 4: of the tridiagonal matrix of ones the distance is 0.5278 by its norm.
        let ones = vec![vec![1.0, 1.0, 0.0], vec![1.0, 1.0, 1.0], vec![0.0, 1.0, 1.0]];
        let near = nearest(&ones, |_, _| false);
        let wanted = [(0, 1, 0.7607), (0, 2, 0.1573), (1, 2, 0.7607)];
        assert!(wanted.iter().all(|(row, column, value)| (near[*row][*column] - value).abs() < 5e-5), "{near:?}");
        assert!(factor(&near).is_some());
    }

    #[test]
    fn what_is_open_is_filled_in_around_what_is_fixed() {
        let mut asked = identity(3);
        for (row, column) in [(0, 1), (1, 2)] {
            (asked[row][column], asked[column][row]) = (0.9, 0.9);
        }
        let filled = nearest(&asked, |row, column| row + column != 2 || row == column);
        assert!((filled[0][1] - 0.9).abs() < 1e-4 && (filled[1][2] - 0.9).abs() < 1e-4, "{filled:?}");
        assert!(filled[0][2] > 0.6 && factor(&filled).is_some(), "{filled:?}");
    }

    proptest! {
        #[test]
        fn the_nearest_of_any_has_a_factor_and_one_that_is_none_stays(entries in proptest::collection::vec(-1.0..1.0_f64, 10)) {
            let mut asked = identity(5);
            let places = (0..5).flat_map(|row| (0..row).map(move |column| (row, column)));
            for ((row, column), entry) in places.zip(entries) {
                (asked[row][column], asked[column][row]) = (entry, entry);
            }
            let near = nearest(&asked, |_, _| false);
            prop_assert!(factor(&near).is_some(), "{near:?}");
            prop_assert!(distance(&nearest(&near, |_, _| false), &near) < 1e-5);
        }
    }
}
