//! The files under `static/`: compiled in, each under an address that holds its hash, so that browsers may keep it for a year.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

/// The files themselves.
#[derive(RustEmbed)]
#[folder = "static/"]
pub struct Files;

/// Address below the base path, by name.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let mut hash = String::with_capacity(12);
            for byte in &file.metadata.sha256_hash()[..6] {
                let _ = write!(hash, "{byte:02x}");
            }
            Some((name.to_string(), format!("/static/{hash}/{name}")))
        })
        .collect()
});

/// The address of a file below the base path: `/static/HASH/NAME`. An unknown name keeps an address that is not found.
pub fn address(name: &str) -> String {
    ADDRESSES.get(name).cloned().unwrap_or_else(|| format!("/static/unknown/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_an_address_with_its_hash() {
        let address = address("gleaner.css");
        assert!(address.starts_with("/static/") && address.ends_with("/gleaner.css"), "{address}");
        assert_eq!(address.len(), "/static/0123456789ab/gleaner.css".len());
    }
}
