//! A reader's passages and notes as a Markdown document (CommonMark 0.31).

/// An article with the passages that were marked in it. Everything is plain text; notes are the reader's own Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarkedArticle {
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: Option<String>,
    /// Author, source, date: whatever is known, in this order.
    pub facts: Vec<String>,
    /// The passages, in their order in the text.
    pub passages: Vec<Passage>,
}

/// A passage with its note.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// The words, one line for each paragraph.
    pub exact: String,
    /// The reader's note; may be empty.
    pub note: String,
    /// What is said below the passage: its colour, the day.
    pub facts: Vec<String>,
}

/// Writes one section for each article.
pub fn write_passages(title: &str, articles: &[MarkedArticle]) -> String {
    let mut out = format!("# {}\n", escaped(title));
    for article in articles {
        let name = escaped(&article.title);
        match article.url.as_deref().map(address) {
            Some(url) => out.push_str(&format!("\n## [{name}](<{url}>)\n")),
            None => out.push_str(&format!("\n## {name}\n")),
        }
        if !article.facts.is_empty() {
            out.push_str(&format!("\n{}\n", facts(&article.facts)));
        }
        for passage in &article.passages {
            out.push('\n');
            let mut lines = passage.exact.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
            while let Some(line) = lines.next() {
                out.push_str(&format!("> {}\n", escaped(line)));
                if lines.peek().is_some() {
                    out.push_str(">\n");
                }
            }
            if !passage.facts.is_empty() {
                out.push_str(&format!("\n*{}*\n", facts(&passage.facts)));
            }
            let note = passage.note.trim();
            if !note.is_empty() {
                out.push_str(&format!("\n{note}\n"));
            }
        }
    }
    out
}

fn facts(facts: &[String]) -> String {
    facts.iter().map(|fact| escaped(fact)).collect::<Vec<_>>().join(" · ")
}

/// An address between angle brackets, where only these characters would end it.
pub(super) fn address(url: &str) -> String {
    url.chars()
        .filter(|c| !c.is_control())
        .collect::<String>()
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('\\', "%5C")
}

/// Plain text as Markdown on one line: what would be markup is escaped (CommonMark 0.31, section 2.4).
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (place, c) in text.char_indices() {
        let is_markup = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '{' => true,
            '#' | '+' | '-' | '=' => place == 0,
            // “1.” at the beginning of a line begins a list.
            '.' | ')' => text[..place].chars().all(|c| c.is_ascii_digit()) && place > 0,
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_become_quotes_under_their_article() {
        let article = MarkedArticle {
            title: "The [river]".into(),
            url: Some("https://river.example/a_(b)".into()),
            facts: vec!["Ada".into(), "The river".into()],
            passages: vec![
                Passage {
                    exact: "One *two*\nthree".into(),
                    note: "My **own** words.\n".into(),
                    facts: vec!["green".into()],
                },
                Passage { exact: "1. four".into(), ..Passage::default() },
            ],
        };
        assert_eq!(
            write_passages("Highlights", &[article]),
            "# Highlights\n\n## [The \\[river\\]](<https://river.example/a_(b)>)\n\nAda · The river\n\n\
             > One \\*two\\*\n>\n> three\n\n*green*\n\nMy **own** words.\n\n> 1\\. four\n"
        );
    }

    #[test]
    fn no_text_of_a_page_becomes_markup() {
        for (text, written) in [
            ("# no heading", "\\# no heading"),
            ("- no item", "\\- no item"),
            ("<b>&amp;", "\\<b\\>\\&amp;"),
            ("12) no list", "12\\) no list"),
            ("a - b. c", "a - b. c"),
            ("two\n\nlines", "two lines"),
        ] {
            assert_eq!(escaped(text), written);
        }
        assert_eq!(address("https://a.example/>x\n<y"), "https://a.example/%3Ex%3Cy");
    }
}
