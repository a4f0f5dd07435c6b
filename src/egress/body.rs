//! Reading a body: decoded while it comes, with limits on what comes out.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::limits::{RATIO, RATIO_FROM};
use crate::domain::Failure;

/// How a body is packed, one layer at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not at all.
    Plain,
    /// gzip (RFC 1952).
    Gzip,
    /// Brotli (RFC 7932).
    Brotli,
}

impl Packing {
    /// Reads `Content-Encoding`. Two layers, and anything that was not asked for, are refused: nobody needs them but
    /// those who hide a bomb.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Failure> {
        let mut packing = Self::Plain;
        for value in headers.get_all(CONTENT_ENCODING) {
            for layer in value.to_str().map_err(|_| Failure::Garbled)?.split(',') {
                let next = match layer.trim().to_ascii_lowercase().as_str() {
                    // Some servers put a charset here.
                    "" | "identity" | "none" | "utf-8" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "br" => Self::Brotli,
                    _ => return Err(Failure::Garbled),
                };
                if packing != Self::Plain {
                    return Err(Failure::Garbled);
                }
                packing = next;
            }
        }
        Ok(packing)
    }
}

/// Takes a body piece by piece and holds its decoded form, of at most `limit` bytes.
pub(super) struct BodyReader {
    decoder: Decoder,
    packing: Packing,
    encoded: usize,
    limit: usize,
}

enum Decoder {
    /// The first piece decides: some servers claim gzip and send plain text.
    Undecided(Sink),
    Plain(Sink),
    Gzip(Box<MultiGzDecoder<Sink>>),
    Brotli(Box<brotli::DecompressorWriter<Sink>>),
}

impl BodyReader {
    pub(super) fn new(packing: Packing, limit: usize) -> Self {
        Self { decoder: Decoder::Undecided(Sink { bytes: Vec::new(), limit }), packing, encoded: 0, limit }
    }

    /// Takes memory for a plain body of so many bytes, as far as its limit allows.
    pub(super) fn expect_bytes(&mut self, length: usize) {
        if let (Decoder::Undecided(sink), Packing::Plain) = (&mut self.decoder, self.packing) {
            // A claim is not believed beyond 1 MiB: memory is only spent on bytes that came.
            sink.bytes.reserve_exact(length.min(sink.limit).min(1024 * 1024));
        }
    }

    /// How many decoded bytes there are so far.
    pub(super) fn len(&self) -> usize {
        self.sink().bytes.len()
    }

    /// Takes the next piece. There is room for `room` decoded bytes in all: a piece that becomes more is refused.
    pub(super) fn take(&mut self, piece: &[u8], room: usize) -> Result<(), Failure> {
        if piece.is_empty() {
            return Ok(());
        }
        let limit = self.limit.min(room);
        self.sink_mut().limit = limit;
        if let Decoder::Undecided(sink) = &mut self.decoder {
            let sink = std::mem::replace(sink, Sink { bytes: Vec::new(), limit: 0 });
            self.decoder = match self.packing {
                Packing::Gzip if piece[0] == 0x1f => Decoder::Gzip(Box::new(MultiGzDecoder::new(sink))),
                Packing::Brotli => Decoder::Brotli(Box::new(brotli::DecompressorWriter::new(sink, 16 * 1024))),
                Packing::Gzip | Packing::Plain => Decoder::Plain(sink),
            };
        }
        self.encoded += piece.len();
        let written = match &mut self.decoder {
            Decoder::Undecided(sink) | Decoder::Plain(sink) => sink.write_all(piece),
            Decoder::Gzip(decoder) => decoder.write_all(piece),
            Decoder::Brotli(decoder) => decoder.write_all(piece),
        };
        written.map_err(|error| self.failure(&error))?;
        let decoded = self.sink().bytes.len();
        if decoded > RATIO_FROM && decoded / RATIO > self.encoded {
            return Err(Failure::TooLarge);
        }
        Ok(())
    }

    /// The whole decoded body, once nothing more comes.
    pub(super) fn finish(self) -> Result<Vec<u8>, Failure> {
        let failure = |error: io::Error| if is_full(&error) { Failure::TooLarge } else { Failure::Garbled };
        match self.decoder {
            Decoder::Undecided(sink) | Decoder::Plain(sink) => Ok(sink.bytes),
            Decoder::Gzip(mut decoder) => {
                decoder.try_finish().map_err(failure)?;
                Ok(std::mem::take(&mut decoder.get_mut().bytes))
            }
            Decoder::Brotli(mut decoder) => {
                decoder.close().map_err(failure)?;
                Ok(std::mem::take(&mut decoder.get_mut().bytes))
            }
        }
    }

