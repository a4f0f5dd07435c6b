//! Embedded players: which frames are known, and what stands in their place until a reader clicks.

use url::Url;

/// A player that the pages can load on a click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Player {
    /// `youtube`, `vimeo` or `bilibili`.
    pub(crate) provider: &'static str,
    /// The video, as its provider names it; see [`is_player`].
    pub(crate) id: String,
}

impl Player {
    /// The page on which the video can be watched without us.
    pub(crate) fn page(&self) -> String {
        match self.provider {
            "youtube" => format!("https://www.youtube.com/watch?v={}", self.id),
            "vimeo" => format!("https://vimeo.com/{}", self.id),
            _ => format!("https://www.bilibili.com/video/{}", self.id),
        }
    }
}

impl Player {
    /// What its provider calls itself.
    pub(crate) fn name(&self) -> &'static str {
        match self.provider {
            "youtube" => "YouTube",
            "vimeo" => "Vimeo",
            _ => "bilibili",
        }
    }

    /// What a link to the video says: its title and whose it is. Without a title its address says both.
    pub(crate) fn words(&self, title: &str) -> String {
        let (name, lower) = (self.name(), title.to_lowercase());
        match title {
            "" => String::new(),
            _ if lower.contains(&name.to_lowercase()) => title.to_owned(),
            _ => format!("{title} · {name}"),
        }
    }
}

impl Player {
    /// The address under which the provider lets the video be embedded.
    pub(crate) fn frame(&self) -> String {
        match self.provider {
            "youtube" => format!("https://www.youtube.com/embed/{}", self.id),
            "vimeo" => format!("https://player.vimeo.com/video/{}", self.id),
            _ => match self.id.strip_prefix("av") {
                Some(number) => format!("https://player.bilibili.com/player.html?aid={number}"),
                None => format!("https://player.bilibili.com/player.html?bvid={}", self.id),
            },
        }
    }
}

/// The player behind a frame's address, if its host is exactly one of the known ones: no port, no user, no trailing
/// dot, no look-alike. Only the video's id is taken from the address, so nothing else of it reaches the page.
pub(crate) fn known_player(address: &Url) -> Option<Player> {
    // Old pages embed over http; the player that a click loads is https whatever stood there.
    if !matches!(address.scheme(), "http" | "https")
        || address.port().is_some()
        || !address.username().is_empty()
        || address.password().is_some()
    {
        return None;
    }
    let path: Vec<&str> = address.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let query = |name: &str| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let (provider, id) = match address.host_str()? {
        "youtube.com" | "www.youtube.com" | "m.youtube.com" | "youtube-nocookie.com" | "www.youtube-nocookie.com" => {
            let id = match path.as_slice() {
                ["embed" | "v" | "shorts" | "live", id, ..] => (*id).to_owned(),
                ["watch"] => query("v")?,
                _ => return None,
            };
            // Old Flash addresses carry parameters behind an ampersand without a question mark.
            ("youtube", id.split('&').next().unwrap_or_default().to_owned())
        }
        "youtu.be" => ("youtube", (*path.first()?).to_owned()),
        "player.vimeo.com" => match path.as_slice() {
            ["video", id, ..] => ("vimeo", (*id).to_owned()),
            _ => return None,
        },
        "player.bilibili.com" | "www.bilibili.com" => match path.as_slice() {
            ["player.html"] | ["blackboard", "html5mobileplayer.html" | "webplayer" | "html5player.html"] => {
                let id = query("bvid").or_else(|| query("aid").map(|number| format!("av{number}")))?;
                ("bilibili", if id.starts_with("BV") || id.starts_with("av") { id } else { format!("BV{id}") })
            }
            _ => return None,
        },
        _ => return None,
    };
    is_player(provider, &id).then_some(Player { provider, id })
}

/// Whether provider and id have the form that the pages may put into a frame's address.
pub(crate) fn is_player(provider: &str, id: &str) -> bool {
    let alphanumeric = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    match provider {
        // `videoseries` and other words of that length exist; they are playlists without an id of a video.
        "youtube" => {
            id.len() == 11
                && id != "videoseries"
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        }
        "vimeo" => (1..=12).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()),
        "bilibili" => match (id.strip_prefix("BV"), id.strip_prefix("av")) {
            (Some(rest), _) => rest.len() == 10 && alphanumeric(rest),
            (_, Some(rest)) => (1..=12).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Option<(&'static str, String)> {
        known_player(&Url::parse(address).unwrap()).map(|player| (player.provider, player.id))
    }

    #[test]
    fn the_forms_in_which_videos_are_embedded_are_known() {
        for (address, provider, id) in [
            ("https://www.youtube.com/embed/abcdefghijk?&&&enablejsapi=1", "youtube", "abcdefghijk"),
            ("HTTPS://WWW.YOUTUBE.COM/embed/abcdefghijk", "youtube", "abcdefghijk"),
            ("https://www.youtube-nocookie.com/embed/a_c-efghijk", "youtube", "a_c-efghijk"),
            ("http://www.youtube.com/v/abcdefghijk&hl=en", "youtube", "abcdefghijk"),
            ("https://player.vimeo.com/video/123456?title=0", "vimeo", "123456"),
            ("https://player.bilibili.com/player.html?aid=170001&page=1", "bilibili", "av170001"),
            ("https://player.bilibili.com/player.html?bvid=BV17x411w7KC", "bilibili", "BV17x411w7KC"),
        ] {
            assert_eq!(read(address), Some((provider, id.to_owned())), "{address}");
        }
    }

    #[test]
    fn what_only_looks_like_a_known_host_is_no_player() {
        for address in [
            "https://youtube.com@evil.example/embed/abcdefghijk",
            "https://youtube.com.evil.example/embed/abcdefghijk",
            "https://evil.example/youtube.com/embed/abcdefghijk",
            "https://notyoutube.com/embed/abcdefghijk",
            "https://www.youtube.com:8443/embed/abcdefghijk",
            "https://www.youtube.com./embed/abcdefghijk",
            "https://user@www.youtube.com/embed/abcdefghijk",
            "javascript://youtube.com/%0Aalert(1)",
            "https://www.youtube.com/embed/\"onload=alert(1)",
            "https://www.youtube.com/embed/videoseries?list=PL1",
        ] {
            assert_eq!(read(address), None, "{address}");
        }
    }
}
