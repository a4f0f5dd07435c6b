//! The bits of a JPEG's scan, and the codes in them (ITU T.81, annexes C and F).

/// Codes up to this length are found at once.
const SHORT: u16 = 9;
/// So many bits are looked at where codes are only passed.
const LEAP: u16 = 11;
/// The step of the code that ends a block. It leads beyond the last coefficient from anywhere.
const END: u16 = 64;

/// Bits that are read from the left, without the bytes that are stuffed between them.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    buffer: u64,
    /// Bits in the buffer.
    count: u32,
    /// Of all bits so far, those that stand in for what was not there. They come last.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest, buffer: 0, count: 0, missing: 0 }
    }

    /// Has at least 32 bits at hand, which is more than a code and its number take.
    #[inline]
    fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some((four, rest)) = self.rest.split_first_chunk::<4>() {
            let word = u32::from_be_bytes(*four);
            // None of the four bytes is 0xff.
            if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.buffer |= u64::from(word) << (32 - self.count);
                self.count += 32;
                self.rest = rest;
                return;
            }
        }
        self.refill_slowly();
    }

    #[inline(never)]
    fn refill_slowly(&mut self) {
        while self.count <= 56 {
            let byte = match self.rest {
                [0xff, 0, rest @ ..] => {
                    self.rest = rest;
                    0xff
                }
                // A marker stops the bits.
                [0xff, ..] | [] => {
                    self.missing = self.missing.saturating_add(8);
                    0
                }
                [byte, rest @ ..] => {
                    self.rest = rest;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Whether all bits that were read were there.
    pub(super) fn is_whole(&self) -> bool {
        self.missing <= self.count
    }

    /// Passes the marker of a restart, if it is there and the one whose turn it is.
    pub(super) fn restart(&mut self, number: u64) -> Option<()> {
        let mut rest = self.rest;
        while let [0xff, 0xff, ..] = rest {
            rest = &rest[1..];
        }
        match rest {
            [0xff, marker, rest @ ..] if self.is_whole() && u64::from(*marker) == 0xd0 + number % 8 => {
                *self = Self::new(rest);
                Some(())
            }
            _ => None,
        }
    }

    /// The next bits, of which there are at least as many.
    #[inline]
    fn next(&self, bits: u16) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "they are a few")]
        let next = (self.buffer >> (64 - bits)) as usize;
        next
    }

    /// Reads a code. `None` where no code has these bits.
    #[inline]
    fn code(&mut self, codes: &Codes) -> Option<Code> {
        self.refill();
        let code = codes.short[self.next(SHORT)];
        if code.length() == 0 { codes.long(self.buffer) } else { Some(code) }
    }

    /// The number behind a code, and both are passed.
    #[inline]
    fn number(&mut self, code: Code) -> i32 {
        let size = code.size();
        #[expect(clippy::cast_possible_truncation, reason = "they are 15 bits at most")]
        let raw = ((self.buffer << (code.length() - size)) >> 1 >> (63 - size)) as i32;
        self.pass(code.length());
        // The lower half are the negative ones.
        if raw < (1 << size) >> 1 { raw - (1 << size) + 1 } else { raw }
    }

    #[inline]
    fn pass(&mut self, length: u32) {
        self.buffer <<= length;
        self.count -= length;
    }

    /// Reads the difference of a block's first coefficient to the one before it.
    #[inline]
    pub(super) fn first(&mut self, codes: &Codes) -> Option<i32> {
        let code = self.code(codes)?;
        Some(self.number(code))
    }

    /// Reads the other coefficients of a block; `wanted` is called with the place in the zigzag and the number of
    /// those up to the place `last`.
    #[inline]
    pub(super) fn others(&mut self, codes: &Codes, last: usize, mut wanted: impl FnMut(usize, i32)) -> Option<()> {
        let mut place = 0;
        while place < 63 {
            if place >= last {
                // The rest is small details.
                self.refill();
                let leap = codes.leaps[self.next(LEAP)];
                if leap.length() > 0 && place + leap.step() < 63 {
                    self.pass(leap.length());
                    place += leap.step();
                    if leap.ends() {
                        return Some(());
                    }
                    continue;
                }
            }
            let code = self.code(codes)?;
            place += code.step();
            if place > last {
                self.pass(code.length());
                if place > 63 {
                    return (code.step() == usize::from(END)).then_some(());
                }
            } else {
                wanted(place, self.number(code));
            }
        }
        Some(())
    }
}

