//! What stands before the pixels of a JPEG.

use super::entropy::Codes;

/// All that is needed to read the only scan of a picture.
#[derive(Default)]
pub(super) struct Frame<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// One or three.
    pub(super) components: Vec<Component>,
    /// Blocks of a unit side by side and one below another, of the component that has most.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantisations: [Option<[u16; 64]>; 4],
    /// The codes of first coefficients, and of the others.
    pub(super) codes: [[Option<Codes>; 4]; 2],
    /// Units between two restarts, or 0.
    pub(super) restart: u64,
    pub(super) scan: &'a [u8],
    /// Codes as they are written. A header of a thousand tables costs no more than the last ones of each kind.
    tables: [[Option<Table<'a>>; 4]; 2],
}

/// How many codes there are of each length, and what they say.
type Table<'a> = (&'a [u8; 16], &'a [u8]);

/// A component of a picture.
pub(super) struct Component {
    id: u8,
    /// Its blocks in a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    /// The tables that it uses.
    pub(super) quantisation: usize,
    pub(super) codes: (usize, usize),
}

impl<'a> Frame<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut frame = Self::default();
        let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
        loop {
            // Fill bytes may stand before a marker.
            while let [0xff, 0xff, ..] = rest {
                rest = &rest[1..];
            }
            let [0xff, marker, high, low, ..] = *rest else { return None };
            let end = 2 + usize::from(u16::from_be_bytes([high, low]));
            let segment = rest.get(4..end)?;
            rest = &rest[end..];
            match marker {
                0xc0 | 0xc1 if frame.components.is_empty() => frame.read_components(segment)?,
                0xc4 => frame.read_codes(segment)?,
                0xda => {
                    frame.read_scan(segment)?;
                    frame.scan = rest;
                    return Some(frame);
                }
                0xdb => frame.read_quantisations(segment)?,
                0xdd => frame.restart = u16::from_be_bytes(*segment.first_chunk()?).into(),
                // Adobe's note says what the colours are; 1 are the usual ones.
                0xee if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => return None,
                0xe0..=0xef | 0xfe => {}
                _ => return None,
            }
        }
    }

    fn read_components(&mut self, segment: &[u8]) -> Option<()> {
        let [8, h1, h0, w1, w0, count @ (1 | 3), components @ ..] = segment else { return None };
        self.height = u16::from_be_bytes([*h1, *h0]).into();
        self.width = u16::from_be_bytes([*w1, *w0]).into();
        let (components, []) = components.as_chunks::<3>() else { return None };
        for &[id, sampling, quantisation] in components {
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !matches!((across, down), (1 | 2 | 4, 1 | 2 | 4)) {
                return None;
            }
            // The units of a single component are its blocks.
            let (across, down) = if *count == 1 { (1, 1) } else { (across, down) };
            self.across = self.across.max(across);
            self.down = self.down.max(down);
            self.components.push(Component { id, across, down, quantisation: quantisation.into(), codes: (0, 0) });
        }
        let is_rgb = self.components.iter().map(|component| component.id).eq(*b"RGB");
        (self.components.len() == usize::from(*count) && !is_rgb).then_some(())
    }

    fn read_codes(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let [which, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().copied().map(usize::from).sum())?;
            let tables = self.tables.get_mut(usize::from(which >> 4))?;
            *tables.get_mut(usize::from(which & 15))? = Some((counts, symbols));
            segment = rest;
        }
        Some(())
    }

    fn read_quantisations(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [which, rest @ ..] = segment {
            let size = match which >> 4 {
                0 => 1,
                1 => 2,
                _ => return None,
            };
            let (numbers, rest) = rest.split_at_checked(64 * size)?;
            let mut factors = [0; 64];
            for (factor, number) in factors.iter_mut().zip(numbers.chunks_exact(size)) {
                *factor = number.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            *self.quantisations.get_mut(usize::from(which & 15))? = Some(factors);
            segment = rest;
        }
        Some(())
    }

    /// The scan has all components in their order, whole, and so is the only one.
    fn read_scan(&mut self, segment: &[u8]) -> Option<()> {
        let (count, rest) = segment.split_first()?;
        let ([scanned @ .., [0, 63]], [0]) = rest.as_chunks::<2>() else { return None };
        if scanned.len() != usize::from(*count) || scanned.len() != self.components.len() {
            return None;
        }
        for (component, [id, codes]) in self.components.iter_mut().zip(scanned) {
            if component.id != *id {
                return None;
            }
            component.codes = ((codes >> 4).into(), (codes & 15).into());
        }
        for (codes, tables) in self.codes.iter_mut().zip(&self.tables) {
            for (codes, table) in codes.iter_mut().zip(tables) {
                if let Some((counts, symbols)) = table {
                    *codes = Some(Codes::new(counts, symbols)?);
                }
            }
        }
        Some(())
    }
}
