//! The words in which a variant is asked for: those of weserv/images, as far as they make sense here.

use std::fmt;
use std::str::FromStr;

/// The largest side that can be asked for.
const LARGEST: u32 = 4_096;
/// The highest ratio of the screen's pixels to those of the page.
const HIGHEST_DPR: f32 = 4.0;

/// How a picture is fitted into a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fit {
    /// As large as it fits inside.
    #[default]
    Inside,
    /// Covers the box; what is beyond its edges is cut off.
    Cover,
    /// Inside the box, the rest of which is filled.
    Contain,
}

/// What a variant is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Output {
    /// WebP, lossy.
    WebP,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl Output {
    /// Its name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebP => "webp",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// A variant of a picture. Its text is the one by which it is signed, stored and found again; two texts that mean the same
/// are one after they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Spec {
    /// The width of the box, in pixels of the file.
    pub width: Option<u32>,
    /// The height of the box.
    pub height: Option<u32>,
    /// How the picture is fitted into it.
    pub fit: Fit,
    /// What it is encoded as; `None`: the best that the browser takes.
    pub output: Option<Output>,
    /// The encoder's quality, 1 to 100.
    pub quality: Option<u8>,
}

/// A text that asks for no variant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no size, form or quality of a picture")]
pub struct SpecError(String);

impl Spec {
    /// At most so wide.
    pub const fn wide(width: u32) -> Self {
        Self { width: Some(width), height: None, fit: Fit::Inside, output: None, quality: None }
    }

    /// Covers a box of these sides.
    pub const fn fitting(width: u32, height: u32) -> Self {
        Self { width: Some(width), height: Some(height), fit: Fit::Cover, output: None, quality: None }
    }

    /// Reads names and values: `w`, `h` (1 to 4,096), `dpr` (up to 4), `fit` (inside, cover, contain), `output` (webp, jpg,
    /// png), `q` (1 to 100). `we` (“without enlargement”) is always so. Unknown names count for nothing, so that addresses
    /// made for weserv/images work.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, SpecError> {
        let mut spec = Self::default();
        let mut dpr = 1.0_f32;
        for (name, value) in pairs {
            let wrong = || SpecError(format!("{name}={value}").chars().take(80).collect());
            let side = || value.parse().ok().filter(|side| (1..=LARGEST).contains(side)).ok_or_else(wrong);
            match name {
                "w" => spec.width = Some(side()?),
                "h" => spec.height = Some(side()?),
                "dpr" => {
                    let allowed = 0.1..=HIGHEST_DPR;
                    dpr = value.parse().ok().filter(|dpr| allowed.contains(dpr)).ok_or_else(wrong)?;
                }
                "fit" => {
                    spec.fit = match value {
                        "inside" | "outside" => Fit::Inside,
                        "cover" => Fit::Cover,
                        "contain" => Fit::Contain,
                        _ => return Err(wrong()),
                    }
                }
                "output" => {
                    spec.output = match value {
                        "webp" => Some(Output::WebP),
                        "jpg" | "jpeg" => Some(Output::Jpeg),
                        "png" => Some(Output::Png),
                        // Encoding AVIF takes seconds; whoever takes it takes WebP.
                        "avif" | "auto" => None,
                        _ => return Err(wrong()),
                    }
                }
                "q" => spec.quality = Some(value.parse().ok().filter(|q| (1..=100).contains(q)).ok_or_else(wrong)?),
                _ => {}
            }
        }
        let scaled = |side: u32| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "both factors are small and positive"
            )]
            let scaled = (side as f32 * dpr).round() as u32;
            scaled.clamp(1, LARGEST)
        };
        spec.width = spec.width.map(scaled);
        spec.height = spec.height.map(scaled);
        if spec.width.is_none() || spec.height.is_none() {
            // With one side there is no box to cover or to fill.
            spec.fit = Fit::Inside;
        }
        Ok(spec)
    }

    /// The same with this output.
    pub fn with_output(self, output: Output) -> Self {
        Self { output: Some(output), ..self }
    }

    /// The size of the picture in this variant, from its own; never larger.
    pub fn size_of(&self, width: u32, height: u32) -> (u32, u32) {
        let (own_width, own_height) = (u64::from(width.max(1)), u64::from(height.max(1)));
        let (mut new_width, mut new_height) = (own_width, own_height);
        if let Some(wanted) = self.width.map(u64::from).filter(|wanted| *wanted < new_width) {
            (new_width, new_height) = (wanted, (own_height * wanted + own_width / 2) / own_width);
        }
        if let Some(wanted) = self.height.map(u64::from).filter(|wanted| *wanted < new_height) {
            (new_width, new_height) = ((own_width * wanted + own_height / 2) / own_height, wanted);
        }
        let small = |side: u64| u32::try_from(side.max(1)).unwrap_or(u32::MAX);
        match (self.fit, self.width, self.height) {
            (Fit::Cover, Some(w), Some(h)) => cover_size((width, height), (w, h)),
            _ => (small(new_width), small(new_height)),
        }
    }
}

