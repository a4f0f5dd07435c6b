//! Sites whose feeds follow from the address of a page, without a request.

use super::FeedLink;
use crate::domain::WebUrl;

/// The feeds of well-known sites, known from the address alone, best first: YouTube channels, users and playlists,
/// GitHub, GitLab and Codeberg, Mastodon, Bluesky, Medium, Reddit, Stack Exchange and some blog hosts. Empty for all others.
pub fn known_feeds(page: &WebUrl) -> Vec<FeedLink> {
    let host = page.site();
    let parts: Vec<&str> =
        page.as_url().path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let feeds: Vec<(String, String)> = match host {
        "youtube.com" | "m.youtube.com" | "music.youtube.com" => youtube(page, &parts),
        "github.com" => github(&parts),
        "gitlab.com" => gitlab(&parts),
        "codeberg.org" => match parts[..] {
            [user] => vec![(format!("https://codeberg.org/{user}.rss"), user.to_owned())],
            [user, repository] => vec![
                (format!("https://codeberg.org/{user}/{repository}.rss"), repository.to_owned()),
                (format!("https://codeberg.org/{user}/{repository}/releases.rss"), format!("{repository}: releases")),
            ],
            _ => Vec::new(),
        },
        "medium.com" => match parts[..] {
            [name] | [name, _] if !matches!(name, "feed" | "m" | "me" | "search") => {
                vec![(format!("https://medium.com/feed/{name}"), name.to_owned())]
            }
            _ => Vec::new(),
        },
        "reddit.com" | "old.reddit.com" | "new.reddit.com" => match parts[..] {
            [kind @ ("r" | "user" | "u"), name, ..] => {
                let kind = if kind == "u" { "user" } else { kind };
                vec![(format!("https://www.reddit.com/{kind}/{name}/.rss"), format!("{kind}/{name}"))]
            }
            _ => Vec::new(),
        },
        "bsky.app" => match parts[..] {
            ["profile", name] => vec![(format!("https://bsky.app/profile/{name}/rss"), name.to_owned())],
            _ => Vec::new(),
        },
        "vimeo.com" => match parts[..] {
            [user] if !user.bytes().all(|b| b.is_ascii_digit()) => {
                vec![(format!("https://vimeo.com/{user}/videos/rss"), user.to_owned())]
            }
            _ => Vec::new(),
        },
        "news.ycombinator.com" => vec![("https://news.ycombinator.com/rss".to_owned(), "Hacker News".to_owned())],
        _ => by_habit(page, host, &parts),
    };
    feeds.into_iter().filter_map(|(url, title)| WebUrl::parse(&url).ok().map(|url| FeedLink { url, title })).collect()
}

fn youtube(page: &WebUrl, parts: &[&str]) -> Vec<(String, String)> {
    let videos = |parameter: &str, id: &str| format!("https://www.youtube.com/feeds/videos.xml?{parameter}={id}");
    if let ["playlist" | "watch", ..] = parts {
        let list = page.as_url().query_pairs().find(|(name, _)| name == "list").map(|(_, list)| list.into_owned());
        return list
            .filter(|list| is_id(list))
            .map(|list| (videos("playlist_id", &list), String::new()))
            .into_iter()
            .collect();
    }
    match parts {
        ["channel", id, ..] if is_id(id) => {
            let mut feeds = vec![(videos("channel_id", id), String::new())];
            // YouTube keeps a playlist of each kind for every channel, under the channel's id with other first letters.
            if let Some(rest) = id.strip_prefix("UC") {
                for (kind, name) in [("UULF", "Videos"), ("UUSH", "Shorts"), ("UULV", "Live")] {
                    feeds.push((videos("playlist_id", &format!("{kind}{rest}")), name.to_owned()));
                }
            }
            feeds
        }
        ["user", name, ..] if is_id(name) => vec![(videos("user", name), (*name).to_owned())],
        _ => Vec::new(),
    }
}

fn github(parts: &[&str]) -> Vec<(String, String)> {
    match parts {
        [user]
            if !matches!(
                *user,
                "features" | "about" | "pricing" | "login" | "join" | "explore" | "topics" | "trending" | "settings"
            ) =>
        {
            vec![(format!("https://github.com/{user}.atom"), (*user).to_owned())]
        }
        [user, repository] if *user != "orgs" => ["commits", "releases", "tags"]
            .iter()
            .map(|kind| {
                (format!("https://github.com/{user}/{repository}/{kind}.atom"), format!("{repository}: {kind}"))
            })
            .collect(),
        [user, repository, kind @ ("commits" | "releases" | "tags" | "discussions"), ..] => {
            vec![(format!("https://github.com/{user}/{repository}/{kind}.atom"), format!("{repository}: {kind}"))]
        }
        _ => Vec::new(),
    }
}

