//! Marks of Jekyll in a text: what stands for something that a post needs is turned into it, the rest goes.

use std::borrow::Cow;

/// The longest tag.
const LONGEST: usize = 2_000;

/// The text without tags of Liquid, except where code is shown. Code that is set by a tag stands between fences, or in HTML in
/// its elements.
pub(in crate::archive) fn without(text: &str, is_html: bool) -> Cow<'_, str> {
    if !text.contains("{%") && !text.contains("{{") && !text.contains("{:") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Inside of {% raw %}, or of code between fences, nothing means anything.
    let (mut raw, mut fenced, mut hidden) = (false, false, false);
    while let Some(line) = rest.split_inclusive('\n').next() {
        rest = &rest[line.len()..];
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
            out.push_str(line);
            continue;
        }
        if fenced {
            out.push_str(line);
            continue;
        }
        // A list of attributes: of what stands above, or of the whole text.
        if line.trim().starts_with("{:") && line.trim().ends_with('}') {
            continue;
        }
        tags(line, &mut out, is_html, (&mut raw, &mut hidden));
    }
    Cow::Owned(out)
}

fn tags(line: &str, out: &mut String, is_html: bool, (raw, hidden): (&mut bool, &mut bool)) {
    let mut rest = line;
    while let Some(at) = rest.find('{') {
        let (before, tail) = rest.split_at(at);
        if !*hidden {
            out.push_str(before);
        }
        let near = &tail[..tail.floor_char_boundary(LONGEST)];
        let (end, skip) = match tail.as_bytes().get(1) {
            Some(b'%') => (near.find("%}"), 2),
            Some(b'{') if !*raw => (near.find("}}"), 2),
            Some(b':') if !*raw => (near.find('}'), 1),
            _ => (None, 0),
        };
        let Some(end) = end else {
            if !*hidden {
                out.push('{');
            }
            rest = &tail[1..];
            continue;
        };
        let inner = tail.get(2..end).unwrap_or_default().trim_matches(['-', ' ']);
        rest = &tail[end + skip..];
        let mut words = inner.split_whitespace();
        let name = words.next().unwrap_or_default();
        match (tail.as_bytes()[1], name) {
            (b'%', "raw") => *raw = true,
            (b'%', "endraw") => *raw = false,
            (b'%', "endhighlight") => {
                *raw = false;
                out.push_str(if is_html { "</code></pre>" } else { "\n```\n" });
            }
            (b'%', _) if *raw && !*hidden => out.push_str(&tail[..end + skip]),
            (b'%', "highlight") => {
                *raw = true;
                let language = words.next().unwrap_or_default();
                out.push_str(&if is_html { "<pre><code>".to_owned() } else { format!("\n```{language}\n") });
            }
            (b'%', "comment") => *hidden = true,
            (b'%', "endcomment") => *hidden = false,
            // What a site would put there is not known here: {{ site.baseurl }}/boat.png is /boat.png.
            _ => {}
        }
    }
    if !*hidden {
        out.push_str(rest);
    }
}
