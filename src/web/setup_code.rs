//! The code with which someone on another machine may create the administrator.

use crate::domain::Entropy;
use subtle::ConstantTimeEq as _;

/// Letters and digits that cannot be taken for one another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The code of this start: configured, or made anew (80 bits) and printed by `serve`. Not shown by `Debug`.
#[derive(Clone)]
pub struct SetupCode(String);

impl SetupCode {
    /// The configured code, or a new one in four groups of four.
    pub fn new(configured: Option<&str>, entropy: &dyn Entropy) -> Self {
        if let Some(code) = configured {
            return Self(code.to_owned());
        }
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        let mut code = String::with_capacity(19);
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Self(code)
    }

    /// The code itself, for the one line of the log that tells it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `typed` is the code; case, spaces and dashes do not count. Takes the same time wherever they differ.
    pub fn is(&self, typed: &str) -> bool {
        let plain = |text: &str| -> Vec<u8> {
            text.chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .flat_map(char::to_lowercase)
                .collect::<String>()
                .into()
        };
        plain(&self.0).ct_eq(&plain(typed)).into()
    }
}

impl std::fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FixedEntropy;

    #[test]
    fn a_code_is_known_again_however_it_is_typed() {
        let code = SetupCode::new(None, &FixedEntropy::default());
        assert_eq!(code.expose().len(), 19);
        assert!(code.is(&code.expose().to_lowercase().replace('-', " ")));
        assert!(!code.is("") && !code.is(&code.expose()[1..]));
    }

    #[test]
    fn a_configured_code_goes_before() {
        assert!(SetupCode::new(Some("open sesame"), &FixedEntropy::default()).is("Open Sesame"));
    }
}
