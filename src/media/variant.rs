//! From a picture's bytes to a smaller form of it. Pure, and only ever run at a desk.

use std::io::Cursor;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::gif::GifDecoder;
use image::codecs::ico::IcoDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, GenericImage as _, GrayImage, ImageDecoder, Limits, RgbImage, RgbaImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::MediaKind;
use super::colour::{POINTS, colour_of};
use super::header::{Facts, LONGEST_SIDE, MOST_BYTES, Refused, largest_icon};
use super::jpeg;
use super::spec::{Fit, Output, Spec};

/// The quality of WebP and JPEG unless another is asked for.
const QUALITY: u8 = 75;
/// Moving pictures up to this size are passed on as they are.
pub const MOST_MOVING: usize = 5 * 1024 * 1024;
/// Pictures that are small enough on the screen are passed on undecoded up to this size.
const SMALL: usize = 150 * 1024;

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variant {
    /// The picture itself: it is small enough, or it moves.
    Same,
    /// Another file.
    Encoded(Vec<u8>),
}

/// Makes a variant of a picture; `spec` names its output.
pub fn make(bytes: &[u8], spec: &Spec) -> Result<Variant, Refused> {
    let facts = Facts::read(bytes)?;
    if !facts.kind.is_decoded() {
        return Ok(Variant::Same);
    }
    let output = spec.output.unwrap_or(Output::WebP);
    let (width, height) = spec.size_of(facts.width, facts.height);
    let same_size = (width, height) == (facts.width, facts.height) && spec.fit != Fit::Contain;
    // A box that was covered to be small is for a list, where nothing should move.
    if facts.animated && spec.fit != Fit::Cover && bytes.len() <= MOST_MOVING {
        return Ok(Variant::Same);
    }
    let passes = same_size && facts.is_plain() && !facts.animated && is_shown_everywhere(facts.kind);
    if passes && bytes.len() <= SMALL && spec.quality.is_none() {
        return Ok(Variant::Same);
    }
    let wanted = unturned(&facts, (width, height));
    let (picture, extent) = decode_for(bytes, &facts, wanted)?;
    let picture = resize(picture, extent, spec.fit, wanted)?;
    let picture = turn(picture, facts.orientation);
    let picture = if spec.fit == Fit::Contain { fill(picture, spec) } else { picture };
    let encoded = encode(&picture, output, spec.quality.unwrap_or(QUALITY))?;
    Ok(if passes && encoded.len() >= bytes.len() { Variant::Same } else { Variant::Encoded(encoded) })
}

/// The number of a picture's colour ([`colour_of`]); `None` for what is not decoded.
pub fn colour(bytes: &[u8]) -> Option<u8> {
    let facts = Facts::read(bytes).ok().filter(|facts| facts.kind.is_decoded())?;
    let own = unturned(&facts, (facts.width, facts.height));
    // An eighth still has more pixels than are looked at.
    let points = (own.0.min(POINTS), own.1.min(POINTS));
    decode_for(bytes, &facts, points).ok().map(|(picture, _)| colour_of(&picture))
}

/// A size as it is before the picture is turned.
fn unturned(facts: &Facts, (width, height): (u32, u32)) -> (u32, u32) {
    if facts.orientation >= 5 { (height, width) } else { (width, height) }
}

fn is_shown_everywhere(kind: MediaKind) -> bool {
    matches!(kind, MediaKind::Png | MediaKind::Jpeg | MediaKind::Gif | MediaKind::WebP)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    limits
}

/// Decodes a picture for a form of this size: where that is much smaller, not whole. With it comes how much of its sides is
/// picture, as the last pixels of what is not whole reach beyond it.
fn decode_for(bytes: &[u8], facts: &Facts, wanted: (u32, u32)) -> Result<(DynamicImage, (f64, f64)), Refused> {
    let own = unturned(facts, (facts.width, facts.height));
    // A third more than is wanted leaves the rest to the better filter; what it makes is then as good as from the whole.
    let is_enough = |own: u32, wanted: u32, eighths: u32| own * eighths * 3 >= wanted * 8 * 4;
    let eighths = (1..=4).find(|n| is_enough(own.0, wanted.0, *n) && is_enough(own.1, wanted.1, *n));
    if let Some(eighths) = eighths.filter(|_| facts.kind == MediaKind::Jpeg)
        && let Some(picture) = jpeg::decode_smaller(bytes, own, eighths)
    {
        let extent = |side: u32| f64::from(side * eighths) / 8.0;
        return Ok((picture.into(), (extent(own.0), extent(own.1))));
    }
    let picture = decode(bytes, facts)?;
    let extent = (picture.width().into(), picture.height().into());
    Ok((picture, extent))
}

/// Decodes a picture whose header passed; of a moving one the first frame.
fn decode(bytes: &[u8], facts: &Facts) -> Result<DynamicImage, Refused> {
    let reader = Cursor::new(bytes);
    let damaged = |_| Refused::Damaged;
    match facts.kind {
        MediaKind::Jpeg => decode_jpeg(bytes),
        MediaKind::Png => from(PngDecoder::with_limits(reader, limits()).map_err(damaged)?),
        MediaKind::Gif => from(GifDecoder::new(reader).map_err(damaged)?),
        MediaKind::WebP => from(WebPDecoder::new(reader).map_err(damaged)?),
        MediaKind::Icon => {
            let icon = largest_icon(bytes)?;
            match icon.as_png() {
                Some(png) => from(PngDecoder::with_limits(Cursor::new(png), limits()).map_err(damaged)?),
                None => from(IcoDecoder::new(Cursor::new(icon.alone()?)).map_err(damaged)?),
            }
        }
        _ => Err(Refused::Kind),
    }
}

