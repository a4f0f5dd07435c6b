//! A passage that a reader marked, and what finds it again.

/// The most characters of a marked passage.
pub const MAX_PASSAGE_CHARS: usize = 10_000;
/// The most characters of a note on one.
pub const MAX_NOTE_CHARS: usize = 10_000;

/// What finds a passage again in a text that may have changed: its words, what stands before and after them (the
/// TextQuoteSelector of the Web Annotation Data Model, section 4.2.4), and about where it was.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Anchor {
    /// The passage. White space in it and around it does not matter.
    pub exact: String,
    /// What stands before it; may be empty.
    pub prefix: String,
    /// What stands after it; may be empty.
    pub suffix: String,
    /// How many characters of the text come before it. Only a hint, for words that stand in a text more than once.
    pub start: i64,
}

/// The colour of a highlight. The numbers are stored: add, never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HighlightColour {
    /// As of a marker pen.
    #[default]
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Red, as a rose is.
    Red,
}

impl HighlightColour {
    /// All four, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Yellow, Self::Green, Self::Blue, Self::Red];

    /// The stored number.
    pub fn code(self) -> i64 {
        match self {
            Self::Yellow => 0,
            Self::Green => 1,
            Self::Blue => 2,
            Self::Red => 3,
        }
    }

    /// The colour of a stored number; yellow for a number of a later version.
    pub fn from_code(code: i64) -> Self {
        Self::ALL.into_iter().find(|colour| colour.code() == code).unwrap_or_default()
    }

    /// The name in forms, classes and keys of sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Red => "red",
        }
    }
}
