//! A few lines of text in any script: broken where its language allows, in the order in which they are read, drawn with alpha.

use std::collections::HashMap;
use std::ops::Range;

use image::{Rgb, RgbImage};
use swash::FontRef;
use swash::scale::{Render, ScaleContext, Source, StrikeWith};
use swash::shape::{Direction, ShapeContext};
use swash::text::cluster::Boundary;
use swash::text::{Codepoint as _, Script, analyze};
use swash::zeno::{Format, Vector};
use unicode_bidi::{BidiInfo, Level};

use super::fonts::Fonts;

/// What a card is drawn on.
pub(super) struct Canvas(pub(super) RgbImage);

impl Canvas {
    /// Fills a rectangle.
    pub(super) fn fill(&mut self, from: (u32, u32), size: (u32, u32), colour: Rgb<u8>) {
        for y in from.1..(from.1 + size.1).min(self.0.height()) {
            for x in from.0..(from.0 + size.0).min(self.0.width()) {
                self.0.put_pixel(x, y, colour);
            }
        }
    }

    /// Paints a colour through a mask of this width.
    pub(super) fn paint(&mut self, at: (i32, i32), (width, mask): (u32, &[u8]), colour: Rgb<u8>) {
        for (y, line) in (at.1..).zip(mask.chunks(width.max(1) as usize)) {
            for (x, &alpha) in (at.0..).zip(line) {
                let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { continue };
                let Some(pixel) = self.0.get_pixel_mut_checked(x, y) else { continue };
                for (under, over) in pixel.0.iter_mut().zip(colour.0) {
                    let mixed = u32::from(*under) * (255 - u32::from(alpha)) + u32::from(over) * u32::from(alpha);
                    *under = u8::try_from(mixed / 255).unwrap_or(u8::MAX);
                }
            }
        }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// In pixels.
    pub(super) size: f32,
    /// Bold or regular.
    pub(super) is_bold: bool,
    /// Whether it is read from the right; `None`: as its first letter is.
    pub(super) is_rtl: Option<bool>,
    /// Its ink.
    pub(super) colour: Rgb<u8>,
}

/// A line and its width in pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    text: String,
    /// In pixels.
    pub(super) width: f32,
}

/// A glyph, and how far it moves the pen.
#[derive(Debug, Clone, Copy)]
struct Placed {
    id: u16,
    x: f32,
    y: f32,
    advance: f32,
}

/// Sets lines in some fonts.
pub(super) struct Setter<'a> {
    /// Regular and bold. Made once: the library remembers by them what it worked out.
    faces: [Vec<FontRef<'a>>; 2],
    /// Which face of a weight has a character.
    places: HashMap<(char, bool), usize>,
    shaping: ShapeContext,
    scaling: ScaleContext,
}

impl<'a> Setter<'a> {
    /// A setter in these fonts.
    pub(super) fn new(fonts: &'a Fonts) -> Self {
        let faces = [fonts.faces(false), fonts.faces(true)];
        Self { faces, places: HashMap::new(), shaping: ShapeContext::new(), scaling: ScaleContext::new() }
    }

