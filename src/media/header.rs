//! What a picture says of itself, read without decoding it. Nothing is decoded that did not pass here.
//!
//! A few kilobytes can claim a billion pixels, and decoders believe it (`image` 0.25 takes 400 million by default). So size,
//! memory and the number of passes are computed from the header first. Formats: PNG (ISO 15948), JPEG (ITU T.81), GIF89a,
//! WebP (RFC 9649), ICO.

use super::MediaKind;

/// The longest side of a picture that is decoded.
pub const LONGEST_SIDE: u32 = 8_192;
/// The most pixels of a picture that is decoded.
pub const MOST_PIXELS: u64 = 40_000_000;
/// The most memory that decoding one picture may take.
pub const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// The most passes over one JPEG; encoders make about ten, and each costs as much as a whole picture.
const MOST_SCANS: usize = 64;
/// The most chunks before a PNG's or in a WebP's pixels.
const MOST_CHUNKS: usize = 1_000;
/// The most icons in a file of icons.
const MOST_ICONS: usize = 64;

/// Why a picture is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its bytes are of no kind that is decoded.
    #[error("it is no picture that is decoded here")]
    Kind,
    /// It claims more pixels, memory, passes or pieces than a picture of an article has.
    #[error("it is larger than pictures may be")]
    TooLarge,
    /// Its header or its pixels are broken.
    #[error("it is damaged")]
    Damaged,
}

/// What is known of a picture from its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its kind.
    pub kind: MediaKind,
    /// Its width as it is shown, turned as its EXIF data ask; 0 if it is not known.
    pub width: u32,
    /// Its height as it is shown.
    pub height: u32,
    /// How it must be turned, as EXIF counts it (1 to 8; 1 not at all).
    pub orientation: u8,
    /// It moves.
    pub animated: bool,
    /// It holds data about itself, such as the place where it was taken.
    pub has_metadata: bool,
}

impl Facts {
    /// Reads the header of a picture. Such as are passed on and not decoded have no size here, unless it is easily read.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let kind = MediaKind::of(bytes).filter(|kind| kind.is_picture()).ok_or(Refused::Kind)?;
        let facts = match kind {
            MediaKind::Png => png(bytes),
            MediaKind::Jpeg => jpeg(bytes),
            MediaKind::Gif => gif(bytes),
            MediaKind::WebP => webp(bytes),
            MediaKind::Icon => icon(bytes),
            MediaKind::Avif => return Ok(avif(bytes)),
            _ => return Ok(Self::unsized_of(kind)),
        }?;
        if facts.width == 0 || facts.height == 0 {
            return Err(Refused::Damaged);
        }
        check_size(facts.width, facts.height)?;
        Ok(facts)
    }

    /// Whether the picture is the same when its metadata are left aside.
    pub fn is_plain(&self) -> bool {
        self.orientation == 1 && !self.has_metadata
    }

    fn unsized_of(kind: MediaKind) -> Self {
        Self { kind, width: 0, height: 0, orientation: 1, animated: false, has_metadata: false }
    }

    fn sized(kind: MediaKind, width: u32, height: u32) -> Self {
        Self { width, height, ..Self::unsized_of(kind) }
    }

    /// The same, turned as EXIF data ask.
    fn turned(mut self, orientation: u8) -> Self {
        self.orientation = orientation;
        if orientation >= 5 {
            std::mem::swap(&mut self.width, &mut self.height);
        }
        self
    }
}

fn check_size(width: u32, height: u32) -> Result<(), Refused> {
    let pixels = u64::from(width) * u64::from(height);
    if width > LONGEST_SIDE || height > LONGEST_SIDE || pixels > MOST_PIXELS {
        return Err(Refused::TooLarge);
    }
    Ok(())
}

/// Checks that so many bytes a pixel fit into the memory that decoding may take.
fn check_memory(width: u32, height: u32, bytes_a_pixel: u64) -> Result<(), Refused> {
    let bytes = u64::from(width) * u64::from(height) * bytes_a_pixel;
    if bytes > MOST_BYTES { Err(Refused::TooLarge) } else { Ok(()) }
}

/// So many bytes at a place; `None` beyond the end, wherever that is.
fn at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..)?.first_chunk().copied()
}

fn be16(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(|bytes| u16::from_be_bytes(bytes).into())
}

fn le16(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(|bytes| u16::from_le_bytes(bytes).into())
}

fn be32(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(u32::from_be_bytes)
}

fn le32(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(u32::from_le_bytes)
}

fn le24(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
}

