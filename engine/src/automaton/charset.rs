//! A set of characters in ascending order, numbered from 0.

/// Sets up to this size are also held as a list.
const LISTED: u32 = 256;

/// A run of characters, and how many of the set lie before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Run {
    first: u32,
    last: u32,
    before: u32,
}

/// A set of characters; surrogates are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CharSet {
    runs: Box<[Run]>,
    list: Box<[char]>,
    size: u32,
}

impl CharSet {
    /// The characters of these inclusive ranges of code points, in any order.
    pub(super) fn new(ranges: impl IntoIterator<Item = (u32, u32)>) -> CharSet {
        let mut ranges: Vec<(u32, u32)> = ranges
            .into_iter()
            .flat_map(|(first, last)| [(first, last.min(0xD7FF)), (first.max(0xE000), last.min(char::MAX as u32))])
            .filter(|(first, last)| first <= last)
            .collect();
        ranges.sort_unstable();
        let mut runs: Vec<Run> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match runs.last_mut() {
                Some(run) if first <= run.last + 1 => run.last = run.last.max(last),
                _ => runs.push(Run { first, last, before: 0 }),
            }
        }
        let mut size = 0;
        for run in &mut runs {
            run.before = size;
            size += run.last - run.first + 1;
        }
        let mut set = CharSet { runs: runs.into(), list: Box::default(), size };
        if size <= LISTED {
            set.list = (0..size).map(|index| set.search(index)).collect();
        }
        set
    }

    /// How many characters there are.
    #[inline]
    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// The inclusive ranges of code points, ascending, apart.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.runs.iter().map(|run| (run.first, run.last))
    }

    /// The character of this number; beyond the last, the last.
    #[inline]
    pub(super) fn nth(&self, index: u32) -> char {
        match self.list.get(index as usize) {
            Some(c) => *c,
            None => self.search(index),
        }
    }

    fn search(&self, index: u32) -> char {
        let index = index.min(self.size.saturating_sub(1));
        let at = self.runs.partition_point(|run| run.before <= index).saturating_sub(1);
        let code = self.runs.get(at).map_or(0, |run| run.first + (index - run.before));
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The number of a character, if it is in the set.
    pub(super) fn index_of(&self, c: char) -> Option<u32> {
        let code = c as u32;
        let run = self.runs[..self.runs.partition_point(|run| run.first <= code)].last()?;
        (code <= run.last).then(|| run.before + (code - run.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_numbered_without_gaps_and_surrogates() {
        for ranges in [vec![], vec![(97, 99), (48, 57), (98, 100)], vec![(0xD700, 0xE010)], vec![(0, 0x10_FFFF)]] {
            let set = CharSet::new(ranges);
            let mut before = None;
            for index in 0..set.size() {
                let c = set.nth(index);
                assert_eq!(set.index_of(c), Some(index));
                assert!(before.is_none_or(|before| before < c));
                before = Some(c);
            }
        }
        assert_eq!(CharSet::new([(0, u32::MAX)]).size(), 0x11_0000 - 0x800);
        assert_eq!(CharSet::new([(97, 97)]).index_of('b'), None);
    }
}