/// The box that is covered: no larger than the picture allows, of the same shape as was asked for.
fn cover_size(own: (u32, u32), wanted: (u32, u32)) -> (u32, u32) {
    if wanted.0 <= own.0 && wanted.1 <= own.1 {
        return wanted;
    }
    let (own_width, own_height) = (u64::from(own.0), u64::from(own.1));
    let (width, height) = (u64::from(wanted.0), u64::from(wanted.1));
    let (new_width, new_height) = if own_width * height <= own_height * width {
        (own_width, own_width * height / width)
    } else {
        (own_height * width / height, own_height)
    };
    let small = |side: u64| u32::try_from(side.max(1)).unwrap_or(u32::MAX);
    (small(new_width), small(new_height))
}

impl fmt::Display for Spec {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fit = match self.fit {
            Fit::Inside => None,
            Fit::Cover => Some("fit=cover".to_owned()),
            Fit::Contain => Some("fit=contain".to_owned()),
        };
        let parts = [
            self.width.map(|width| format!("w={width}")),
            self.height.map(|height| format!("h={height}")),
            fit,
            self.quality.map(|quality| format!("q={quality}")),
            self.output.map(|output| format!("output={}", output.as_str())),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Spec {
    type Err = SpecError;

    /// Reads `w=900,h=600,fit=cover,q=75,output=webp`, in any order.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::read(
            text.split(',').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, ""))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_known_by_one_text() {
        for (text, canonical) in [
            ("w=900", "w=900"),
            ("output=webp,q=75,fit=cover,h=600,w=900", "w=900,h=600,fit=cover,q=75,output=webp"),
            ("w=450,dpr=2", "w=900"),
            ("w=4096,dpr=4", "w=4096"),
            ("w=900,fit=cover", "w=900"),
            ("w=9,h=9,fit=contain,we,il,output=jpeg", "w=9,h=9,fit=contain,output=jpg"),
            ("output=avif", ""),
            ("", ""),
        ] {
            let spec: Spec = text.parse().unwrap();
            assert_eq!(spec.to_string(), canonical, "{text}");
            assert_eq!(canonical.parse(), Ok(spec));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["w=0", "w=-1", "w=5000", "h=1e9", "q=0", "q=101", "dpr=NaN", "dpr=9", "fit=x", "output=svg", "w"] {
            assert!(text.parse::<Spec>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_variant_is_never_larger_than_its_picture() {
        for (spec, own, size) in [
            ("w=900", (4000, 3000), (900, 675)),
            ("w=900", (600, 400), (600, 400)),
            ("w=900,h=300", (4000, 3000), (400, 300)),
            ("w=160,h=160,fit=cover", (4000, 3000), (160, 160)),
            ("w=160,h=160,fit=cover", (100, 300), (100, 100)),
            ("w=160,h=80,fit=cover", (100, 300), (100, 50)),
            ("w=1", (1, 8000), (1, 8000)),
            ("h=1", (8000, 1), (8000, 1)),
            ("h=10", (8000, 8000), (10, 10)),
            ("w=10", (8000, 1), (10, 1)),
        ] {
            assert_eq!(spec.parse::<Spec>().unwrap().size_of(own.0, own.1), size, "{spec} {own:?}");
        }
    }
}