fn gitlab(parts: &[&str]) -> Vec<(String, String)> {
    match parts {
        [user] => vec![(format!("https://gitlab.com/{user}.atom"), (*user).to_owned())],
        [group, project] => vec![
            (format!("https://gitlab.com/{group}/{project}/-/tags?format=atom"), format!("{project}: tags")),
            (format!("https://gitlab.com/{group}/{project}.atom"), (*project).to_owned()),
        ],
        _ => Vec::new(),
    }
}

/// Programs that run on many hosts, known by the form of their addresses.
fn by_habit(page: &WebUrl, host: &str, parts: &[&str]) -> Vec<(String, String)> {
    let origin = page.as_url().origin().ascii_serialization();
    // Hosts that use “@name” for something else, or have no feeds.
    let silent = matches!(
        host,
        "tiktok.com" | "threads.net" | "threads.com" | "instagram.com" | "x.com" | "twitter.com" | "linkedin.com"
    );
    if host.ends_with(".substack.com") || host.ends_with(".medium.com") || host.ends_with(".wordpress.com") {
        return vec![(format!("{origin}/feed"), host.to_owned())];
    }
    if host.ends_with(".tumblr.com") {
        return vec![(format!("{origin}/rss"), host.to_owned())];
    }
    if host.contains(".blogspot.") {
        return vec![(format!("{origin}/feeds/posts/default"), host.to_owned())];
    }
    if host.ends_with(".stackexchange.com")
        || matches!(host, "stackoverflow.com" | "superuser.com" | "serverfault.com" | "askubuntu.com")
    {
        return match parts {
            ["questions", "tagged", tag] => vec![(format!("{origin}/feeds/tag/{tag}"), (*tag).to_owned())],
            ["questions", id, ..] if id.bytes().all(|b| b.is_ascii_digit()) => {
                vec![(format!("{origin}/feeds/question/{id}"), String::new())]
            }
            [] | ["questions"] => vec![(format!("{origin}/feeds"), host.to_owned())],
            _ => Vec::new(),
        };
    }
    match parts {
        // Mastodon and its relatives; an account of another server ("@ann@elsewhere") has no feed here.
        [account, ..] if !silent && parts.len() <= 2 => match account.strip_prefix('@') {
            Some(name) if !name.is_empty() && !name.contains(['@', '.']) => {
                vec![(format!("{origin}/@{name}.rss"), format!("@{name}"))]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether a text can be an id of YouTube.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_follow_from_the_address() {
        for (page, feed) in [
            ("https://www.youtube.com/channel/UCabc", "https://www.youtube.com/feeds/videos.xml?channel_id=UCabc"),
            ("https://m.youtube.com/user/ann", "https://www.youtube.com/feeds/videos.xml?user=ann"),
            ("https://www.youtube.com/watch?v=x&list=PL1", "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1"),
            ("https://github.com/ann", "https://github.com/ann.atom"),
            ("https://www.github.com/ann/tool/releases", "https://github.com/ann/tool/releases.atom"),
            ("https://social.example/@ann", "https://social.example/@ann.rss"),
            ("https://social.example/@ann/123", "https://social.example/@ann.rss"),
            ("https://medium.com/@ann", "https://medium.com/feed/@ann"),
            ("https://old.reddit.com/r/rust/top", "https://www.reddit.com/r/rust/.rss"),
            ("https://letters.substack.com/p/one", "https://letters.substack.com/feed"),
        ] {
            let found = WebUrl::parse(page).map(|page| known_feeds(&page));
            assert_eq!(found.map(|feeds| feeds[0].url.to_string()).as_deref(), Ok(feed), "{page}");
        }
    }

    #[test]
    fn other_addresses_have_no_known_feed() {
        for page in [
            "https://github.com/",
            "https://github.com/ann/tool/blob/main/README.md",
            "https://www.youtube.com/@ann",
            "https://www.youtube.com/watch?v=x",
            "https://example.org/ann",
            "https://www.tiktok.com/@ann",
            "https://social.example/@ann@elsewhere.example",
        ] {
            assert_eq!(WebUrl::parse(page).map(|page| known_feeds(&page).len()), Ok(0), "{page}");
        }
    }
}
