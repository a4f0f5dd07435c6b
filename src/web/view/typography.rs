//! How the text of articles is set: the choices of the Aa panel.
//!
//! Each choice is an attribute of the page's first element, so that the style sheet alone makes it true and the first byte
//! of a page knows it.

use serde::{Deserialize, Serialize};

use super::{Preferences, Theme};
use crate::content::chinese::Script;
use crate::domain::Language;
use crate::web::locale::Locale;

/// Declares a choice: its values, the first of which is usual, with the name of each in forms, attributes and the
/// account's row, and the key of its words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $(#[$usual_doc:meta])* $usual:ident = $usual_text:literal / $usual_key:literal,
       $($(#[$value_doc:meta])* $value:ident = $text:literal / $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub enum $name {
            $(#[$usual_doc])*
            #[default]
            #[serde(rename = $usual_text)]
            $usual,
            $($(#[$value_doc])* #[serde(rename = $text)] $value,)*
        }

        impl $name {
            /// All values, as they are offered.
            pub const ALL: &[Self] = &[Self::$usual, $(Self::$value,)*];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::$usual => $usual_text,
                    $(Self::$value => $text,)*
                }
            }

            /// The key of its words.
            pub fn key(self) -> &'static str {
                match self {
                    Self::$usual => $usual_key,
                    $(Self::$value => $key,)*
                }
            }

            /// The value of a form's field.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }
    };
}

choice! {
    /// The face.
    Face {
        /// As in books.
        Serif = "serif" / "aa.face_serif",
        /// As in the rest of the page.
        Sans = "sans" / "aa.face_sans",
    }
}
choice! {
    /// The size.
    Size {
        /// 18 pixels at the usual size of the browser's own text.
        Medium = "m" / "aa.size_m",
        /// 16 pixels.
        Small = "s" / "aa.size_s",
        /// 20 pixels.
        Large = "l" / "aa.size_l",
        /// 23 pixels.
        Larger = "xl" / "aa.size_xl",
        /// 27 pixels.
        Largest = "xxl" / "aa.size_xxl",
    }
}
choice! {
    /// The distance of the lines.
    Leading {
        /// As the script wants it.
        Normal = "normal" / "aa.leading_normal",
        /// Closer.
        Tight = "tight" / "aa.leading_tight",
        /// Wider apart.
        Loose = "loose" / "aa.leading_loose",
    }
}
choice! {
    /// The length of the lines.
    Width {
        /// About 66 Latin letters or 37 Han characters.
        Normal = "normal" / "aa.width_normal",
        /// A fifth shorter.
        Narrow = "narrow" / "aa.width_narrow",
        /// A quarter longer.
        Wide = "wide" / "aa.width_wide",
    }
}
choice! {
    /// Where lines end.
    Alignment {
        /// As the script wants it: Latin ragged, Han justified.
        Script = "script" / "aa.alignment_script",
        /// Ragged.
        Ragged = "ragged" / "aa.alignment_ragged",
        /// At the edge.
        Justified = "justified" / "aa.alignment_justified",
    }
}
choice! {
    /// Whether words are divided.
    Hyphens {
        /// Where the browser knows how to in the text's language.
        On = "on" / "aa.hyphens_on",
        /// Never.
        Off = "off" / "aa.hyphens_off",
    }
}

choice! {
    /// In which script Chinese is shown.
    Chinese {
        /// In its own.
        Written = "written" / "aa.chinese_written",
        /// In simplified characters.
        Simplified = "hans" / "aa.chinese_hans",
        /// In traditional characters.
        Traditional = "hant" / "aa.chinese_hant",
    }
}

impl Chinese {
    /// The script into which a text of this language is to be converted; `None` if it stays as it is.
    pub fn script_for(self, language: Option<&Language>) -> Option<Script> {
        let written = Script::of(language?)?;
        let wanted = match self {
            Self::Written => return None,
            Self::Simplified => Script::Simplified,
            Self::Traditional => Script::Traditional,
        };
        (wanted != written).then_some(wanted)
    }
}

/// The account's choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Typography {
    /// The face.
    pub face: Face,
    /// The size.
    pub size: Size,
    /// The distance of the lines.
    pub leading: Leading,
    /// The length of the lines.
    pub width: Width,
    /// Where lines end.
    pub alignment: Alignment,
    /// Whether words are divided.
    pub hyphens: Hyphens,
    /// In which script Chinese is shown.
    pub chinese: Chinese,
}

