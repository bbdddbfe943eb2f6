//! Digits of which a rule leaves only some, counted and made from a rank.

/// Digits and a check digit by weights modulo eleven, where one remainder has no digit and its payloads are never issued.
#[derive(Clone, Copy, Debug)]
pub struct ElevenTest {
    /// One weight for each digit of the payload.
    pub weights: &'static [u32],
    /// The check digit of each remainder; `-` where there is none.
    pub marks: &'static [u8; 11],
    /// The smallest first digit.
    pub first: u64,
}

/// The same with the ways counted: at each place, from each remainder so far, to an end that has a check digit.
#[derive(Clone, Debug)]
pub struct Counted {
    test: ElevenTest,
    ways: Vec<[u64; 11]>,
}

impl ElevenTest {
    /// Counts the ways.
    pub fn counted(self) -> Counted {
        let mut ways = vec![self.marks.map(|mark| u64::from(mark != b'-'))];
        for place in (0..self.weights.len()).rev() {
            let after = ways[ways.len() - 1];
            let first = if place == 0 { self.first } else { 0 };
            let mut here = [0; 11];
            for (rest, ways) in here.iter_mut().enumerate() {
                *ways = (first..10).map(|digit| after[self.step(place, rest, digit)]).sum();
            }
            ways.push(here);
        }
        ways.reverse();
        Counted { test: self, ways }
    }

    fn step(&self, place: usize, rest: usize, digit: u64) -> usize {
        (rest + (digit as usize) * (self.weights[place] as usize)) % 11
    }
}

impl Counted {
    /// How many payloads have a check digit.
    pub fn count(&self) -> u64 {
        self.ways[0][0]
    }

    /// Appends the digits of a rank, which is below [`Counted::count`], and their check digit moved on by `wrong`.
    pub fn write(&self, mut rank: u64, wrong: u8, out: &mut Vec<u8>) {
        let mut rest = 0;
        for place in 0..self.test.weights.len() {
            for digit in if place == 0 { self.test.first } else { 0 }..10 {
                let next = self.test.step(place, rest, digit);
                let ways = self.ways[place + 1][next];
                if rank < ways {
                    out.push(b'0' + digit as u8);
                    rest = next;
                    break;
                }
                rank -= ways;
            }
        }
        out.push(b'0' + (self.test.marks[rest] - b'0' + wrong) % 10);
    }
}

/// How many texts [`write_one_pair`] makes. By first digit, with it in the pair: the place of its twin, the digit that is missing, the order
/// of the other eight; without: the pair's digit, the missing one, the pair's places, the order of the other seven, four times as many.
pub const ONE_PAIR: u64 = 9 * (9 * 9 * 40_320 + 9 * 8 * 36 * 5_040);

/// Appends ten digits of which the first is not 0, one stands twice, one is missing and the others stand once: the first ten of a German tax
/// number.
pub fn write_one_pair(mut rank: u64, out: &mut Vec<u8>) {
    let mut next = |count: usize| {
        let digit = (rank % count as u64) as usize;
        rank /= count as u64;
        digit
    };
    let first = 1 + next(9) as u8;
    let mut left: Vec<u8> = (0..10).filter(|digit| *digit != first).collect();
    let mut places = [None; 9];
    // 0, or how far the pair's two places lie apart on a circle of nine: thirty-six pairs.
    let apart = next(5);
    if apart == 0 {
        places[next(9)] = Some(first);
        left.remove(next(9));
    } else {
        let pair = left.remove(next(9));
        left.remove(next(8));
        let place = next(9);
        places[place] = Some(pair);
        places[(place + apart) % 9] = Some(pair);
    }
    out.push(b'0' + first);
    for place in places {
        out.push(b'0' + place.unwrap_or_else(|| left.remove(next(left.len()))));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn eleven_tests_are_counted_and_made_each_once() {
        let test = ElevenTest { weights: &[4, 3, 2], marks: b"0123456789-", first: 1 };
        let counted = test.counted();
        let made: HashSet<Vec<u8>> = (0..counted.count())
            .map(|rank| {
                let mut out = Vec::new();
                counted.write(rank, 0, &mut out);
                out
            })
            .collect();
        let expected: HashSet<Vec<u8>> = (100..1_000)
            .filter_map(|number: u32| {
                let sum = number / 100 * 4 + number / 10 % 10 * 3 + number % 10 * 2;
                (sum % 11 < 10).then(|| format!("{number}{}", sum % 11).into_bytes())
            })
            .collect();
        assert_eq!(made, expected);
        assert_eq!(made.len() as u64, counted.count());
    }

    #[test]
    fn one_digit_stands_twice_and_ranks_differ() {
        let mut made = HashSet::new();
        for rank in (0..ONE_PAIR).step_by(7_919).chain(0..2_000) {
            let mut out = Vec::new();
            write_one_pair(rank, &mut out);
            let distinct: HashSet<&u8> = out.iter().collect();
            assert!(out.len() == 10 && out[0] != b'0' && distinct.len() == 9);
            made.insert((out, rank));
        }
        let texts: HashSet<&Vec<u8>> = made.iter().map(|(text, _)| text).collect();
        assert_eq!(texts.len(), made.len());
    }
}
