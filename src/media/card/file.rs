//! A file of fonts, of which only what a card needs is read.
//!
//! A font for Chinese takes 27 MB, nearly all of it outlines of characters that no card has. Of such a file (OpenType with outlines
//! in the Compact Font Format, Adobe's technical note 5176) everything else is read first, and then the outlines of the glyphs that
//! are drawn. What was not read is zeros, for which the system gives no memory.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use swash::{FontDataRef, FontRef};

/// Files up to this size are read whole, as are those whose outlines are of another kind.
const SMALL: usize = 4 * 1024 * 1024;
/// Buffers are at least so large: beyond 32 MiB allocators ask the system for zeroed memory and give it back at once.
const LEAST_BUFFER: usize = 33 * 1024 * 1024;
/// The most faces of a file that are looked at.
const MOST_FACES: usize = 64;
/// The most tables of a face that are looked at.
const MOST_TABLES: usize = 64;

/// A file of fonts.
pub(super) struct FontFile {
    data: Vec<u8>,
    /// The length of the file; there may be more of `data`.
    length: usize,
    /// Outlines that were left where they are.
    outlines: Option<(File, Index)>,
}

/// Where the entries of an INDEX are (section 5): `count + 1` numbers of `size` bytes from `offsets` on, counted from `base`.
#[derive(Debug, Clone, Copy)]
struct Index {
    count: usize,
    size: usize,
    offsets: usize,
    base: usize,
}

impl FontFile {
    /// Reads a file, or what stands in it beside outlines.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
        if length > SMALL
            && let Some(part) = Self::without_outlines(&mut file, length)
        {
            return Some(Self { outlines: Some((file, part.1)), ..part.0 });
        }
        let data = std::fs::read(path).ok()?;
        Some(Self { length: data.len(), data, outlines: None })
    }

    /// The faces of the file.
    pub(super) fn faces(&self) -> Option<FontDataRef<'_>> {
        FontDataRef::new(self.data.get(..self.length)?)
    }

    /// One of them.
    pub(super) fn face(&self, index: usize) -> Option<FontRef<'_>> {
        self.faces()?.get(index)
    }

    /// Reads the outlines of these glyphs. One that cannot be read is not drawn.
    pub(super) fn load(&mut self, glyphs: &BTreeSet<u16>) {
        let Some((mut file, index)) = self.outlines.take() else { return };
        for glyph in glyphs {
            let Some((start, end)) = self.entry(index, usize::from(*glyph)) else { continue };
            // The end of a file that became shorter meanwhile.
            let _ = self.read(&mut file, start, end.saturating_sub(start));
        }
        self.outlines = Some((file, index));
    }

    /// All tables of all faces but the outlines; `None` if those are of another kind or the file is not as it should be.
    fn without_outlines(file: &mut File, length: usize) -> Option<(Self, Index)> {
        let mut font = Self { data: vec![0; length.max(LEAST_BUFFER)], length, outlines: None };
        font.read(file, 0, 12)?;
        let mut faces = vec![0];
        if font.data.starts_with(b"ttcf") {
            let count = font.number(8, 4)?.min(MOST_FACES);
            font.read(file, 12, 4 * count)?;
            faces = (0..count).map(|face| font.number(12 + 4 * face, 4)).collect::<Option<_>>()?;
        }
        let (mut tables, mut outlines) = (BTreeSet::new(), BTreeSet::new());
        for face in faces {
            font.read(file, face, 12)?;
            let count = font.number(face + 4, 2)?.min(MOST_TABLES);
            font.read(file, face + 12, 16 * count)?;
            for table in (0..count).map(|table| face + 12 + 16 * table) {
                let place = (font.number(table + 8, 4)?, font.number(table + 12, 4)?);
                match font.data.get(table..table + 4)? {
                    b"CFF " => outlines.insert(place),
                    b"glyf" | b"CFF2" | b"gvar" => return None,
                    _ => tables.insert(place),
                };
            }
        }
        let mut all = outlines.into_iter();
        let (Some((start, size)), None) = (all.next(), all.next()) else { return None };
        if tables.iter().map(|(_, size)| size).sum::<usize>() > length {
            return None;
        }
        for (start, size) in tables {
            font.read(file, start, size)?;
        }
        let index = font.around_outlines(file, start, size)?;
        Some((font, index))
    }

    /// Reads a table of outlines but for the outlines themselves, and says where those are.
    fn around_outlines(&mut self, file: &mut File, start: usize, size: usize) -> Option<Index> {
        self.read(file, start, size.min(4096))?;
        let (_, names_end) = self.index(start + self.number(start + 2, 1)?)?;
        let (dicts, _) = self.index(names_end)?;
        let (from, to) = self.entry(dicts, 0)?;
        let at = start + place_of_outlines(self.data.get(from..to)?)?;
        // What stands before them, and the beginning of their own index.
        self.read(file, start, (at + 3).checked_sub(start)?)?;
        let (count, bytes) = (self.number(at, 2)?, self.number(at + 2, 1)?);
        self.read(file, at + 3, (count + 1) * bytes)?;
        let (index, end) = self.index(at)?;
        self.read(file, end, (start + size).checked_sub(end)?)?;
        Some(index)
    }

    /// The INDEX at a place, and where it ends.
    fn index(&self, at: usize) -> Option<(Index, usize)> {
        let count = self.number(at, 2)?;
        if count == 0 {
            return Some((Index { count, size: 1, offsets: at, base: at }, at + 2));
        }
        let size = self.number(at + 2, 1).filter(|size| (1..=4).contains(size))?;
        let offsets = at + 3;
        let base = offsets + (count + 1) * size - 1;
        Some((Index { count, size, offsets, base }, base + self.number(offsets + count * size, size)?))
    }

    /// From where to where an entry of an INDEX goes.
    fn entry(&self, index: Index, number: usize) -> Option<(usize, usize)> {
        let offset = |number: usize| self.number(index.offsets + number * index.size, index.size);
        if number >= index.count {
            return None;
        }
        Some((index.base + offset(number)?, index.base + offset(number + 1)?))
    }

    fn number(&self, at: usize, bytes: usize) -> Option<usize> {
        number(&self.data, at, bytes)
    }

    /// Takes a part of the file to its place.
    fn read(&mut self, file: &mut File, start: usize, size: usize) -> Option<()> {
        let end = start.checked_add(size).filter(|end| *end <= self.length)?;
        let place = self.data.get_mut(start..end)?;
        file.seek(SeekFrom::Start(u64::try_from(start).ok()?)).ok()?;
        file.read_exact(place).ok()
    }
}

