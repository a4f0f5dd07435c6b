//! Code as it was written: its lines without their numbers, with the name of its language.
//!
//! Highlighters set line numbers into a table beside the code or before each line, name the language on some element
//! around it, and put buttons into it. What leaves here is `<pre><code class="language-…">`.

use dom_query::{Document, NodeRef};

use crate::feed::text::escape;

/// So many pieces of code of a page are looked at.
const MOST_PIECES: usize = 400;

/// A box around a piece of code has fewer parts.
const MOST_BESIDE: usize = 12;

/// Classes of elements that hold nothing but numbers of lines.
const GUTTERS: &[&str] = &[
    "pre-numbering",
    "line-numbers-rows",
    "line-numbers",
    "line-number",
    "linenumber",
    "lineno",
    "linenos",
    "linenodiv",
    "gutter",
    "lnt",
    "ln",
    "hljs-ln-n",
    "code-gutter",
];

/// Beginnings of classes that name a language. Where one begins another, the longer one stands first.
const PREFIXES: &[&str] =
    &["language-", "lang-", "highlight-source-", "highlight-text-", "highlight-", "src-", "brush:"];

/// Attributes that name a language.
const KEYS: &[&str] = &["data-lang", "data-language", "data-enlighter-language", "data-code-language"];

/// What such names say instead of a language.
const NO_LANGUAGES: &[&str] = &[
    "default",
    "none",
    "text",
    "plain",
    "plaintext",
    "auto",
    "nohighlight",
    "notranslate",
    "wrapper",
    "block",
    "source",
    "code",
    "generic",
    "raw",
];

/// Languages that are known by their name alone, where a class says that it is code.
const LANGUAGES: &[&str] = &[
    "bash",
    "c",
    "clojure",
    "cpp",
    "csharp",
    "css",
    "dart",
    "diff",
    "dockerfile",
    "elixir",
    "erlang",
    "fsharp",
    "go",
    "golang",
    "graphql",
    "groovy",
    "haskell",
    "html",
    "ini",
    "java",
    "javascript",
    "js",
    "json",
    "julia",
    "kotlin",
    "latex",
    "lisp",
    "lua",
    "makefile",
    "markdown",
    "matlab",
    "nginx",
    "nix",
    "objectivec",
    "ocaml",
    "perl",
    "php",
    "powershell",
    "python",
    "r",
    "ruby",
    "rust",
    "scala",
    "scheme",
    "sh",
    "shell",
    "sql",
    "swift",
    "toml",
    "ts",
    "tsx",
    "typescript",
    "vim",
    "xml",
    "yaml",
    "zig",
];

/// Makes every piece of code plain.
pub(super) fn tidy(document: &Document) {
    for table in document.select("table").nodes().iter().take(MOST_PIECES) {
        if let Some(code) = code_of_table(table) {
            let outermost = table.ancestors_it(Some(4)).filter(|outer| outer.has_name("pre")).last().unwrap_or(*table);
            let language = language_of(&outermost).or_else(|| language_of(table));
            outermost.replace_with_html(written(&code, language.as_deref()));
        }
    }
    for pre in document.select("pre").nodes().iter().take(MOST_PIECES) {
        tidy_piece(pre);
    }
}

fn written(code: &str, language: Option<&str>) -> String {
    let code = escape(code.trim_matches('\n'));
    match language {
        Some(language) => format!("<pre><code class=\"language-{language}\">{code}\n</code></pre>"),
        None => format!("<pre><code>{code}\n</code></pre>"),
    }
}

fn tidy_piece(pre: &NodeRef<'_>) {
    drop_furniture(pre);
    for node in pre.descendants() {
        let is_gutter = node.attr("class").is_some_and(|class| class.split_whitespace().any(|c| GUTTERS.contains(&c)));
        if is_gutter && node.parent().is_some() && node.text().chars().all(|c| c.is_ascii_digit() || c.is_whitespace())
        {
            node.remove_from_parent();
        }
    }
    drop_leading_numbers(pre);
    let language = language_of(pre);
    let codes = pre.element_children().iter().filter(|child| child.has_name("code")).count();
    let has_blocks = pre.descendants_it().any(|node| node.has_name("div") || node.has_name("p") || node.has_name("li"));
    if codes > 1 || has_blocks {
        let mut code = String::new();
        write_code(pre, codes > 1, &mut code);
        if !code.trim().is_empty() && !pre.descendants_it().any(|node| node.has_name("img")) {
            pre.replace_with_html(written(&code, language.as_deref()));
        }
        return;
    }
    if let Some(language) = language {
        let holder = pre.first_element_child().filter(|child| child.has_name("code")).unwrap_or(*pre);
        holder.set_attr("class", &format!("language-{language}"));
    }
}

