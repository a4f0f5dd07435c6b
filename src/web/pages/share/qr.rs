//! An address as a QR code (ISO/IEC 18004), drawn as one path.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// White around the code, in modules, as the standard wants it.
const MARGIN: i32 = 4;

/// A drawing in a square.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawing {
    /// The length of a side.
    pub(super) side: i32,
    /// The path of what is dark.
    pub(super) path: String,
}

/// Draws `text`; `None` for one that is too long.
pub(super) fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let length = (x..size).take_while(|x| code.get_module(*x, y)).count();
            let length = i32::try_from(length).unwrap_or(0);
            if length > 0 {
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + MARGIN, y + MARGIN);
            }
            x += length.max(1);
        }
    }
    Some(Drawing { side: size + 2 * MARGIN, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_square_with_its_three_corners() {
        let drawing = draw("https://reader.example/s/ABCDEFGHIJKLMNOPQRSTUV").unwrap();
        assert_eq!(drawing.side, 33 + 8, "version 4");
        for corner in ["M4 4h7v1h-7z", "M30 4h7v1h-7z", "M4 30h7v1h-7z"] {
            assert!(drawing.path.contains(corner), "{corner}");
        }
        assert_eq!(draw(&"x".repeat(5_000)), None);
    }
}
