//! Links whose words name another host than they lead to.

use crate::domain::WebUrl;

/// So many bytes of a link's words are looked at: an address stands at their beginning or is not what is read.
const LOOKED_AT: usize = 400;

/// The host that `href` leads to, if the link's words, the text and tags after its opening tag, name another one. A
/// host of letters outside ASCII is told in its ASCII form (RFC 5891), since its letters may only look like those that
/// they seem to be.
pub(crate) fn hidden_host(href: &str, after: &str) -> Option<String> {
    let end = after.find("</a").unwrap_or(after.len()).min(LOOKED_AT);
    let words = text_of(after.get(..end).unwrap_or_default());
    let named = named_host(&words)?;
    let real = WebUrl::parse(href).ok()?;
    let real = real.host();
    let is_the_same = is_within(real, &named) || is_within(&named, real);
    (!is_the_same || real.split('.').any(|label| label.starts_with("xn--"))).then(|| real.to_owned())
}

/// The host that a text begins with: `https://host/…`, `host/…` or the bare name.
fn named_host(words: &str) -> Option<String> {
    let first = words.split_whitespace().next()?;
    let (scheme, rest) = first.split_once("://").unwrap_or(("https", first));
    let host = rest.split(['/', '?', '#']).next()?.trim_end_matches(['.', ',', ':', ';', ')', '…']);
    let top = host.rsplit_once('.')?.1;
    // “Node.js” and “3.14” are no hosts that anyone would take for one; “example.com” is.
    let looks_like_one = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) && !is_file_ending(top);
    let is_address = rest.len() != first.len() || looks_like_one;
    if !is_address || !matches!(scheme, "http" | "https") {
        return None;
    }
    Some(WebUrl::parse(&format!("https://{host}/")).ok()?.host().to_owned())
}

/// Whether `host` is `other` or a host below it, `www.` left aside.
fn is_within(host: &str, other: &str) -> bool {
    let (host, other) = (host.trim_start_matches("www."), other.trim_start_matches("www."));
    host.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_file_ending(top: &str) -> bool {
    ["js", "md", "py", "rs", "sh", "txt", "html", "htm", "php", "pdf", "jpg", "png", "zip", "json", "xml", "csv"]
        .iter()
        .any(|ending| top.eq_ignore_ascii_case(ending))
}

fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_names_another_host_shows_where_it_leads() {
        for (href, words, host) in [
            ("https://evil.example/x", "https://bank.example/login</a>", Some("evil.example")),
            ("https://evil.example/x", "<b>bank.example</b></a> and on", Some("evil.example")),
            ("https://bank.example.evil.example/", "bank.example</a>", Some("bank.example.evil.example")),
            ("https://bank.example/login", "bank.example/login</a>", None),
            ("https://www.bank.example/", "Bank.example</a>", None),
            ("https://login.bank.example/", "bank.example</a>", None),
            ("https://elsewhere.example/", "Node.js</a>", None),
            ("https://elsewhere.example/", "since 3.14</a>", None),
            ("https://elsewhere.example/", "read on</a>", None),
            ("https://elsewhere.example/", "</a>bank.example", None),
            ("mailto:a@evil.example", "bank.example</a>", None),
        ] {
            assert_eq!(hidden_host(href, words).as_deref(), host, "{href} {words}");
        }
    }

    #[test]
    fn letters_that_look_like_others_are_told_apart() {
        // The first letter is Cyrillic.
        let host = hidden_host("https://аpple.example/", "аpple.example</a>");
        assert_eq!(host.as_deref(), Some("xn--pple-43d.example"));
    }
}
