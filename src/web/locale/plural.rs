//! Which form of a counting sentence fits a whole number, by the rules that languages follow (Unicode CLDR, cardinals).
//!
//! French, Spanish and Portuguese also have a form for whole millions, which nothing here counts; it is left out.

/// How a language counts, named by the forms that its sentences come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plurals {
    /// One form for every number, as in Chinese.
    Other,
    /// One thing, then several, as in English.
    OneOther,
    /// None and one in one form, then several, as in French.
    UpToOneOther,
    /// By the last digits, as in Russian.
    OneFewMany,
    /// None, one, two, few, many, as in Arabic.
    ZeroToMany,
}

impl Plurals {
    /// The names of all forms, which are the ends of the sentences' keys. `other` is always the last of them.
    #[cfg(test)]
    pub(super) fn forms(self) -> &'static [&'static str] {
        match self {
            Self::Other => &["other"],
            Self::OneOther | Self::UpToOneOther => &["one", "other"],
            Self::OneFewMany => &["one", "few", "many", "other"],
            Self::ZeroToMany => &["zero", "one", "two", "few", "many", "other"],
        }
    }

    /// The name of the form for `n` things.
    pub(super) fn form(self, n: i64) -> &'static str {
        let n = n.unsigned_abs();
        match (self, n % 10, n % 100) {
            (Self::OneOther, ..) if n == 1 => "one",
            (Self::UpToOneOther, ..) if n <= 1 => "one",
            (Self::OneFewMany, 1, tail) if tail != 11 => "one",
            (Self::OneFewMany, 2..=4, tail) if !(12..=14).contains(&tail) => "few",
            (Self::OneFewMany, ..) => "many",
            (Self::ZeroToMany, ..) if n == 0 => "zero",
            (Self::ZeroToMany, ..) if n == 1 => "one",
            (Self::ZeroToMany, ..) if n == 2 => "two",
            (Self::ZeroToMany, _, 3..=10) => "few",
            (Self::ZeroToMany, _, 11..) => "many",
            _ => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_way_to_count() {
        for (plurals, numbers) in [
            (Plurals::Other, vec![(0, "other"), (1, "other"), (5, "other")]),
            (Plurals::OneOther, vec![(0, "other"), (1, "one"), (21, "other")]),
            (Plurals::UpToOneOther, vec![(0, "one"), (1, "one"), (2, "other")]),
            (
                Plurals::OneFewMany,
                vec![
                    (0, "many"),
                    (1, "one"),
                    (3, "few"),
                    (5, "many"),
                    (11, "many"),
                    (13, "many"),
                    (21, "one"),
                    (104, "few"),
                ],
            ),
            (
                Plurals::ZeroToMany,
                vec![
                    (0, "zero"),
                    (1, "one"),
                    (2, "two"),
                    (3, "few"),
                    (10, "few"),
                    (11, "many"),
                    (99, "many"),
                    (100, "other"),
                ],
            ),
            (Plurals::ZeroToMany, vec![(102, "other"), (103, "few"), (111, "many"), (200, "other")]),
        ] {
            for (n, form) in numbers {
                assert_eq!(plurals.form(n), form, "{plurals:?} {n}");
                assert!(plurals.forms().contains(&form));
            }
        }
    }
}
