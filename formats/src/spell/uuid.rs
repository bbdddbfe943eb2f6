//! A UUID in the form of RFC 9562, `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.

use super::{Room, put};

const DASHES: [usize; 4] = [8, 13, 18, 23];

/// Bytes of the room that a UUID takes, its slack included.
const ROOM: usize = 40;

/// Sixteen bytes as 32 hex digits and four dashes.
#[inline(always)]
pub(crate) fn uuid(out: &mut Room, at: usize, bytes: &[u8; 16]) -> usize {
    // One look at how long the room is.
    let room = &mut out[at..at + ROOM];
    let [low, high] = digits(bytes);
    // Stores overlap: what stands behind a dash is put again behind it.
    put(room, 0, &low.to_le_bytes());
    put(room, 9, &(low >> 64).to_le_bytes());
    put(room, 14, &(low >> 96).to_le_bytes());
    put(room, 19, &high.to_le_bytes());
    put(room, 24, &(high >> 32).to_le_bytes());
    for dash in DASHES {
        put(room, dash, b"-");
    }
    at + 36
}

/// The hex digits of sixteen bytes, sixteen in each half, the first lowest.
///
/// In the vectors that every x86-64 has; a compiler left to itself makes them one by one.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn digits(bytes: &[u8; 16]) -> [u128; 2] {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_and_si128, _mm_cmpgt_epi8, _mm_set1_epi8, _mm_srli_epi16, _mm_unpackhi_epi8,
        _mm_unpacklo_epi8,
    };
    // SAFETY: every x86-64 has these instructions, and both sides of a conversion are sixteen bytes without a meaning of their own.
    unsafe {
        let bytes: __m128i = std::mem::transmute(*bytes);
        let nibble = _mm_set1_epi8(0xf);
        let (high, low) = (_mm_and_si128(_mm_srli_epi16(bytes, 4), nibble), _mm_and_si128(bytes, nibble));
        let digits = |nibbles: __m128i| {
            let letters = _mm_and_si128(_mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9)), _mm_set1_epi8(LETTERS));
            let digits = _mm_add_epi8(_mm_add_epi8(nibbles, _mm_set1_epi8(b'0'.cast_signed())), letters);
            std::mem::transmute::<__m128i, u128>(digits)
        };
        [digits(_mm_unpacklo_epi8(high, low)), digits(_mm_unpackhi_epi8(high, low))]
    }
}

/// From the sign behind `9` to `a`.
#[cfg(target_arch = "x86_64")]
const LETTERS: i8 = (b'a' - b'9' - 1).cast_signed();

/// The hex digits of sixteen bytes, sixteen in each half, the first lowest: eight bytes of a word at a time.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn digits_by_words(bytes: &[u8; 16]) -> [u128; 2] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let eight = |four: u32| {
        // A byte in every other place, then a nibble in each.
        let spread = u64::from(four);
        let spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
        let spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
        let nibbles = (spread >> 4 | spread << 8) & (0xf * EACH);
        let letters = (nibbles + 6 * EACH) >> 4 & EACH;
        nibbles + u64::from(b'0') * EACH + letters * u64::from(b'a' - b'9' - 1)
    };
    let (fours, _) = bytes.as_chunks::<4>();
    let half = |at: usize| {
        let [low, high] = [at, at + 1].map(|at| eight(u32::from_le_bytes(fours[at])));
        u128::from(high) << 64 | u128::from(low)
    };
    [half(0), half(2)]
}

#[cfg(not(target_arch = "x86_64"))]
use digits_by_words as digits;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_digits_of_every_byte_in_every_place() {
        for place in 0..16 {
            for value in 0..=u8::MAX {
                let mut bytes: [u8; 16] = std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ value.rotate_left(3));
                bytes[place] = value;
                let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                for digits in [digits(&bytes), digits_by_words(&bytes)] {
                    let found: Vec<u8> = digits.iter().flat_map(|half| half.to_le_bytes()).collect();
                    assert_eq!(String::from_utf8(found).expect("digits"), text);
                }
            }
        }
    }
}
