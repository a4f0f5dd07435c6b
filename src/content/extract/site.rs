//! The name of a site that only the titles of its pages say.

/// What stands between the title of a text and the name of its site, the longer marks first.
const MARKS: &[&str] =
    &[" // ", " - ", " – ", " — ", " － ", " · ", " • ", " » ", " › ", " : ", ": ", "：", "--", "|", "｜", "_", "丨"];

/// Parts of a site, and no names.
const PARTS: &[&str] =
    &["news", "blog", "home", "article", "articles", "aktuelles", "startseite", "nachrichten", "index", "新闻", "首页"];

/// The name beside `title` in what a browser would write above the page: “Story | Part | Site”, “Site: Story”.
pub(super) fn of_title(whole: &str, title: &str) -> Option<String> {
    let (before, behind) = whole.split_once(title).filter(|_| !title.is_empty())?;
    let name = match (before.trim(), behind.trim()) {
        ("", _) => {
            let end = MARKS.iter().filter_map(|mark| behind.rfind(mark).map(|at| at + mark.len())).max();
            // One hyphen without spaces is enough behind a title.
            let joined = || behind.starts_with('-').then_some(1);
            &behind[end.or_else(joined)?..]
        }
        (_, "") => &before[..MARKS.iter().filter_map(|mark| before.find(mark)).min()?],
        _ => return None,
    };
    let name = name.trim();
    let is_name = (2..=40).contains(&name.chars().count())
        && name.chars().any(char::is_alphabetic)
        && !PARTS.contains(&name.to_lowercase().as_str());
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::of_title;

    #[test]
    fn a_site_is_named_beside_the_title_of_its_pages() {
        for (whole, title, site) in [
            ("A fox was here | Mill Post", "A fox was here", Some("Mill Post")),
            ("A fox was here - Animals - Mill-Post", "A fox was here", Some("Mill-Post")),
            ("A fox was here : News : Mill", "A fox was here", Some("Mill")),
            ("Mill Post: A fox was here", "A fox was here", Some("Mill Post")),
            ("Mill » Archive » A fox was here", "A fox was here", Some("Mill")),
            ("狐狸又来了_国际_磨坊新闻-The Mill", "狐狸又来了", Some("磨坊新闻-The Mill")),
            ("狐狸又来了--磨坊网", "狐狸又来了", Some("磨坊网")),
            ("狐狸又来了-磨坊网", "狐狸又来了", Some("磨坊网")),
            ("A fox was here", "A fox was here", None),
            ("A fox was here - News", "A fox was here", None),
            ("A fox was here again", "A fox was here", None),
            ("A fox was here", "", None),
        ] {
            assert_eq!(of_title(whole, title).as_deref(), site, "{whole}");
        }
        assert_eq!(of_title(&"| ".repeat(100_000), "|"), None);
    }
}
