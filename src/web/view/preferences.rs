//! The account's choices, kept as JSON in its row, so that the first byte of a page can know them.

use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Offline, Typography};
use crate::domain::zone_named;
use crate::store::Reads;

/// What an account chose. Unknown fields of an older or newer version are ignored, missing ones have their default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The colours.
    pub theme: Theme,
    /// The interface's language; `None` follows the browser.
    pub language: Option<String>,
    /// An IANA time zone such as `Asia/Shanghai`; `None` is the server's.
    pub time_zone: Option<String>,
    /// In which order lists are shown.
    pub order: Order,
    /// Whether lists of feeds and categories leave out what was read.
    pub only_unread: bool,
    /// How much lists show of an article.
    pub density: Density,
    /// When an article counts as read.
    pub read_when: ReadWhen,
    /// How the text of articles is set.
    pub typography: Typography,
    /// What its devices may keep.
    pub offline: Offline,
    /// What happens on lists and by keys and fingers.
    #[serde(flatten)]
    pub habits: Habits,
}

/// What the pages' script does by itself or when something is pressed or swiped. Without the script there is none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the settings")]
pub struct Habits {
    /// Keys do what the table of keys says.
    pub keys: bool,
    /// A finger that wipes a row marks it.
    pub swipes: bool,
    /// The next page of a list comes by itself.
    pub endless: bool,
    /// What was seen and scrolled past is read.
    pub read_on_scroll: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { keys: true, swipes: true, endless: false, read_on_scroll: false }
    }
}

impl Preferences {
    /// Reads what the account's row holds; anything unreadable counts as no choice made.
    pub fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// The form in which the account's row keeps it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// The same for one list: what was chosen for it goes before what is chosen for all.
    pub fn for_list(&self, choice: ListChoice) -> Self {
        Self {
            order: choice.order.unwrap_or(self.order),
            only_unread: choice.only_unread.unwrap_or(self.only_unread),
            density: choice.density.unwrap_or(self.density),
            ..self.clone()
        }
    }

    /// The zone in which days and hours are shown.
    pub fn zone(&self) -> TimeZone {
        zone_named(self.time_zone.as_deref())
    }
}

/// What was chosen for one list and differs from what the account prefers for all lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListChoice {
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_unread: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    density: Option<Density>,
}

impl ListChoice {
    /// Reads what the store holds for a list; anything unreadable counts as no choice made.
    pub fn from_json(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }

    /// The form in which the store keeps it.
    pub fn to_json(self) -> String {
        serde_json::to_string(&self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// Chooses what the form of a list sends; what it does not send stays, and words that are not on offer change nothing.
    /// A choice of what the account prefers anyway follows its preferences from then on.
    pub fn choose(&mut self, form: &ListChoiceForm, preferences: &Preferences) {
        if let Some(order) = form.order.as_deref().and_then(Order::from_name) {
            self.order = (order != preferences.order).then_some(order);
        }
        if let Some(only_unread) = form.show.as_deref().and_then(|show| match show {
            "unread" => Some(true),
            "all" => Some(false),
            _ => None,
        }) {
            self.only_unread = (only_unread != preferences.only_unread).then_some(only_unread);
        }
        if let Some(density) = form.density.as_deref().and_then(Density::from_name) {
            self.density = (density != preferences.density).then_some(density);
        }
    }
}

/// The fields of the buttons above a list.
#[derive(Debug, Default, Deserialize)]
pub struct ListChoiceForm {
    order: Option<String>,
    show: Option<String>,
    density: Option<String>,
}

/// The colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Paper by day and Night by night, as the system says.
    #[default]
    Auto,
    /// Warm off-white with near-black ink.
    Paper,
    /// Dark grey-blue.
    Night,
    /// Brown on old paper.
    Sepia,
    /// Pure black on white, nothing moves.
    Eink,
}

impl Theme {
    /// All themes, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Paper, Self::Night, Self::Sepia, Self::Eink];

    /// The theme of a form's field.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }

    /// Its name in `data-theme`, in forms and in the account's row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Paper => "paper",
            Self::Night => "night",
            Self::Sepia => "sepia",
            Self::Eink => "eink",
        }
    }
}

