//! Short texts that are copied in whole steps: 32 or 16 bytes are always copied and the length says how many of them count, so that a copy is
//! a few loads and stores whatever the text. What composed text (addresses, sentences) is made of.

/// The bytes of a step.
pub(super) const STEP: usize = 32;

/// Texts one after another in one buffer, behind which a step can still be read.
#[derive(Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
}

/// Where a piece stands; made by [`Pieces::add`] alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// How many bytes it has, at most [`STEP`].
    #[inline]
    pub fn length(self) -> usize {
        self.length as usize
    }
}

/// A text of at most [`STEP`] bytes, and whatever stands behind it in its buffer.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The first `length` are whole characters of UTF-8.
    step: &'a [u8; STEP],
    length: usize,
}

impl Pieces {
    /// Keeps a text; none where it is longer than a step, or the buffer is full.
    pub fn add(&mut self, text: &str) -> Option<Span> {
        if text.len() > STEP {
            return None;
        }
        let used = self.bytes.len().saturating_sub(STEP);
        let start = u32::try_from(used).ok()?;
        self.bytes.truncate(used);
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.resize(used + text.len() + STEP, 0);
        Some(Span { start, length: text.len() as u32 })
    }

    /// The piece at a place that this buffer gave; one of another buffer is not to be asked for.
    #[inline]
    pub fn at(&self, span: Span) -> Piece<'_> {
        let step = self.bytes.get(span.start as usize..).and_then(|rest| rest.first_chunk::<STEP>());
        // No buffer gives a span beyond its end.
        let piece = step.map_or(Piece { step: &[0; STEP], length: 0 }, |step| Piece { step, length: span.length() });
        debug_assert!(std::str::from_utf8(&piece.step[..piece.length]).is_ok(), "a span of another buffer");
        piece
    }
}

/// Appends pieces one behind the other: the room of all is reserved once.
#[inline(always)]
pub(super) fn append_each<'a>(pieces: impl ExactSizeIterator<Item = Piece<'a>>, out: &mut String) {
    // SAFETY: the bytes that become part of the string are whole characters of UTF-8, as the field says.
    let bytes = unsafe { out.as_mut_vec() };
    let mut length = bytes.len();
    let count = pieces.len();
    bytes.reserve(count * STEP);
    // No more than were announced, whatever the iterator says.
    for piece in pieces.take(count) {
        // SAFETY: there is room for a step for each piece behind what the string had, and each before took at most one of them.
        unsafe { bytes.as_mut_ptr().add(length).cast::<[u8; STEP]>().write_unaligned(*piece.step) };
        length += piece.length;
    }
    // SAFETY: each piece wrote at least the bytes that its length counts, all within the room.
    unsafe { bytes.set_len(length) };
}

/// Appends short texts and a piece behind them, of which some may be empty: each is copied whatever its length, so that nothing depends on
/// what a row has drawn.
#[inline(always)]
pub(super) fn append<const N: usize>(shorts: [Short; N], last: Piece<'_>, out: &mut String) {
    // SAFETY: the bytes that become part of the string are whole characters of UTF-8, as the fields say.
    let bytes = unsafe { out.as_mut_vec() };
    let mut length = bytes.len();
    bytes.reserve(N * SHORT + STEP);
    let room = bytes.as_mut_ptr();
    for short in &shorts {
        // SAFETY: there is room for N short texts behind what the string had, and each before took at most sixteen bytes of it.
        unsafe { room.add(length).cast::<[u64; 2]>().write_unaligned(short.halves) };
        length += short.length;
    }
    // SAFETY: behind the short texts there is room for a step.
    unsafe { room.add(length).cast::<[u8; STEP]>().write_unaligned(*last.step) };
    length += last.length;
    // SAFETY: each text wrote at least the bytes that its length counts, all within the room.
    unsafe { bytes.set_len(length) };
}

const EACH: u64 = 0x0101_0101_0101_0101;
const TOP: u64 = EACH << 7;

/// The top bits of those of eight bytes that are small ASCII letters.
#[inline(always)]
fn letters(bytes: u64) -> u64 {
    let low = bytes & !TOP;
    let (from_a, beyond_z) = (low + EACH * (0x80 - b'a' as u64), low + EACH * (0x7f - b'z' as u64));
    from_a & !beyond_z & !bytes & TOP
}

/// For texts of each length that a view holds, the top bits of the bytes that must be letters; an empty text has none and is no name.
const LETTERS: [[u64; 2]; 13] = {
    const TOP: u128 = u128::from_ne_bytes([0x80; 16]);
    let mut letters = [[u64::MAX; 2]; 13];
    let mut length = 1;
    while length < letters.len() {
        let bits = TOP & ((1 << (8 * length)) - 1);
        letters[length] = [bits as u64, (bits >> 64) as u64];
        length += 1;
    }
    letters
};

impl Piece<'_> {
    /// A piece without text.
    pub const EMPTY: Piece<'static> = Piece { step: &[0; STEP], length: 0 };
}

