//! Row ids as types of their own, so that a feed's id can never be passed where an article's is meant.

/// Declares a newtype over the 64-bit row id that both databases use.
macro_rules! row_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

row_id! {
    /// A person with a name and a password.
    AccountId,
    /// A feed, fetched once however many follow it; also a private feed of saved or imported pages.
    FeedId,
    /// One kept piece of reading.
    ArticleId,
    /// One state of an article's text.
    VersionId,
    /// A user's folder of subscriptions.
    CategoryId,
    /// A reader's word for articles.
    TagId,
    /// A passage that a reader marked.
    HighlightId,
    /// A key for a program of a reader's own.
    ApiTokenId,
    /// What a reader wants done with articles that arrive.
    RuleId,
    /// A search that a reader keeps.
    SavedSearchId,
    /// A link to an article that a reader gave away.
    ShareId,
    /// A list that a reader publishes.
    PublicationId,
    /// A list that becomes a book now and then.
    DigestId,
    /// Such a book.
    DigestBookId,
    /// A kept picture.
    PictureId,
    /// A piece of background work.
    JobId,
}
