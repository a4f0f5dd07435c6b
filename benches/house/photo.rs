//! Photographs that nobody took.

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

/// A photograph of sorts: soft shapes, edges and noise.
pub(crate) fn photograph(width: u32, height: u32, seed: u32) -> RgbImage {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) % 24;
        let (sx, sy) = (x * 1000 / width, y * 1000 / height);
        let wave = (sx * sx / 700 + sy * sy / 500 + seed * 37) % 256;
        let tile = if (sx / 90 + sy / 70) % 2 == 0 { 60 } else { 0 };
        let channel = |base: u32| u8::try_from((base + tile + noise).min(255)).unwrap_or(255);
        image::Rgb([channel(wave * 3 / 4), channel((255 - wave) / 2), channel(sx * 150 / 1000)])
    })
}

/// Packs it.
pub(crate) fn jpeg(picture: &RgbImage, quality: u8) -> std::io::Result<Vec<u8>> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality).encode_image(picture).map_err(std::io::Error::other)?;
    Ok(file)
}
