//! What a thing is, by its first bytes (in the sense of the WHATWG MIME Sniffing Standard, section 6). What a server says of
//! it does not count: a page that calls itself a picture must not reach a browser as a page, nor a picture be lost
//! because its server calls everything `application/octet-stream`.

/// A kind of picture, sound or film that is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// Raster picture of the PNG kind, moving ones included.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
    /// AVIF; passed on, never decoded.
    Avif,
    /// A file of icons.
    Icon,
    /// A drawing; passed on, never decoded.
    Svg,
    /// MPEG audio.
    Mp3,
    /// AAC in ADTS.
    Aac,
    /// Ogg, whatever is in it.
    Ogg,
    /// FLAC.
    Flac,
    /// WAVE.
    Wav,
    /// An ISO film.
    Mp4,
    /// An ISO file of sound alone.
    Mp4Audio,
    /// Matroska.
    WebM,
}

impl MediaKind {
    /// The kind of these bytes, `None` for everything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let at = |place: usize, magic: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(magic));
        Some(match () {
            () if at(0, b"\x89PNG\r\n\x1a\n") => Self::Png,
            () if at(0, b"\xff\xd8\xff") => Self::Jpeg,
            () if at(0, b"GIF87a") || at(0, b"GIF89a") => Self::Gif,
            () if at(0, b"RIFF") && at(8, b"WEBP") => Self::WebP,
            () if at(0, b"RIFF") && at(8, b"WAVE") => Self::Wav,
            () if at(0, b"\0\0\x01\0") => Self::Icon,
            () if at(0, b"OggS") => Self::Ogg,
            () if at(0, b"fLaC") => Self::Flac,
            () if at(0, b"\x1a\x45\xdf\xa3") => Self::WebM,
            () if at(0, b"ID3") => Self::Mp3,
            () if at(4, b"ftyp") => return Self::of_iso_file(bytes),
            () => return Self::without_magic(bytes),
        })
    }

    /// An ISO base media file by the brands in its first box (ISO 14496-12, 4.3). A picture that is no AVIF, such as HEIC,
    /// is shown by hardly any browser, and is no film either.
    fn of_iso_file(bytes: &[u8]) -> Option<Self> {
        match bytes.get(8..12)? {
            b"avif" | b"avis" => Some(Self::Avif),
            b"M4A " | b"M4B " => Some(Self::Mp4Audio),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => None,
            // A picture whose coding the brands behind the first one tell.
            b"mif1" | b"msf1" => {
                let size =
                    bytes.first_chunk().map_or(0, |size| usize::try_from(u32::from_be_bytes(*size)).unwrap_or(0));
                let brands = bytes.get(16..size.min(128).min(bytes.len()))?;
                brands.chunks(4).any(|brand| brand == b"avif" || brand == b"avis").then_some(Self::Avif)
            }
            _ => Some(Self::Mp4),
        }
    }

    /// Kinds whose first bytes are less telling, tried last.
    fn without_magic(bytes: &[u8]) -> Option<Self> {
        match bytes {
            // A frame header of MPEG audio (ISO 11172-3, 2.4.2.3): eleven set bits, then version, layer and bit rate, of
            // which some values are reserved. Layer 0 is ADTS, which is AAC.
            [0xff, second, third, ..] if second & 0xe0 == 0xe0 && third >> 4 != 0xf => {
                match (second >> 3 & 3, second >> 1 & 3) {
                    (1, _) => None,
                    (_, 0) => Some(Self::Aac),
                    _ => Some(Self::Mp3),
                }
            }
            _ => is_svg(bytes).then_some(Self::Svg),
        }
    }

    /// Whether it is a picture, as opposed to sound or film.
    pub fn is_picture(self) -> bool {
        self.is_decoded() || matches!(self, Self::Avif | Self::Svg)
    }

    /// Whether it is decoded here. Decoders of nothing else are compiled in.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg | Self::Gif | Self::WebP | Self::Icon)
    }

    /// The type under which it is passed on.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
            Self::Icon => "image/x-icon",
            Self::Svg => "image/svg+xml",
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::Ogg => "audio/ogg",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Mp4 => "video/mp4",
            Self::Mp4Audio => "audio/mp4",
            Self::WebM => "video/webm",
        }
    }
}

/// Whether a text's first element is `svg`, after a byte order mark, an XML declaration, comments and a document type.
fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let text = String::from_utf8_lossy(head);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) => ">",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    rest.strip_prefix("<svg").is_some_and(|after| after.starts_with([' ', '\t', '\r', '\n', '>', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_recordings_are_known_by_their_first_bytes() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF....WEBPVP8 ", Some("image/webp")),
            (b"\0\0\0\x1cftypavif", Some("image/avif")),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Some("image/avif")),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heicavif", None),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", None),
            (b"\0\0\0\x0cJXL \r\n\x87\n", None),
            (b"\xff\x0a\xfa\x1f", None),
            (b"\0\0\0\x1cftypisom", Some("video/mp4")),
            (b"\0\0\0\x1cftypM4A ", Some("audio/mp4")),
            (b"ID3\x04", Some("audio/mpeg")),
            (b"\xff\xfb\x90\x00", Some("audio/mpeg")),
            (b"\xff\xf1\x50\x80", Some("audio/aac")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Some("image/svg+xml")),
            (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a --><!DOCTYPE svg>\n<svg>", Some("image/svg+xml")),
            (b"<!doctype html><svg>", Some("image/svg+xml")),
            (b"<html><svg></svg>", None),
            (b"<!-- <svg> --><script>", None),
            (b"<svgx>", None),
            (b"%PDF-1.7", None),
            (b"hello", None),
            (b"", None),
        ] {
            assert_eq!(MediaKind::of(bytes).map(MediaKind::content_type), kind, "{bytes:?}");
        }
    }
}
