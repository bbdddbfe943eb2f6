//! Short texts that are copied in whole steps: 32 bytes are always copied and the length says how many of them count, so that a copy is two
//! loads and two stores whatever the text. What composed text (addresses, sentences) is made of.

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
#[inline]
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

/// Appends several pieces, of which some may be empty: each is copied whatever its length, so that nothing depends on what a row has drawn.
#[inline]
pub(super) fn append<const N: usize>(pieces: [Piece<'_>; N], out: &mut String) {
    // SAFETY: the bytes that become part of the string are whole characters of UTF-8, as the field says.
    let bytes = unsafe { out.as_mut_vec() };
    let mut length = bytes.len();
    bytes.reserve(N * STEP);
    for piece in pieces {
        // SAFETY: there is room for N steps behind what the string had, and each piece before took at most one of them.
        unsafe { bytes.as_mut_ptr().add(length).cast::<[u8; STEP]>().write_unaligned(*piece.step) };
        length += piece.length;
    }
    // SAFETY: each piece wrote at least the bytes that its length counts, all within the room.
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

impl<'a> Piece<'a> {
    /// A piece without text.
    pub const EMPTY: Piece<'static> = Piece { step: &[0; STEP], length: 0 };

    /// The piece, or the empty text.
    #[inline]
    pub fn only_if(self, wanted: bool) -> Piece<'a> {
        Piece { step: self.step, length: self.length * usize::from(wanted) }
    }

    /// The text of a view of Arrow's in small letters, laid down in `room`; none unless the view holds it and it is of ASCII letters alone.
    ///
    /// Eight letters are looked at together, a bit of each byte telling whether it is one.
    #[inline(always)]
    pub fn small_letters(view: u128, room: &'a mut [u8; STEP]) -> Option<Piece<'a>> {
        let length = view as u32 as usize;
        // What a view holds beyond its text is zero, which becomes a blank here.
        let small = [(view >> 32) as u64 | EACH << 5, (view >> 96) as u64 | EACH << 5];
        let letters = [letters(small[0]), letters(small[1])];
        let wanted = *LETTERS.get(length)?;
        if letters != wanted {
            return None;
        }
        room[..8].copy_from_slice(&small[0].to_le_bytes());
        room[8..16].copy_from_slice(&small[1].to_le_bytes());
        Some(Piece { step: room, length })
    }

    /// Its first bytes, at most so many; only what ends a character may be asked for.
    #[inline]
    pub fn first(self, bytes: usize) -> Piece<'a> {
        let piece = Piece { step: self.step, length: self.length.min(bytes) };
        debug_assert!(std::str::from_utf8(&piece.step[..piece.length]).is_ok(), "half a character");
        piece
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
            if !text.is_empty() {
                append([pieces.at(*span).first(1)], &mut out);
            }
            expected.push_str(text);
            expected.push_str("ñandú 山田");
            expected.extend(text.chars().next());
            append([pieces.at(*span), Piece::EMPTY, pieces.at(accents).only_if(false), pieces.at(*span)], &mut out);
            expected.push_str(text);
            expected.push_str(text);
            append_each([accents, *span].iter().map(|span| pieces.at(*span)), &mut out);
            expected.push_str("ñandú 山田");
            expected.push_str(text);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn views_of_letters_become_small_letters_and_no_others_do() {
        let long = ["Abcdefghijkl", "Abcdefghijklm"];
        let texts = ["Ana", "O'Neil", "Zoë", "", "[", "`", "@x", "z{", "aZ", "De la", "a\0", long[0], long[1]];
        let array = StringViewArray::from(texts.to_vec());
        for (text, view) in texts.iter().zip(array.views()) {
            let mut out = String::new();
            let mut room = [0; STEP];
            let piece = Piece::small_letters(*view, &mut room);
            assert_eq!(piece.is_some(), ["Ana", "aZ", long[0]].contains(text), "{text}");
            if let Some(piece) = piece {
                append([piece], &mut out);
                assert_eq!(out, text.to_lowercase());
            }
        }
    }
}
