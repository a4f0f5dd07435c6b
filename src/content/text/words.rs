//! What stands between white space.

use super::length::is_unspaced;

/// The words of a text: what stands between white space and characters without width. Where two of these meet, or one is the
/// first or the last, there is an empty one.
///
/// Every text goes through here several times, so characters are only looked at where a byte says that they may be white.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let gap = text.bytes().enumerate().filter(|(_, byte)| may_begin_space(*byte)).find_map(|(at, _)| {
            let c = text.get(at..)?.chars().next()?;
            let next = at + c.len_utf8();
            (is_gap(c) && !(c == '\u{200b}' && is_in_run(text, at, next))).then_some((at, next))
        });
        let Some((end, next)) = gap else { return Some(text) };
        rest = text.get(next..);
        text.get(..end)
    })
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}')
}

/// Whether what stands there is beside a letter of a script without spaces: where a line may be broken, and no gap to see.
fn is_in_run(text: &str, at: usize, next: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(next..).and_then(|after| after.chars().next());
    before.is_some_and(is_unspaced) || after.is_some_and(is_unspaced)
}

/// Whether a character that [`is_gap`] can begin with this byte of UTF-8.
fn may_begin_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0xc2 | 0xe1..=0xe3 | 0xef)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_between_spaces_of_every_kind() {
        let text = "one two\u{a0}三\u{3000}四，五\u{200b}six\n";
        assert_eq!(words(text).collect::<Vec<_>>(), ["one", "two", "三", "四，五", "six", ""]);
        assert_eq!(words("ភាសា\u{200b}ខ្មែរ ไทย").collect::<Vec<_>>(), ["ភាសា\u{200b}ខ្មែរ", "ไทย"]);
        assert_eq!(words(" a  b").collect::<Vec<_>>(), ["", "a", "", "b"]);
        assert_eq!(words("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn no_gap_begins_with_another_byte() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|c| is_gap(*c)) {
            assert!(may_begin_space(c.to_string().as_bytes()[0]), "{c:?}");
        }
    }
}