fn number(data: &[u8], at: usize, bytes: usize) -> Option<usize> {
    let digits = data.get(at..at.checked_add(bytes)?)?;
    Some(digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit)))
}

/// What the DICT of a font (section 4) says of the place of its outlines: the operand of operator 17.
fn place_of_outlines(dict: &[u8]) -> Option<usize> {
    let (mut at, mut operand) = (0, None);
    while let Some(byte) = dict.get(at).copied() {
        at += 1;
        match byte {
            17 => return operand,
            // Operators of two bytes.
            12 => at += 1,
            28 => (operand, at) = (number(dict, at, 2), at + 2),
            29 => (operand, at) = (number(dict, at, 4), at + 4),
            // A fraction in half bytes, of which 15 is the last.
            30 => {
                while dict.get(at).is_some_and(|pair| pair & 15 != 15 && pair >> 4 != 15) {
                    at += 1;
                }
                at += 1;
            }
            32..=246 => operand = usize::from(byte).checked_sub(139),
            247..=250 => {
                operand = number(dict, at, 1).map(|low| usize::from(byte - 247) * 256 + low + 108);
                at += 1;
            }
            251..=254 => (operand, at) = (None, at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use swash::scale::{Render, ScaleContext, Source};

    use super::*;
    use crate::media::card::fonts::FILES;

    /// Outlines of some glyphs, as they are drawn.
    fn drawn(file: &FontFile, glyphs: &BTreeSet<u16>) -> Vec<Vec<u8>> {
        let (mut context, font) = (ScaleContext::new(), file.face(0).unwrap());
        let mut scaler = context.builder(font).size(40.0).build();
        let images = glyphs.iter().map(|glyph| Render::new(&[Source::Outline]).render(&mut scaler, *glyph));
        images.map(|image| image.map(|image| image.data).unwrap_or_default()).collect()
    }

    #[test]
    fn a_font_of_which_a_part_was_read_draws_the_same() {
        for path in FILES.iter().filter(|path| path.metadata().is_ok_and(|about| about.len() > SMALL as u64)) {
            let Some(mut part) = FontFile::open(path).filter(|file| file.outlines.is_some()) else { continue };
            let data = std::fs::read(path).unwrap();
            let whole = FontFile { length: data.len(), data, outlines: None };
            let charmap = whole.face(0).unwrap().charmap();
            let glyphs: BTreeSet<u16> = "河水一夜A…".chars().map(|character| charmap.map(character)).collect();

            part.load(&glyphs);

            let (part, whole) = (drawn(&part, &glyphs), drawn(&whole, &glyphs));
            assert!(part == whole && whole.iter().any(|glyph| !glyph.is_empty()), "{}", path.display());
        }
    }

    #[test]
    fn a_file_that_is_no_font_gives_none() {
        let folder = tempfile::tempdir().unwrap();
        for (name, start) in
            [("a", b"OTTO\0\x05\0\0\0\0\0\0".as_slice()), ("b", b"ttcf\0\x01\0\0\xff\xff\xff\xff"), ("c", b"")]
        {
            let path = folder.path().join(name);
            let bytes: Vec<u8> = start.iter().copied().chain(std::iter::repeat(0xff)).take(SMALL + 100).collect();
            std::fs::write(&path, bytes).unwrap();

            let file = FontFile::open(&path).expect("a file");

            let found = file.face(0).map(|font| font.charmap().map('a'));
            assert!(found.is_none_or(|glyph| glyph == 0), "{name}");
        }
    }

    #[test]
    fn the_place_of_outlines_is_found_among_everything_else_that_a_font_says() {
        // A name, a fraction (-2.25), a negative number, an operator of two bytes, then the place.
        let before = [0xf8, 0x1b, 1, 0x1e, 0xe2, 0xa2, 0x5f, 12, 3, 0xfb, 0x10, 5];
        for (place, written) in [
            (33_232, [29, 0, 0, 0x81, 0xd0].as_slice()),
            (14_229, &[28, 0x37, 0x95]),
            (1_000, &[0xfa, 0x7c]),
            (100, &[239]),
        ] {
            let dict = [before.as_slice(), written, &[17, 29, 0, 0, 0, 9, 15]].concat();
            assert_eq!(place_of_outlines(&dict), Some(place), "{written:?}");
        }
        assert_eq!(place_of_outlines(&before), None);
        assert_eq!(place_of_outlines(&[29, 0, 0]), None);
    }
}