fn from(mut decoder: impl ImageDecoder) -> Result<DynamicImage, Refused> {
    decoder.set_limits(limits()).map_err(|_| Refused::TooLarge)?;
    DynamicImage::from_decoder(decoder).map_err(|error| match error {
        image::ImageError::Limits(_) => Refused::TooLarge,
        _ => Refused::Damaged,
    })
}

/// By the decoder itself: the bytes are not copied, and colours come out as they are needed.
fn decode_jpeg(bytes: &[u8]) -> Result<DynamicImage, Refused> {
    let side = usize::try_from(LONGEST_SIDE).unwrap_or(usize::MAX);
    let options = DecoderOptions::new_fast().set_strict_mode(false).set_max_width(side).set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| Refused::Damaged)?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let pixels = decoder.decode().map_err(|_| Refused::Damaged)?;
    let info = decoder.info().ok_or(Refused::Damaged)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    let picture = if is_grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    };
    picture.ok_or(Refused::Damaged)
}

/// Resizes before anything else is done, so that all the rest is cheap.
fn resize(
    picture: DynamicImage,
    extent: (f64, f64),
    fit: Fit,
    (width, height): (u32, u32),
) -> Result<DynamicImage, Refused> {
    if (width, height) == (picture.width(), picture.height()) {
        return Ok(picture);
    }
    let ((left, across), (top, down)) = match fit {
        Fit::Cover => {
            let scale = (extent.0 / f64::from(width)).min(extent.1 / f64::from(height));
            (middle(extent.0, scale * f64::from(width)), middle(extent.1, scale * f64::from(height)))
        }
        Fit::Inside | Fit::Contain => ((0.0, extent.0), (0.0, extent.1)),
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let options = options.crop(left, top, across, down);
    // In two forms of pixels only, as each one is a third of a megabyte of program.
    let from = (picture.width(), picture.height());
    let smaller = if picture.color().has_alpha() {
        let pixels = scaled::<U8x4>(&picture.into_rgba8(), from, (width, height), &options)?;
        RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
    } else {
        let pixels = scaled::<U8x3>(&picture.into_rgb8(), from, (width, height), &options)?;
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    };
    smaller.ok_or(Refused::Damaged)
}

/// The part of this length in the middle of a side: where it begins, and how long it is. In 1,024ths, which add up exactly.
fn middle(side: f64, part: f64) -> (f64, f64) {
    let start = ((side - part).max(0.0) * 512.0).floor() / 1024.0;
    (start, side - 2.0 * start)
}

/// The pixels of a picture of one size in another.
fn scaled<P: PixelTrait>(
    pixels: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    options: &ResizeOptions,
) -> Result<Vec<u8>, Refused> {
    let bytes = usize::try_from(u64::from(to.0) * u64::from(to.1)).map_err(|_| Refused::TooLarge)? * P::size();
    let mut out = vec![0; bytes];
    let source = TypedImageRef::<P>::from_buffer(from.0, from.1, pixels).map_err(|_| Refused::Damaged)?;
    let mut target = TypedImage::<P>::from_buffer(to.0, to.1, &mut out).map_err(|_| Refused::Damaged)?;
    Resizer::new().resize_typed(&source, &mut target, options).map_err(|_| Refused::Kind)?;
    Ok(out)
}

fn turn(mut picture: DynamicImage, orientation: u8) -> DynamicImage {
    if let Some(orientation) = Orientation::from_exif(orientation) {
        picture.apply_orientation(orientation);
    }
    picture
}

/// The picture in the middle of its box; transparent, or white where the output knows no transparency.
fn fill(picture: DynamicImage, spec: &Spec) -> DynamicImage {
    let (Some(width), Some(height)) = (spec.width, spec.height) else { return picture };
    let mut around = RgbaImage::new(width.max(picture.width()), height.max(picture.height()));
    let (x, y) = ((around.width() - picture.width()) / 2, (around.height() - picture.height()) / 2);
    match around.copy_from(&picture.to_rgba8(), x, y) {
        Ok(()) => around.into(),
        Err(_) => picture,
    }
}

fn encode(picture: &DynamicImage, output: Output, quality: u8) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    match output {
        Output::WebP => {
            let encoded = if picture.color().has_alpha() {
                let pixels = picture.to_rgba8();
                webp::Encoder::from_rgba(&pixels, pixels.width(), pixels.height()).encode_simple(false, quality.into())
            } else if let DynamicImage::ImageRgb8(pixels) = picture {
                webp::Encoder::from_rgb(pixels, pixels.width(), pixels.height()).encode_simple(false, quality.into())
            } else {
                let pixels = picture.to_rgb8();
                webp::Encoder::from_rgb(&pixels, pixels.width(), pixels.height()).encode_simple(false, quality.into())
            };
            out = encoded.map_err(|_| Refused::TooLarge)?.to_vec();
        }
        Output::Jpeg => {
            let pixels = on_white(picture);
            JpegEncoder::new_with_quality(&mut out, quality).encode_image(&pixels).map_err(|_| Refused::Damaged)?;
        }
        Output::Png => {
            let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, PngFilter::Adaptive);
            let eight_bits = if picture.color().has_alpha() {
                DynamicImage::ImageRgba8(picture.to_rgba8())
            } else {
                DynamicImage::ImageRgb8(picture.to_rgb8())
            };
            eight_bits.write_with_encoder(encoder).map_err(|_| Refused::Damaged)?;
        }
    }
    Ok(out)
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let mut white = RgbImage::new(picture.width(), picture.height());
    for (target, source) in white.pixels_mut().zip(picture.to_rgba8().pixels()) {
        let [red, green, blue, alpha] = source.0.map(u16::from);
        target.0 = [red, green, blue].map(|c| u8::try_from((c * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255));
    }
    white
}
