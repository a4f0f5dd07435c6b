//! The fonts of this system, as far as a card needs them.
//!
//! Fonts are files that whoever runs the system chose, so that they are trusted; still each has a limit of size, and the search
//! has limits of depth, number and bytes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use swash::{Attributes, FontRef, Style, Weight};

use super::file::FontFile;

/// Where fonts lie: Linux and the other Unix systems, macOS, Windows.
const FOLDERS: &[&str] = &[
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/run/current-system/sw/share/X11/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:\\Windows\\Fonts",
];
/// Those of the account that runs the program, in its home.
const OWN_FOLDERS: &[&str] = &[".local/share/fonts", ".fonts", "Library/Fonts"];
const DEPTH: usize = 5;
const MOST_FILES: usize = 4_000;
const MOST_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// So many files are opened for one card at most.
const MOST_OPENED: usize = 80;
/// A card is set in so many fonts at most.
const MOST_FONTS: usize = 6;

/// Names of files in the order in which they are tried, in small letters. A face of the first kind has most of what is written in
/// the languages after it; the last entry is everything else.
const PREFERRED: &[&str] = &[
    "notoserif-",
    "notosans-",
    "dejavuserif",
    "dejavusans",
    "liberationserif",
    "liberationsans",
    "notoserif",
    "notosans",
    "noto",
];
/// The same for texts in the characters of Chinese, Japanese and Korean.
const PREFERRED_CJK: &[&str] = &[
    "notoserifcjk",
    "notosanscjk",
    "sourcehan",
    "notoserif",
    "notosans",
    "wqy",
    "droidsansfallback",
    "nanum",
    "ipa",
    "uming",
];

/// A face: its file among those of the card, and which one of the faces in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face {
    file: usize,
    index: usize,
}

/// The fonts of one card: regular and bold faces that together have every character, as far as this system has them.
pub(super) struct Fonts {
    files: Vec<FontFile>,
    regular: Vec<Face>,
    bold: Vec<Face>,
}

impl Fonts {
    /// Finds fonts for a text in this language.
    pub(super) fn for_text(text: &str, language: Option<&str>) -> Self {
        let wanted: BTreeSet<char> = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let is_cjk = wanted.iter().any(|c| is_cjk(*c));
        let mut shelf = Shelf::default();
        let regular = shelf.cover(&wanted, is_cjk, language, false);
        let bold = shelf.cover(&wanted, is_cjk, language, true);
        Self { bold: if bold.is_empty() { regular.clone() } else { bold }, regular, files: shelf.files }
    }

    /// The faces of a weight for the library, the main one first.
    pub(super) fn faces(&self, is_bold: bool) -> Vec<FontRef<'_>> {
        let faces = if is_bold { &self.bold } else { &self.regular };
        faces.iter().filter_map(|face| self.files.get(face.file)?.face(face.index)).collect()
    }

    /// Makes the outlines of glyphs ready to be drawn: which weight, which of its faces, which glyph.
    pub(super) fn load(&mut self, glyphs: impl IntoIterator<Item = (bool, usize, u16)>) {
        let mut by_file: HashMap<usize, BTreeSet<u16>> = HashMap::new();
        for (is_bold, face, glyph) in glyphs {
            let faces = if is_bold { &self.bold } else { &self.regular };
            if let Some(face) = faces.get(face) {
                by_file.entry(face.file).or_default().insert(glyph);
            }
        }
        for (file, glyphs) in by_file {
            if let Some(file) = self.files.get_mut(file) {
                file.load(&glyphs);
            }
        }
    }
}

