//! The language of a text and the direction in which it is read.

/// A BCP 47 tag in its usual case, such as `en`, `zh-Hans`, `pt-BR`. Chinese always carries its script.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Language(String);

impl Language {
    /// Reads a tag as feeds and pages declare it (`zh_CN`, `EN-us`, `zh-tw`), or `None` if it is no tag.
    ///
    /// RFC 5646, section 2.1, as far as feeds use it: a language of 2 or 3 letters, then script, region, variants.
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim().replace('_', "-");
        let mut parts = tag.split('-').map(str::trim);
        let primary = parts.next()?.to_ascii_lowercase();
        if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        let mut script: Option<String> = None;
        let mut region: Option<String> = None;
        for part in parts.take(4) {
            let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
            match part.len() {
                4 if letters && script.is_none() => {
                    script = Some(part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase());
                }
                2 if letters && region.is_none() => region = Some(part.to_ascii_uppercase()),
                3 if part.bytes().all(|b| b.is_ascii_digit()) && region.is_none() => region = Some(part.to_owned()),
                _ => {}
            }
        }
        if primary == "zh" {
            let traditional = matches!(region.as_deref(), Some("TW" | "HK" | "MO"));
            let script = script.unwrap_or_else(|| if traditional { "Hant".to_owned() } else { "Hans".to_owned() });
            return Some(Self(format!("zh-{script}")));
        }
        let mut whole = primary;
        for part in [script, region].into_iter().flatten() {
            whole.push('-');
            whole.push_str(&part);
        }
        Some(Self(whole))
    }

    /// The tag, fit for a `lang` attribute.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language without script and region: `zh` of `zh-Hans`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The direction in which texts of this language are read.
    pub fn direction(&self) -> Direction {
        match self.primary() {
            "ar" | "he" | "fa" | "ur" | "yi" | "ps" | "sd" | "ug" | "dv" | "ckb" => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        }
    }
}

/// The direction in which a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// As Latin, Greek, Cyrillic and Chinese are.
    #[default]
    LeftToRight,
    /// As Arabic and Hebrew are.
    RightToLeft,
}

impl Direction {
    /// The value of a `dir` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_tags_are_read_in_every_spelling() {
        for (tag, read) in [
            ("en", Some("en")),
            ("EN-us", Some("en-US")),
            ("zh_CN", Some("zh-Hans")),
            ("zh-tw", Some("zh-Hant")),
            ("zh-Hant-CN", Some("zh-Hant")),
            ("zh", Some("zh-Hans")),
            ("es-419", Some("es-419")),
            ("english", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(Language::parse(tag).as_ref().map(Language::as_str), read, "{tag}");
        }
    }
}