/// The most bytes of a [`Short`].
pub(super) const SHORT: usize = 16;

/// A text of at most sixteen bytes, to be held in registers: what was just stored in parts could not be loaded as a whole without waiting.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Short {
    /// Its bytes in the order of memory, the first `length` of them whole characters of UTF-8; the others mean nothing.
    halves: [u64; 2],
    length: usize,
}

impl Short {
    /// A text; none where it is longer.
    pub fn new(text: &str) -> Option<Short> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let (halves, _) = bytes.as_chunks();
        let halves = [u64::from_ne_bytes(halves[0]), u64::from_ne_bytes(halves[1])];
        Some(Short { halves, length: text.len() })
    }

    /// The digits of a number below 100.
    #[inline(always)]
    pub fn two_digits(number: u64) -> Short {
        debug_assert!(number < 100);
        let tens = (number * 103) >> 10;
        let digits = tens | (number - 10 * tens) << 8;
        Short { halves: [(digits + 0x3030).to_le(), 0], length: 2 }
    }

    /// The text of a view of Arrow's in small letters; none unless the view holds it and it is of ASCII letters alone.
    ///
    /// Eight letters are looked at together, a bit of each byte telling whether it is one.
    #[inline(always)]
    pub fn small_letters(view: u128) -> Option<Short> {
        let length = view as u32 as usize;
        // What a view holds beyond its text is zero, which becomes a blank here.
        let small = [(view >> 32) as u64 | EACH << 5, (view >> 96) as u64 | EACH << 5];
        let wanted = LETTERS.get(length)?;
        let differ = (letters(small[0]) ^ wanted[0]) | (letters(small[1]) ^ wanted[1]);
        (differ == 0).then_some(Short { halves: [small[0].to_le(), small[1].to_le()], length })
    }

    /// The text, or the empty one.
    #[inline(always)]
    pub fn only_if(self, wanted: bool) -> Short {
        Short { length: self.length * usize::from(wanted), ..self }
    }

    /// Its first bytes, at most so many; only what ends a character may be asked for.
    #[inline(always)]
    pub fn first(self, bytes: usize) -> Short {
        let short = Short { length: self.length.min(bytes), ..self };
        debug_assert!(std::str::from_utf8(&short.bytes()[..short.length]).is_ok(), "half a character");
        short
    }

    fn bytes(self) -> [u8; SHORT] {
        let mut bytes = [0; SHORT];
        for (bytes, half) in bytes.chunks_exact_mut(8).zip(self.halves) {
            bytes.copy_from_slice(&half.to_ne_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn pieces_of_every_length_are_copied_and_nothing_more() {
        let mut pieces = Pieces::default();
        let texts: Vec<String> =
            (0..=STEP).map(|length| "abcdefghijklmnopqrstuvwxyzABCDEFGH"[..length].to_owned()).collect();
        let spans: Vec<Span> = texts.iter().map(|text| pieces.add(text).expect("a step holds it")).collect();
        assert_eq!(pieces.add(&"x".repeat(STEP + 1)), None);
        let accents = pieces.add("ñandú 山田").expect("a step holds it");
        let mut out = String::new();
        let mut expected = String::new();
        for (span, text) in spans.iter().zip(&texts) {
            append_each([*span, accents].iter().map(|span| pieces.at(*span)), &mut out);
            expected.push_str(text);
            expected.push_str("ñandú 山田");
            let short = Short::new(text);
            assert_eq!(short.is_some(), text.len() <= SHORT, "{text}");
            let short = short.unwrap_or_default();
            append([short.first(1), short, short.only_if(false), Short::default()], pieces.at(*span), &mut out);
            if text.len() <= SHORT {
                expected.extend(text.chars().next());
                expected.push_str(text);
            }
            expected.push_str(text);
            append([], Piece::EMPTY, &mut out);
            append_each([accents, *span].iter().map(|span| pieces.at(*span)), &mut out);
            expected.push_str("ñandú 山田");
            expected.push_str(text);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn numbers_of_two_digits_have_two() {
        let (mut out, mut expected) = (String::new(), String::new());
        for number in 0..100 {
            append([Short::two_digits(number)], Piece::EMPTY, &mut out);
            expected += &format!("{number:02}");
        }
        assert_eq!(out, expected);
    }

    #[test]
    fn views_of_letters_become_small_letters_and_no_others_do() {
        let long = ["Abcdefghijkl", "Abcdefghijklm"];
        let texts = ["Ana", "O'Neil", "Zoë", "", "[", "`", "@x", "z{", "aZ", "De la", "a\0", long[0], long[1]];
        let array = StringViewArray::from(texts.to_vec());
        for (text, view) in texts.iter().zip(array.views()) {
            let mut out = String::new();
            let short = Short::small_letters(*view);
            assert_eq!(short.is_some(), ["Ana", "aZ", long[0]].contains(text), "{text}");
            if let Some(short) = short {
                append([short], Piece::EMPTY, &mut out);
                assert_eq!(out, text.to_lowercase());
            }
        }
    }
}
