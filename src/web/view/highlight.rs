//! A marked passage, ready to be written down.

use super::RowContext;
use super::moment::Moment;
use crate::domain::{HighlightColour, HighlightId};
use crate::store::Highlight;
use crate::web::locale::Locale;

/// A colour to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColourView {
    /// Its name in forms and classes.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
}

impl ColourView {
    /// A colour in the reader's language.
    pub fn new(colour: HighlightColour, locale: Locale) -> Self {
        let label = match colour {
            HighlightColour::Yellow => locale.t("highlights.yellow"),
            HighlightColour::Green => locale.t("highlights.green"),
            HighlightColour::Blue => locale.t("highlights.blue"),
            HighlightColour::Red => locale.t("highlights.red"),
        };
        Self { name: colour.name(), label }
    }

    /// All of them.
    pub fn all(locale: Locale) -> Vec<Self> {
        HighlightColour::ALL.map(|colour| Self::new(colour, locale)).into()
    }
}

/// A marked passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HighlightView {
    /// Its id.
    pub id: HighlightId,
    /// Its colour.
    pub colour: ColourView,
    /// The words, paragraph by paragraph.
    pub lines: Vec<String>,
    /// The reader's note; may be empty.
    pub note: String,
    /// When it was marked.
    pub when: Moment,
    /// Whether the text that is shown still has it; true where that is not known.
    pub is_found: bool,
}

impl HighlightView {
    /// A passage as a page shows it.
    pub fn new(highlight: &Highlight, is_found: bool, context: &RowContext<'_>) -> Self {
        Self {
            id: highlight.id,
            colour: ColourView::new(highlight.colour, context.locale),
            lines: highlight.anchor.exact.lines().map(str::to_owned).collect(),
            note: highlight.note.clone(),
            when: Moment::new(highlight.created_at, context.now, context.zone, context.locale),
            is_found,
        }
    }
}
