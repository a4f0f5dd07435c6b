//! What an account wants to have on its devices for reading without a network. Whether a device keeps it is decided on
//! that device.

use serde::{Deserialize, Serialize};

use super::ScopeName;
use crate::store::Scope;

/// The most lists of one account.
const LISTS: usize = 12;

/// The lists, and how much of each. Nothing is kept before a list is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offline {
    /// Names of lists.
    lists: Vec<String>,
    /// The newest so many articles of each.
    pub articles: i64,
    /// With their pictures.
    pub pictures: bool,
}

impl Default for Offline {
    fn default() -> Self {
        Self { lists: Vec::new(), articles: Self::NUMBERS[0], pictures: true }
    }
}

impl Offline {
    /// How many articles of a list can be kept: whole pages of it, so that no row leads to nothing.
    pub const NUMBERS: [i64; 3] = [50, 100, 200];

    /// A choice made by a form; what is not on offer is left out.
    pub fn chosen(lists: impl Iterator<Item = String>, articles: i64, pictures: bool) -> Self {
        let articles = Self::NUMBERS.into_iter().find(|number| *number == articles).unwrap_or(Self::NUMBERS[0]);
        let lists = lists.filter(|name| scope(name).is_some()).take(LISTS).collect();
        Self { lists, articles, pictures }
    }

    /// Whether there is anything to keep.
    pub fn is_on(&self) -> bool {
        !self.lists.is_empty()
    }

    /// The lists.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.lists.iter().filter_map(|name| scope(name))
    }
}

/// The list of a name, if it is one that can be kept.
fn scope(name: &str) -> Option<Scope> {
    let can_be_kept =
        |scope: &Scope| matches!(scope, Scope::Unread | Scope::Starred | Scope::Later | Scope::Category(_));
    ScopeName::parse(name).filter(can_be_kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_offer_is_chosen() {
        let names = ["unread", "everything", "category-3", "history", "later"].map(str::to_owned);
        let chosen = Offline::chosen(names.into_iter(), 7_000_000, false);

        assert_eq!(chosen.lists, ["unread", "category-3", "later"]);
        assert_eq!((chosen.articles, chosen.pictures), (50, false));
        assert!(chosen.is_on() && !Offline::default().is_on());
    }
}
