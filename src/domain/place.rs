//! A place in a text.

/// The most paragraphs that are told apart.
const MAX_PARAGRAPH: i64 = 100_000;
/// Before and after these shares of a text, in thousandths, there is no place worth coming back to.
const WORTH: std::ops::Range<i64> = 30..970;

/// How far somebody has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadingPlace {
    /// How much of the text lies before it, from 0 to 1,000.
    pub share: i64,
    /// The number of the first paragraph in sight, from 0.
    pub paragraph: i64,
}

impl ReadingPlace {
    /// A place with both numbers brought into their bounds.
    pub fn new(share: i64, paragraph: i64) -> Self {
        Self { share: share.clamp(0, 1_000), paragraph: paragraph.clamp(0, MAX_PARAGRAPH) }
    }

    /// Whether it lies in the midst of the text.
    pub fn is_worth_keeping(self) -> bool {
        WORTH.contains(&self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_in_the_midst_of_a_text_are_worth_keeping() {
        for (share, worth) in
            [(-5, false), (0, false), (29, false), (30, true), (969, true), (970, false), (9_999, false)]
        {
            assert_eq!(ReadingPlace::new(share, 1).is_worth_keeping(), worth, "{share}");
        }
        assert_eq!(ReadingPlace::new(2_000, -3), ReadingPlace { share: 1_000, paragraph: 0 });
    }
}