fn length(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn png(bytes: &[u8]) -> Result<Facts, Refused> {
    let head = || Some((be32(bytes, 16)?, be32(bytes, 20)?, *bytes.get(24)?, *bytes.get(25)?));
    let (width, height, depth, colour) =
        head().filter(|_| bytes.get(12..16) == Some(b"IHDR")).ok_or(Refused::Damaged)?;
    check_size(width, height)?;
    let channels = match colour {
        0 => 1,
        // Palettes are decoded to colours, with transparency.
        2 => 3,
        3 | 6 => 4,
        4 => 2,
        _ => return Err(Refused::Damaged),
    };
    // What is transparent is copied once while it is resized.
    let copies = if matches!(colour, 3 | 4 | 6) { 2 } else { 1 };
    check_memory(width, height, channels * copies * if depth == 16 { 2 } else { 1 })?;
    let mut facts = Facts::sized(MediaKind::Png, width, height);
    let mut orientation = 1;
    let mut at = 8;
    for _ in 0..MOST_CHUNKS {
        let Some([a, b, c, d, name @ ..]) = self::at::<8>(bytes, at) else { return Err(Refused::Damaged) };
        let size = u32::from_be_bytes([a, b, c, d]);
        match &name {
            b"IDAT" => return Ok(facts.turned(orientation)),
            b"acTL" => facts.animated = true,
            b"eXIf" => {
                facts.has_metadata = true;
                let data = bytes.get(at + 8..).and_then(|rest| rest.get(..length(size)));
                orientation = data.and_then(exif_orientation).unwrap_or(1);
            }
            b"tEXt" | b"zTXt" | b"iTXt" => facts.has_metadata = true,
            _ => {}
        }
        at = at.saturating_add(12).saturating_add(length(size));
    }
    Err(Refused::TooLarge)
}

fn jpeg(bytes: &[u8]) -> Result<Facts, Refused> {
    let mut at = 2;
    let (mut orientation, mut has_metadata) = (1, false);
    loop {
        // Fill bytes may stand before a marker.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (Some(0xff), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else { return Err(Refused::Damaged) };
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            at += 2;
            continue;
        }
        let size = be16(bytes, at + 2).filter(|size| *size >= 2).ok_or(Refused::Damaged)?;
        let segment = bytes.get(at + 4..at + 2 + length(size)).ok_or(Refused::Damaged)?;
        match marker {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                let (height, width) = (be16(segment, 1), be16(segment, 3));
                let (Some(height), Some(width)) = (height, width) else { return Err(Refused::Damaged) };
                check_size(width, height)?;
                let components = u64::from(*segment.get(5).ok_or(Refused::Damaged)?);
                if marker == 0xc2 {
                    // All coefficients are in memory until the last pass, two bytes for each sample.
                    check_memory(width, height, components + 2 * components)?;
                    let scans = memchr::memmem::find_iter(&bytes[at..], b"\xff\xda").take(MOST_SCANS + 1).count();
                    if scans > MOST_SCANS {
                        return Err(Refused::TooLarge);
                    }
                } else {
                    check_memory(width, height, components)?;
                }
                let facts = Facts { has_metadata, ..Facts::sized(MediaKind::Jpeg, width, height) };
                return Ok(facts.turned(orientation));
            }
            0xd9 | 0xda => return Err(Refused::Damaged),
            0xe1 => {
                has_metadata = true;
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    orientation = exif_orientation(exif).unwrap_or(1);
                }
            }
            // IPTC data lie here.
            0xed => has_metadata = true,
            _ => {}
        }
        at += 2 + length(size);
    }
}

/// The orientation in EXIF data (TIFF 6.0, tag 274 of the first directory).
fn exif_orientation(data: &[u8]) -> Option<u8> {
    let little = match data.get(..4)? {
        b"II\x2a\0" => true,
        b"MM\0\x2a" => false,
        _ => return None,
    };
    let word = |at| if little { le16(data, at) } else { be16(data, at) };
    let start = length(if little { le32(data, 4)? } else { be32(data, 4)? });
    let entries = word(start)?.min(200);
    (0..length(entries)).map(|n| start.saturating_add(2 + 12 * n)).find(|at| word(*at) == Some(274)).and_then(|at| {
        let value = word(at.saturating_add(8))?;
        (1..=8).contains(&value).then(|| u8::try_from(value).ok())?
    })
}

fn gif(bytes: &[u8]) -> Result<Facts, Refused> {
    let (Some(width), Some(height), Some(&flags)) = (le16(bytes, 6), le16(bytes, 8), bytes.get(10)) else {
        return Err(Refused::Damaged);
    };
    check_size(width, height)?;
    // The canvas with transparency, and its copy while it is resized.
    check_memory(width, height, 8)?;
    Ok(Facts { animated: gif_moves(bytes, flags), ..Facts::sized(MediaKind::Gif, width, height) })
}

/// Whether there is a second frame. Walks over blocks and looks into none.
fn gif_moves(bytes: &[u8], flags: u8) -> bool {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(flags);
    let mut frames = 0;
    loop {
        match bytes.get(at) {
            Some(0x21) => at += 2,
            Some(0x2c) => {
                frames += 1;
                if frames == 2 {
                    return true;
                }
                at += 11 + bytes.get(at + 9).copied().map_or(0, table);
            }
            _ => return false,
        }
        while let Some(&size) = bytes.get(at) {
            at += 1 + usize::from(size);
            if size == 0 {
                break;
            }
        }
    }
}