/// What a code says, in 16 bits: its length together with that of the number behind it (0 in the place of what is longer
/// than [`SHORT`]), the length of the number, and how many places further the number belongs.
#[derive(Clone, Copy, Default)]
struct Code(u16);

impl Code {
    fn new(symbol: u8, bits: u16) -> Self {
        let (zeros, size) = (u16::from(symbol >> 4), u16::from(symbol & 15));
        let step = if size == 0 && zeros != 15 { END } else { zeros + 1 };
        Self((bits + size) | size << 5 | step << 9)
    }

    #[inline]
    fn length(self) -> u32 {
        (self.0 & 31).into()
    }

    #[inline]
    fn size(self) -> u32 {
        (self.0 >> 5 & 15).into()
    }

    #[inline]
    fn step(self) -> usize {
        (self.0 >> 9).into()
    }
}

/// Several codes at once, with their numbers: their length (0 if not even the first is known), how many places they go on,
/// and whether they end their block.
#[derive(Clone, Copy, Default)]
struct Leap(u16);

impl Leap {
    /// The codes that are whole in these bits.
    fn new(short: &[Code; 1 << SHORT], bits: u16) -> Self {
        let (mut length, mut step) = (0, 0);
        loop {
            let code = short[usize::from((bits << length & ((1 << LEAP) - 1)) >> (LEAP - SHORT))];
            let (code_length, code_step) = (code.0 & 31, code.0 >> 9);
            let ends = code_step == END;
            let further = if ends { 0 } else { code_step };
            if code_length == 0 || length + code_length > LEAP || step + further > 62 {
                return Self(length | step << 4);
            }
            length += code_length;
            step += further;
            if ends {
                return Self(length | step << 4 | 1 << 15);
            }
        }
    }

    #[inline]
    fn length(self) -> u32 {
        (self.0 & 15).into()
    }

    #[inline]
    fn step(self) -> usize {
        (self.0 >> 4 & 63).into()
    }

    #[inline]
    fn ends(self) -> bool {
        self.0 >> 15 == 1
    }
}

/// A table of codes.
pub(super) struct Codes {
    short: [Code; 1 << SHORT],
    leaps: Box<[Leap; 1 << LEAP]>,
    /// For each length the first 16 bits that no code of it begins with, its first code and the place of its symbol.
    lengths: [(u64, u64, usize); 17],
    symbols: Vec<u8>,
}

impl Codes {
    /// From the number of codes of each length, and their symbols.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut codes = Self {
            short: [Code::default(); 1 << SHORT],
            leaps: Box::new([Leap::default(); 1 << LEAP]),
            lengths: [(0, 0, 0); 17],
            symbols: symbols.to_vec(),
        };
        let (mut next, mut place) = (0_u64, 0_usize);
        for ((bits, count), length) in (1_u16..).zip(counts).zip(&mut codes.lengths[1..]) {
            *length = (0, next, place);
            for _ in 0..*count {
                let symbol = *symbols.get(place)?;
                if next >= 1 << bits {
                    return None;
                }
                if let Some(spare) = SHORT.checked_sub(bits) {
                    let first = usize::try_from(next << spare).ok()?;
                    codes.short[first..first + (1 << spare)].fill(Code::new(symbol, bits));
                }
                next += 1;
                place += 1;
            }
            length.0 = next << (16 - bits);
            next <<= 1;
        }
        for (bits, leap) in (0_u16..).zip(codes.leaps.iter_mut()) {
            *leap = Leap::new(&codes.short, bits);
        }
        Some(codes)
    }

    /// The code of more than [`SHORT`] bits that these bits begin with.
    #[inline(never)]
    fn long(&self, buffer: u64) -> Option<Code> {
        let start = buffer >> 48;
        let bits = (SHORT + 1..=16).find(|bits| start < self.lengths[usize::from(*bits)].0)?;
        let (_, first, place) = self.lengths[usize::from(bits)];
        let further = usize::try_from((start >> (16 - bits)).checked_sub(first)?).ok()?;
        self.symbols.get(place + further).map(|symbol| Code::new(*symbol, bits))
    }
}
