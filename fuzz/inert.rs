// What sanitised HTML must never hold, whatever its policy is: read from a new parse of it, as a browser would.
//
// The file belongs to the fuzzer, to the ordinary tests and to the figures of the corpus.

use scraper::{Html, Node};

/// What of it could act, or reach elsewhere than to the web; `None` if nothing can.
pub(crate) fn violation(html: &str) -> Option<String> {
    const FORBIDDEN: &[&str] = &[
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "applet",
        "form",
        "input",
        "button",
        "textarea",
        "select",
        "meta",
        "link",
        "base",
        "template",
        "frame",
        "frameset",
        "portal",
        "svg",
        "annotation-xml",
        "maction",
        "noscript",
    ];
    const FORBIDDEN_ATTRIBUTES: &[&str] = &["srcdoc", "formaction", "ping", "autofocus", "contenteditable", "style"];
    for node in Html::parse_fragment(html).tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        if FORBIDDEN.contains(&element.name()) {
            return Some(format!("<{}>", element.name()));
        }
        if &*element.name.ns == "http://www.w3.org/2000/svg" {
            return Some(format!("svg element {}", element.name()));
        }
        for (name, value) in element.attrs() {
            if name.starts_with("on") || FORBIDDEN_ATTRIBUTES.contains(&name) {
                return Some(format!("attribute {name}"));
            }
            if matches!(name, "id" | "name") && !value.starts_with("art-") {
                return Some(format!("{name}={value}"));
            }
            let addresses: Vec<&str> = match name {
                "href" | "src" | "poster" | "cite" | "action" | "xlink:href" | "data" | "background" => vec![value],
                "srcset" => value.split(", ").collect(),
                _ => continue,
            };
            if let Some(bad) = addresses.into_iter().find(|address| !allowed(address, element.name() == "img")) {
                return Some(format!("{name}={bad}"));
            }
        }
    }
    None
}

fn allowed(address: &str, on_picture: bool) -> bool {
    // As a browser reads it: control characters and white space at the ends and tabs and line breaks inside are gone.
    let seen: String = address
        .trim_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect::<String>()
        .to_ascii_lowercase();
    ["http://", "https://", "mailto:", "tel:", "#art-"].iter().any(|start| seen.starts_with(start))
        || (on_picture && seen.starts_with("data:image/") && !seen.starts_with("data:image/svg"))
}
