//! Which pictures are kept.

/// What a reader wants kept of the pictures of articles, for all feeds or for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PicturePolicy {
    /// All of them, as soon as an article arrives.
    #[default]
    All,
    /// Those of articles that are starred, kept for later, tagged or highlighted.
    Marked,
    /// None; pictures are fetched anew whenever they are looked at.
    None,
}

impl PicturePolicy {
    /// Every policy, from the most to the least.
    pub const EVERY: [Self; 3] = [Self::All, Self::Marked, Self::None];

    /// Its name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Marked => "marked",
            Self::None => "none",
        }
    }

    /// The policy of a form's field.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|policy| policy.as_str() == name)
    }

    /// The number by which the databases know it.
    pub fn code(self) -> i64 {
        match self {
            Self::All => 0,
            Self::Marked => 1,
            Self::None => 2,
        }
    }

    /// The policy behind a number from the database.
    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Marked,
            2 => Self::None,
            _ => Self::All,
        }
    }
}
