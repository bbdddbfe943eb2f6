//! Writing without a check at each value: the caller reserves room for a batch at its worst.

/// A short text in 16 bytes: fifteen bytes and its length, so that it is copied at one go.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub struct Slot {
    bytes: [u8; 15],
    length: u8,
}

impl Slot {
    /// A text of at most fifteen bytes.
    pub fn new(text: &str) -> Slot {
        let mut bytes = [0; 15];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Slot { bytes, length: text.len() as u8 }
    }

    /// Two digits, or nothing.
    #[inline(always)]
    pub fn digits(number: u8, wanted: bool) -> Slot {
        let mut bytes = [0; 15];
        bytes[0] = b'0' + number / 10;
        bytes[1] = b'0' + number % 10;
        Slot { bytes, length: 2 * u8::from(wanted) }
    }
}

/// A place in a buffer that has room for all that is written; every write may touch up to 16 bytes behind what it leaves.
pub struct Cursor {
    at: *mut u8,
    start: *mut u8,
}

/// Room behind the end of a buffer that a cursor may touch.
pub const SLACK: usize = 64;

impl Cursor {
    /// Behind the bytes of a buffer.
    ///
    /// # Safety
    /// The buffer has room for all that is written until [`Cursor::finish`], and [`SLACK`] more; it is not touched meanwhile.
    pub unsafe fn behind(buffer: &mut Vec<u8>) -> Cursor {
        let start = buffer.as_mut_ptr();
        Cursor { at: unsafe { start.add(buffer.len()) }, start }
    }

    /// Bytes of the buffer up to here.
    #[inline(always)]
    pub fn length(&self) -> usize {
        self.at as usize - self.start as usize
    }

    /// Makes what was written part of the buffer.
    pub fn finish(self, buffer: &mut Vec<u8>) {
        // SAFETY: the bytes up to here were written, within the capacity that the caller reserved.
        unsafe { buffer.set_len(self.length()) }
    }

    #[inline(always)]
    pub fn slot(&mut self, slot: &Slot) {
        // SAFETY: room was reserved; a slot is 16 bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(std::ptr::from_ref(slot).cast::<u8>(), self.at, 16);
            self.at = self.at.add(usize::from(slot.length));
        }
    }

    #[inline(always)]
    pub fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        // SAFETY: room was reserved.
        unsafe {
            self.at.cast::<[u8; N]>().write_unaligned(bytes);
            self.at = self.at.add(N);
        }
    }

    /// A text of which `source` has at least [`SLACK`] more bytes.
    ///
    /// # Safety
    /// `from + length + SLACK` lies within the capacity of the source.
    #[inline(always)]
    pub unsafe fn text(&mut self, source: *const u8, length: usize) {
        let mut copied = 0;
        while copied < length {
            unsafe {
                self.at
                    .add(copied)
                    .cast::<[u8; 32]>()
                    .write_unaligned(source.add(copied).cast::<[u8; 32]>().read_unaligned())
            };
            copied += 32;
        }
        self.at = unsafe { self.at.add(length) };
    }

    /// Steps back over the last byte.
    #[inline(always)]
    pub fn back(&mut self) {
        // SAFETY: something was written.
        self.at = unsafe { self.at.sub(1) };
    }

    /// A UUID, 36 characters.
    #[inline(always)]
    pub fn uuid(&mut self, value: u128) {
        let [a, b] = [hex((value >> 96) as u32), hex((value >> 64) as u32)];
        let [c, d] = [hex((value >> 32) as u32), hex(value as u32)];
        self.bytes(a);
        self.bytes([b'-', b[0], b[1], b[2], b[3], b'-', b[4], b[5], b[6], b[7], b'-', c[0], c[1], c[2], c[3], b'-']);
        self.bytes([c[4], c[5], c[6], c[7]]);
        self.bytes(d);
    }
}

/// Eight hexadecimal digits, the highest first: a nibble a byte, then all to characters at once.
#[inline(always)]
fn hex(value: u32) -> [u8; 8] {
    let wide = u64::from(value.swap_bytes());
    let wide = (wide | wide << 16) & 0x0000_ffff_0000_ffff;
    let wide = (wide | wide << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (wide >> 4 & 0x000f_000f_000f_000f) | (wide & 0x000f_000f_000f_000f) << 8;
    let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * 39).to_le_bytes()
}
