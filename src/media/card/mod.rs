//! Cards: the picture that stands for an article without one where links are shown, in chat programs and the like.
//!
//! Owns: finding fonts on this system (`fonts`) and reading of them what is needed (`file`), setting a few lines in them in any script (`lines`), and the drawing. Does not
//! own: who may see a card, which the caller decides, and how long it is kept. In: a title, its source, a date, as plain text.
//! Out: a PNG of 1200 × 630 pixels, or an upright one as the cover of a book.
//!
//! A system without any font gets a card without words: there is nothing to set them in, and boxes say less.

mod file;
mod fonts;
mod lines;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, Rgb, RgbImage};
use swash::zeno::{Mask, Stroke, Transform};

use fonts::Fonts;
use lines::{Canvas, Line, Setter, Style, pixel};

/// The size that programs show whole (The Open Graph protocol leaves it open; 1.91 to 1 is what they settled on).
pub const WIDTH: u32 = 1200;
/// See [`WIDTH`].
pub const HEIGHT: u32 = 630;

/// The media type of a card.
pub const MEDIA_TYPE: &str = "image/png";

/// The size of a cover: three to four, as screens of e-readers are.
const COVER: (u32, u32) = (1200, 1600);

const MARGIN: f32 = 84.0;
const PAPER: Rgb<u8> = Rgb([0xfb, 0xf8, 0xf2]);
const INK: Rgb<u8> = Rgb([0x22, 0x20, 0x1c]);
const FAINT: Rgb<u8> = Rgb([0x59, 0x53, 0x46]);
const WHEAT: Rgb<u8> = Rgb([0x9a, 0x67, 0x00]);

/// Titles are cut after so many characters before they are set.
const MOST_CHARACTERS: usize = 300;
/// The sizes of a title, in pixels, and how many lines it may have in each; the first that holds it is taken.
const TITLES: [(f32, usize); 3] = [(76.0, 3), (62.0, 4), (52.0, 5)];
const SMALL: f32 = 34.0;

/// The ear of wheat, on a field of 20 units.
const MARK: &str = "M10 18.5V7M10 6.8C8.3 5.8 7.8 4 8.8 2.1 9.2 1.5 9.6 1.2 10 1c.4.2.8.5 1.2 1.1 1 1.9.5 3.7-1.2 4.7Zm0 4c\
                    -2.2.3-3.7-.7-4.3-2.9 2.2-.4 3.7.6 4.3 2.9Zm0 0c2.2.3 3.7-.7 4.3-2.9-2.2-.4-3.7.6-4.3 2.9Zm0 3.9c-2.2.3\
                    -3.7-.7-4.3-2.9 2.2-.4 3.7.6 4.3 2.9Zm0 0c2.2.3 3.7-.7 4.3-2.9-2.2-.4-3.7.6-4.3 2.9Z";

/// What a card says. All of it is plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Of the article; cut with an ellipsis where it does not fit.
    pub title: String,
    /// Where it comes from; one line.
    pub source: String,
    /// A date, as its reader writes it; may be empty.
    pub date: String,
    /// The tag of the title's language, for the forms of characters that Chinese, Japanese and Korean share.
    pub language: Option<String>,
    /// Whether the title is read from right to left.
    pub is_rtl: bool,
}

impl Card {
    /// Draws the card. Takes some ten milliseconds; not for a thread that serves others.
    pub fn draw(&self) -> Result<Vec<u8>, image::ImageError> {
        self.drawn((WIDTH, HEIGHT))
    }

    /// Draws the same upright, as the cover of a book.
    pub fn cover(&self) -> Result<Vec<u8>, image::ImageError> {
        self.drawn(COVER)
    }

    fn drawn(&self, (whole, height): (u32, u32)) -> Result<Vec<u8>, image::ImageError> {
        let mut canvas = Canvas(RgbImage::from_pixel(whole, height, PAPER));
        canvas.fill((0, 0), (whole, 14), WHEAT);
        let width = whole as f32 - 2.0 * MARGIN;
        let baseline = height as f32 - MARGIN + 8.0;
        let mark_at = if self.is_rtl { MARGIN } else { whole as f32 - MARGIN - 72.0 };
        draw_mark(&mut canvas, (mark_at, height as f32 - MARGIN - 52.0), 72.0);
        // On a card the words begin at its head, on a cover a quarter down.
        let head = MARGIN + if height > whole { height as f32 / 5.0 } else { 0.0 };
        let title: String = self.title.chars().take(MOST_CHARACTERS).collect();
        let said = [title.as_str(), &self.source, &self.date].concat();
        let mut fonts = Fonts::for_text(&said, self.language.as_deref());
        let mut setter = Setter::new(&fonts);
        let mut written: Vec<(Line, Style, (f32, f32))> = Vec::new();
        let mut write = |lines: Vec<Line>, top: f32, style: Style| {
            for (number, line) in lines.into_iter().enumerate() {
                let start = if self.is_rtl { whole as f32 - MARGIN - line.width } else { MARGIN };
                written.push((line, style, (start, top + number as f32 * style.size * 1.24)));
            }
        };
        let source = Style { size: SMALL, is_bold: false, is_rtl: None, colour: WHEAT };
        let lines = setter.lines(&self.source, &source, width, 1);
        write(lines, head + SMALL, source);
        for (number, (size, most)) in TITLES.into_iter().enumerate() {
            let style = Style { size, is_bold: true, is_rtl: Some(self.is_rtl), colour: INK };
            let lines = setter.lines(&title, &style, width, most + 1);
            let is_last = number + 1 == TITLES.len();
            if lines.len() <= most || is_last {
                let lines = if lines.len() > most { setter.lines(&title, &style, width, most) } else { lines };
                write(lines, head + SMALL + 56.0 + size, style);
                break;
            }
        }
        let date = Style { size: SMALL, is_bold: false, is_rtl: None, colour: FAINT };
        let lines = setter.lines(&self.date, &date, width - 120.0, 1);
        write(lines, baseline, date);
        let glyphs: Vec<_> = written.iter().flat_map(|(line, style, _)| setter.glyphs(line, style)).collect();
        fonts.load(glyphs);
        let mut setter = Setter::new(&fonts);
        for (line, style, at) in &written {
            setter.draw(line, style, *at, &mut canvas);
        }
        canvas.png()
    }
}

impl Canvas {
    fn png(self) -> Result<Vec<u8>, image::ImageError> {
        let mut bytes = Vec::new();
        let (width, height) = self.0.dimensions();
        // A line that is like the one above it becomes zeros: of a card that is most of them.
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Up);
        encoder.write_image(&self.0, width, height, ExtendedColorType::Rgb8)?;
        Ok(bytes)
    }
}

fn draw_mark(canvas: &mut Canvas, (x, y): (f32, f32), size: f32) {
    let scale = size / 20.0;
    let (mask, at) = Mask::new(MARK)
        .style(Stroke::new(1.5))
        .transform(Some(Transform::scale(scale, scale)))
        .origin(swash::zeno::Origin::TopLeft)
        .render();
    canvas.paint((pixel(x) + at.left, pixel(y) + at.top), (at.width, &mask), WHEAT);
}

#[cfg(test)]
mod tests;