/// Buttons and bars in and around a piece of code.
fn drop_furniture(pre: &NodeRef<'_>) {
    let code = pre.element_children().into_iter().find(|child| child.has_name("code"));
    for node in pre.descendants() {
        let is_bar = code.is_some_and(|code| {
            node.has_name("div") && node.parent().is_some_and(|outer| outer.id == pre.id) && node.id != code.id
        });
        if is_button(&node) || (is_bar && short(&node)) {
            node.remove_from_parent();
        }
    }
    let beside: Vec<NodeRef<'_>> =
        pre.parent().map(|outer| outer.children_it(false).take(MOST_BESIDE).collect()).unwrap_or_default();
    for node in beside.iter().filter(|node| node.is_element() && node.id != pre.id && beside.len() < MOST_BESIDE) {
        if is_button(node) && !node.descendants_it().any(|inner| inner.has_name("pre")) {
            node.remove_from_parent();
        }
    }
}

fn is_button(node: &NodeRef<'_>) -> bool {
    let named = || {
        node.attr("class").is_some_and(|class| {
            class.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "copy" | "toolbar" | "button"))
        })
    };
    let is_box = ["div", "span", "a"].iter().any(|name| node.has_name(name));
    node.has_name("button") || node.has_name("clipboard-copy") || (is_box && named() && short(node))
}

fn short(node: &NodeRef<'_>) -> bool {
    node.text().trim().chars().count() <= 20
}

/// Numbers that stand in an element of their own before each line.
fn drop_leading_numbers(pre: &NodeRef<'_>) {
    let (mut found, mut lines, mut fresh) = (Vec::new(), 0_usize, true);
    for node in pre.descendants_it().filter(|node| node.is_text() || node.has_name("br")) {
        if node.has_name("br") {
            fresh = true;
            continue;
        }
        let text = node.text();
        let number = text.trim().parse::<usize>().ok().filter(|_| fresh && !text.trim().contains('\n'));
        if let Some(number) = number {
            found.push((number, node));
        }
        for (at, line) in text.split('\n').enumerate() {
            fresh |= at > 0;
            if fresh && !line.trim().is_empty() {
                lines += 1;
                fresh = false;
            }
        }
    }
    let first = found.first().map_or(0, |(number, _)| *number);
    let is_count = found.iter().enumerate().all(|(at, (number, _))| *number == first + at);
    let is_all = pre.text().chars().all(|c| c.is_ascii_digit() || c.is_whitespace());
    if found.len() >= 2 && found.len() == lines && is_count && !is_all {
        for (_, node) in found {
            let outer = node.parent().filter(|outer| outer.has_name("span") && outer.text() == node.text());
            outer.unwrap_or(node).remove_from_parent();
        }
    }
}

/// The code of a table whose first column counts its lines.
fn code_of_table(table: &NodeRef<'_>) -> Option<String> {
    let rows: Vec<Vec<NodeRef<'_>>> = table
        .descendants_it()
        .filter(|node| node.has_name("tr"))
        .map(|row| row.element_children().into_iter().filter(|c| c.has_name("td") || c.has_name("th")).collect())
        .collect();
    if rows.is_empty() || rows.iter().any(|row| row.len() != 2) || !is_of_code(table) {
        return None;
    }
    let mut numbers = Vec::new();
    for row in &rows {
        let text = row[0].text();
        if text.trim().is_empty() {
            let number = row[0].descendants_it().find_map(|node| node.attr("data-line-number"));
            numbers.push(row[0].attr("data-line-number").or(number)?.trim().parse::<usize>().ok()?);
        }
        for word in text.split_whitespace() {
            numbers.push(word.parse().ok()?);
        }
        // Numbers in elements of their own need no space between them.
        if rows.len() == 1 && numbers.len() == 1 && row[0].descendants_it().filter(NodeRef::is_text).count() > 1 {
            numbers =
                row[0].descendants_it().filter(NodeRef::is_text).filter_map(|t| t.text().trim().parse().ok()).collect();
        }
    }
    let first = *numbers.first()?;
    if numbers.iter().enumerate().any(|(at, number)| *number != first + at) {
        return None;
    }
    let mut code = String::new();
    for row in &rows {
        write_code(&row[1], false, &mut code);
        if !code.ends_with('\n') {
            code.push('\n');
        }
    }
    (!code.trim().is_empty()).then_some(code)
}