    /// Breaks a text into at most `most` lines of a width; what is left over becomes an ellipsis.
    pub(super) fn lines(&mut self, text: &str, style: &Style, width: f32, most: usize) -> Vec<Line> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = Vec::new();
        if self.faces[usize::from(style.is_bold)].is_empty() || text.is_empty() {
            return lines;
        }
        let (mut start, mut end, mut widest) = (0, 0, 0.0);
        for chance in chances(&text) {
            if chance <= start {
                continue;
            }
            let whole = self.width(text[start..chance].trim_end(), style);
            if whole <= width {
                (end, widest) = (chance, whole);
                continue;
            }
            if end > start {
                lines.push(Line { text: text[start..end].trim_end().to_owned(), width: widest });
                (start, end) = (end, chance);
                widest = self.width(text[start..end].trim_end(), style);
            } else {
                (end, widest) = (chance, whole);
            }
            // A word that is longer than a line is broken anywhere.
            while widest > width {
                let part = self.fitting(&text[start..end], style, width);
                lines.push(Line {
                    text: text[start..start + part].to_owned(),
                    width: self.width(&text[start..start + part], style),
                });
                start += part;
                widest = self.width(text[start..end].trim_end(), style);
            }
            if lines.len() > most {
                break;
            }
        }
        if start < text.len() && lines.len() <= most {
            lines.push(Line { width: widest, text: text[start..end.max(start)].trim_end().to_owned() });
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                let mut cut = last.text.clone();
                loop {
                    let shown = format!("{}…", cut.trim_end_matches([' ', ',', '，', '、', '。', '.', ':', '：', '-']));
                    let shown_width = self.width(&shown, style);
                    if shown_width <= width || cut.pop().is_none() {
                        *last = Line { text: shown, width: shown_width };
                        break;
                    }
                }
            }
        }
        lines
    }

    /// How many bytes of a text fit, at least one character.
    fn fitting(&mut self, text: &str, style: &Style, width: f32) -> usize {
        let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        let fits = ends.partition_point(|&end| self.width(&text[..end], style) <= width);
        ends.get(fits.saturating_sub(1)).copied().unwrap_or(text.len())
    }

    fn width(&mut self, text: &str, style: &Style) -> f32 {
        self.set(text, style).iter().map(|(_, glyphs)| glyphs.iter().map(|glyph| glyph.advance).sum::<f32>()).sum()
    }

    /// The glyphs of a line from left to right, by faces.
    fn set(&mut self, text: &str, style: &Style) -> Vec<(usize, Vec<Placed>)> {
        let base = style.is_rtl.map(|is_rtl| if is_rtl { Level::rtl() } else { Level::ltr() });
        let bidi = BidiInfo::new(text, base);
        let mut placed = Vec::new();
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let is_rtl = levels.get(run.start).is_some_and(Level::is_rtl);
                let mut items = self.items(text, run, style);
                if is_rtl {
                    items.reverse();
                }
                for (face, script, range) in items {
                    placed.push((face, self.shape(&text[range], (face, script), is_rtl, style)));
                }
            }
        }
        placed
    }

    /// A run in parts of one face and one script each.
    fn items(&mut self, text: &str, run: Range<usize>, style: &Style) -> Vec<(usize, Script, Range<usize>)> {
        let mut items: Vec<(usize, Script, Range<usize>)> = Vec::new();
        for (at, character) in text[run.clone()].char_indices() {
            let range = run.start + at..run.start + at + character.len_utf8();
            let script = character.script();
            let is_common = matches!(script, Script::Common | Script::Inherited | Script::Unknown);
            let face = self.face_of(character, style.is_bold);
            match items.last_mut() {
                // Signs that belong to no script go with what stands before them, if its face has them.
                Some((last, of, whole))
                    if (script == *of || is_common) && (face == *last || character.is_whitespace()) =>
                {
                    whole.end = range.end;
                }
                _ => items.push((face, if is_common { Script::Latin } else { script }, range)),
            }
        }
        items
    }

    /// Which face of a weight has a character; the main one, if none has.
    fn face_of(&mut self, character: char, is_bold: bool) -> usize {
        *self.places.entry((character, is_bold)).or_insert_with(|| {
            let faces = &self.faces[usize::from(is_bold)];
            faces.iter().position(|font| font.charmap().map(character) != 0).unwrap_or(0)
        })
    }

    fn shape(&mut self, text: &str, (face, script): (usize, Script), is_rtl: bool, style: &Style) -> Vec<Placed> {
        let Some(font) = self.font(face, style) else { return Vec::new() };
        let direction = if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        let mut shaper = self.shaping.builder(font).script(script).direction(direction).size(style.size).build();
        shaper.add_str(text);
        let mut clusters: Vec<Vec<Placed>> = Vec::new();
        shaper.shape_with(|cluster| {
            let glyph = |glyph: &swash::shape::cluster::Glyph| Placed {
                id: glyph.id,
                x: glyph.x,
                y: glyph.y,
                advance: glyph.advance,
            };
            clusters.push(cluster.glyphs.iter().map(glyph).collect());
        });
        if is_rtl {
            clusters.reverse();
        }
        clusters.concat()
    }

    fn font(&self, face: usize, style: &Style) -> Option<FontRef<'a>> {
        self.faces[usize::from(style.is_bold)].get(face).copied()
    }

    /// The glyphs of a line: which weight, which of its faces, which glyph.
    pub(super) fn glyphs(&mut self, line: &Line, style: &Style) -> Vec<(bool, usize, u16)> {
        let parts = self.set(&line.text, style);
        parts.iter().flat_map(|(face, glyphs)| glyphs.iter().map(|glyph| (style.is_bold, *face, glyph.id))).collect()
    }

    /// Draws a line with its baseline's left end at a point.
    pub(super) fn draw(&mut self, line: &Line, style: &Style, (x, y): (f32, f32), canvas: &mut Canvas) {
        let mut pen = x;
        for (face, glyphs) in self.set(&line.text, style) {
            let Some(font) = self.font(face, style) else { continue };
            let mut scaler = self.scaling.builder(font).size(style.size).hint(false).build();
            for glyph in glyphs {
                let at = (pen + glyph.x, y - glyph.y);
                pen += glyph.advance;
                let image = Render::new(&[Source::Outline, Source::Bitmap(StrikeWith::BestFit)])
                    .format(Format::Alpha)
                    .offset(Vector::new(at.0.fract(), 0.0))
                    .render(&mut scaler, glyph.id);
                let Some(image) = image else { continue };
                let corner = (pixel(at.0.trunc()) + image.placement.left, pixel(at.1.round()) - image.placement.top);
                canvas.paint(corner, (image.placement.width, &image.data), style.colour);
            }
        }
    }
}

/// The number of the pixel at a place.
#[expect(clippy::cast_possible_truncation, reason = "places are on a card or just beside it, and the rest is cut off")]
pub(super) fn pixel(place: f32) -> i32 {
    place as i32
}

/// Where a text may be broken (Unicode Standard Annex 14), in bytes; its end is one.
fn chances(text: &str) -> Vec<usize> {
    let places = text.char_indices().zip(analyze(text.chars()));
    places
        .filter(|((at, _), (_, boundary))| *at > 0 && matches!(boundary, Boundary::Line | Boundary::Mandatory))
        .map(|((at, _), _)| at)
        .chain([text.len()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_their_language_allows() {
        let parts = |text: &str| {
            let mut from = 0;
            let mut parts = Vec::new();
            for at in chances(text) {
                parts.push(text[from..at].to_owned());
                from = at;
            }
            parts
        };

        assert_eq!(parts("The river rose"), ["The ", "river ", "rose"]);
        assert_eq!(parts("中国，外交部"), ["中", "国，", "外", "交", "部"]);
    }
}
