//! The colour of a picture as a whole, which holds its place until it has come.
//!
//! Pages may carry no style of their own, so that a colour is one of 27, of which the style sheet knows how light they are.

use image::DynamicImage;
use image::GenericImageView as _;

/// Points that are looked at on each side.
pub(super) const POINTS: u32 = 24;

/// The number of a picture's colour, 0 to 26: a digit of base three for each of red, green and blue, dark to light.
pub fn colour_of(picture: &DynamicImage) -> u8 {
    let (width, height) = picture.dimensions();
    let mut sums = [0_u64; 3];
    let mut weight = 0;
    for y in 0..POINTS.min(height) {
        for x in 0..POINTS.min(width) {
            let at = |n: u32, side: u32| {
                let points = POINTS.min(side);
                (2 * n + 1) * side / (2 * points)
            };
            let [red, green, blue, alpha] = picture.get_pixel(at(x, width), at(y, height)).0;
            for (sum, value) in sums.iter_mut().zip([red, green, blue]) {
                *sum += u64::from(value) * u64::from(alpha);
            }
            weight += u64::from(alpha);
        }
    }
    let third = |sum: u64| u8::try_from((sum / weight.max(1) * 3 / 256).min(2)).unwrap_or(2);
    let own = third(sums[0]) * 9 + third(sums[1]) * 3 + third(sums[2]);
    let points = u64::from(POINTS.min(width)) * u64::from(POINTS.min(height));
    // Much of a drawing without a ground is what is behind it: dark behind what is light, else light.
    if weight >= points * 255 * 3 / 4 {
        own
    } else if weight >= 255 && own >= 25 {
        0
    } else {
        26
    }
}
