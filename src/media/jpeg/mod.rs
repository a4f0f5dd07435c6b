//! JPEGs decoded straight to eighths of their size.
//!
//! Most of a photograph's data are details that a smaller picture does not show. They are read here and left out: no
//! transform, no colours and no memory for them. Read is what most JPEGs are (ITU T.81: Huffman codes, 8 bits, one scan, grey
//! or `YCbCr`). Anything else, and what is damaged, is `None` here and the affair of the decoder of whole pictures, which
//! says what is wrong with it.

mod entropy;
mod frame;
#[cfg(test)]
mod tests;
mod transform;

use image::RgbImage;

use self::entropy::{Bits, Codes};
use self::frame::{Component, Frame};
use self::transform::{Block, Transform};

/// Decodes a picture whose header says this size, so that 8 of its pixels become `eighths` (1 to 4), both ways. The last
/// ones at the right and at the bottom may be made of fewer.
pub(super) fn decode_smaller(bytes: &[u8], size: (u32, u32), eighths: u32) -> Option<RgbImage> {
    let eighths = usize::try_from(eighths).ok()?;
    let frame = Frame::read(bytes).filter(|frame| (frame.width, frame.height) == size)?;
    let mut planes = planes(&frame, eighths)?;
    let (width, height) = (usize::try_from(size.0).ok()?, usize::try_from(size.1).ok()?);
    let (columns, rows) = (width.div_ceil(8 * frame.across), height.div_ceil(8 * frame.down));
    // So many pixels come out of each unit, whatever its components were made of.
    let (unit_width, unit_height) = (frame.across * eighths, frame.down * eighths);
    let stride = columns * unit_width;
    for plane in &mut planes {
        plane.pixels = vec![0; stride * unit_height];
    }
    let (width, height) = ((width * eighths).div_ceil(8), (height * eighths).div_ceil(8));
    let mut out = Vec::with_capacity(width * height * 3);
    let mut bits = Bits::new(frame.scan);
    let mut units = 0_u64;
    for row in 0..rows {
        for column in 0..columns {
            if frame.restart > 0 && units > 0 && units.is_multiple_of(frame.restart) {
                bits.restart(units / frame.restart - 1)?;
                planes.iter_mut().for_each(|plane| plane.before = 0);
            }
            units += 1;
            for plane in &mut planes {
                plane.unit(&mut bits, column * unit_width, stride)?;
            }
        }
        if !bits.is_whole() {
            return None;
        }
        for y in 0..unit_height.min(height - row * unit_height) {
            let line = y * stride..y * stride + width;
            match planes.as_slice() {
                [light, blue, red] => {
                    let (light, blue, red) =
                        (&light.pixels[line.clone()], &blue.pixels[line.clone()], &red.pixels[line]);
                    out.extend(
                        light.iter().zip(blue).zip(red).flat_map(|((light, blue), red)| rgb(*light, *blue, *red)),
                    );
                }
                [light] => out.extend(light.pixels[line].iter().flat_map(|light| [*light; 3])),
                _ => return None,
            }
        }
    }
    RgbImage::from_raw(u32::try_from(width).ok()?, u32::try_from(height).ok()?, out)
}

/// A colour as JFIF computes it, in 65,536ths.
#[inline]
fn rgb(light: u8, blue: u8, red: u8) -> [u8; 3] {
    let (light, blue, red) = ((i32::from(light) << 16) + (1 << 15), i32::from(blue) - 128, i32::from(red) - 128);
    let colours = [light + 91_881 * red, light - 22_554 * blue - 46_802 * red, light + 116_130 * blue];
    #[expect(clippy::cast_sign_loss, reason = "it is clamped to a byte")]
    colours.map(|colour| (colour >> 16).clamp(0, 255) as u8)
}

/// One component of the picture, as far as one row of units.
struct Plane<'a> {
    component: &'a Component,
    /// The codes of first coefficients, and of the others.
    codes: (&'a Codes, &'a Codes),
    /// What becomes of a block.
    side: (usize, usize),
    /// The side of the square that is drawn of a block; it is squeezed where it is to be no square.
    drawn: usize,
    transform: Transform,
    /// The first coefficient of the block before.
    before: i32,
    /// All 0 between two blocks, but for the first.
    block: Block,
    pixels: Vec<u8>,
}

fn planes<'a>(frame: &'a Frame<'_>, eighths: usize) -> Option<Vec<Plane<'a>>> {
    let plane = |component: &'a Component| {
        // What has fewer blocks is drawn larger, so that all are of one size.
        let side = (eighths * frame.across / component.across, eighths * frame.down / component.down);
        let drawn = side.0.max(side.1);
        let [first, others] = &frame.codes;
        Some(Plane {
            component,
            codes: (first.get(component.codes.0)?.as_ref()?, others.get(component.codes.1)?.as_ref()?),
            side,
            drawn,
            transform: Transform::new(drawn, frame.quantisations.get(component.quantisation)?.as_ref()?)?,
            before: 0,
            block: [0.0; 64],
            pixels: Vec::new(),
        })
    };
    frame.components.iter().map(plane).collect()
}

impl Plane<'_> {
    /// Reads the blocks of one unit and draws them from this column of pixels on.
    #[inline]
    fn unit(&mut self, bits: &mut Bits<'_>, column: usize, stride: usize) -> Option<()> {
        for y in 0..self.component.down {
            for x in 0..self.component.across {
                let (transform, block) = (&self.transform, &mut self.block);
                self.before = self.before.wrapping_add(bits.first(self.codes.0)?);
                transform.put(block, 0, self.before);
                let mut is_flat = true;
                bits.others(self.codes.1, transform.last, |place, number| {
                    is_flat = false;
                    transform.put(block, place, number);
                })?;
                let out = self.pixels.get_mut(y * self.side.1 * stride + column + x * self.side.0..)?;
                if self.side == (self.drawn, self.drawn) {
                    transform.draw(block, is_flat, out, stride);
                } else {
                    let mut square = [0; 64];
                    transform.draw(block, is_flat, &mut square, self.drawn);
                    squeeze(&square, self.drawn, self.side, out, stride);
                }
                if !is_flat {
                    transform.clear(block);
                }
            }
        }
        Some(())
    }
}

/// Puts a square of pixels into a place of another shape: each pixel there is the mean of several.
fn squeeze(square: &[u8; 64], drawn: usize, side: (usize, usize), out: &mut [u8], stride: usize) {
    let (width, height) = (drawn / side.0, drawn / side.1);
    for (y, line) in out.chunks_mut(stride).take(side.1).enumerate() {
        for (x, pixel) in line.iter_mut().take(side.0).enumerate() {
            let lines = square.chunks(drawn).skip(y * height).take(height);
            let sum: usize = lines.flat_map(|line| &line[x * width..][..width]).copied().map(usize::from).sum();
            *pixel = u8::try_from((sum + width * height / 2) / (width * height)).unwrap_or(u8::MAX);
        }
    }
}