impl Theme {
    /// The colours in which the browser's own bars are to be drawn, each with the media query under which it holds.
    /// They repeat `--paper` of the style sheet.
    pub fn browser_colours(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Auto => &[("#fbf8f2", "(prefers-color-scheme: light)"), ("#171a1f", "(prefers-color-scheme: dark)")],
            Self::Paper => &[("#fbf8f2", "")],
            Self::Night => &[("#171a1f", "")],
            Self::Sepia => &[("#f3e9d5", "")],
            Self::Eink => &[("#ffffff", "")],
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// What came last stands first.
    #[default]
    Newest,
    /// What came first stands first.
    Oldest,
}

impl Order {
    /// The order of a form's field.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Newest, Self::Oldest].into_iter().find(|order| order.as_str() == name)
    }

    /// Its name in addresses and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}

/// How much a list shows of each article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Density {
    /// Pictures above titles, side by side where there is room.
    Cards,
    /// Title, excerpt and a small picture.
    #[default]
    Comfortable,
    /// The title alone.
    Titles,
}

impl Density {
    /// All densities, in the order in which they follow one another.
    pub const ALL: [Self; 3] = [Self::Cards, Self::Comfortable, Self::Titles];

    /// The density of a form's field.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|density| density.as_str() == name)
    }

    /// Its name in forms, in the page's class and in the account's row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cards => "cards",
            Self::Comfortable => "comfortable",
            Self::Titles => "titles",
        }
    }

    /// The one that a button on a list of this one leads to.
    pub fn next(self) -> Self {
        match self {
            Self::Cards => Self::Comfortable,
            Self::Comfortable => Self::Titles,
            Self::Titles => Self::Cards,
        }
    }
}

/// When an article counts as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadWhen {
    /// When it is opened.
    #[default]
    Opened,
    /// When its end has been in sight, or its reader says so.
    Ended,
}

impl ReadWhen {
    /// Both of them, as they are offered.
    pub const ALL: [Self; 2] = [Self::Opened, Self::Ended];

    /// Its name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Ended => "ended",
        }
    }

    /// What it means for opening an article.
    pub fn reads(self) -> Reads {
        match self {
            Self::Opened => Reads::Now,
            Self::Ended => Reads::Later,
        }
    }
}

impl From<Order> for crate::store::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::Newest => Self::NewestFirst,
            Order::Oldest => Self::OldestFirst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_survive_the_account_row() {
        let chosen = Preferences {
            theme: Theme::Eink,
            order: Order::Oldest,
            density: Density::Titles,
            ..Preferences::default()
        };
        assert_eq!(Preferences::from_json(&chosen.to_json()), chosen);
        assert_eq!(Preferences::from_json("{\"theme\":\"night\",\"later\":1}").theme, Theme::Night);
        assert_eq!(Preferences::from_json(""), Preferences::default());
        for theme in Theme::ALL {
            assert_eq!(serde_json::to_string(&theme).unwrap(), format!("\"{theme}\""));
            assert_eq!(Theme::from_name(theme.as_str()), Some(theme));
        }
        for density in Density::ALL {
            assert_eq!(Density::from_name(density.as_str()), Some(density));
        }
        assert_eq!(Preferences::from_json("{\"keys\":false}").habits, Habits { keys: false, ..Habits::default() });
    }

    #[test]
    fn a_list_follows_the_account_in_what_was_not_chosen_for_it() {
        let usual = Preferences::default();
        let mut choice = ListChoice::default();
        let form = |order: &str, show: &str| ListChoiceForm {
            order: Some(order.to_owned()),
            show: Some(show.to_owned()),
            density: None,
        };

        choice.choose(&form("oldest", "everything"), &usual);

        assert_eq!(choice.to_json(), "{\"order\":\"oldest\"}");
        let other = Preferences { density: Density::Titles, ..usual.clone() };
        let list = other.for_list(ListChoice::from_json(Some(&choice.to_json())));
        assert_eq!((list.order, list.density), (Order::Oldest, Density::Titles));
        choice.choose(&form("newest", "all"), &usual);
        assert_eq!(choice, ListChoice::default(), "as the account prefers it is no choice");
        assert_eq!(ListChoice::from_json(Some("[]")), ListChoice::default());
    }
}