/// Whether a table says that it holds code, or stands in it.
fn is_of_code(table: &NodeRef<'_>) -> bool {
    let named = |node: &NodeRef<'_>| {
        node.attr("class").is_some_and(|class| {
            let class = class.to_ascii_lowercase();
            ["code", "highlight", "chroma", "hljs", "lntable", "rouge", "blob-"].iter().any(|word| class.contains(word))
        })
    };
    let around = || table.ancestors_it(Some(3)).any(|outer| outer.has_name("pre") || named(&outer));
    table.descendants_it().any(|node| node.has_name("pre") || node.has_name("code")) && (named(table) || around())
        || named(table) && table.descendants_it().any(|node| node.has_attr("data-line-number"))
        || table.ancestors_it(Some(3)).any(|outer| outer.has_name("pre"))
}

/// The text of a piece of code, each block on lines of its own.
fn write_code(node: &NodeRef<'_>, codes_are_lines: bool, out: &mut String) {
    let mut open: Vec<NodeRef<'_>> = node.children();
    open.reverse();
    // Blocks whose end is reached when the stack is as low again.
    let mut ends: Vec<usize> = Vec::new();
    loop {
        while ends.last().is_some_and(|end| open.len() <= *end) {
            ends.pop();
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
        let Some(child) = open.pop() else { return };
        if child.is_text() {
            out.push_str(&child.text());
            continue;
        }
        let name = child.node_name().unwrap_or_default();
        match &*name {
            "br" => out.push('\n'),
            "script" | "style" | "button" => {}
            name => {
                if matches!(name, "div" | "p" | "li" | "tr") || (codes_are_lines && name == "code") {
                    if !out.is_empty() && !out.ends_with('\n') {
                        out.push('\n');
                    }
                    // An empty block is an empty line only where it stands for one.
                    if !child.text().is_empty() {
                        ends.push(open.len());
                    }
                }
                let mut inner = child.children();
                inner.reverse();
                open.extend(inner);
            }
        }
    }
}

/// What a piece of code, what is in it and what is around it alone say of its language.
fn language_of(node: &NodeRef<'_>) -> Option<String> {
    let inside = node.descendants_it().filter(|inner| inner.has_name("code") || inner.has_name("pre"));
    let own = std::iter::once(*node).chain(inside).find_map(|node| named_language(&node));
    own.or_else(|| {
        node.ancestors_it(Some(4))
            .take_while(|outer| {
                !outer.has_name("body")
                    && outer.descendants_it().filter(|inner| inner.has_name("pre")).take(3).count() < 3
            })
            .find_map(|outer| named_language(&outer))
    })
}

fn named_language(node: &NodeRef<'_>) -> Option<String> {
    let class = node.attr("class").unwrap_or_default().to_ascii_lowercase().replace("brush: ", "brush:");
    let words = || class.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty());
    let prefixed =
        words().find_map(|word| PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix)).and_then(language));
    prefixed
        .or_else(|| KEYS.iter().find_map(|key| node.attr(key)).and_then(|value| language(&value.to_ascii_lowercase())))
        .or_else(|| {
            let is_code = words().any(|word| matches!(word, "sourcecode" | "hljs" | "prism" | "src" | "prettyprint"));
            words().find(|word| is_code && LANGUAGES.contains(word)).map(str::to_owned)
        })
        .or_else(|| {
            let lang = node.attr("lang").filter(|_| node.has_name("code") || node.has_name("pre"))?;
            LANGUAGES.contains(&&*lang).then(|| lang.to_string())
        })
}

fn language(name: &str) -> Option<String> {
    let name = match name.trim() {
        "jscript" => "javascript",
        "c++" => "cpp",
        "c#" => "csharp",
        other => other,
    };
    let fits = (1..=20).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (fits && !NO_LANGUAGES.contains(&name)).then(|| name.to_owned())
}
