//! Passwords: what may be one, and how it is kept and compared.
//!
//! Argon2id (RFC 9106) with the least cost that OWASP recommends: 19,456 KiB, two passes, one lane. At most two
//! computations run at a time, on blocking threads, and at most sixteen more wait: a flood of logins must take neither
//! the memory nor the cores from those who read. A name that does not exist costs as much as one that does.
//!
//! Does not own: how often one may try (`throttle`), sessions, or where hashes are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::domain::Entropy;

/// Computations at the same time.
const AT_ONCE: usize = 2;
/// Computations that may wait for their turn; beyond that the answer is “busy”.
const QUEUE: usize = 16;
/// Memory per computation in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// A password as someone typed it, in Unicode's composed form (NFC): the same on every keyboard. Never printed.
#[derive(Clone)]
pub struct Password(String);

/// Why a text cannot become a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Fewer than [`Password::SHORTEST`] bytes.
    #[error("the password is shorter than {} characters", Password::SHORTEST)]
    TooShort,
    /// More than [`Password::LONGEST`] bytes.
    #[error("the password is longer than {} bytes", Password::LONGEST)]
    TooLong,
    /// One of those that are tried first by whoever guesses.
    #[error("this password is one of the first that anyone would try")]
    TooCommon,
    /// The name of the account, or little more.
    #[error("the password is the name of the account")]
    IsTheName,
}

impl Password {
    /// The fewest bytes of a new password.
    pub const SHORTEST: usize = 10;
    /// The most bytes of any password.
    pub const LONGEST: usize = 1024;

    /// A password to be compared with the one that is kept. Only refuses what is too long to be one.
    pub fn typed(text: &str) -> Result<Self, PasswordRefused> {
        // Composing can shorten a text to a third at the very most, so the bulk is refused before any work is done.
        if text.len() > 4 * Self::LONGEST {
            return Err(PasswordRefused::TooLong);
        }
        let composed: String = text.nfc().collect();
        if composed.len() > Self::LONGEST { Err(PasswordRefused::TooLong) } else { Ok(Self(composed)) }
    }

    /// A new password for the account `name`.
    pub fn chosen(text: &str, name: &str) -> Result<Self, PasswordRefused> {
        let password = Self::typed(text)?;
        if password.0.len() < Self::SHORTEST {
            return Err(PasswordRefused::TooShort);
        }
        let plain = password.0.to_lowercase();
        let name: String = name.nfc().collect::<String>().to_lowercase();
        if !name.is_empty() && plain.trim_matches(|c: char| !c.is_alphabetic()) == name || plain == name.repeat(2) {
            return Err(PasswordRefused::IsTheName);
        }
        if is_common(&plain) { Err(PasswordRefused::TooCommon) } else { Ok(password) }
    }

    /// Computes the text to be kept in the database (PHC form). Takes about 60 ms and 19 MiB: for the command line;
    /// the web goes through [`Passwords`].
    pub fn hash(&self, entropy: &dyn Entropy) -> Result<String, HashingFailed> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        hasher()?
            .hash_password_with_salt(self.0.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|_| HashingFailed)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The hash could not be computed. It has no cause that a user or operator could change.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a password could not be hashed; this is a fault in Gleaner")]
pub struct HashingFailed;

/// Why a password could not be compared or hashed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting already.
    #[error("too many passwords are being checked at this moment; try again in a few seconds")]
    Busy,
    /// The computation failed.
    #[error(transparent)]
    Failed(#[from] HashingFailed),
}

/// What comparing a password said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the right one.
    Right,
    /// It is the right one, but its hash was made with other costs and should be made anew.
    RightButStale,
    /// It is not, or there is no such account.
    Wrong,
}

/// The counter at which passwords are hashed and compared, a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    turns: Arc<Semaphore>,
    inside: AtomicUsize,
    computed: AtomicUsize,
    entropy: Arc<dyn Entropy>,
    /// Compared with when there is no such account, so that a missing name takes as long as a wrong password.
    decoy: String,
}