impl Typography {
    /// Attributes and values of the page's first element.
    pub fn attributes(&self) -> [(&'static str, &'static str); 6] {
        [
            ("data-face", self.face.as_str()),
            ("data-size", self.size.as_str()),
            ("data-leading", self.leading.as_str()),
            ("data-width", self.width.as_str()),
            ("data-alignment", self.alignment.as_str()),
            ("data-hyphens", self.hyphens.as_str()),
        ]
    }
}

/// The Aa panel as its form sends it. Values that are not offered change nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PanelForm {
    theme: String,
    face: String,
    size: String,
    leading: String,
    width: String,
    alignment: String,
    hyphens: String,
    chinese: String,
}

impl PanelForm {
    /// Puts the choices into the account's.
    pub fn apply(&self, preferences: &mut Preferences) {
        preferences.theme = Theme::from_name(&self.theme).unwrap_or(preferences.theme);
        let set = &mut preferences.typography;
        set.face = Face::from_name(&self.face).unwrap_or(set.face);
        set.size = Size::from_name(&self.size).unwrap_or(set.size);
        set.leading = Leading::from_name(&self.leading).unwrap_or(set.leading);
        set.width = Width::from_name(&self.width).unwrap_or(set.width);
        set.alignment = Alignment::from_name(&self.alignment).unwrap_or(set.alignment);
        set.hyphens = Hyphens::from_name(&self.hyphens).unwrap_or(set.hyphens);
        set.chinese = Chinese::from_name(&self.chinese).unwrap_or(set.chinese);
    }
}

/// One row of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRow {
    /// The form's field.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// Value, words, and whether it is the chosen one.
    pub options: Vec<(&'static str, &'static str, bool)>,
}

/// The rows of the Aa panel; the last one is only for Chinese.
pub fn panel(preferences: &Preferences, locale: Locale, is_chinese: bool) -> Vec<PanelRow> {
    /// A row of one choice: the names and keys of its values, as they are offered.
    macro_rules! row {
        ($name:literal, $label:literal, $chosen:expr, $values:expr) => {
            PanelRow {
                name: $name,
                label: locale.t($label),
                options: $values
                    .iter()
                    .map(|value| (value.as_str(), locale.t(value.key()), *value == $chosen))
                    .collect(),
            }
        };
    }
    let set = preferences.typography;
    // What is more or less of the same stands in that order, not with the usual one first.
    let sizes = [Size::Small, Size::Medium, Size::Large, Size::Larger, Size::Largest];
    let leadings = [Leading::Tight, Leading::Normal, Leading::Loose];
    let widths = [Width::Narrow, Width::Normal, Width::Wide];
    let mut rows = vec![
        row!("theme", "aa.theme", preferences.theme, Theme::ALL),
        row!("size", "aa.size", set.size, sizes),
        row!("face", "aa.face", set.face, Face::ALL),
        row!("leading", "aa.leading", set.leading, leadings),
        row!("width", "aa.width", set.width, widths),
        row!("alignment", "aa.alignment", set.alignment, Alignment::ALL),
        row!("hyphens", "aa.hyphens", set.hyphens, Hyphens::ALL),
    ];
    if is_chinese {
        rows.push(row!("chinese", "aa.chinese", set.chinese, Chinese::ALL));
    }
    rows
}

impl Theme {
    /// The key of its words in the panel.
    fn key(self) -> &'static str {
        match self {
            Self::Auto => "aa.theme_auto",
            Self::Paper => "aa.theme_paper",
            Self::Night => "aa.theme_night",
            Self::Sepia => "aa.theme_sepia",
            Self::Eink => "aa.theme_eink",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_offer_changes_nothing() {
        let mut preferences = Preferences::default();
        let form = PanelForm { size: "xl".to_owned(), face: "comic".to_owned(), ..PanelForm::default() };

        form.apply(&mut preferences);

        assert_eq!(preferences.typography, Typography { size: Size::Larger, ..Typography::default() });
        assert_eq!(Preferences::from_json(&preferences.to_json()), preferences);
    }

    #[test]
    fn every_option_has_words_and_one_of_each_row_is_chosen() {
        for locale in Locale::all() {
            for row in panel(&Preferences::default(), locale, true) {
                assert_eq!(row.options.iter().filter(|(.., chosen)| *chosen).count(), 1, "{}", row.name);
                assert!(row.options.iter().all(|(_, words, _)| !words.is_empty()));
            }
        }
    }
}
