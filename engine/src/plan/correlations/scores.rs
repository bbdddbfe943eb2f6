//! What coefficients ask of the scores behind the columns, and whether all of them can be.

use super::Correlation;
use crate::enforce::correlate::{Link, Member, Pair, Profile, Square, factor, identity, nearest, rounded};
use crate::plan::compiler::{Compiler, Failed};
use crate::problem::Problem;

/// What is left of a tolerance for a coefficient that a matrix near to the asked one gives.
const NEAR: f64 = 0.8;

impl Compiler {
    /// The correlations of the scores, such that the columns have what is asked.
    pub(super) fn scores(
        &mut self,
        columns: &[usize],
        members: &[Member],
        profiles: &[Profile],
        rules: &[Correlation],
    ) -> Result<(Vec<Pair>, Square), Failed> {
        let place_of = |column: usize| columns.iter().position(|known| *known == column).unwrap_or(0);
        let (mut pairs, mut links): (Vec<Pair>, Vec<Link>) = (Vec::new(), Vec::new());
        let mut scores = identity(columns.len());
        let mut known = vec![vec![false; columns.len()]; columns.len()];
        for correlation in rules {
            for (first, second, coefficient, place) in &correlation.wanted {
                let (a, b) = (place_of(*first), place_of(*second));
                let link = Link::new(correlation.method, &profiles[a], &profiles[b]);
                let (least, most) = link.reach();
                let slack = 0.5 * correlation.tolerance;
                let (one, other) = (&members[a].column, &members[b].column);
                if *coefficient < least - slack || *coefficient > most + slack {
                    let detail = format!(
                        "{} asks for a coefficient of {coefficient} of {one} and {other}, whose distributions can have one between {} and {}",
                        correlation.rule.id,
                        rounded(least),
                        rounded(most)
                    );
                    let problem = Problem::new("out_of_reach", detail).at(format!("{}{place}", correlation.pointer));
                    self.problems
                        .push(problem.remedy("ask for one between these, or make the distributions more alike"));
                    return Err(Failed::Known);
                }
                if known[a][b] {
                    let same = pairs.iter().find(|pair: &&Pair| pair.members == (a, b) || pair.members == (b, a));
                    let other_rule = same.map(|pair| pair.rule.clone()).unwrap_or_default();
                    let detail = format!(
                        "{} and {other_rule} both ask for a coefficient of {one} and {other}",
                        correlation.rule.id
                    );
                    let problem = Problem::new("two_owners", detail).at(format!("{}{place}", correlation.pointer));
                    self.problems.push(problem.remedy("leave one of them out"));
                    return Err(Failed::Known);
                }
                let latent = link.solve(*coefficient);
                (scores[a][b], scores[b][a]) = (latent, latent);
                (known[a][b], known[b][a]) = (true, true);
                pairs.push(Pair {
                    rule: correlation.rule.id.clone(),
                    members: (a, b),
                    method: correlation.method,
                    coefficient: *coefficient,
                    tolerance: correlation.tolerance,
                    slope: link.slope(latent),
                });
                links.push(link);
            }
        }
        if factor(&scores).is_some() {
            return Ok((pairs, scores));
        }
        // Pairs of which no rule speaks take what the others leave.
        let mut near = nearest(&scores, |row, column| known[row][column]);
        let off = |near: &Square| {
            let found = pairs.iter().zip(&links).map(|(pair, link)| link.at(near[pair.members.0][pair.members.1]));
            found.collect::<Vec<f64>>()
        };
        let fits = |found: &[f64]| {
            pairs.iter().zip(found).all(|(pair, found)| (found - pair.coefficient).abs() <= NEAR * pair.tolerance)
        };
        if !fits(&off(&near)) {
            near = nearest(&scores, |_, _| false);
        }
        let found = off(&near);
        if factor(&near).is_some() && fits(&found) {
            return Ok((pairs, near));
        }
        let nearby: Vec<String> = pairs
            .iter()
            .zip(&found)
            .map(|(pair, found)| {
                let (one, other) = (&members[pair.members.0].column, &members[pair.members.1].column);
                format!("{one}, {other}: {}", rounded(*found))
            })
            .collect();
        let mut ids: Vec<&str> = rules.iter().map(|correlation| correlation.rule.id.as_str()).collect();
        ids.dedup();
        let detail = format!(
            "no columns have all coefficients of {}; the nearest that can be are {}",
            ids.join(" and "),
            nearby.join("; ")
        );
        let problem = Problem::new("contradiction", detail).at(&rules[0].pointer);
        self.problems.push(problem.remedy("ask for these, or allow a larger tolerance"));
        Err(Failed::Known)
    }
}

/// What a rule asks of each two of its columns.
pub(super) fn wanted(
    id: &str,
    columns: &[usize],
    coefficient: Option<f64>,
    matrix: Option<&Vec<Vec<f64>>>,
) -> Result<Vec<(usize, usize, f64, String)>, Problem> {
    let within = |coefficient: f64, place: &str| match (-1.0..=1.0).contains(&coefficient) {
        true => Ok(()),
        false => {
            let detail = format!("the coefficient {coefficient} is not between -1 and 1");
            Err(Problem::new("out_of_range", detail).at(place))
        }
    };
    match (coefficient, matrix) {
        (Some(coefficient), None) => {
            let [first, second] = columns else {
                let detail = format!("one coefficient is of two columns, and {id} names {}", columns.len());
                let remedy = "give it a matrix with a row for each column";
                return Err(Problem::new("wrong_length", detail).at("/columns").remedy(remedy));
            };
            within(coefficient, "/coefficient")?;
            Ok(vec![(*first, *second, coefficient, "/coefficient".to_owned())])
        }
        (None, Some(matrix)) => {
            let size = columns.len();
            if matrix.len() != size || matrix.iter().any(|row| row.len() != size) {
                let detail =
                    format!("the matrix of {id} needs {size} rows of {size} coefficients, one for each column");
                return Err(Problem::new("wrong_length", detail).at("/matrix"));
            }
            let mut wanted = Vec::new();
            for (row, entries) in matrix.iter().enumerate() {
                for (column, entry) in entries.iter().enumerate() {
                    let place = format!("/matrix/{row}/{column}");
                    within(*entry, &place)?;
                    if row == column && *entry != 1.0 {
                        let detail = format!("{entry} stands where a column meets itself, whose coefficient is 1");
                        return Err(Problem::new("contradiction", detail).at(place).remedy("write 1"));
                    }
                    if *entry != matrix[column][row] {
                        let detail =
                            format!("{entry} and {} are the coefficients of the same two columns", matrix[column][row]);
                        return Err(Problem::new("contradiction", detail)
                            .at(place)
                            .remedy("write the same on both sides of the diagonal"));
                    }
                    if column > row {
                        wanted.push((columns[row], columns[column], *entry, place));
                    }
                }
            }
            Ok(wanted)
        }
        _ => Err(Problem::new("one_of", format!("{id} needs one of coefficient and matrix"))),
    }
}
