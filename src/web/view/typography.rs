//! How the text of articles is set: the choices of the Aa panel.
//!
//! Each choice is an attribute of the page's first element, so that the style sheet alone makes it true and the first byte
//! of a page knows it.

use serde::{Deserialize, Serialize};

use super::{Preferences, Theme};
use crate::web::locale::Locale;

/// Declares a choice: its values, the first of which is usual, with the name of each in forms, attributes and the
/// account's row.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $(#[$usual_doc:meta])* $usual:ident = $usual_text:literal,
       $($(#[$value_doc:meta])* $value:ident = $text:literal,)* }) => {
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
        Serif = "serif",
        /// As in the rest of the page.
        Sans = "sans",
    }
}
choice! {
    /// The size.
    Size {
        /// 18 pixels at the usual size of the browser's own text.
        Medium = "m",
        /// 16 pixels.
        Small = "s",
        /// 20 pixels.
        Large = "l",
        /// 23 pixels.
        Larger = "xl",
        /// 27 pixels.
        Largest = "xxl",
    }
}
choice! {
    /// The distance of the lines.
    Leading {
        /// As the script wants it.
        Normal = "normal",
        /// Closer.
        Tight = "tight",
        /// Wider apart.
        Loose = "loose",
    }
}
choice! {
    /// The length of the lines.
    Width {
        /// About 66 Latin letters or 37 Han characters.
        Normal = "normal",
        /// A fifth shorter.
        Narrow = "narrow",
        /// A quarter longer.
        Wide = "wide",
    }
}
choice! {
    /// Where lines end.
    Alignment {
        /// As the script wants it: Latin ragged, Han justified.
        Script = "script",
        /// Ragged.
        Ragged = "ragged",
        /// At the edge.
        Justified = "justified",
    }
}
choice! {
    /// Whether words are divided.
    Hyphens {
        /// Where the browser knows how to in the text's language.
        On = "on",
        /// Never.
        Off = "off",
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

/// The rows of the Aa panel.
pub fn panel(preferences: &Preferences, locale: Locale) -> Vec<PanelRow> {
    let set = preferences.typography;
    let row = |name: &'static str, chosen: &str, values: &mut dyn Iterator<Item = &'static str>| PanelRow {
        name,
        label: locale.t(&format!("aa.{name}")),
        options: values.map(|value| (value, locale.t(&format!("aa.{name}_{value}")), value == chosen)).collect(),
    };
    // What is more or less of the same stands in that order, not with the usual one first.
    let sizes = [Size::Small, Size::Medium, Size::Large, Size::Larger, Size::Largest];
    let leadings = [Leading::Tight, Leading::Normal, Leading::Loose];
    let widths = [Width::Narrow, Width::Normal, Width::Wide];
    vec![
        row("theme", preferences.theme.as_str(), &mut Theme::ALL.into_iter().map(Theme::as_str)),
        row("size", set.size.as_str(), &mut sizes.into_iter().map(Size::as_str)),
        row("face", set.face.as_str(), &mut Face::ALL.iter().map(|value| value.as_str())),
        row("leading", set.leading.as_str(), &mut leadings.into_iter().map(Leading::as_str)),
        row("width", set.width.as_str(), &mut widths.into_iter().map(Width::as_str)),
        row("alignment", set.alignment.as_str(), &mut Alignment::ALL.iter().map(|value| value.as_str())),
        row("hyphens", set.hyphens.as_str(), &mut Hyphens::ALL.iter().map(|value| value.as_str())),
    ]
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
            for row in panel(&Preferences::default(), locale) {
                assert_eq!(row.options.iter().filter(|(.., chosen)| *chosen).count(), 1, "{}", row.name);
                assert!(row.options.iter().all(|(_, words, _)| !words.is_empty()));
            }
        }
    }
}
