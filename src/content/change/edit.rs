//! How much an edit is: nothing, a trifle, or something that a reader would want to know of.

use crate::content::text::plain_text;

/// What a text that came in is to the one that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The same to a reader: other white space or mark-up, other counters, other words behind the `?` of an address.
    Nothing,
    /// The same words with other punctuation, pictures or links.
    Trivial,
    /// Other words.
    Real,
}

/// Lines up to so many characters may be counters.
const COUNTER_LINE: usize = 60;

/// What is counted on pages, as words begin or end, in lower case.
const COUNTED: &[&str] = &[
    "view",
    "read",
    "comment",
    "repl",
    "like",
    "share",
    "retweet",
    "repost",
    "download",
    "visitor",
    "follower",
    "subscriber",
    "aufruf",
    "kommentar",
    "leser",
    "vue",
    "commentaire",
    "partage",
    "vista",
    "visita",
    "comentario",
    "visualizaç",
    "comentário",
    "просмотр",
    "комментари",
    "مشاهد",
    "تعليق",
    "阅读",
    "閱讀",
    "浏览",
    "瀏覽",
    "评论",
    "評論",
    "点赞",
    "點贊",
    "赞",
    "讚",
    "转发",
    "轉發",
    "收藏",
    "播放",
    "次阅读",
    "人阅读",
    "コメント",
    "閲覧",
    "いいね",
    "조회",
    "댓글",
    "공감",
    "추천",
];

/// Compares what was there, a title and a body, with what came in.
pub fn edit(old: (&str, &str), new: (&str, &str)) -> Edit {
    let (old_text, new_text) = (without_counters(&plain_text(old.1)), without_counters(&plain_text(new.1)));
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let words = |title: &str, text: &str| (letters(title), letters(text));
    if words(old.0, &old_text) != words(new.0, &new_text) {
        return Edit::Real;
    }
    let signs = |(title, html): (&str, &str), text: &str| {
        let mut signs: String = title.chars().chain(text.chars()).filter(|c| !c.is_whitespace()).collect();
        for address in addresses(html) {
            signs.push('\n');
            signs.push_str(address);
        }
        signs
    };
    if signs(old, &old_text) == signs(new, &new_text) { Edit::Nothing } else { Edit::Trivial }
}

/// The addresses of pictures and links, up to where their changing part begins. Bodies are written by our own serialiser,
/// which puts every value in double quotation marks.
fn addresses(html: &str) -> impl Iterator<Item = &str> {
    let attribute = |name: &'static str| {
        html.split(name)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(|url| url.split(['?', '#']).next().unwrap_or(url))
    };
    attribute(" src=\"").chain(attribute(" href=\""))
}

/// The text without the numbers that only count how often it was read, liked and commented on.
fn without_counters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if line.chars().nth(COUNTER_LINE).is_none() && line.contains(|c: char| c.is_numeric()) {
            out.push_str(&without_counter(line));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

fn without_counter(line: &str) -> String {
    let folded = line.to_lowercase();
    let mut out = String::with_capacity(folded.len());
    let mut rest = folded.as_str();
    while let Some(start) = rest.find(char::is_numeric) {
        let after = &rest[start..];
        let end =
            after.find(|c: char| !c.is_numeric() && !matches!(c, '.' | ',' | 'k' | 'm' | '万' | '萬' | '천' | '만'));
        let (number, tail) = after.split_at(end.unwrap_or(after.len()));
        out.push_str(&rest[..start]);
        let between = |c: char| c.is_whitespace() || matches!(c, ':' | '：' | '(' | ')' | '（' | '）' | '·' | '+');
        let (before, behind) = (out.trim_end_matches(between), tail.trim_start_matches(between));
        let is_counter = COUNTED.iter().any(|word| {
            behind.starts_with(word)
                || before.ends_with(word)
                || before.strip_suffix('s').is_some_and(|before| before.ends_with(word))
        });
        if !is_counter {
            out.push_str(number);
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_texts(old: &str, new: &str) -> Edit {
        edit(("Title", old), ("Title", new))
    }

    #[test]
    fn white_space_counters_and_tokens_are_nothing() {
        for (old, new) in [
            ("<p>One  two</p>", "<div><p>One <b>two</b></p></div>"),
            ("<p>Good.</p><p>1,024 views</p>", "<p>Good.</p><p>2,048 views</p>"),
            ("<p>Good.</p><p>Comments (3)</p>", "<p>Good.</p><p>Comments (14)</p>"),
            ("<p>好。</p><p>阅读 1.2万 评论 30</p>", "<p>好。</p><p>阅读 1.3万 评论 41</p>"),
            ("<p>良い。</p><p>コメント：5</p>", "<p>良い。</p><p>コメント：6</p>"),
            (r#"<img src="https://a.example/p.jpg?t=1">"#, r#"<img src="https://a.example/p.jpg?t=2">"#),
        ] {
            assert_eq!(of_texts(old, new), Edit::Nothing, "{old} and {new}");
        }
    }

    #[test]
    fn signs_pictures_and_links_are_trifles() {
        for (old, new) in [
            ("<p>One, two</p>", "<p>One two.</p>"),
            (r#"<p>a<img src="https://a.example/p.jpg">"#, r#"<p>a<img src="https://a.example/q.jpg">"#),
            (r#"<a href="https://a.example/">a</a>"#, r#"<a href="https://b.example/">a</a>"#),
        ] {
            assert_eq!(of_texts(old, new), Edit::Trivial, "{old} and {new}");
        }
    }

    #[test]
    fn words_and_the_numbers_of_a_text_are_edits() {
        for (old, new) in [
            ("<p>Five were hurt.</p>", "<p>Six were hurt.</p>"),
            ("<p>5 were hurt.</p>", "<p>6 were hurt.</p>"),
            ("<p>央行加息。</p>", "<p>央行降息。</p>"),
            ("<p>One</p>", "<p>One</p><p>Correction: two</p>"),
        ] {
            assert_eq!(of_texts(old, new), Edit::Real, "{old} and {new}");
        }
        assert_eq!(edit(("Old title", "<p>a</p>"), ("New title", "<p>a</p>")), Edit::Real);
    }
}
