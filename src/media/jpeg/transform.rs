//! From the coefficients of a block to fewer pixels than it had: the low frequencies alone, taken for those of a smaller
//! block, are the same picture, smaller (as libjpeg does it, too).

/// Where the coefficients of a block belong, in the order in which they are written.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// The coefficients of one block that count, in lines of 4, or of 8 where more are drawn.
pub(super) type Block = [f32; 64];

/// How blocks of one component become pixels.
pub(super) struct Transform {
    /// The side of what is drawn of a block: 1, 2, 3, 4, 6 or 8.
    side: usize,
    /// The last place in the zigzag that counts.
    pub(super) last: usize,
    /// For each place in the zigzag its place in a [`Block`], which is beyond the block if it does not count, and what a
    /// coefficient is multiplied by.
    steps: [(u8, f32); 64],
    /// The waves: for each frequency its height in each point.
    waves: [[f32; 8]; 8],
}

impl Transform {
    pub(super) fn new(side: usize, quantisation: &[u16; 64]) -> Option<Self> {
        if !matches!(side, 1 | 2 | 3 | 4 | 6 | 8) {
            return None;
        }
        let lanes = if side <= 4 { 4 } else { 8 };
        let mut steps = [(u8::MAX, 0.0); 64];
        let mut last = 0;
        for (place, (natural, factor)) in ZIGZAG.iter().zip(quantisation).enumerate() {
            let (x, y) = (usize::from(natural % 8), usize::from(natural / 8));
            if x < side && y < side {
                last = place;
                let weight = |n: usize| if n == 0 { 0.125_f32.sqrt() } else { 0.5 };
                steps[place] = (u8::try_from(y * lanes + x).ok()?, f32::from(*factor) * weight(x) * weight(y));
            }
        }
        let mut waves = [[0.0; 8]; 8];
        for (frequency, wave) in waves.iter_mut().enumerate() {
            for (point, height) in wave.iter_mut().enumerate() {
                let angle = (2 * point + 1) as f32 * frequency as f32 * std::f32::consts::PI / (2 * side) as f32;
                *height = angle.cos();
            }
        }
        Some(Self { side, last, steps, waves })
    }

    /// Puts a coefficient into a block.
    #[inline]
    pub(super) fn put(&self, block: &mut Block, place: usize, number: i32) {
        let (at, factor) = self.steps[place & 63];
        if let Some(coefficient) = block.get_mut(usize::from(at)) {
            *coefficient = number as f32 * factor;
        }
    }

    /// Empties a block.
    #[inline]
    pub(super) fn clear(&self, block: &mut Block) {
        let used = if self.side <= 4 { 16 } else { 64 };
        block[..used].fill(0.0);
    }

    /// Draws a block whose first pixel is the first of `out`, whose lines are `stride` long. `is_flat` if it has the first
    /// coefficient only.
    #[inline]
    pub(super) fn draw(&self, block: &Block, is_flat: bool, out: &mut [u8], stride: usize) {
        if is_flat {
            let value = level(block[0] + 128.5);
            for line in out.chunks_mut(stride).take(self.side) {
                line[..self.side].fill(value);
            }
            return;
        }
        if self.side <= 4 { self.draw_in::<4>(block, out, stride) } else { self.draw_in::<8>(block, out, stride) }
    }

    /// Draws with lines of so many lanes, as processors have.
    #[inline]
    fn draw_in<const LANES: usize>(&self, block: &Block, out: &mut [u8], stride: usize) {
        // What is beyond a side of 3 is 0, and not worth a question.
        let side = if LANES == 4 { 4 } else { self.side };
        let mut halfway = [[0.0_f32; LANES]; LANES];
        for (line, coefficients) in halfway.iter_mut().zip(block.chunks_exact(LANES)).take(side) {
            for (coefficient, wave) in coefficients.iter().zip(&self.waves).take(side) {
                for (pixel, height) in line.iter_mut().zip(wave) {
                    *pixel += coefficient * height;
                }
            }
        }
        for (y, out) in out.chunks_mut(stride).take(self.side).enumerate() {
            let mut line = [128.5_f32; LANES];
            for (half, wave) in halfway.iter().zip(&self.waves).take(side) {
                for (pixel, half) in line.iter_mut().zip(half) {
                    *pixel += wave[y & 7] * half;
                }
            }
            for (out, pixel) in out.iter_mut().zip(line).take(self.side) {
                *out = level(pixel);
            }
        }
    }
}

/// A pixel, of what is half a level too high.
#[inline]
fn level(value: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it ends at the ends of a byte")]
    let level = value as u8;
    level
}