    fn sink(&self) -> &Sink {
        match &self.decoder {
            Decoder::Undecided(sink) | Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_ref(),
            Decoder::Brotli(decoder) => decoder.get_ref(),
        }
    }

    fn sink_mut(&mut self) -> &mut Sink {
        match &mut self.decoder {
            Decoder::Undecided(sink) | Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Brotli(decoder) => decoder.get_mut(),
        }
    }

    /// The decoders wrap the sink's error or pass it on: what the sink holds tells which it was.
    fn failure(&self, error: &io::Error) -> Failure {
        let sink = self.sink();
        if is_full(error) || sink.bytes.len() >= sink.limit { Failure::TooLarge } else { Failure::Garbled }
    }
}

/// A buffer that refuses to grow over its limit.
struct Sink {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > self.limit {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli_packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        brotli::CompressorWriter::new(&mut packed, 4096, 5, 22).write_all(bytes).unwrap();
        packed
    }

    fn read(packing: Packing, bytes: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
        let mut reader = BodyReader::new(packing, limit);
        for piece in bytes.chunks(1_000) {
            reader.take(piece, limit)?;
        }
        reader.finish()
    }

    #[test]
    fn plain_gzip_and_brotli_bodies_come_out_as_they_were() {
        let text = "早上好，worldwide readers. ".repeat(2_000).into_bytes();
        assert_eq!(read(Packing::Plain, &text, MIB), Ok(text.clone()));
        assert_eq!(read(Packing::Gzip, &gzip(&text), MIB), Ok(text.clone()));
        assert_eq!(read(Packing::Brotli, &brotli_packed(&text), MIB), Ok(text));
    }

    #[test]
    fn a_body_over_the_limit_is_cut_in_every_packing() {
        let text = "various words 1234567890 ".repeat(1_000).into_bytes();
        assert_eq!(read(Packing::Plain, &text, 10_000), Err(Failure::TooLarge));
        assert_eq!(read(Packing::Gzip, &gzip(&text), 10_000), Err(Failure::TooLarge));
        assert_eq!(read(Packing::Brotli, &brotli_packed(&text), 10_000), Err(Failure::TooLarge));
    }

    #[test]
    fn a_bomb_is_cut_by_its_ratio_before_it_reaches_the_limit() {
        for (packing, bomb) in
            [(Packing::Gzip, gzip(&vec![0; 64 * MIB])), (Packing::Brotli, brotli_packed(&vec![0; 64 * MIB]))]
        {
            let mut reader = BodyReader::new(packing, 100 * MIB);
            let outcome = bomb.chunks(1_000).try_for_each(|piece| reader.take(piece, usize::MAX));
            assert_eq!(outcome, Err(Failure::TooLarge), "{packing:?}");
            assert!(bomb.len() < 1_000 || reader.sink().bytes.len() < 4 * MIB, "{packing:?}");
        }
    }

    #[test]
    fn plain_text_under_a_gzip_label_is_read() {
        assert_eq!(read(Packing::Gzip, b"<rss/>", MIB), Ok(b"<rss/>".to_vec()));
    }

    #[test]
    fn a_body_that_ends_too_early_or_is_no_packing_at_all_is_garbled() {
        let packed = gzip(&b"some text that is long enough to be cut in the middle".repeat(50));
        assert_eq!(read(Packing::Gzip, &packed[..packed.len() / 2], MIB), Err(Failure::Garbled));
        let packed = brotli_packed(&b"some text that is long enough to be cut in the middle".repeat(50));
        assert_eq!(read(Packing::Brotli, &packed[..packed.len() / 2], MIB), Err(Failure::Garbled));
        assert_eq!(read(Packing::Brotli, b"<rss>certainly no brotli</rss>", MIB), Err(Failure::Garbled));
    }

    #[test]
    fn one_layer_is_understood_and_two_are_refused() {
        let layers = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            Packing::read(&headers)
        };
        assert_eq!(Packing::read(&HeaderMap::new()), Ok(Packing::Plain));
        assert_eq!(layers("identity"), Ok(Packing::Plain));
        assert_eq!(layers("X-GZIP"), Ok(Packing::Gzip));
        assert_eq!(layers("identity, br"), Ok(Packing::Brotli));
        for refused in ["gzip, gzip", "gzip, br", "deflate", "zstd", "compress"] {
            assert_eq!(layers(refused), Err(Failure::Garbled), "{refused}");
        }
    }
}
