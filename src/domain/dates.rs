//! The dates that are given for an article, and the rule by which one of them counts.

use super::UnixMillis;

/// What one place says: the moment, and how it was written there.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct GivenDate {
    /// As it was read, held within [1970, reading + 24 h].
    pub at: UnixMillis,
    /// As it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The dates that are given for an article. All of them are kept, whichever counts.
///
/// **The rule.** A date on the first day of 1970, or later than the article was first seen by more than zones can differ, is
/// none. Of the others the feed's counts, without one the page's, without that the one in the first line of the text; only if
/// page and first line name one day, and the feed another, the page's counts. What counts is never later than the
/// article was first seen. Lists are sorted by what was known when the article came: the earlier of its date and the moment
/// it was first seen. That place is never left again, whatever is read later, so that nothing that was read comes back
/// to the top and nothing stays there.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct GivenDates {
    /// What the feed says, or whatever the article was first taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<GivenDate>,
    /// What its page says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<GivenDate>,
    /// What the first line of its text says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<GivenDate>,
}

/// Longer texts are no dates.
const LONGEST: usize = 128;

/// No zone is further from another one, so that a date without its zone is no later than this.
const ZONES: i64 = 14 * UnixMillis::HOUR;

impl GivenDate {
    /// A date that was read, if one was.
    pub fn new(at: Option<UnixMillis>, text: Option<&str>) -> Option<Self> {
        at.map(|at| Self { at, text: text.map(str::to_owned) })
    }

    /// Whether an article that was first seen at `seen` can be of this date.
    pub fn can_be(&self, seen: UnixMillis) -> bool {
        self.at.0 >= UnixMillis::DAY && self.at <= seen.plus(ZONES)
    }

    fn is_near(&self, other: UnixMillis) -> bool {
        self.at.0.abs_diff(other.0) <= UnixMillis::DAY.unsigned_abs()
    }
}

impl GivenDates {
    /// The dates of which only the feed's is known.
    pub fn of_feed(at: Option<UnixMillis>, text: Option<&str>) -> Self {
        Self { feed: GivenDate::new(at, text), ..Self::default() }
    }

    /// The one that counts for an article that was first seen at `seen`, by the rule.
    pub fn chosen(&self, seen: UnixMillis) -> Option<&GivenDate> {
        let [feed, page, line] =
            [&self.feed, &self.page, &self.line].map(|date| date.as_ref().filter(|date| date.can_be(seen)));
        match (feed, page, line) {
            (Some(feed), Some(page), Some(line)) if page.is_near(line.at) && !feed.is_near(page.at) => Some(page),
            _ => feed.or(page).or(line),
        }
    }

    /// The moment of the one that counts, never later than `seen`.
    pub fn published(&self, seen: UnixMillis) -> Option<UnixMillis> {
        self.chosen(seen).map(|date| date.at.min(seen))
    }

    /// Whether one of them is more than a day from the moment that is shown.
    pub fn differ_from(&self, shown: UnixMillis) -> bool {
        [&self.feed, &self.page, &self.line].into_iter().flatten().any(|date| !date.is_near(shown))
    }

    /// The same without what no reading would have given: for dates that a file brings.
    #[must_use]
    pub fn held(self, now: UnixMillis) -> Self {
        let held = |date: Option<GivenDate>| {
            date.map(|date| GivenDate {
                at: UnixMillis(date.at.0.clamp(0, now.plus(UnixMillis::DAY).0.max(0))),
                text: date.text.filter(|text| text.len() <= LONGEST),
            })
        };
        Self { feed: held(self.feed), page: held(self.page), line: held(self.line) }
    }

    /// These, and of another reading what they lack. A feed's date that cannot be gives way to a later one.
    #[must_use]
    pub fn or(self, other: Self, seen: UnixMillis) -> Self {
        Self {
            feed: self.feed.filter(|date| other.feed.is_none() || date.can_be(seen)).or(other.feed),
            page: self.page.or(other.page),
            line: self.line.or(other.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: UnixMillis = UnixMillis(1_760_000_000_000);

    /// Dates so many days before [`SEEN`].
    fn dates(feed: Option<i64>, page: Option<i64>, line: Option<i64>) -> GivenDates {
        let [feed, page, line] = [feed, page, line].map(|days| {
            days.map(|days| GivenDate { at: SEEN.plus(-days * UnixMillis::DAY), text: Some(format!("{days} ago")) })
        });
        GivenDates { feed, page, line }
    }

    #[test]
    fn the_first_that_can_be_counts_unless_the_others_agree_against_it() {
        for (feed, page, line, counts) in [
            (Some(1), Some(365), Some(700), Some(1)),
            (Some(1), Some(365), Some(365), Some(365)),
            (Some(365), Some(365), Some(700), Some(365)),
            (Some(-1), Some(365), Some(700), Some(365)),
            (Some(-1), None, Some(700), Some(700)),
            (Some(-1), Some(-1), Some(700), Some(700)),
            (Some(20_370), Some(3), None, Some(3)),
            (Some(-1), None, None, None),
            (None, None, None, None),
        ] {
            let chosen = dates(feed, page, line).published(SEEN);
            assert_eq!(chosen, counts.map(|days| SEEN.plus(-days * UnixMillis::DAY)), "{feed:?} {page:?} {line:?}");
        }
    }

    #[test]
    fn a_date_of_another_zone_is_no_later_than_the_article_was_seen() {
        let ahead = GivenDates::of_feed(Some(SEEN.plus(8 * UnixMillis::HOUR)), None);
        assert_eq!(ahead.published(SEEN), Some(SEEN));
        assert!(!ahead.differ_from(SEEN));
    }

    #[test]
    fn what_a_source_said_first_stays_unless_it_cannot_be() {
        let wrong = dates(Some(-1), None, None).or(dates(Some(2), None, Some(5)), SEEN);
        assert_eq!(wrong, dates(Some(2), None, Some(5)));
        assert_eq!(
            dates(Some(9), Some(3), None).or(dates(Some(2), Some(5), None), SEEN),
            dates(Some(9), Some(3), None)
        );
        assert_eq!(dates(Some(-1), None, None).or(GivenDates::default(), SEEN), dates(Some(-1), None, None));
    }
}