fn is_cjk(character: char) -> bool {
    matches!(character as u32, 0x1100..=0x11ff | 0x2e80..=0x9fff | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// The files that were opened for a card.
#[derive(Default)]
struct Shelf {
    files: Vec<FontFile>,
    /// Where they are there; `None` for what cannot be read.
    opened: HashMap<PathBuf, Option<usize>>,
}

impl Shelf {
    /// Faces of a weight that have as many of these characters as can be had.
    fn cover(&mut self, wanted: &BTreeSet<char>, is_cjk: bool, language: Option<&str>, is_bold: bool) -> Vec<Face> {
        let mut missing = wanted.clone();
        let mut faces = Vec::new();
        for path in in_order(is_cjk, is_bold) {
            if missing.is_empty() || faces.len() >= MOST_FONTS {
                break;
            }
            let Some(number) = self.open(path) else { continue };
            let file = &self.files[number];
            let Some((index, font)) = best_face(file, language, is_bold) else { continue };
            let (before, charmap) = (missing.len(), font.charmap());
            missing.retain(|character| charmap.map(*character) == 0);
            if missing.len() < before {
                faces.push(Face { file: number, index });
            }
        }
        faces
    }

    fn open(&mut self, path: &Path) -> Option<usize> {
        if let Some(known) = self.opened.get(path) {
            return *known;
        }
        if self.opened.len() >= MOST_OPENED {
            return None;
        }
        let number = FontFile::open(path).map(|file| {
            self.files.push(file);
            self.files.len() - 1
        });
        self.opened.insert(path.to_owned(), number);
        number
    }
}

/// The upright face of a file whose weight fits best, in the forms of the language where a file has several.
fn best_face<'a>(file: &'a FontFile, language: Option<&str>, is_bold: bool) -> Option<(usize, FontRef<'a>)> {
    let fonts = file.faces()?;
    let weight = if is_bold { Weight::BOLD } else { Weight::NORMAL };
    let suffix = language.and_then(cjk_suffix);
    let (_, _, index) = (0..fonts.len().min(64))
        .filter_map(|index| {
            let font = fonts.get(index)?;
            let attributes: Attributes = font.attributes();
            if attributes.style() != Style::Normal {
                return None;
            }
            let name = font.localized_strings().find_by_id(swash::StringId::Family, None);
            let name: String = name.map(|name| name.chars().collect()).unwrap_or_default();
            let speaks = suffix.is_none_or(|suffix| name.ends_with(suffix));
            let distance = attributes.weight().0.abs_diff(weight.0) + if name.contains("Mono") { 1_000 } else { 0 };
            Some((!speaks, distance, index))
        })
        .min()?;
    Some((index, fonts.get(index)?))
}

/// How the families of files for several of the languages end that write with Chinese characters.
fn cjk_suffix(language: &str) -> Option<&'static str> {
    Some(match language {
        "zh-Hant-HK" | "zh-HK" => " HK",
        tag if tag.starts_with("zh-Hant") || tag == "zh-TW" => " TC",
        tag if tag.starts_with("zh") => " SC",
        tag if tag.starts_with("ja") => " JP",
        tag if tag.starts_with("ko") => " KR",
        _ => return None,
    })
}

/// The files of fonts, the likeliest first.
fn in_order(is_cjk: bool, is_bold: bool) -> Vec<&'static Path> {
    let preferred = if is_cjk { PREFERRED_CJK } else { PREFERRED };
    let rank = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let place = preferred.iter().position(|start| name.starts_with(start)).unwrap_or(preferred.len());
        let is_odd =
            ["italic", "oblique", "mono", "condensed", "light", "thin", "black", "symbols", "emoji", "math", "display"]
                .iter()
                .any(|word| name.contains(word));
        let has_weight = name.contains("bold");
        (is_odd, place, has_weight != is_bold, name)
    };
    let mut files: Vec<&'static Path> = FILES.iter().map(PathBuf::as_path).collect();
    files.sort_by_cached_key(|path| rank(path));
    files
}

/// All files of fonts; looked for once.
pub(super) static FILES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = OWN_FOLDERS.iter().filter_map(|folder| Some(home.as_ref()?.join(folder)));
    let mut files = Vec::new();
    for folder in own.chain(FOLDERS.iter().map(PathBuf::from)) {
        collect(&folder, DEPTH, &mut files);
    }
    files
});

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if files.len() >= MOST_FILES {
            return;
        }
        let path = entry.path();
        let kind = path.extension().map(|kind| kind.to_string_lossy().to_lowercase()).unwrap_or_default();
        let is_font = matches!(kind.as_str(), "ttf" | "otf" | "ttc" | "otc");
        // Beside fonts lie a thousand files of tables, at which the system need not look.
        if !is_font && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(about) = path.metadata() else { continue };
        if about.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files);
            }
        } else if is_font && about.len() <= MOST_FILE_BYTES {
            files.push(path);
        }
    }
}