impl Passwords {
    /// Opens the counter.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        // The decoy needs no true digest: any text of the right length is compared in the same time.
        let digest = "A".repeat(43);
        let salt = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, salt);
        let (memory, passes, lanes) = COST;
        let decoy = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${digest}");
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self(Arc::new(Inner { turns, inside: AtomicUsize::new(0), computed: AtomicUsize::new(0), entropy, decoy }))
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        let inner = self.0.clone();
        self.in_turn(move || password.hash(inner.entropy.as_ref())).await?.map_err(PasswordError::Failed)
    }

    /// Compares `password` with the `kept` hash; without one (no such account) it takes as long and is wrong.
    pub async fn verify(&self, password: Password, kept: Option<String>) -> Result<Verdict, PasswordError> {
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.0.decoy.clone());
        let verdict = self.in_turn(move || verify(&password, &kept)).await?;
        Ok(if exists { verdict } else { Verdict::Wrong })
    }

    /// How many hashes were computed so far: one for each password that was compared, whether its account exists or not.
    pub fn computed(&self) -> usize {
        self.0.computed.load(Ordering::Acquire)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = Place::take(&self.0).ok_or(PasswordError::Busy)?;
        let turn = self.0.turns.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        self.0.computed.fetch_add(1, Ordering::AcqRel);
        let done = tokio::task::spawn_blocking(move || {
            // The turn ends with the computation, not with the wait for it: a caller who hangs up frees no core.
            let _turn = turn;
            compute()
        });
        done.await.map_err(|_| PasswordError::Failed(HashingFailed))
    }
}

/// A place in the queue, given back when dropped.
struct Place(Arc<Inner>);

impl Place {
    fn take(inner: &Arc<Inner>) -> Option<Self> {
        let taken = inner.inside.fetch_add(1, Ordering::AcqRel);
        let place = Self(inner.clone());
        (taken < AT_ONCE + QUEUE).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::AcqRel);
    }
}

fn hasher() -> Result<Argon2<'static>, HashingFailed> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| HashingFailed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn verify(password: &Password, kept: &str) -> Verdict {
    let (Ok(kept), Ok(hasher)) = (PasswordHash::new(kept), hasher()) else {
        return Verdict::Wrong;
    };
    if hasher.verify_password(password.0.as_bytes(), &kept).is_err() {
        return Verdict::Wrong;
    }
    let made_with = Params::try_from(&kept).ok();
    let current = made_with.is_some_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == COST);
    if current && kept.algorithm.as_str() == "argon2id" { Verdict::Right } else { Verdict::RightButStale }
}