fn webp(bytes: &[u8]) -> Result<Facts, Refused> {
    let facts = match bytes.get(12..16) {
        Some(b"VP8 ") => {
            let size = || Some((le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff));
            let (width, height) = size().ok_or(Refused::Damaged)?;
            Facts::sized(MediaKind::WebP, width, height)
        }
        Some(b"VP8L") => {
            let bits = le32(bytes, 21).ok_or(Refused::Damaged)?;
            Facts::sized(MediaKind::WebP, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        Some(b"VP8X") => {
            let head = || Some((*bytes.get(20)?, le24(bytes, 24)? + 1, le24(bytes, 27)? + 1));
            let (flags, width, height) = head().ok_or(Refused::Damaged)?;
            check_size(width, height)?;
            let animated = flags & 0x02 != 0;
            let has_metadata = flags & 0x0c != 0;
            let orientation = if flags & 0x08 == 0 { 1 } else { webp_orientation(bytes).unwrap_or(1) };
            Facts { animated, has_metadata, ..Facts::sized(MediaKind::WebP, width, height) }.turned(orientation)
        }
        _ => return Err(Refused::Damaged),
    };
    check_size(facts.width, facts.height)?;
    check_memory(facts.width, facts.height, 8)?;
    Ok(facts)
}

fn webp_orientation(bytes: &[u8]) -> Option<u8> {
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let [name @ .., a, b, c, d] = self::at::<8>(bytes, at)?;
        let size = length(u32::from_le_bytes([a, b, c, d]));
        if &name == b"EXIF" {
            let data = bytes.get(at + 8..)?.get(..size)?;
            return exif_orientation(data.strip_prefix(b"Exif\0\0").unwrap_or(data));
        }
        at = at.checked_add(8)?.checked_add(size)?.checked_add(size % 2)?;
    }
    None
}

fn icon(bytes: &[u8]) -> Result<Facts, Refused> {
    let icon = largest_icon(bytes)?;
    match icon.as_png() {
        Some(inside) => Ok(Facts { kind: MediaKind::Icon, animated: false, ..png(inside)? }),
        None => Ok(Facts::sized(MediaKind::Icon, icon.width, icon.height)),
    }
}

/// One icon of a file of icons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Icon<'a> {
    /// Its entry in the directory.
    entry: &'a [u8],
    data: &'a [u8],
    width: u32,
    height: u32,
}

impl<'a> Icon<'a> {
    /// The PNG that it is, if it is one.
    pub(super) fn as_png(&self) -> Option<&'a [u8]> {
        (MediaKind::of(self.data) == Some(MediaKind::Png)).then_some(self.data)
    }

    /// A file of this icon alone, whose bitmap is no larger than its directory says.
    pub(super) fn alone(&self) -> Result<Vec<u8>, Refused> {
        let (width, height) = (le32(self.data, 4), le32(self.data, 8));
        let (Some(width), Some(height)) = (width, height) else { return Err(Refused::Damaged) };
        // The mask below the colours doubles the height. A negative one is a number far above this.
        if width > 256 || height > 512 {
            return Err(Refused::TooLarge);
        }
        let mut file = vec![0, 0, 1, 0, 1, 0];
        file.extend_from_slice(self.entry.get(..8).ok_or(Refused::Damaged)?);
        file.extend_from_slice(&u32::try_from(self.data.len()).map_err(|_| Refused::TooLarge)?.to_le_bytes());
        file.extend_from_slice(&22_u32.to_le_bytes());
        file.extend_from_slice(self.data);
        Ok(file)
    }
}

/// The largest icon of a file.
pub(super) fn largest_icon(bytes: &[u8]) -> Result<Icon<'_>, Refused> {
    let count = length(le16(bytes, 4).ok_or(Refused::Damaged)?);
    if count > MOST_ICONS {
        return Err(Refused::TooLarge);
    }
    let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
    let icon = |n: usize| {
        let entry = bytes.get(6 + 16 * n..22 + 16 * n)?;
        let (size, offset) = (length(le32(entry, 8)?), length(le32(entry, 12)?));
        let data = bytes.get(offset..)?.get(..size)?;
        Some(Icon { entry, data, width: side(entry[0]), height: side(entry[1]) })
    };
    (0..count).filter_map(icon).max_by_key(|icon| icon.width * icon.height).ok_or(Refused::Damaged)
}

/// AVIF is passed on; its size stands in an `ispe` box near the beginning (ISO 23008-12, 6.5.3).
fn avif(bytes: &[u8]) -> Facts {
    let head = &bytes[..bytes.len().min(4_096)];
    let size = memchr::memmem::find(head, b"ispe").and_then(|at| Some((be32(head, at + 8)?, be32(head, at + 12)?)));
    let (width, height) = size.filter(|(width, height)| check_size(*width, *height).is_ok()).unwrap_or((0, 0));
    let animated = bytes.get(8..12) == Some(b"avis");
    Facts { animated, ..Facts::sized(MediaKind::Avif, width, height) }
}
