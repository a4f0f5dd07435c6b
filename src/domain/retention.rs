//! How long articles are kept, where a reader wants an end to it at all.

use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// What goes into the trash by itself. Nothing does where nothing is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// What came more than so many days ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// What a feed has beyond its newest so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub articles: Option<u32>,
    /// The oldest, as far as all together take more than so many megabytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub megabytes: Option<u32>,
}

impl Retention {
    /// Whether everything stays.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Which of these articles go, the newest first. Those that must stay do, and count.
    pub fn beyond<'a>(&self, articles: &'a [Held], now: UnixMillis) -> impl Iterator<Item = &'a Held> + use<'a> {
        let oldest = self.days.map(|days| now.plus(-i64::from(days).saturating_mul(UnixMillis::DAY)));
        let newest = self.articles.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        let room = self.megabytes.map(|megabytes| i64::from(megabytes).saturating_mul(1_000_000));
        let mut bytes = 0_i64;
        articles.iter().enumerate().filter_map(move |(place, article)| {
            bytes = bytes.saturating_add(article.bytes);
            let is_beyond = oldest.is_some_and(|oldest| article.fetched_at < oldest)
                || newest.is_some_and(|newest| place >= newest)
                || room.is_some_and(|room| bytes > room);
            (is_beyond && !article.stays).then_some(article)
        })
    }
}

/// What retention needs to know of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: i64,
    /// Its feed.
    pub feed: i64,
    /// By which it is sorted.
    pub sort_at: UnixMillis,
    /// When it came.
    pub fetched_at: UnixMillis,
    /// What its texts and pictures take.
    pub bytes: i64,
    /// It is exempt: unread, kept in any way, still in its feed, or only here.
    pub stays: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_760_000_000_000);

    fn held(id: i64, days: i64, bytes: i64, stays: bool) -> Held {
        let at = NOW.plus(-days * UnixMillis::DAY);
        Held { id, feed: 1, sort_at: at, fetched_at: at, bytes, stays }
    }

    fn beyond(retention: Retention, articles: &[Held]) -> Vec<i64> {
        retention.beyond(articles, NOW).map(|article| article.id).collect()
    }

    #[test]
    fn what_is_older_more_or_larger_than_wanted_goes_and_what_must_stay_stays() {
        let articles = [
            held(5, 1, 400_000, false),
            held(4, 10, 400_000, false),
            held(3, 20, 400_000, true),
            held(2, 40, 400_000, false),
            held(1, 50, 400_000, true),
        ];

        assert_eq!(beyond(Retention { days: Some(15), ..Retention::default() }, &articles), [2]);
        assert_eq!(beyond(Retention { articles: Some(1), ..Retention::default() }, &articles), [4, 2]);
        assert_eq!(beyond(Retention { megabytes: Some(1), ..Retention::default() }, &articles), [2]);
        assert_eq!(beyond(Retention { articles: Some(0), ..Retention::default() }, &articles), [5, 4, 2]);
    }

    #[test]
    fn without_a_choice_nothing_goes() {
        assert!(Retention::default().is_nothing());
        assert_eq!(beyond(Retention::default(), &[held(1, 10_000, i64::MAX, false)]), Vec::<i64>::new());
    }

    #[test]
    fn choices_are_stored_as_small_as_they_are() {
        let retention = Retention { days: Some(90), ..Retention::default() };

        assert_eq!(serde_json::to_string(&retention).unwrap(), r#"{"days":90}"#);
        assert_eq!(serde_json::from_str::<Retention>("{}").unwrap(), Retention::default());
    }
}
