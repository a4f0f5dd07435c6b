//! `srcset` lists, by the rules of the HTML standard, section 4.8.4.3.10 “Parsing a srcset attribute”.

/// One address with its descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// As written; may be relative.
    pub(crate) url: String,
    /// `2x`, `640w`, or empty.
    pub(crate) descriptor: String,
}

/// Reads at most `limit` candidates. Such with a descriptor that the standard refuses are left out, as browsers do.
pub(crate) fn parse(text: &str, limit: usize) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut rest = text;
    while candidates.len() < limit {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let bare = url.trim_end_matches(',');
        if bare.len() < url.len() {
            // A comma that touches the address ends the candidate.
            push(&mut candidates, bare, "");
            rest = after;
            continue;
        }
        let (descriptors, next) = split_descriptors(after);
        push(&mut candidates, url, descriptors.trim());
        rest = next;
    }
    candidates
}

/// Writes a list that [`parse`] reads back.
pub(crate) fn write(candidates: &[Candidate]) -> String {
    let mut out = String::new();
    for candidate in candidates {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&candidate.url);
        if !candidate.descriptor.is_empty() {
            out.push(' ');
            out.push_str(&candidate.descriptor);
        }
    }
    out
}

/// Up to the next comma outside parentheses, and what follows it.
fn split_descriptors(text: &str) -> (&str, &str) {
    let mut in_parentheses = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' => in_parentheses = true,
            ')' => in_parentheses = false,
            ',' if !in_parentheses => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn push(candidates: &mut Vec<Candidate>, url: &str, descriptors: &str) {
    if url.is_empty() {
        return;
    }
    // `h` is allowed beside `w` for the future; only `w` and `x` choose a picture.
    let mut kept = String::new();
    for descriptor in descriptors.split_ascii_whitespace() {
        let Some(number) = descriptor.strip_suffix(['w', 'x', 'h']) else { return };
        let valid = if descriptor.ends_with('x') {
            number.parse::<f64>().is_ok_and(|n| n.is_finite() && n >= 0.0) && !number.starts_with('+')
        } else {
            !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && number.bytes().any(|b| b != b'0')
        };
        if !valid {
            return;
        }
        if !descriptor.ends_with('h') {
            if !kept.is_empty() {
                return;
            }
            kept.push_str(descriptor);
        }
    }
    candidates.push(Candidate { url: url.to_owned(), descriptor: kept });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text, 10).into_iter().map(|c| (c.url, c.descriptor)).collect()
    }

    #[test]
    fn commas_inside_an_address_do_not_split_it() {
        let list = read("https://a.example/w_1,h_2/p.jpg 640w, data:image/png;base64,AAAA 2x");
        assert_eq!(
            list,
            [
                ("https://a.example/w_1,h_2/p.jpg".to_owned(), "640w".to_owned()),
                ("data:image/png;base64,AAAA".to_owned(), "2x".to_owned())
            ]
        );
    }

    #[test]
    fn a_comma_that_touches_the_address_ends_the_candidate() {
        assert_eq!(
            read("a.jpg, b.jpg 2x"),
            [("a.jpg".to_owned(), String::new()), ("b.jpg".to_owned(), "2x".to_owned())]
        );
    }

    #[test]
    fn descriptors_that_browsers_refuse_drop_their_candidate_only() {
        assert_eq!(
            read("a.jpg 1q, b.jpg 0w, c.jpg 1w 2x, d.jpg 300w 200h, e.jpg (1,2)x, f.jpg"),
            [("d.jpg".to_owned(), "300w".to_owned()), ("f.jpg".to_owned(), String::new())]
        );
    }

    #[test]
    fn long_lists_end_at_the_limit() {
        let long = (1..=10_000).map(|n| format!("p{n}.jpg {n}w")).collect::<Vec<_>>().join(", ");
        assert_eq!(read(&long).len(), 10);
    }
}
