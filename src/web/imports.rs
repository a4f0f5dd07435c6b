//! Files on their way in: looked at first, then taken in, while their reader may do something else.
//!
//! One for each account, in memory: an import that a restart breaks off is simply begun again, and takes up where it ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{AccountId, UnixMillis};
use crate::imports::Part;
use crate::jobs::import_parts::PartReport;
use crate::store::ImportUndone;

/// The most bytes of files that wait for their readers' word, of all accounts together.
const WAITING_BYTES: usize = 128 * 1024 * 1024;
/// For so long what waits, or what is said of it, is kept.
const KEPT: i64 = UnixMillis::HOUR;

/// How far an import has come.
#[derive(Debug, Clone)]
pub enum Stage {
    /// It was looked at, and waits for a word.
    Waiting(Arc<Looked>),
    /// It is being taken in.
    Running(Arc<Steps>),
    /// It is over.
    Done(Arc<Vec<PartReport>>),
    /// One that was over was taken back.
    Undone(ImportUndone),
    /// The database failed; what was stored by then is there.
    Failed,
}

/// What was found in files, and what taking it in would bring.
#[derive(Debug)]
pub struct Looked {
    /// What was found.
    pub parts: Vec<Part>,
    /// The names of the files.
    pub names: Vec<String>,
    /// What it would bring.
    pub reports: Vec<PartReport>,
    /// Files of which nothing is known.
    pub unknown: Vec<String>,
    /// How large the files are.
    pub bytes: usize,
}

/// The steps of an import that is under way.
#[derive(Debug)]
pub struct Steps {
    /// All of them.
    pub total: usize,
    done: AtomicUsize,
    /// An import is taken back.
    pub is_undo: bool,
}

impl Steps {
    /// None of `total` is done yet.
    pub fn new(total: usize) -> Self {
        Self { total, done: AtomicUsize::new(0), is_undo: false }
    }

    /// Some more are done.
    pub fn add(&self, steps: usize) {
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    /// How many are done.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed).min(self.total)
    }
}

/// The imports of all accounts.
#[derive(Debug, Default)]
pub struct Imports(Mutex<HashMap<AccountId, (UnixMillis, Stage)>>);

impl Imports {
    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, (UnixMillis, Stage)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the account's import has come.
    pub fn stage(&self, account: AccountId) -> Option<Stage> {
        self.lock().get(&account).map(|(_, stage)| stage.clone())
    }

    /// Notes how far it has come. Of what waits, the oldest goes where there is too much.
    pub fn set(&self, account: AccountId, stage: Stage, now: UnixMillis) {
        let mut all = self.lock();
        all.retain(|_, (at, stage)| matches!(stage, Stage::Running(_)) || at.plus(KEPT) > now);
        all.insert(account, (now, stage));
        let bytes = |stage: &Stage| if let Stage::Waiting(looked) = stage { looked.bytes } else { 0 };
        while all.values().map(|(_, stage)| bytes(stage)).sum::<usize>() > WAITING_BYTES {
            let waiting = all.iter().filter(|(id, (_, stage))| bytes(stage) > 0 && **id != account);
            let Some(oldest) = waiting.min_by_key(|(_, (at, _))| *at).map(|(id, _)| *id) else { break };
            all.remove(&oldest);
        }
    }

    /// Takes what waits, and marks it as running; `None` if nothing waits.
    pub fn begin(
        &self,
        account: AccountId,
        now: UnixMillis,
        total: impl Fn(&Looked) -> usize,
    ) -> Option<(Arc<Looked>, Arc<Steps>)> {
        let mut all = self.lock();
        let Some((_, Stage::Waiting(looked))) = all.get(&account).cloned() else { return None };
        let steps = Arc::new(Steps::new(total(&looked)));
        all.insert(account, (now, Stage::Running(Arc::clone(&steps))));
        Some((looked, steps))
    }

    /// Begins to take back an import of so many articles; `None` while another is at work.
    pub fn begin_undo(&self, account: AccountId, now: UnixMillis, total: usize) -> Option<Arc<Steps>> {
        let mut all = self.lock();
        if matches!(all.get(&account), Some((_, Stage::Running(_)))) {
            return None;
        }
        let steps = Arc::new(Steps { is_undo: true, ..Steps::new(total) });
        all.insert(account, (now, Stage::Running(Arc::clone(&steps))));
        Some(steps)
    }

    /// Forgets an import that is not running.
    pub fn forget(&self, account: AccountId) {
        let mut all = self.lock();
        if !matches!(all.get(&account), Some((_, Stage::Running(_)))) {
            all.remove(&account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(bytes: usize) -> Stage {
        Stage::Waiting(Arc::new(Looked {
            parts: Vec::new(),
            names: Vec::new(),
            reports: Vec::new(),
            unknown: Vec::new(),
            bytes,
        }))
    }

    #[test]
    fn what_waits_longest_makes_room() {
        let imports = Imports::default();
        let half = WAITING_BYTES / 2;
        imports.set(AccountId(1), waiting(half), UnixMillis(1));
        imports.set(AccountId(2), waiting(half), UnixMillis(2));
        imports.set(AccountId(3), waiting(half), UnixMillis(3));
        assert!(imports.stage(AccountId(1)).is_none());
        assert!(imports.stage(AccountId(2)).is_some() && imports.stage(AccountId(3)).is_some());
    }

    #[test]
    fn an_import_is_begun_once_and_not_forgotten_while_it_runs() {
        let imports = Imports::default();
        imports.set(AccountId(1), waiting(1), UnixMillis(1));
        let (_, steps) = imports.begin(AccountId(1), UnixMillis(2), |_| 3).unwrap();
        assert!(imports.begin(AccountId(1), UnixMillis(2), |_| 3).is_none());
        steps.add(5);
        assert_eq!(steps.done(), 3);
        imports.forget(AccountId(1));
        assert!(matches!(imports.stage(AccountId(1)), Some(Stage::Running(_))));
    }
}