/// Whether a password, in lower case, is one of those that are tried first: a common word with figures or signs
/// around it, one character over and over, or a run along the keyboard or the alphabet.
fn is_common(plain: &str) -> bool {
    const WORDS: [&str; 32] = [
        "password",
        "passwort",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "letmein",
        "welcome",
        "iloveyou",
        "admin",
        "administrator",
        "changeme",
        "default",
        "secret",
        "monkey",
        "dragon",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno",
        "qwerty",
        "qwertyuiop",
        "asdfgh",
        "asdfghjkl",
        "zxcvbnm",
        "qazwsx",
        "qwertz",
        "azerty",
        "gleaner",
        "abc",
        "test",
    ];
    const RUNS: [&str; 6] = [
        "01234567890123456789",
        "98765432109876543210",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "1q2w3e4r5t6y7u8i9o0p",
        "1qaz2wsx3edc4rfv5tgb6yhn",
    ];
    let mut characters = plain.chars();
    let first = characters.next();
    if characters.all(|c| Some(c) == first) {
        return true;
    }
    if RUNS.iter().any(|run| run.starts_with(plain) || run.contains(plain)) {
        return true;
    }
    let core = plain.trim_matches(|c: char| !c.is_alphabetic());
    let half = core.get(..core.len() / 2).filter(|half| half.repeat(2) == core);
    WORDS.iter().any(|word| core == *word || half == Some(*word) || plain == *word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FixedEntropy;

    fn passwords() -> Passwords {
        Passwords::new(Arc::new(FixedEntropy::default()))
    }

    #[test]
    fn the_decoy_costs_what_every_account_costs() {
        let passwords = passwords();
        let own = Password::typed("wheat in the field").unwrap().hash(&FixedEntropy::default()).unwrap();
        let costs = |hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            let params = Params::try_from(&hash).unwrap();
            let lengths = (hash.salt.unwrap().as_ref().len(), hash.hash.unwrap().as_ref().len());
            (hash.algorithm.to_string(), hash.version, params.m_cost(), params.t_cost(), params.p_cost(), lengths)
        };
        assert_eq!(costs(&passwords.0.decoy), costs(&own));
    }

    #[test]
    fn new_passwords_follow_the_rules() {
        for (text, expected) in [
            ("short", Some(PasswordRefused::TooShort)),
            ("password12", Some(PasswordRefused::TooCommon)),
            ("1234567890", Some(PasswordRefused::TooCommon)),
            ("qwertyuiop", Some(PasswordRefused::TooCommon)),
            ("aaaaaaaaaaaa", Some(PasswordRefused::TooCommon)),
            ("!!Letmein!2024", Some(PasswordRefused::TooCommon)),
            ("ada.lovelace99", Some(PasswordRefused::IsTheName)),
            ("wheat in the field", None),
            ("麦田里的守望者", None),
        ] {
            assert_eq!(Password::chosen(text, "Ada.Lovelace").err(), expected, "{text}");
        }
        assert_eq!(Password::chosen(&"x1".repeat(513), "ada").err(), Some(PasswordRefused::TooLong));
        assert!(Password::chosen(&"x1".repeat(512), "ada").is_ok());
    }

    #[tokio::test]
    async fn the_right_password_is_known_again_and_no_other() {
        let passwords = passwords();
        let kept = passwords.hash(Password::typed("wheat in the field").unwrap()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        for (typed, verdict) in [("wheat in the field", Verdict::Right), ("wheat in the fielD", Verdict::Wrong)] {
            let password = Password::typed(typed).unwrap();
            assert_eq!(passwords.verify(password, Some(kept.clone())).await.unwrap(), verdict, "{typed}");
        }
    }

    #[tokio::test]
    async fn passwords_that_agree_in_their_first_72_bytes_differ() {
        let passwords = passwords();
        let long = "corn".repeat(30);
        let kept = passwords.hash(Password::typed(&format!("{long}a")).unwrap()).await.unwrap();
        let other = Password::typed(&format!("{long}b")).unwrap();
        assert_eq!(passwords.verify(other, Some(kept)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_the_same_password() {
        let passwords = passwords();
        let kept = passwords.hash(Password::typed("caf\u{e9} au lait").unwrap()).await.unwrap();
        let decomposed = Password::typed("cafe\u{301} au lait").unwrap();
        assert_eq!(passwords.verify(decomposed, Some(kept)).await.unwrap(), Verdict::Right);
    }

    #[tokio::test]
    async fn a_missing_account_is_wrong_even_with_the_decoy_and_a_weak_hash_is_stale() {
        let passwords = passwords();
        let typed = Password::typed("wheat in the field").unwrap();
        assert_eq!(passwords.verify(typed.clone(), None).await.unwrap(), Verdict::Wrong);
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
        let kept = weak.hash_password_with_salt(typed.0.as_bytes(), b"0123456789abcdef").unwrap().to_string();
        assert_eq!(passwords.verify(typed, Some(kept)).await.unwrap(), Verdict::RightButStale);
    }

    #[tokio::test]
    async fn a_flood_is_answered_with_busy_beyond_the_queue() {
        let passwords = passwords();
        let tries = (0..50).map(|_| passwords.verify(Password::typed("whatever it is").unwrap(), None));
        let answers = futures_util::future::join_all(tries).await;
        let busy = answers.iter().filter(|answer| matches!(answer, Err(PasswordError::Busy))).count();
        assert_eq!(busy, 50 - AT_ONCE - QUEUE);
    }
}
