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

impl<'a> Piece<'a> {
    /// A piece without text.
    pub const EMPTY: Piece<'static> = Piece { step: &[0; STEP], length: 0 };

    /// The piece, or the empty text.
    #[inline]
    pub fn only_if(self, wanted: bool) -> Piece<'a> {
        Piece { step: self.step, length: self.length * usize::from(wanted) }
    }

    /// Its first bytes, at most so many; only what ends a character may be asked for.
    #[inline]
    pub fn first(self, bytes: usize) -> Piece<'a> {
        let piece = Piece { step: self.step, length: self.length.min(bytes) };
        debug_assert!(std::str::from_utf8(&piece.step[..piece.length]).is_ok(), "half a character");
        piece
    }

    /// Appends the text. The string grows by a step at least where it is full, so that most calls find room.
    #[inline]
    pub fn push_to(self, out: &mut String) {
        // SAFETY: the bytes that become part of the string are whole characters of UTF-8, as the field says.
        let bytes = unsafe { out.as_mut_vec() };
        let length = bytes.len();
        bytes.reserve(STEP);
        // SAFETY: there is room for a step behind the string's end, and `self.length` of its bytes, at most a step, have been written when
        // they become part of it.
        unsafe {
            bytes.as_mut_ptr().add(length).cast::<[u8; STEP]>().write_unaligned(*self.step);
            bytes.set_len(length + self.length);
        }
    }
}

#[cfg(test)]
mod tests {
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
            pieces.at(*span).push_to(&mut out);
            pieces.at(accents).push_to(&mut out);
            if !text.is_empty() {
                pieces.at(*span).first(1).push_to(&mut out);
            }
            expected.push_str(text);
            expected.push_str("ñandú 山田");
            expected.extend(text.chars().next());
            append([pieces.at(*span), Piece::EMPTY, pieces.at(accents).only_if(false), pieces.at(*span)], &mut out);
            expected.push_str(text);
            expected.push_str(text);
            assert_eq!(out, expected);
        }
    }
}
